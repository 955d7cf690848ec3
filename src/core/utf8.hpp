// Decoding one UTF-8 character, strictly (The Unicode Standard, table 3-7).
#pragma once

#include <cstddef>
#include <string_view>

namespace godwit {

struct Utf8Char {
  char32_t code = 0;
  std::size_t size = 0;  // bytes; 0: the text doesn't start with a valid character
};

/// Decodes the first character of a text that is not empty.
Utf8Char decode_utf8(std::string_view text);

}  // namespace godwit
