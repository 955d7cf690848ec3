// From a plan and what the source holds to work units: one per tenant, each with its target
// database, cluster and wave. Deterministic: the same input gives the same units.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "godwit/core/finding.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/row_reading.hpp"

namespace godwit::plan {

/// Which rows of the source a unit is.
enum class UnitKind {
  database,  // a database of its own
  rows,      // one tenant's rows of shared tables
  central,   // the central tables beside them
};

/// The schema of tenants that have a database of their own.
inline constexpr const char* kOwnDatabaseSchema = "public";

struct Unit {
  TenantId id;
  std::string tenant;  // the name people use
  UnitKind kind = UnitKind::database;
  std::string key;  // rows: what the tenant columns hold, as the server prints it
  std::string source_database;
  std::string target_database;  // ≤ 63 bytes; unique on its cluster, unless tenants share it
  std::string target_schema = kOwnDatabaseSchema;  // ≤ 63 bytes, unique within the database
  Isolation isolation = Isolation::database;
  ClusterId cluster;
  WaveId wave;
  std::uint64_t tables = 0;
  std::uint64_t rows = 0;   // estimate
  std::uint64_t bytes = 0;  // estimate, data and indexes

  [[nodiscard]] bool shares_database() const { return isolation == Isolation::schema; }
};

struct Units {
  std::vector<Unit> units;  // by tenant name; unit.id is the index
  /// Codes: tenant-without-wave (such tenants have no unit), wave-unknown-tenant,
  /// wave-without-tenants, placement-unknown-tenant, placement-too-few-clusters,
  /// placement-not-apart, cluster-in-use, cluster-capacity, target-name-invalid,
  /// target-name-duplicate, shared-database-crowded.
  Findings findings;
  std::optional<SharedTables> shared_tables{};  // row tenancy, read from the source
  /// Row tenancy, of a plan without errors: how each wave reads each table.
  std::vector<TableReading> readings;

  [[nodiscard]] const Unit* find(std::string_view tenant) const;
};

struct TenantSource {
  std::string tenant;
  std::string database;
  UnitKind kind = UnitKind::database;
  std::string key{};                       // kind rows, see Unit
  mariadb::DatabaseSummary estimate = {};  // kinds rows and central: of its own part
};
/// Tenants of the source: name and database, as the plan's tenancy finds them, by name. Throws
/// Error(source); Error(plan_invalid) when a pattern matches nothing, and when the directory query
/// fails, gives no tenant, or has rows without a database or name, names or databases twice, or a
/// database that doesn't exist.
std::vector<TenantSource> find_tenants(const Plan& plan, mariadb::Connection& source,
                                       std::span<const mariadb::DatabaseSummary> databases);

/// The same in row tenancy: the rows of the directory, and the central unit when `with_central`;
/// estimates are left empty. Throws Error(plan_invalid) also for keys or names that stand twice.
std::vector<TenantSource> find_row_tenants(const Plan& plan, mariadb::Connection& source,
                                           bool with_central);

/// A tenant that was begun: what it got then stays, whatever sizes and names say now.
struct BegunTenant {
  std::string tenant;
  std::string cluster;  // names
  std::string wave;
  std::string target_database;
  std::string target_schema = kOwnDatabaseSchema;
};

/// Assigns target database and schema, cluster (balanced by size within the clusters' limits; see place())
/// and wave (the first that takes the tenant). Pure, O(n log n).
Units make_units(const Plan& plan, std::span<const TenantSource> tenants,
                 std::span<const mariadb::DatabaseSummary> databases,
                 std::span<const BegunTenant> begun = {});

/// SQL-like pattern of plan files: '%' matches any text, everything else itself.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace godwit::plan
