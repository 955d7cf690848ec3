#include "godwit/plan/row_reading.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "godwit/core/text.hpp"
#include "godwit/plan/shared_reading.hpp"
#include "godwit/plan/simulation.hpp"
#include "godwit/plan/units.hpp"
#include "godwit/plan/wave_order.hpp"
#include "leading_index.hpp"
#include "row_queries.hpp"

namespace godwit::plan {
namespace {

using mariadb::Index;
using mariadb::Table;

constexpr double kSecondaryRowCost = 4;
constexpr double kClusteredRowCost = 2;
constexpr std::size_t kKeysByIndexMax = 500;

/// The index that a lookup by the column takes; nullptr: there is none.
const Index* leading_index(const Table& table, std::string_view column) {
  const Index* found = nullptr;
  for (const Index& index : table.indexes) {
    if (!begins_with(table, index, column)) continue;
    if (is_clustered(table, index)) return &index;
    if (found == nullptr) found = &index;
  }
  return found;
}

/// The column by which a tenant's rows are looked up; nullptr: not by one.
const std::string* lookup_column(const Classification& classification,
                                 const mariadb::Database& database, std::size_t table) {
  if (!has_route(classification, table)) return nullptr;
  const ClassifiedTable& classified = classification.tables[table];
  const std::vector<mariadb::Column>& columns = database.tables[table].columns;
  if (classified.tenant_column) return &columns[*classified.tenant_column].name;
  if (classified.paths.size() != 1) return nullptr;
  return &columns[classified.paths.front().columns.front()].name;
}

std::string through(const Classification& classification, const mariadb::Database& database,
                    std::size_t table) {
  const ClassifiedTable& classified = classification.tables[table];
  const Table& source = database.tables[table];
  if (classified.tenant_column) {
    return leading_index(source, source.columns[*classified.tenant_column].name)->name;
  }
  const RoutePath& path = classified.paths.front();
  std::vector<std::string> columns;
  columns.reserve(path.columns.size());
  for (const std::size_t column : path.columns)
    columns.push_back(source.columns[column].name);
  return join(columns, ", ") + " -> " + database.tables[path.parent].name;
}

/// Tables by level: parents first.
std::vector<std::size_t> parents_first(const Classification& classification) {
  std::vector<std::size_t> order(classification.tables.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return classification.tables[a].level < classification.tables[b].level;
  });
  return order;
}

/// The weakest access on the way to the table.
TenantAccess path_access(const Classification& classification, const mariadb::Database& database,
                         std::size_t table) {
  TenantAccess weakest = tenant_access(classification, database, table);
  for (const RoutePath& path : classification.tables[table].paths)
    weakest = std::min(weakest, path_access(classification, database, path.parent));
  return weakest;
}

/// By which indexes each table is read, if any: never by one where a table below has none, as a
/// scan of that one needs the keys of all parents.
std::vector<TenantAccess> family_access(const Classification& classification,
                                        const mariadb::Database& database) {
  std::vector<std::size_t> order = parents_first(classification);
  std::vector<TenantAccess> access(order.size());
  for (const std::size_t table : order)
    access[table] = path_access(classification, database, table);
  std::reverse(order.begin(), order.end());
  for (const std::size_t table : order) {
    if (access[table] != TenantAccess::none) continue;
    for (const RoutePath& path : classification.tables[table].paths)
      access[path.parent] = TenantAccess::none;
  }
  return access;
}

bool is_central(const Unit* unit) { return unit->kind == UnitKind::central; }

/// The part of all tenants' bytes that these units have; nullopt where rows can't be looked up by
/// their keys.
std::optional<double> share_of(const SharedTables& tables, const std::vector<const Unit*>& units) {
  double wanted = 0;
  std::size_t keys = 0;
  for (const Unit* unit : units) {
    if (is_central(unit)) continue;
    ++keys;
    // the shared tables are in every unit's estimate
    wanted += static_cast<double>(unit->bytes - std::min(unit->bytes, tables.shared));
  }
  if (tables.tenants == 0 || keys == 0 || keys > kKeysByIndexMax) return std::nullopt;
  return std::min(1.0, wanted / static_cast<double>(tables.tenants));
}

std::uint64_t cost_of(const ReadChoice& choice) {
  return choice.reading == Reading::index ? *choice.index_bytes : choice.scan_bytes;
}

/// Which tables a group reads at all.
struct Needs {
  bool tenants = false;
  bool central = false;

