#include "godwit/capture/statement_text.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "sql_tokens.hpp"

namespace godwit::capture {

namespace {

using Words = std::span<const std::string_view>;

bool is_one_of(const SqlToken& token, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return token.is_word(word); });
}

/// First words of statements that change neither rows nor tables.
constexpr std::array<std::string_view, 37> kHarmless = {
    "START",     "COMMIT",  "ROLLBACK", "SAVEPOINT", "RELEASE",  "XA",     "SET",     "FLUSH",
    "GRANT",     "REVOKE",  "OPTIMIZE", "REPAIR",    "CHECK",    "LOCK",   "UNLOCK",  "CHECKSUM",
    "SHOW",      "USE",     "KILL",     "RESET",     "PURGE",    "CHANGE", "STOP",    "INSTALL",
    "UNINSTALL", "BACKUP",  "CACHE",    "HELP",      "DESCRIBE", "DESC",   "EXPLAIN", "DEALLOCATE",
    "PREPARE",   "HANDLER", "SIGNAL",   "RESIGNAL",  "SHUTDOWN"};

/// First words of statements that may change rows. SELECT, DO and VALUES stand as text in the binlog
/// only when a function that they call does.
constexpr std::array<std::string_view, 11> kChangesRows = {"INSERT", "UPDATE", "DELETE", "REPLACE",
                                                           "LOAD",   "CALL",   "WITH",   "SELECT",
                                                           "DO",     "VALUES", "BINLOG"};

