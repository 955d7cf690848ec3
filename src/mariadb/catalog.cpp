#include "godwit/mariadb/catalog.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "catalog_batch.hpp"

namespace godwit::mariadb {

namespace {

/// So few that their tables stay in the server's definition cache (400 by default) from one part's
/// query to the next: opening a table anew costs most.
constexpr std::size_t kDatabasesPerBatch = 25;

/// The databases of these names that exist and may be seen.
std::vector<Database> read_schemata(Connection& connection, std::vector<Database> wanted) {
  std::vector<Database> result;
  for (Row& row : connection.query(union_of_databases(
           wanted, "schema_name,default_character_set_name,default_collation_name", "schemata",
           "schema_name"))) {
    FieldReader fields(row);
    Database database;
    database.name = fields.text();
    database.charset = fields.text();
    database.collation = fields.text();
    // SQL compares names without case; a folder's name is exact.
    const bool exact = std::any_of(wanted.begin(), wanted.end(), [&](const Database& candidate) {
      return candidate.name == database.name;
    });
    if (exact) result.push_back(std::move(database));
  }
  std::sort(result.begin(), result.end(),
            [](const Database& a, const Database& b) { return a.name < b.name; });
  const auto last =
      std::unique(result.begin(), result.end(),
                  [](const Database& a, const Database& b) { return a.name == b.name; });
  result.erase(last, result.end());
  return result;
}

std::vector<Database> read_batch(Connection& connection, std::vector<Database> wanted) {
  Batch batch{connection, read_schemata(connection, std::move(wanted))};
  if (batch.databases.empty()) return {};
  read_tables(batch);
  read_columns(batch);
  read_indexes(batch);
  read_foreign_keys(batch);
  read_checks(batch);
  read_sequences(batch);
  read_views_and_triggers(batch);
  return std::move(batch.databases);
}

bool code_less(const CodeObject& a, const CodeObject& b) {
  return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
}

}  // namespace

std::vector<Database> read_databases(Connection& connection, std::span<const std::string> names) {
  const std::set<std::string> distinct(names.begin(), names.end());
  Batch all{connection, {}};
  std::vector<Database> wanted;
  for (auto name = distinct.begin(); name != distinct.end();) {
    Database database;
    database.name = *name;
    wanted.push_back(std::move(database));
    if (++name != distinct.end() && wanted.size() < kDatabasesPerBatch) continue;
    for (Database& read : read_batch(connection, std::exchange(wanted, {}))) {
      all.databases.push_back(std::move(read));
    }
  }
  if (all.databases.empty()) return {};
  read_routines_and_events(all);

  std::vector<Database> result;
  result.reserve(names.size());
  std::set<std::string> given;
  for (const std::string& name : names) {
    Database* database = all.find(name);
    if (database == nullptr || !given.insert(name).second) continue;
    std::stable_sort(database->code.begin(), database->code.end(), code_less);
    result.push_back(std::move(*database));
    database->name = name;  // the search for the next ones needs it
  }
  return result;
}

std::vector<DatabaseSummary> list_databases(Connection& connection) {
  // The second half lists databases without a table.
  const std::string others = " NOT IN ('information_schema','performance_schema','mysql','sys')";
  const std::string sql =
      "SELECT table_schema,SUM(table_type<>'VIEW'),SUM(table_rows),"
      "SUM(data_length+index_length) FROM information_schema.tables WHERE table_schema" +
      others +
      " GROUP BY table_schema"
      " UNION ALL SELECT schema_name,0,0,0 FROM information_schema.schemata WHERE schema_name" +
      others;
  std::map<std::string, DatabaseSummary> databases;
  for (Row& row : connection.query(sql)) {
    FieldReader fields(row);
    const std::string name = fields.text();
    DatabaseSummary& summary = databases[name];
    summary.name = name;
    summary.tables += fields.count().value_or(0);
    summary.row_estimate += fields.count().value_or(0);
    summary.bytes += fields.count().value_or(0);
  }
  std::vector<DatabaseSummary> result;
  result.reserve(databases.size());
  for (auto& entry : databases)
    result.push_back(std::move(entry.second));
  return result;
}

}  // namespace godwit::mariadb
