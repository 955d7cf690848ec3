// What a change of a tenant's schema is on the target, when it is one of the few that can be made
// while the tenant follows its source: tables made or renamed, columns added, indexes added, dropped
// or renamed, defaults and comments. Found by comparing the catalogs before and after; what the
// source's statements say has to explain all of it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "godwit/capture/schema_statement.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

/// What the statements between two catalogs say.
struct SaidChanges {
  std::map<std::string, std::string> renames;  // a table's name before → after
  std::set<std::string> created;               // names after
  std::set<std::string> changed;               // names after
  std::set<std::string> moved;                 // names that a table had or has, among the renames
};

/// Throws Error(rejected) for a statement that can't be replayed. `before` is the schema that they
/// begin with: a statement about tables that don't move counts for nothing.
SaidChanges said_changes(const SchemaVariant& before,
                         const std::vector<capture::SchemaStatement>& statements);

struct SchemaChange {
  std::vector<std::string> sql;  // for the target, in one transaction
  /// Tables, by their names before and after, whose rows differ in form, by name or in what is
  /// refused; not those that are new.
  std::set<std::string> changed;
};

/// Throws Error(rejected), which names the table, the column and both definitions, when something
/// differs that can't be replayed or that the statements don't explain.
SchemaChange compare_schemas(const SchemaVariant& before, const SchemaVariant& after,
                             const SaidChanges& said);

/// Whether rows of the table that came between the first and the last of the statements can be
/// applied with the schema behind them.
bool keeps_rows_between(const std::string& table, const SchemaVariant& before,
                        const SchemaVariant& after, const SchemaChange& change);

}  // namespace godwit::engine