/// What CREATE, ALTER and DROP make, change and drop besides tables and databases.
constexpr std::array<std::string_view, 9> kOtherObjects = {
    "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "PACKAGE", "EVENT", "SERVER", "USER", "ROLE"};

/// What may stand between CREATE, ALTER or DROP and the kind of object.
constexpr std::array<std::string_view, 17> kModifiers = {
    "OR",       "REPLACE", "ONLINE",    "OFFLINE",   "IGNORE",   "UNIQUE",
    "FULLTEXT", "SPATIAL", "VECTOR",    "AGGREGATE", "SQL",      "SECURITY",
    "INVOKER",  "DEFINER", "ALGORITHM", "UNDEFINED", "TEMPTABLE"};

class StatementReader {
 public:
  StatementReader(std::string_view sql, std::string_view session_database, bool ansi_quotes)
      : tokens_(sql, ansi_quotes), session_(session_database) {}

  StatementMeaning read() {
    StatementMeaning meaning;
    meaning.effect = head();
    if (tokens_.broken()) meaning.effect = StatementEffect::schema;
    if (meaning.effect == StatementEffect::none) return meaning;
    if (!understood_) add_session();
    rest();
    if (tokens_.broken()) {  // known only now
      meaning.effect = StatementEffect::schema;
      add_session();
    }
    if (meaning.effect == StatementEffect::truncate) meaning.table = std::move(table_);
    meaning.databases = std::move(databases_);
    return meaning;
  }

 private:
  /// Reads what the statement is, and the tables that it is about.
  StatementEffect head() {
    using enum StatementEffect;
    for (;;) {
      while (tokens_.take_symbol('(') || tokens_.take_symbol(';')) {
      }
      const SqlToken first = tokens_.peek();
      if (first.kind == TokenKind::end) return none;
      if (first.kind != TokenKind::word) return schema;
      (void)tokens_.take();
      if (first.is_word("BEGIN")) return tokens_.peek().is_word("NOT") ? schema : none;
      if (first.is_word("SET") && tokens_.take_word("STATEMENT")) {
        skip_to_for();
        continue;
      }
      if (first.is_word("ANALYZE")) {
        if (is_one_of(tokens_.peek(),
                      std::array<std::string_view, 3>{"TABLE", "LOCAL", "NO_WRITE_TO_BINLOG"})) {
          return none;
        }
        if (tokens_.take_word("FORMAT") && tokens_.take_symbol('=')) (void)tokens_.take();
        continue;
      }
      if (is_one_of(first, kHarmless)) return none;
      if (is_one_of(first, kChangesRows)) {
        return first.is_word("LOAD") && tokens_.peek().is_word("INDEX") ? none : rows;
      }
      if (first.is_word("TRUNCATE")) return read_truncate();
      if (first.is_word("RENAME")) return read_rename();
      if (first.is_word("CREATE") || first.is_word("ALTER") || first.is_word("DROP")) {
        return read_definition(first);
      }
      return schema;
    }
  }

  /// SET STATEMENT variable = value, … FOR statement
  void skip_to_for() {
    int depth = 0;
    while (tokens_.peek().kind != TokenKind::end) {
      const SqlToken token = tokens_.take();
      if (token.is_symbol('(')) ++depth;
      if (token.is_symbol(')')) --depth;
      if (depth == 0 && token.is_word("FOR")) return;
    }
  }

  StatementEffect read_truncate() {
    (void)tokens_.take_word("TABLE");
    if (!tokens_.peek().can_be_name()) return StatementEffect::schema;
    table_ = read_table();
    if (table_.empty()) return StatementEffect::schema;
    understood_ = true;
    return StatementEffect::truncate;
  }

  StatementEffect read_rename() {
    if (tokens_.peek().is_word("USER")) return StatementEffect::none;
    if (!tokens_.take_word("TABLE") && !tokens_.take_word("TABLES")) return StatementEffect::schema;
    skip_if_exists();
    do {
      (void)read_table();
      if (tokens_.take_word("WAIT")) (void)tokens_.take();
      (void)tokens_.take_word("NOWAIT");
      if (!tokens_.take_word("TO")) return StatementEffect::schema;
      (void)read_table();
    } while (tokens_.take_symbol(','));
    understood_ = true;
    return StatementEffect::schema;
  }

  /// CREATE, ALTER, DROP
  StatementEffect read_definition(const SqlToken& verb) {
    using enum StatementEffect;
    skip_modifiers();
    if (tokens_.peek().is_word("TEMPORARY")) return none;
    if (is_one_of(tokens_.peek(), kOtherObjects)) return none;
    if (tokens_.peek().is_word("PREPARE")) return none;
    if (tokens_.take_word("DATABASE") || tokens_.take_word("SCHEMA")) {
      read_database();
      return schema;
    }
    if (tokens_.take_word("INDEX")) {
      while (tokens_.peek().kind != TokenKind::end && !tokens_.take_word("ON"))
        (void)tokens_.take();
    } else if (!tokens_.take_word("TABLE") && !tokens_.take_word("TABLES") &&
               !tokens_.take_word("SEQUENCE")) {
      return schema;
    }
    skip_if_exists();
    if (!tokens_.peek().can_be_name()) return schema;
    do {
      (void)read_table();
    } while (verb.is_word("DROP") && tokens_.take_symbol(','));
    understood_ = true;
    return schema;
  }

  void skip_modifiers() {
    while (is_one_of(tokens_.peek(), kModifiers) || tokens_.peek().is_word("MERGE")) {
      const bool definer = tokens_.take().is_word("DEFINER");
      if (!tokens_.take_symbol('=')) continue;
      (void)tokens_.take();  // the algorithm, or the user
      if (!definer) continue;
      if (tokens_.take_symbol('(')) (void)tokens_.take_symbol(')');  // CURRENT_USER()
      if (tokens_.peek().kind == TokenKind::at) (void)tokens_.take();
    }
  }

  void skip_if_exists() {
    if (!tokens_.take_word("IF")) return;
    (void)tokens_.take_word("NOT");
    (void)tokens_.take_word("EXISTS");
  }

  /// Behind DATABASE: its name, which ALTER DATABASE may leave out.
  void read_database() {
    skip_if_exists();
    understood_ = true;
    const SqlToken name = tokens_.peek();
    constexpr std::array<std::string_view, 3> kReserved = {"CHARACTER", "COLLATE", "DEFAULT"};
    constexpr std::array<std::string_view, 2> kOptions = {"CHARSET", "COMMENT"};
    if (!name.can_be_name() || is_one_of(name, kReserved)) return add_session();
    if (is_one_of(name, kOptions)) add_session();  // or a database of that name
    add(tokens_.take().unquoted());
  }

  /// Takes a table's name and adds its database; returns the table's name without it.
  std::string read_table() {
    if (!tokens_.peek().can_be_name()) {
      add_session();
      return {};
    }
    const SqlToken first = tokens_.take();
    if (!tokens_.take_symbol('.')) {
      add_session();
      return first.unquoted();
    }
    add(first.unquoted());
    return tokens_.peek().can_be_name() ? tokens_.take().unquoted() : std::string();
  }

  /// Further names: those before a dot, and tables without a database where there may be one.
  void rest() {
    while (tokens_.peek().kind != TokenKind::end) {
      const SqlToken token = tokens_.take();
      if (token.kind == TokenKind::word && rest_of_word(token)) continue;
      if (token.can_be_name()) take_path(token);
    }
  }

  /// Whether the word was a keyword and not the beginning of a name.
  bool rest_of_word(const SqlToken& word) {
    if (tokens_.peek().is_symbol('.')) return false;
    if (word.is_word("SELECT") || word.is_word("UNION")) {
      add_session();
      return true;
    }
    if (word.is_word("DATABASE") || word.is_word("SCHEMA")) {
      if (!tokens_.peek().can_be_name()) return true;
      skip_if_exists();
      if (tokens_.peek().can_be_name()) add(tokens_.take().unquoted());
      return true;
    }
    if (word.is_word("RENAME")) {
      constexpr std::array<std::string_view, 3> kParts = {"COLUMN", "INDEX", "KEY"};
      if (is_one_of(tokens_.peek(), kParts)) return true;
      if (!tokens_.take_word("TO") && !tokens_.take_word("AS")) (void)tokens_.take_symbol('=');
      (void)read_table();
      return true;
    }
    if (word.is_word("LIKE") || word.is_word("TABLE")) {
      skip_if_exists();
      if (tokens_.peek().can_be_name()) (void)read_table();
      return true;
    }
    return false;
  }

  /// a.b or a.b.c: only the first can be a database.
  void take_path(const SqlToken& first) {
    if (!tokens_.take_symbol('.')) return;
    if (tokens_.peek().can_be_name()) add(first.unquoted());
    while (tokens_.peek().can_be_name()) {
      (void)tokens_.take();
      if (!tokens_.take_symbol('.')) return;
    }
  }

  void add(std::string database) {
    if (database.empty()) database = session_;  // `` is no name
    if (database.empty()) return;
    if (!known_.insert(database).second) return;
    databases_.push_back(std::move(database));
  }
  void add_session() { add(std::string(session_)); }

  SqlTokens tokens_;
  std::string_view session_;
  bool understood_ = false;  // each table up to here was read by its place in the statement
  std::string table_;
  std::vector<std::string> databases_;
  std::set<std::string> known_;
};

}  // namespace

StatementMeaning read_statement(std::string_view sql, std::string_view session_database,
                                bool ansi_quotes) {
  return StatementReader(sql, session_database, ansi_quotes).read();
}

}  // namespace godwit::capture
