// Row tenancy: whether the tenants that are read together get their rows of a table by one scan of
// it or through an index, and what that costs. The engine reads as this says, `plan` prints it.
//
// The model. Cost is counted in bytes that a scan reads, and a scan reads all of the table. Through
// an index only the tenants' rows are read: of each table the part that these tenants have of all
// tenants' bytes. A row found through a secondary index costs 4 times what it costs in a scan: it is
// looked up alone, in an order that the disk doesn't have. Through the leading part of InnoDB's
// primary key it costs twice as much: the rows of a tenant lie together, but not in whole pages.
// The cheaper way is taken, a tie is a scan. An inherited table is read through an index only where
// that is cheaper for its parent, too; with several paths never, as no index serves an OR of them.
// Nor is any for more than 500 tenants at once: the source doesn't plan longer lists of keys as
// ranges. Whatever that says, a table is scanned where a table that inherits from it is: only then
// is known of each row there whether it has a parent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/core/ids.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::plan {

struct Unit;
struct Units;

/// What leads from a tenant to its rows in a table.
enum class TenantAccess {
  none,       // no index begins with the column
  secondary,  // each row is looked up by itself
  clustered,  // the rows of a tenant lie together
};
std::string_view name(TenantAccess access);
TenantAccess tenant_access(const mariadb::Table& table, std::string_view column);
/// The same for an owned or inherited table of a classification: none also where indexes don't lead
/// all the way from the tenants to its rows, and with several paths, as no index serves an OR.
TenantAccess tenant_access(const Classification& classification, const mariadb::Database& database,
                           std::size_t table);

enum class Reading {
  scan,   // the whole table once, for all tenants of the group
  index,  // WHERE … IN (the tenants of the group)
};

struct ReadChoice {
  Reading reading = Reading::scan;
  std::uint64_t scan_bytes = 0;                // the table's rows, estimate
  std::optional<std::uint64_t> index_bytes{};  // as if a scan read them; nullopt: there is no way
};

/// The cheaper way to `share` (0 to 1) of a table's `bytes`.
ReadChoice choose_reading(std::uint64_t bytes, TenantAccess access, double share);

/// The same for each table of the classification, for units that are read together. The parents of
/// a table that is scanned are scanned, all the way to the tenant.
std::vector<ReadChoice> choose_readings(const Classification& classification,
                                        const mariadb::Database& database,
                                        const std::vector<const Unit*>& units);

/// What the tables of a row tenancy hold, data and indexes, as the source estimates.
struct SharedTables {
  std::uint64_t tenants = 0;    // owned and inherited ones, whoever's rows
  std::uint64_t secondary = 0;  // of these, where indexes lead to a tenant's rows one by one
  std::uint64_t clustered = 0;  // of these, where they lie together, all the way from the tenant
  std::uint64_t shared = 0;     // every unit gets a copy
  std::uint64_t central = 0;
};

/// Parents of tables that are always scanned are neither secondary nor clustered: they are, too.
SharedTables measure_tables(const Classification& classification,
                            const mariadb::Database& database);
/// What is known of the tables, or else what the units make of them.
SharedTables tables_of(const Units& units);

/// What is read for these units together, as bytes of a scan. An estimate: from a quarter of the
/// tenants' bytes on, a clustered table may be scanned for the sake of a secondary one below it; it
/// counts as read by index up to a half all the same.
std::uint64_t bytes_to_read(const SharedTables& tables, const std::vector<const Unit*>& units);

/// A table's part in one wave, whose units are read together or in several groups.
struct WaveReading {
  WaveId wave;
  std::uint64_t readings = 0;                  // of the table: one for each group that needs it
  std::uint64_t by_index = 0;                  // of these
  std::uint64_t scan_bytes = 0;                // if each were a scan
  std::optional<std::uint64_t> index_bytes{};  // if each went through the index; nullopt: one can't
};

struct TableReading {
  std::string table;
  TableClass kind = TableClass::undecided;
  std::uint64_t rows = 0;   // estimate
  std::uint64_t bytes = 0;  // of the rows, without indexes, estimate
  TenantAccess access = TenantAccess::none;
  std::string through{};             // owned: the index; inherited: the path; empty without access
  std::vector<WaveReading> waves{};  // those with units, in the plan's order
};

/// How each wave, run by itself with its own lanes, reads each table: those of tenants, shared and
/// central ones, in the catalog's order. O(groups × tables).
std::vector<TableReading> plan_readings(const Plan& plan, const Classification& classification,
                                        const mariadb::Database& database,
                                        const std::vector<Unit>& units);

}  // namespace godwit::plan
