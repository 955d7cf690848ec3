#include "godwit/plan/shared_reading.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace godwit::plan {
namespace {

/// What a row costs that is found through an index, in rows read one after the other.
constexpr double kIndexedRowCost = 4;
/// Longer lists of keys are no longer planned as ranges by the source.
constexpr std::size_t kKeysByIndexMax = 500;
/// A unit's buffer: smaller ones would cost more calls than they save memory.
constexpr std::size_t kBufferBytesMin = 4U << 10U;
constexpr std::size_t kBufferBytesMax = 128U << 10U;
/// A buffer has room for a quarter more than a block.
constexpr std::size_t kBufferQuarters = 5;

bool has_index(const mariadb::Table& table, std::size_t column) {
  const std::string& name = table.columns.at(column).name;
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const mariadb::Index& index) {
    return index.kind == mariadb::IndexKind::btree && !index.ignored && !index.parts.empty() &&
           index.parts.front().column == name && !index.parts.front().prefix;
  });
}

/// A unit's own bytes: its estimate holds the shared tables, too.
double own_bytes(const SharedTables& tables, const Unit& unit) {
  return static_cast<double>(unit.bytes - std::min(unit.bytes, tables.shared));
}

bool is_central(const Unit* unit) { return unit->kind == UnitKind::central; }

/// Of the tenants among them.
double wanted_bytes(const SharedTables& tables, const std::vector<const Unit*>& units) {
  double wanted = 0;
  for (const Unit* unit : units) {
    if (!is_central(unit)) wanted += own_bytes(tables, *unit);
  }
  return wanted;
}

}  // namespace

SharedTables measure_tables(const Classification& classification,
                            const mariadb::Database& database) {
  SharedTables measured;
  for (std::size_t i = 0; i < classification.tables.size(); ++i) {
    const mariadb::Table& table = database.tables[i];
    const std::uint64_t bytes = table.data_bytes + table.index_bytes;
    switch (classification.tables[i].kind) {
      case TableClass::owned:
      case TableClass::inherited:
        measured.tenants += bytes;
        if (reachable_by_index(classification, database, i)) measured.indexed += bytes;
        break;
      case TableClass::shared: measured.shared += bytes; break;
      case TableClass::central: measured.central += bytes; break;
      case TableClass::undecided:
      case TableClass::excluded: break;
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

bool reachable_by_index(const Classification& classification, const mariadb::Database& database,
                        std::size_t table) {
  const ClassifiedTable& classified = classification.tables.at(table);
  const auto has_index_on = [&](std::size_t column) {
    return has_index(database.tables.at(table), column);
  };
  if (classified.tenant_column) return has_index_on(*classified.tenant_column);
  if (classified.kind != TableClass::inherited) return false;
  return std::all_of(classified.paths.begin(), classified.paths.end(), [&](const RoutePath& path) {
    return has_index_on(path.columns.front()) &&
           reachable_by_index(classification, database, path.parent);
  });
}

bool reads_by_index(const SharedTables& tables, const std::vector<const Unit*>& units) {
  if (units.size() > kKeysByIndexMax) return false;
  return tables.tenants > 0 &&
         wanted_bytes(tables, units) * kIndexedRowCost < static_cast<double>(tables.tenants);
}

std::uint64_t bytes_to_read(const SharedTables& tables, const std::vector<const Unit*>& units) {
  std::uint64_t bytes = tables.shared;
  if (std::any_of(units.begin(), units.end(), is_central)) bytes += tables.central;
  if (std::all_of(units.begin(), units.end(), is_central)) return bytes;
  if (!reads_by_index(tables, units)) return bytes + tables.tenants;
  const double part = static_cast<double>(tables.indexed) / static_cast<double>(tables.tenants);
  return bytes + tables.tenants - tables.indexed +
         static_cast<std::uint64_t>(
             std::llround(wanted_bytes(tables, units) * part * kIndexedRowCost));
}

std::size_t readers_of_group(const Plan& plan, std::size_t lanes) {
  return std::min(lanes, static_cast<std::size_t>(plan.source.readers));
}

std::size_t group_limit(const Plan& plan, std::size_t lanes) {
  const std::size_t buffers =
      plan.memory_bytes * 4 / kBufferQuarters / readers_of_group(plan, lanes) / kBufferBytesMin;
  const std::size_t by_memory = std::max<std::size_t>(1, buffers - 1);
  return plan.together == 0 ? by_memory : std::min<std::size_t>(by_memory, plan.together);
}

std::size_t group_buffer_bytes(const Plan& plan, std::size_t readers, std::size_t slots) {
  return std::clamp(plan.memory_bytes * 4 / kBufferQuarters / readers / slots, kBufferBytesMin,
                    kBufferBytesMax);
}

std::vector<std::size_t> streaming_units(const Plan& plan, const std::vector<const Unit*>& units,
                                         std::size_t lanes) {
  std::vector<std::size_t> large;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i]->bytes > kIndexedCopyBytes) large.push_back(i);
  }
  std::stable_sort(large.begin(), large.end(),
                   [&](std::size_t a, std::size_t b) { return units[a]->bytes > units[b]->bytes; });
  std::vector<std::size_t> streaming;
  std::map<std::uint32_t, std::size_t> used;
  for (const std::size_t i : large) {
    const std::uint32_t cluster = units[i]->cluster.value;
    // beside them: a lane's session each, the provisioners' and the lock keepers' connections
    const std::size_t others = 3 * lanes + 2;
    const auto limit = static_cast<std::size_t>(plan.clusters.at(cluster).engine_connections);
    if (++used[cluster] + others <= limit) streaming.push_back(i);
  }
  return streaming;
}

std::uint64_t bytes_to_spill(const SharedTables& tables, const std::vector<const Unit*>& units,
                             const std::vector<std::size_t>& streaming) {
  std::vector<bool> streams(units.size());
  for (const std::size_t i : streaming)
    streams.at(i) = true;
  std::uint64_t bytes = tables.shared;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!streams[i]) bytes += static_cast<std::uint64_t>(own_bytes(tables, *units[i]));
  }
  return bytes;
}

}  // namespace godwit::plan
