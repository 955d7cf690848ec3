#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

namespace {

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7F && c != '\'' && c != '\\';
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  if (name.empty() || name.find('\0') != std::string_view::npos || first_invalid_utf8(name)) {
    throw Error(ErrorKind::rejected, "not an identifier: '" + printable(name) + "'",
                "Identifiers are UTF-8 without NUL, and not empty.");
  }
  std::string result = "`";
  for (const char c : name) {
    if (c == '`') result += '`';
    result += c;
  }
  return result + '`';
}

std::string bytes_literal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result = "X'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 15U];
  }
  return result + '\'';
}

std::string quote_literal(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return "'" + std::string(text) + "'";
  // _utf8mb4, or the literal would be a byte string and compare byte by byte.
  return "_utf8mb4 " + bytes_literal(text);
}

}  // namespace godwit::mariadb
