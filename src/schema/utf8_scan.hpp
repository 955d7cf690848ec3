// Whether text can be stored as it is: valid UTF-8 without U+0000. The fast path is eight bytes at
// a time for ASCII.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace godwit::schema {

/// Where the first character that can't be stored stands: the offset of a NUL or of bytes that
/// are not UTF-8 (The Unicode Standard, table 3-7), npos when there is none.
std::size_t find_unstorable(std::string_view text);

namespace utf8_scan {

inline constexpr std::uint64_t kOnes = 0x0101010101010101U;
inline constexpr std::uint64_t kHighs = 0x8080808080808080U;

inline std::uint64_t load8(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// High bits stand where a byte is NUL or not ASCII (and perhaps behind such a byte).
inline std::uint64_t odd_bytes(std::uint64_t word) { return (word | (word - kOnes)) & kHighs; }

inline bool is_plain_short(const char* at, std::size_t size) {
  bool plain = true;
  for (std::size_t i = 0; i < size; ++i)
    plain &= static_cast<signed char>(at[i]) > 0;
  return plain;
}

/// Only ASCII without NUL.
inline bool is_plain_ascii(std::string_view text) {
  const char* at = text.data();
  std::size_t left = text.size();
  if (left < 8) return is_plain_short(at, left);
  for (; left >= 32; at += 32, left -= 32) {
    if ((odd_bytes(load8(at)) | odd_bytes(load8(at + 8)) | odd_bytes(load8(at + 16)) |
         odd_bytes(load8(at + 24))) != 0) {
      return false;
    }
  }
  for (; left >= 8; at += 8, left -= 8) {
    if (odd_bytes(load8(at)) != 0) return false;
  }
  // The last eight bytes once more rather than the rest one by one.
  return left == 0 || odd_bytes(load8(at + left - 8)) == 0;
}

}  // namespace utf8_scan

inline bool is_storable(std::string_view text) {
  return utf8_scan::is_plain_ascii(text) || find_unstorable(text) == std::string_view::npos;
}

}  // namespace godwit::schema
