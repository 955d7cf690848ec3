#include "godwit/capture/schema_statement.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "sql_tokens.hpp"

namespace godwit::capture {
namespace {

using Words = std::span<const std::string_view>;
using Kind = SchemaStatement::Kind;

bool is_one_of(const SqlToken& token, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return token.is_word(word); });
}

constexpr std::array<std::string_view, 6> kIndexWords = {"INDEX",    "KEY",     "UNIQUE",
                                                         "FULLTEXT", "SPATIAL", "VECTOR"};

/// Table options, and what else ALTER TABLE can say that changes no value of any row.
constexpr std::array<std::string_view, 32> kTableOptions = {"ENGINE",
                                                            "AUTO_INCREMENT",
                                                            "ROW_FORMAT",
                                                            "COMMENT",
                                                            "KEY_BLOCK_SIZE",
                                                            "STATS_PERSISTENT",
                                                            "STATS_SAMPLE_PAGES",
                                                            "STATS_AUTO_RECALC",
                                                            "CHECKSUM",
                                                            "TABLE_CHECKSUM",
                                                            "AVG_ROW_LENGTH",
                                                            "MAX_ROWS",
                                                            "MIN_ROWS",
                                                            "PACK_KEYS",
                                                            "DELAY_KEY_WRITE",
                                                            "PAGE_CHECKSUM",
                                                            "PAGE_COMPRESSED",
                                                            "PAGE_COMPRESSION_LEVEL",
                                                            "ENCRYPTED",
                                                            "ENCRYPTION_KEY_ID",
                                                            "TRANSACTIONAL",
                                                            "ALGORITHM",
                                                            "LOCK",
                                                            "FORCE",
                                                            "NOWAIT",
                                                            "WAIT",
                                                            "ENABLE",
                                                            "DISABLE",
                                                            "DEFAULT",
                                                            "CHARSET",
                                                            "CHARACTER",
                                                            "COLLATE"};

/// Something that isn't repeated: its description.
struct NotRepeated {
  std::string what;
};

class SchemaStatementReader {
 public:
  SchemaStatementReader(std::string_view sql, std::string_view session_database, bool ansi_quotes,
                        std::string_view database)
      : tokens_(sql, ansi_quotes), session_(session_database), database_(database) {}

  SchemaStatement read() {
    try {
      head();
      if (tokens_.broken()) throw NotRepeated{"a statement whose text has no end"};
    } catch (const NotRepeated& other) {
      result_.kind = Kind::other;
      result_.what = other.what;
    }
    return std::move(result_);
  }

 private:
  void head() {
    if (tokens_.take_word("CREATE")) return read_create();
    if (tokens_.take_word("ALTER")) return read_alter();
    if (tokens_.take_word("RENAME")) return read_rename();
    if (tokens_.take_word("DROP")) return read_drop();
    throw NotRepeated{"a statement that begins with " + std::string(tokens_.peek().text)};
  }

  void read_create() {
    if (tokens_.take_word("TABLE")) return read_create_table();
    while (is_one_of(tokens_.peek(), kIndexWords) || is_one_of(tokens_.peek(), kOnline)) {
      if (tokens_.take().is_word("INDEX")) return read_index();
    }
    throw NotRepeated{"CREATE " + std::string(tokens_.peek().text)};
  }

  void read_create_table() {
    skip_if_exists();
    take_table();
    result_.kind = Kind::create_table;
    // with a query the rows may be in the statement alone
    while (tokens_.peek().kind != TokenKind::end) {
      const SqlToken token = tokens_.take();
      const bool query =
          token.is_word("SELECT") || (token.is_word("VALUES") && tokens_.peek().is_symbol('('));
      if (query) throw NotRepeated{"CREATE TABLE … SELECT"};
    }
  }

  /// CREATE INDEX and DROP INDEX: … ON table
  void read_index() {
    while (tokens_.peek().kind != TokenKind::end && !tokens_.take_word("ON"))
      (void)tokens_.take();
    take_table();
    result_.kind = Kind::change_table;
  }

  void read_drop() {
    if (tokens_.take_word("INDEX")) return read_index();
    if (!tokens_.take_word("TABLE") && !tokens_.take_word("TABLES")) {
      throw NotRepeated{"DROP " + std::string(tokens_.peek().text)};
    }
    skip_if_exists();
    do {
      take_table();
    } while (tokens_.take_symbol(','));
    throw NotRepeated{"DROP TABLE"};
  }

  void read_rename() {
    if (!tokens_.take_word("TABLE") && !tokens_.take_word("TABLES")) {
      throw NotRepeated{"RENAME " + std::string(tokens_.peek().text)};
    }
    skip_if_exists();
    do {
      std::string from = read_table();
      skip_wait();
      if (!tokens_.take_word("TO")) throw NotRepeated{"RENAME TABLE in an unknown form"};
      result_.renames.emplace_back(std::move(from), read_table());
    } while (tokens_.take_symbol(','));
    result_.kind = Kind::rename;
  }

