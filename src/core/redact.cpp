// Passwords in connection strings: finds them in every place where a server's client would look.
#include <cctype>
#include <vector>

#include "godwit/core/secret.hpp"
#include "godwit/core/text.hpp"

namespace godwit {
namespace {

struct Span {
  std::size_t begin;
  std::size_t end;
};

bool names_password(std::string_view key) {
  const std::string lower = lowercase_ascii(key);
  return lower == "password" || lower == "passwd" || lower == "pwd" || lower == "sslpassword";
}

/// Whether the text between a colon and the '?' ends like host:port, so that an '@' behind the
/// '?' belongs to a parameter.
bool ends_with_port(std::string_view authority) {
  authority = authority.substr(0, authority.find_first_of("/#"));
  const std::string_view port = authority.substr(authority.rfind(':') + 1);
  return port.find_first_not_of("0123456789") == std::string_view::npos;
}

/// user:password@, up to the last '@' before the parameters: an unescaped '@', '/' or '?' inside
/// a password is a common slip and must not uncover the rest of it.
void find_in_authority(std::string_view uri, std::size_t authority, std::vector<Span>& spans) {
  const std::size_t first_at = uri.find('@', authority);
  const std::size_t colon = uri.find(':', authority);
  if (first_at == std::string_view::npos || colon > first_at) return;
  const std::size_t query = uri.find('?', authority);
  if (query < first_at && ends_with_port(uri.substr(authority, query - authority))) return;
  spans.push_back({colon + 1, uri.rfind('@', query < first_at ? uri.size() : query)});
}

void find_in_query(std::string_view uri, std::size_t begin, std::vector<Span>& spans) {
  std::size_t at = uri.find('?', begin);
  while (at != std::string_view::npos && at < uri.size()) {
    const std::size_t key = at + 1;
    const std::size_t next = uri.find('&', key);
    const std::size_t end = next == std::string_view::npos ? uri.size() : next;
    const std::size_t equals = uri.find('=', key);
    if (equals < end && names_password(uri.substr(key, equals - key))) {
      spans.push_back({equals + 1, end});
    }
    at = next;
  }
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at]))
    ++at;
  return at;
}

/// The end of a value of a keyword string: quoted by '…' with backslash escapes, or bare.
std::size_t value_end(std::string_view text, std::size_t at) {
  const bool quoted = at < text.size() && text[at] == '\'';
  for (std::size_t i = quoted ? at + 1 : at; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (quoted ? text[i] == '\'' : is_space(text[i])) {
      return quoted ? i + 1 : i;
    }
  }
  return text.size();
}

/// host=db1 password='a b' (libpq's keyword strings)
void find_in_keywords(std::string_view text, std::vector<Span>& spans) {
  std::size_t at = 0;
  while ((at = skip_spaces(text, at)) < text.size()) {
    const std::size_t equals = text.find('=', at);
    if (equals == std::string_view::npos) return;
    std::size_t key_end = equals;
    while (key_end > at && is_space(text[key_end - 1]))
      --key_end;
    const std::size_t begin = skip_spaces(text, equals + 1);
    const std::size_t end = value_end(text, begin);
    if (names_password(text.substr(at, key_end - at))) spans.push_back({begin, end});
    at = end;
  }
}

std::vector<Span> password_spans(std::string_view uri) {
  std::vector<Span> spans;
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) {
    find_in_keywords(uri, spans);
  } else {
    find_in_authority(uri, scheme + 3, spans);
    find_in_query(uri, spans.empty() ? scheme + 3 : spans.back().end, spans);
  }
  return spans;
}

}  // namespace

std::string redact_uri(std::string_view uri) {
  std::string text;
  std::size_t copied = 0;
  for (const Span& span : password_spans(uri)) {
    text += uri.substr(copied, span.begin - copied);
    text += "***";
    copied = span.end;
  }
  text += uri.substr(copied);
  return text;
}

bool holds_password(std::string_view uri) { return !password_spans(uri).empty(); }

}  // namespace godwit
