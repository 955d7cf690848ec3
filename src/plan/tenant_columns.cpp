// Which column of shared tables names the tenant.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "godwit/core/text.hpp"
#include "godwit/plan/classification.hpp"
#include "row_proposal.hpp"
#include "source_names.hpp"

namespace godwit::plan {
namespace {

using mariadb::Column;
using mariadb::Table;

constexpr std::size_t kTablesMin = 2;
constexpr std::size_t kConvincingTables = 3;
constexpr std::size_t kExaminedMax = 10;  // whose reach is worked out

/// Stems that usually mean the tenant; only between columns that are about as frequent.
constexpr std::array<std::string_view, 12> kTenantWords = {
    "tenant", "company", "account",  "organisation", "organization", "org",
    "client", "shop",    "instance", "workspace",    "merchant",     "firm"};

struct Place {
  std::string column;
  std::size_t directory = 0;
  std::string key;

  bool operator<(const Place& other) const {
    return std::tie(column, directory, key) < std::tie(other.column, other.directory, other.key);
  }
};

/// What a table's declared key says of a column; nullptr when it has none of its own.
const mariadb::ForeignKey* key_of(const mariadb::Database& database, const Table& table,
                                  const std::string& column) {
  for (const mariadb::ForeignKey& key : table.foreign_keys) {
    if (key.columns.size() == 1 && key.columns.front() == column &&
        key.referenced_database == database.name) {
      return &key;
    }
  }
  return nullptr;
}

/// Columns with the directories that foreign keys, or their names, lead to.
std::set<Place> find_places(const mariadb::Database& database) {
  std::set<Place> places;
  std::map<std::string, std::optional<std::size_t>> named;  // columns' names recur in most tables
  const auto add = [&](const std::string& column, std::string_view parent, const std::string& key) {
    const Table* directory = database.find_table(parent);
    if (directory == nullptr || !is_unique_column(*directory, key)) return;
    if (!can_route(*directory->find_column(key))) return;
    places.insert({column, static_cast<std::size_t>(directory - database.tables.data()), key});
  };
  for (const Table& table : database.tables) {
    for (const Column& column : table.columns) {
      if (const auto* key = key_of(database, table, column.name)) {
        if (key->referenced_table != table.name) {
          add(column.name, key->referenced_table, key->referenced_columns.front());
        }
        continue;
      }
      const auto [entry, is_new] = named.try_emplace(column.name);
      if (is_new) entry->second = table_of_name(database, column.name);
      if (entry->second) {
        const Table& directory = database.tables[*entry->second];
        const std::string key = single_key(directory);
        if (!key.empty() && directory.name != table.name) add(column.name, directory.name, key);
      }
    }
  }
  return places;
}

TenantColumn count_tables(const mariadb::Database& database, const Place& place) {
  TenantColumn counted{place.column, place.directory, place.key};
  counted.all = database.tables.size();
  const Table& directory = database.tables[place.directory];
  const Column& key = *directory.find_column(place.key);
  for (const Table& table : database.tables) {
    const Column* column = table.find_column(place.column);
    if (&table == &directory || column == nullptr || !same_routing(*column, key)) continue;
    const mariadb::ForeignKey* declared = key_of(database, table, place.column);
    if (declared != nullptr && declared->referenced_table != directory.name) continue;
    ++counted.tables;
    if (declared != nullptr) ++counted.declared;
    if (!column->nullable) ++counted.not_null;
  }
  return counted;
}

double score(const TenantColumn& column) {
  const auto sure = static_cast<double>(column.not_null);
  double score = sure + static_cast<double>(column.tables - column.not_null) / 2;
  const std::string lower = lowercase_ascii(column.column);
  for (const std::string_view word : kTenantWords) {
    if (lower.starts_with(word)) return score + 1;
  }
  return score;
}

/// Its directory's rows belong to those of another, more frequent column.
bool is_below(const mariadb::Database& database, const TenantColumn& column,
              const std::vector<TenantColumn>& others) {
  return std::any_of(others.begin(), others.end(), [&](const TenantColumn& other) {
    if (other.directory == column.directory || other.tables <= column.tables) return false;
    const Column* own = database.tables[column.directory].find_column(other.column);
    return own != nullptr &&
           same_routing(*own, *database.tables[other.directory].find_column(other.key));
  });
}

std::size_t count_reached(const mariadb::Database& database, const TenantColumn& column) {
  const std::vector<ProposedTable> tables = propose_tables(database, column);
  return static_cast<std::size_t>(std::count_if(
      tables.begin(), tables.end(),
      [](const ProposedTable& table) { return table.kind == TableClass::inherited; }));
}

}  // namespace

bool TenantColumn::convincing() const {
  // with the directory two fifths of all tables
  return tables >= kConvincingTables && 5 * (tables + reached + 1) >= 2 * all;
}

std::vector<TenantColumn> tenant_columns(const mariadb::Database& database) {
  std::vector<TenantColumn> columns;
  for (const Place& place : find_places(database)) {
    TenantColumn counted = count_tables(database, place);
    if (counted.tables >= kTablesMin) columns.push_back(std::move(counted));
  }
  struct Ranked {
    bool below;
    double score;
    std::size_t declared;
    TenantColumn column;
  };
  std::vector<Ranked> ranked;
  ranked.reserve(columns.size());
  for (const TenantColumn& column : columns) {
    ranked.push_back({is_below(database, column, columns), score(column), column.declared, column});
  }
  // equal ones stay in the order of their names
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return std::tuple(!a.below, a.score, a.declared) > std::tuple(!b.below, b.score, b.declared);
  });
  std::vector<TenantColumn> result;
  for (Ranked& entry : ranked) {
    if (result.size() == kExaminedMax) break;
    entry.column.reached = count_reached(database, entry.column);
    result.push_back(std::move(entry.column));
  }
  return result;
}

std::optional<TenantColumn> tenant_column_of(const mariadb::Database& database,
                                             const std::string& directory, const std::string& key) {
  const Table* table = database.find_table(directory);
  if (table == nullptr || table->find_column(key) == nullptr) return std::nullopt;
  const auto index = static_cast<std::size_t>(table - database.tables.data());
  std::optional<TenantColumn> best;
  std::set<std::string> names;
  for (const Table& other : database.tables) {
    for (const Column& column : other.columns) {
      const mariadb::ForeignKey* declared = key_of(database, other, column.name);
      const bool leads = declared != nullptr && declared->referenced_table == directory &&
                         declared->referenced_columns.front() == key;
      if (leads || column.name == key || table_of_name(database, column.name) == index) {
        names.insert(column.name);
      }
    }
  }
  for (const std::string& name : names) {
    TenantColumn counted = count_tables(database, {name, index, key});
    // `id` stands everywhere and leads nowhere
    if (counted.tables == 0 || (name == key && counted.declared == 0 && name == "id")) continue;
    if (!best || score(counted) > score(*best)) best = std::move(counted);
  }
  if (best) best->reached = count_reached(database, *best);
  return best;
}

}  // namespace godwit::plan
