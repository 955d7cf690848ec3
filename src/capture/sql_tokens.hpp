// SQL text cut into names, words, strings and single characters: what is needed to find statements'
// names, nothing of their grammar. Linear, without a copy of the text.
// Lexical rules: https://mariadb.com/kb/en/identifier-names/ and
// https://mariadb.com/kb/en/comment-syntax/
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace godwit::capture {

enum class TokenKind {
  word,    // a keyword or a name without quotes
  name,    // in backticks, or in double quotes with ANSI_QUOTES
  text,    // a string
  number,  // 1, 1.5
  at,      // @variable, @@variable, and the host of user@host
  symbol,  // any other character
  end,
};

struct SqlToken {
  TokenKind kind = TokenKind::end;
  std::string_view text;  // as in the statement, with its quotes

  /// `keyword` in capitals. Quoted names are no keywords.
  [[nodiscard]] bool is_word(std::string_view keyword) const;
  [[nodiscard]] bool is_symbol(char c) const {
    return kind == TokenKind::symbol && text.front() == c;
  }
  [[nodiscard]] bool can_be_name() const {
    return kind == TokenKind::word || kind == TokenKind::name;
  }
  /// A name without its quotes.
  [[nodiscard]] std::string unquoted() const;
};

/// Comments are passed over, what is in executable ones (/*! … */, /*M! … */) is not: the server
/// has taken those that it doesn't execute out of the binlog.
class SqlTokens {
 public:
  SqlTokens(std::string_view sql, bool ansi_quotes);

  /// The next token, which stays the next one; of kind `end` behind the last.
  [[nodiscard]] const SqlToken& peek() const { return next_; }
  SqlToken take();
  /// Takes the next token if it is this word, or this character.
  bool take_word(std::string_view keyword);
  bool take_symbol(char c);
  /// A string, name or comment up to here had no end.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  void advance();
  void skip_blanks();
  bool skip_comment();
  void skip_past(std::string_view end, std::size_t from);
  [[nodiscard]] SqlToken cut(TokenKind kind, std::size_t length);
  [[nodiscard]] std::size_t quoted_length(bool with_backslash);
  [[nodiscard]] std::size_t word_length(std::size_t from) const;
  [[nodiscard]] SqlToken cut_number_or_word();
  [[nodiscard]] bool starts_with(std::string_view prefix) const {
    return rest_.substr(0, prefix.size()) == prefix;
  }

  std::string_view rest_;
  bool ansi_quotes_;
  bool executable_ = false;  // within an executable comment
  bool broken_ = false;
  bool behind_dot_ = false;
  SqlToken next_;
};

}  // namespace godwit::capture
