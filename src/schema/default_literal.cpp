#include "default_literal.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "godwit/core/text.hpp"

namespace godwit::schema {

namespace {

char unescape(char escaped) {
  switch (escaped) {
    case '0': return '\0';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'Z': return '\x1A';
    default: return escaped;
  }
}

/// The text of a quoted literal that spans all of `text`.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return std::nullopt;
  std::string result;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    const bool last = i + 2 == text.size();
    if (text[i] == '\\') {
      if (last) return std::nullopt;
      result += unescape(text[++i]);
    } else if (text[i] == '\'') {
      if (last || text[i + 1] != '\'') return std::nullopt;
      ++i;
      result += '\'';
    } else {
      result += text[i];
    }
  }
  return result;
}

std::optional<std::string> decode_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string result;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    for (const char digit : digits.substr(i, 2)) {
      if (std::isxdigit(static_cast<unsigned char>(digit)) == 0) return std::nullopt;
      const int low = std::tolower(static_cast<unsigned char>(digit));
      value = value * 16 + static_cast<unsigned>(low <= '9' ? low - '0' : low - 'a' + 10);
    }
    result += static_cast<char>(value);
  }
  return result;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at]))
      ++at;
    return at - begin;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  std::size_t count = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    count += digits();
  }
  if (count == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

bool is_now(const std::string& lower) {
  constexpr std::string_view kNow = "current_timestamp";
  if (!lower.starts_with(kNow)) return false;
  const std::string_view rest = std::string_view(lower).substr(kNow.size());
  return rest.empty() || rest == "()" ||
         (rest.size() == 3 && rest.front() == '(' && is_digit(rest[1]) && rest.back() == ')');
}

}  // namespace

DefaultLiteral parse_default(std::string_view text) {
  using Kind = DefaultLiteral::Kind;
  if (text == "NULL") return {Kind::null, {}};
  if (auto value = unquote(text)) return {Kind::text, std::move(*value)};
  if (is_number(text)) return {Kind::number, std::string(text)};
  const std::string lower = lowercase_ascii(text);
  if (lower.starts_with("b'") || lower.starts_with("x'")) {
    if (auto digits = unquote(text.substr(1))) {
      const bool bits = lower.front() == 'b';
      if (bits && digits->find_first_not_of("01") == std::string::npos) {
        return {Kind::bits, std::move(*digits)};
      }
      if (auto bytes = decode_hex(*digits); !bits && bytes) return {Kind::bytes, std::move(*bytes)};
    }
  }
  if (is_now(lower)) return {Kind::now, {}};
  return {Kind::expression, std::string(text)};
}

}  // namespace godwit::schema