  explicit Needs(const std::vector<const Unit*>& units) {
    for (const Unit* unit : units)
      (unit->kind == UnitKind::central ? central : tenants) = true;
  }
  [[nodiscard]] bool table(TableClass kind) const {
    if (kind == TableClass::shared) return true;
    return of_tenants(kind) ? tenants : kind == TableClass::central && central;
  }
};

void add(WaveReading& wave, const ReadChoice& choice) {
  wave.scan_bytes += choice.scan_bytes;
  if (!choice.index_bytes) {
    wave.index_bytes.reset();
  } else if (wave.readings == 0) {
    wave.index_bytes = choice.index_bytes;
  } else if (wave.index_bytes) {
    *wave.index_bytes += *choice.index_bytes;
  }
  ++wave.readings;
  if (choice.reading == Reading::index) ++wave.by_index;
}

}  // namespace

std::string_view name(TenantAccess access) {
  switch (access) {
    case TenantAccess::none: return "none";
    case TenantAccess::secondary: return "secondary";
    case TenantAccess::clustered: return "clustered";
  }
  return {};
}

TenantAccess tenant_access(const Table& table, std::string_view column) {
  const Index* index = leading_index(table, column);
  if (index == nullptr) return TenantAccess::none;
  return is_clustered(table, *index) ? TenantAccess::clustered : TenantAccess::secondary;
}

TenantAccess tenant_access(const Classification& classification, const mariadb::Database& database,
                           std::size_t table) {
  const std::string* column = lookup_column(classification, database, table);
  if (column == nullptr) return TenantAccess::none;
  const Table& source = database.tables[table];
  for (const RoutePath& path : classification.tables[table].paths) {
    const mariadb::Column& own = source.columns[path.columns.front()];
    const mariadb::Column& other =
        database.tables[path.parent].columns[path.parent_columns.front()];
    // text of another collation is converted first: no index finds that
    if (own.collation != other.collation ||
        tenant_access(classification, database, path.parent) == TenantAccess::none) {
      return TenantAccess::none;
    }
  }
  return tenant_access(source, *column);
}

ReadChoice choose_reading(std::uint64_t bytes, TenantAccess access, double share) {
  ReadChoice choice{Reading::scan, bytes, {}};
  if (access == TenantAccess::none) return choice;
  const double row_cost = access == TenantAccess::clustered ? kClusteredRowCost : kSecondaryRowCost;
  choice.index_bytes =
      static_cast<std::uint64_t>(std::llround(static_cast<double>(bytes) * share * row_cost));
  if (*choice.index_bytes < bytes) choice.reading = Reading::index;
  return choice;
}

std::vector<ReadChoice> choose_readings(const Classification& classification,
                                        const mariadb::Database& database,
                                        const std::vector<const Unit*>& units) {
  const std::optional<double> share = share_of(measure_tables(classification, database), units);
  std::vector<std::size_t> order = parents_first(classification);
  std::vector<ReadChoice> choices(order.size());
  for (const std::size_t table : order) {
    const TenantAccess access =
        share ? tenant_access(classification, database, table) : TenantAccess::none;
    ReadChoice& choice = choices[table];
    choice = choose_reading(database.tables[table].data_bytes, access, share.value_or(1));
    for (const RoutePath& path : classification.tables[table].paths) {
      if (choices[path.parent].reading == Reading::scan) choice.reading = Reading::scan;
    }
  }
  // children first: of a parent that is read by index, only the tenants' rows are known, and a row
  // of nobody that a scan finds below it would look like another tenant's
  std::reverse(order.begin(), order.end());
  for (const std::size_t table : order) {
    if (choices[table].reading != Reading::scan) continue;
    for (const RoutePath& path : classification.tables[table].paths)
      choices[path.parent].reading = Reading::scan;
  }
  return choices;
}

