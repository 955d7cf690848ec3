#include "sql_tokens.hpp"

#include <algorithm>

namespace godwit::capture {

namespace {

/// Of the server's version behind /*!
constexpr std::size_t kVersionDigitsMax = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Of a name without quotes. Bytes of characters beyond ASCII count, whatever their charset.
bool is_word_byte(char c) {
  return is_digit(c) || (upper(c) >= 'A' && upper(c) <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

}  // namespace

bool SqlToken::is_word(std::string_view keyword) const {
  return kind == TokenKind::word && text.size() == keyword.size() &&
         std::equal(text.begin(), text.end(), keyword.begin(),
                    [](char a, char b) { return upper(a) == b; });
}

std::string SqlToken::unquoted() const {
  if (kind != TokenKind::name) return std::string(text);
  const char quote = text.front();
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    name += text[i];
    if (text[i] == quote) ++i;  // it stands twice
  }
  return name;
}

SqlTokens::SqlTokens(std::string_view sql, bool ansi_quotes)
    : rest_(sql), ansi_quotes_(ansi_quotes) {
  advance();
}

SqlToken SqlTokens::take() {
  const SqlToken taken = next_;
  advance();
  return taken;
}

bool SqlTokens::take_word(std::string_view keyword) {
  if (!next_.is_word(keyword)) return false;
  advance();
  return true;
}

bool SqlTokens::take_symbol(char c) {
  if (!next_.is_symbol(c)) return false;
  advance();
  return true;
}

void SqlTokens::advance() {
  skip_blanks();
  if (rest_.empty()) {
    broken_ = broken_ || executable_;
    next_ = {};
    return;
  }
  const char c = rest_.front();
  if (c == '`') {
    next_ = cut(TokenKind::name, quoted_length(false));
  } else if (c == '"') {
    next_ = cut(ansi_quotes_ ? TokenKind::name : TokenKind::text, quoted_length(!ansi_quotes_));
  } else if (c == '\'') {
    next_ = cut(TokenKind::text, quoted_length(true));
  } else if (c == '@') {
    const std::size_t signs = starts_with("@@") ? 2 : 1;
    const std::string_view whole = rest_;
    rest_.remove_prefix(signs);
    const char quote = rest_.empty() ? ' ' : rest_.front();
    const bool quoted = quote == '`' || quote == '"' || quote == '\'';
    std::size_t length = quoted ? quoted_length(quote != '`') : 0;
    while (!quoted && length < rest_.size() &&
           (is_word_byte(rest_[length]) || rest_[length] == '.'))
      ++length;
    rest_ = whole;
    next_ = cut(TokenKind::at, signs + length);
  } else if (is_word_byte(c)) {
    next_ = cut_number_or_word();
  } else {
    next_ = cut(TokenKind::symbol, 1);
  }
  behind_dot_ = next_.is_symbol('.');
}

SqlToken SqlTokens::cut_number_or_word() {
  const std::size_t length = word_length(0);
  const bool digits =
      std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(length), is_digit);
  // behind a dot it is a name even so
  if (!digits || behind_dot_) return cut(TokenKind::word, length);
  if (length < rest_.size() && rest_[length] == '.') {
    return cut(TokenKind::number, length + 1 + word_length(length + 1));
  }
  return cut(TokenKind::number, length);
}

std::size_t SqlTokens::word_length(std::size_t from) const {
  std::size_t end = from;
  while (end < rest_.size() && is_word_byte(rest_[end]))
    ++end;
  return end - from;
}

SqlToken SqlTokens::cut(TokenKind kind, std::size_t length) {
  const SqlToken token{kind, rest_.substr(0, length)};
  rest_.remove_prefix(length);
  return token;
}

/// The quote at the front up to its end, which within the text stands twice or behind a backslash.
std::size_t SqlTokens::quoted_length(bool with_backslash) {
  const char quote = rest_.front();
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    if (with_backslash && rest_[i] == '\\') {
      ++i;
    } else if (rest_[i] == quote) {
      if (i + 1 == rest_.size() || rest_[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  broken_ = true;
  return rest_.size();
}

void SqlTokens::skip_blanks() {
  for (;;) {
    const auto text = std::find_if_not(rest_.begin(), rest_.end(), is_blank);
    rest_.remove_prefix(static_cast<std::size_t>(text - rest_.begin()));
    if (!skip_comment()) return;
  }
}

/// Or what begins or ends an executable one.
bool SqlTokens::skip_comment() {
  const bool dashes = starts_with("--") && (rest_.size() == 2 || is_blank(rest_[2]));
  if (dashes || starts_with("#")) {
    rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    return true;
  }
  if (executable_ && starts_with("*/")) {
    executable_ = false;
    rest_.remove_prefix(2);
    return true;
  }
  if (!starts_with("/*")) return false;
  const std::size_t mark = starts_with("/*!") ? 3 : starts_with("/*M!") ? 4 : 0;
  if (mark == 0) {
    skip_past("*/", 2);
    return true;
  }
  executable_ = true;
  rest_.remove_prefix(mark);
  for (std::size_t i = 0; i < kVersionDigitsMax && !rest_.empty() && is_digit(rest_.front()); ++i)
    rest_.remove_prefix(1);
  return true;
}

void SqlTokens::skip_past(std::string_view end, std::size_t from) {
  const std::size_t found = rest_.find(end, from);
  broken_ = broken_ || found == std::string_view::npos;
  rest_.remove_prefix(found == std::string_view::npos ? rest_.size() : found + end.size());
}

}  // namespace godwit::capture
