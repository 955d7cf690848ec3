#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::postgres {
namespace {

constexpr std::size_t kIdentifierBytesMax = 63;  // NAMEDATALEN - 1

void check_text(std::string_view what, std::string_view text) {
  if (text.find('\0') != std::string_view::npos || first_invalid_utf8(text)) {
    throw Error(ErrorKind::rejected, std::string(what) + " '" + printable(text) +
                                         "' holds a NUL or invalid UTF-8, which PostgreSQL "
                                         "can't hold");
  }
}

std::string doubled(std::string_view text, char quote) {
  std::string result;
  result.reserve(text.size() + 2);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  check_text("the name", name);
  if (name.empty()) throw Error(ErrorKind::rejected, "PostgreSQL has no empty names");
  if (name.size() > kIdentifierBytesMax) {
    throw Error(ErrorKind::rejected,
                "the name '" + printable(name) + "' has " + std::to_string(name.size()) +
                    " bytes; PostgreSQL would cut it to " + std::to_string(kIdentifierBytesMax));
  }
  return '"' + doubled(name, '"') + '"';
}

std::string quote_literal(std::string_view text) {
  check_text("the text", text);
  std::string quoted = doubled(text, '\'');
  if (text.find('\\') == std::string_view::npos) return '\'' + quoted + '\'';
  return "E'" + doubled(quoted, '\\') + '\'';
}

}  // namespace godwit::postgres