SharedTables measure_tables(const Classification& classification,
                            const mariadb::Database& database) {
  SharedTables measured;
  const std::vector<TenantAccess> access = family_access(classification, database);
  for (std::size_t i = 0; i < classification.tables.size(); ++i) {
    const std::uint64_t bytes = database.tables[i].data_bytes + database.tables[i].index_bytes;
    const TableClass kind = classification.tables[i].kind;
    if (kind == TableClass::shared) measured.shared += bytes;
    if (kind == TableClass::central) measured.central += bytes;
    if (!of_tenants(kind)) continue;
    measured.tenants += bytes;
    switch (access[i]) {
      case TenantAccess::none: break;
      case TenantAccess::secondary: measured.secondary += bytes; break;
      case TenantAccess::clustered: measured.clustered += bytes; break;
    }
  }
  return measured;
}

SharedTables tables_of(const Units& units) {
  if (units.shared_tables) return *units.shared_tables;
  SharedTables tables;
  for (const Unit& unit : units.units)
    tables.tenants += unit.bytes;
  return tables;
}

std::uint64_t bytes_to_read(const SharedTables& tables, const std::vector<const Unit*>& units) {
  std::uint64_t bytes = tables.shared;
  if (std::any_of(units.begin(), units.end(), is_central)) bytes += tables.central;
  if (std::all_of(units.begin(), units.end(), is_central)) return bytes;
  const std::optional<double> share = share_of(tables, units);
  if (!share) return bytes + tables.tenants;
  return bytes + (tables.tenants - tables.secondary - tables.clustered) +
         cost_of(choose_reading(tables.secondary, TenantAccess::secondary, *share)) +
         cost_of(choose_reading(tables.clustered, TenantAccess::clustered, *share));
}

std::vector<TableReading> plan_readings(const Plan& plan, const Classification& classification,
                                        const mariadb::Database& database,
                                        const std::vector<Unit>& units) {
  std::vector<TableReading> tables(classification.tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const Table& source = database.tables[i];
    tables[i] = {source.name, classification.tables[i].kind, source.row_estimate, source.data_bytes,
                 tenant_access(classification, database, i)};
    if (tables[i].access != TenantAccess::none) {
      tables[i].through = through(classification, database, i);
    }
  }
  std::vector<std::vector<const Unit*>> waves(plan.waves.size());
  for (const Unit& unit : units)
    waves.at(unit.wave.value).push_back(&unit);
  for (std::size_t id = 0; id < waves.size(); ++id) {
    std::vector<const Unit*>& wave = waves[id];
    if (wave.empty()) continue;
    for (TableReading& table : tables)
      table.waves.push_back({WaveId{static_cast<std::uint32_t>(id)}});
    put_in_order(wave, plan.waves[id].order);
    const auto lanes = static_cast<std::size_t>(std::max(1, plan.waves[id].lanes));
    const std::size_t limit = units_per_reading(plan, lanes_within_connections(plan, wave, lanes));
    for (std::size_t from = 0; from < wave.size(); from += limit) {
      const auto begin = wave.begin() + static_cast<std::ptrdiff_t>(from);
      const std::vector<const Unit*> group(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(limit, wave.size() - from)));
      const Needs needs(group);
      const std::vector<ReadChoice> choices = choose_readings(classification, database, group);
      for (std::size_t i = 0; i < tables.size(); ++i) {
        if (needs.table(tables[i].kind)) add(tables[i].waves.back(), choices[i]);
      }
    }
  }
  std::erase_if(tables, [](const TableReading& table) {
    return table.kind == TableClass::excluded || table.kind == TableClass::undecided;
  });
  return tables;
}

}  // namespace godwit::plan
