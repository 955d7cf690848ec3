// What a statement that changes a schema does, from its text: enough to tell the few that can be
// repeated elsewhere by comparing catalogs. A catalog doesn't show everything: a table that is
// dropped and made again looks as before and has lost its rows.
// Grammar: https://mariadb.com/kb/en/alter-table/, https://mariadb.com/kb/en/create-table/,
// https://mariadb.com/kb/en/rename-table/
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace godwit::capture {

struct SchemaStatement {
  enum class Kind {
    create_table,  // `tables` has one; it is made empty, or was there (IF NOT EXISTS)
    change_table,  // `tables` has one: columns or indexes added, indexes dropped, table options, …
    rename,        // `renames`, in this order
    other,         // `what` says what it does; `tables` has those that it names, when it is known
  };
  Kind kind = Kind::other;
  std::vector<std::string> tables;  // as spelled, without their database
  /// {from, to}; of a change_table too, after its other changes.
  std::vector<std::pair<std::string, std::string>> renames;
  /// A column is defined anew (MODIFY): what the values were converted to isn't seen in the binlog.
  bool redefines = false;
  /// A column is put elsewhere than at the end (FIRST, AFTER).
  bool moves_columns = false;
  std::string what;  // "DROP TABLE", "ALTER TABLE … DROP COLUMN"
};

/// `database` is the one that all tables must be of; `session_database` may be empty. Text of any
/// bytes; linear in its length. When in doubt it says `other`.
SchemaStatement read_schema_statement(std::string_view sql, std::string_view session_database,
                                      bool ansi_quotes, std::string_view database);

}  // namespace godwit::capture
