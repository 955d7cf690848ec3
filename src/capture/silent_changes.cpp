// What foreign keys do to routing columns: the binlog has the row that set a cascade off, and
// nothing of the rows that it changed.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "row_model.hpp"

namespace godwit::capture {
namespace {

using Columns = std::set<std::string>;

struct Watched {
  Columns keys;       // that paths of other tables lead to, and what cascades into those
  Columns last_path;  // NULL here: nobody's row
};

bool meets(const std::vector<std::string>& columns, const Columns& others) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const std::string& column) { return others.contains(column); });
}

std::vector<Watched> watched_of(const std::vector<RoutedTable>& tables) {
  std::vector<Watched> all(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (const RoutedTable::Key& key : tables[i].own_keys) {
      for (const KeyColumn& column : key.columns)
        all[i].keys.insert(column.source.name);
    }
    if (tables[i].paths.empty()) continue;
    for (const KeyColumn& column : tables[i].paths.back().columns)
      all[i].last_path.insert(column.source.name);
  }
  return all;
}

class Search {
 public:
  Search(const mariadb::Database& database, std::vector<RoutedTable>& tables)
      : database_(database), tables_(tables), watched_(watched_of(tables)) {}

  /// Through chains of cascades of any length: until a round finds nothing new, and each finds a
  /// column or a table.
  void run() {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t child = 0; child < tables_.size(); ++child) {
        if (!plan::of_tenants(tables_[child].kind)) continue;
        for (const mariadb::ForeignKey& key : database_.tables[child].foreign_keys)
          changed = follow(child, key) || changed;
      }
    }
  }

 private:
  bool follow(std::size_t child, const mariadb::ForeignKey& key) {
    if (key.referenced_database != database_.name) return false;
    const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const RoutedTable& table) {
      return table.name == key.referenced_table;
    });
    if (found == tables_.end() || !plan::of_tenants(found->kind)) return false;
    const auto parent = static_cast<std::size_t>(found - tables_.begin());
    const bool to_keys = meets(key.columns, watched_[child].keys);
    const bool nulls = to_keys || meets(key.columns, watched_[child].last_path);
    bool changed = false;
    if ((key.on_update == "CASCADE" && to_keys) || (key.on_update == "SET NULL" && nulls)) {
      for (const std::string& column : key.referenced_columns)
        changed = watch(parent, column) || changed;
    }
    if ((key.on_delete == "SET NULL" && nulls) ||
        (key.on_delete == "CASCADE" && tables_[child].nulls_on_delete)) {
      changed = changed || !found->nulls_on_delete;
      found->nulls_on_delete = true;
    }
    return changed;
  }

  bool watch(std::size_t table, const std::string& name) {
    const std::vector<mariadb::Column>& columns = database_.tables[table].columns;
    const auto column =
        std::find_if(columns.begin(), columns.end(),
                     [&](const mariadb::Column& candidate) { return candidate.name == name; });
    if (column == columns.end()) return false;
    std::vector<std::size_t>& cascading = tables_[table].cascading;
    const auto index = static_cast<std::size_t>(column - columns.begin());
    if (std::find(cascading.begin(), cascading.end(), index) != cascading.end()) return false;
    cascading.push_back(index);
    watched_[table].keys.insert(name);
    return true;
  }

  const mariadb::Database& database_;
  std::vector<RoutedTable>& tables_;
  std::vector<Watched> watched_;
};

}  // namespace

void find_silent_changes(const mariadb::Database& database, std::vector<RoutedTable>& tables) {
  Search(database, tables).run();
}

}  // namespace godwit::capture