  void read_alter() {
    while (is_one_of(tokens_.peek(), kOnline))
      (void)tokens_.take();
    if (tokens_.take_word("IGNORE")) throw NotRepeated{"ALTER IGNORE TABLE"};
    if (!tokens_.take_word("TABLE")) {
      throw NotRepeated{"ALTER " + std::string(tokens_.peek().text)};
    }
    skip_if_exists();
    take_table();
    skip_wait();
    result_.kind = Kind::change_table;
    while (tokens_.peek().kind != TokenKind::end) {
      read_change();
      skip_rest_of_change();
    }
  }

  /// One of the changes between commas, as far as it takes to say what it is.
  void read_change() {
    const SqlToken first = tokens_.take();
    if (first.is_word("ADD")) return read_add();
    if (first.is_word("DROP")) {
      if (!tokens_.take_word("INDEX") && !tokens_.take_word("KEY")) {
        refuse("DROP " + std::string(tokens_.peek().text));
      }
      return;
    }
    if (first.is_word("MODIFY")) {
      result_.redefines = true;
      return;
    }
    if (first.is_word("CHANGE")) return read_change_column();
    if (first.is_word("RENAME")) return read_rename_part();
    if (first.is_word("ALTER") || first.is_symbol(';')) return;  // a default; an index IGNORED
    if (!is_one_of(first, kTableOptions)) refuse(std::string(first.text));
  }

  void read_add() {
    if (tokens_.take_word("COLUMN")) return;
    const SqlToken next = tokens_.peek();
    if (is_one_of(next, kIndexWords)) return;
    if (is_one_of(next, kAddsOther)) refuse("ADD " + std::string(next.text));
    if (!tokens_.take_word("CONSTRAINT")) return;  // a column
    skip_if_exists();
    if (!tokens_.peek().is_word("UNIQUE") && tokens_.peek().can_be_name()) (void)tokens_.take();
    if (!tokens_.peek().is_word("UNIQUE")) {
      refuse("ADD CONSTRAINT … " + std::string(tokens_.peek().text));
    }
  }

  void read_change_column() {
    (void)tokens_.take_word("COLUMN");
    skip_if_exists();
    const std::string from = tokens_.take().unquoted();
    if (tokens_.take().unquoted() != from) refuse("CHANGE of a column's name");
    result_.redefines = true;
  }

  void read_rename_part() {
    if (tokens_.take_word("INDEX") || tokens_.take_word("KEY")) return;
    if (tokens_.peek().is_word("COLUMN")) refuse("RENAME COLUMN");
    if (!tokens_.take_word("TO") && !tokens_.take_word("AS")) (void)tokens_.take_symbol('=');
    result_.renames.emplace_back(result_.tables.front(), read_table());
  }

  /// To the comma, or the end.
  void skip_rest_of_change() {
    int depth = 0;
    while (tokens_.peek().kind != TokenKind::end) {
      const SqlToken token = tokens_.take();
      if (token.is_symbol('(')) ++depth;
      if (token.is_symbol(')')) --depth;
      result_.moves_columns =
          result_.moves_columns || token.is_word("FIRST") || token.is_word("AFTER");
      // partitions can be taken apart from behind any other change, without a comma
      if (token.is_word("PARTITION") || token.is_word("PARTITIONING")) refuse("PARTITION");
      if (depth == 0 && token.is_symbol(',')) return;
    }
  }

  [[noreturn]] static void refuse(const std::string& change) {
    throw NotRepeated{"ALTER TABLE … " + change};
  }

  void skip_if_exists() {
    if (!tokens_.take_word("IF")) return;
    (void)tokens_.take_word("NOT");
    (void)tokens_.take_word("EXISTS");
  }

  void skip_wait() {
    if (tokens_.take_word("WAIT")) (void)tokens_.take();
    (void)tokens_.take_word("NOWAIT");
  }

  void take_table() { result_.tables.push_back(read_table()); }

  std::string read_table() {
    if (!tokens_.peek().can_be_name()) throw NotRepeated{"a statement in an unknown form"};
    std::string first = tokens_.take().unquoted();
    if (!tokens_.take_symbol('.')) {
      if (session_ != database_) throw NotRepeated{"a statement about another database's table"};
      return first;
    }
    if (first != database_) throw NotRepeated{"a statement about another database's table"};
    if (!tokens_.peek().can_be_name()) throw NotRepeated{"a statement in an unknown form"};
    return tokens_.take().unquoted();
  }

  static constexpr std::array<std::string_view, 2> kOnline = {"ONLINE", "OFFLINE"};
  static constexpr std::array<std::string_view, 6> kAddsOther = {"PRIMARY", "FOREIGN", "CHECK",
                                                                 "SYSTEM",  "PERIOD",  "PARTITION"};

  SqlTokens tokens_;
  const std::string_view session_;
  const std::string_view database_;
  SchemaStatement result_;
};

}  // namespace

SchemaStatement read_schema_statement(std::string_view sql, std::string_view session_database,
                                      bool ansi_quotes, std::string_view database) {
  return SchemaStatementReader(sql, session_database, ansi_quotes, database).read();
}

}  // namespace godwit::capture
