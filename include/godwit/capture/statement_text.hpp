// What a statement in the binlog does to tables, from its text alone: enough to say whom it concerns
// and whether it can be passed over. No parser: when in doubt it says `schema` and names more
// databases than fewer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace godwit::capture {

enum class StatementEffect {
  none,      // accounts, grants, ANALYZE, routines, triggers, views, events, temporary tables, …
  truncate,  // TRUNCATE TABLE of one table
  schema,    // tables or databases are made, changed, renamed or dropped; or it isn't understood
  rows,      // INSERT, UPDATE, DELETE, LOAD DATA …: changes in statement format
};

struct StatementMeaning {
  StatementEffect effect = StatementEffect::schema;
  /// Databases that it may touch, without duplicates: those that its text names before a dot or
  /// behind DATABASE/SCHEMA, and the session's where a table is named without one (or when in
  /// doubt). As spelled in the statement. Empty for `none`.
  std::vector<std::string> databases;
  std::string table;  // truncate: the table's name
};

/// `session_database` may be empty. Text of any bytes; linear in its length; executable comments
/// (/*! … */, /*M! … */) count as text.
StatementMeaning read_statement(std::string_view sql, std::string_view session_database,
                                bool ansi_quotes);

}  // namespace godwit::capture
