// Row tenancy on a real catalog: which tables are whose, and how each row finds its tenant.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/core/finding.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/row_tenancy.hpp"

namespace godwit::plan {

/// One step towards the tenant; indexes are of mariadb::Table::columns.
struct RoutePath {
  std::vector<std::size_t> columns;
  std::size_t parent = 0;  // index into Classification::tables
  std::vector<std::size_t> parent_columns;
};

struct ClassifiedTable {
  std::string name;
  TableClass kind = TableClass::undecided;
  std::optional<std::size_t> tenant_column;  // owned; index into the source table's columns
  std::vector<RoutePath> paths;              // inherited
  /// 0, or for inherited tables one more than their parents': those are read before.
  std::size_t level = 0;
  bool leave_unrouted = false;
};

struct Classification {
  std::string database;
  std::vector<ClassifiedTable> tables;  // in the order of mariadb::Database::tables
  /// Codes: table-undecided, tenant-column-missing, tenant-column-type, inherited-path-invalid,
  /// inherited-cycle, inherited-path-ambiguous, tenant-index-missing, key-to-central,
  /// key-to-excluded, key-from-shared, cascade-across-units, engine-without-snapshot,
  /// no-such-table, no-such-key. Errors: must not run.
  Findings findings;

  [[nodiscard]] const ClassifiedTable* find(std::string_view table) const;
  [[nodiscard]] std::size_t count(TableClass kind) const;
};

/// Whether routing can compare values of this column: integers by value, UUID, and text of UTF-8
/// or ASCII and BINARY by their bytes.
bool can_route(const mariadb::Column& column);
/// Whether equal values of both columns are equal for routing.
bool same_routing(const mariadb::Column& left, const mariadb::Column& right);

/// A tenant's key, as the server prints it, as an SQL literal to compare the column with.
std::string key_literal(const mariadb::Column& column, const std::string& key);

/// Applies the plan's rules. Never throws for what the schema holds: every problem is a finding.
Classification classify(const RowTenancy& tenancy, const mariadb::Database& database);

/// What one tenant's database is made from: owned, inherited and shared tables, without the
/// foreign keys that would leave it for another table of this source.
mariadb::Database tenant_model(const RowTenancy& tenancy, const Classification& classification,
                               const mariadb::Database& database);
/// The same of the central unit: central and shared tables.
mariadb::Database central_model(const Classification& classification,
                                const mariadb::Database& database);

/// An SQL condition that holds for the rows of the tenants with these keys (literals), for a query
/// of which the table is the only one, under its own name: "`t`.`company_id` = 7", with subqueries
/// along the paths of an inherited one; empty for tables that every unit gets whole. It compares as
/// the routing does: text by its bytes, and of several paths the first whose columns are not NULL
/// decides.
std::string tenant_condition(const Classification& classification,
                             const mariadb::Database& database, const ClassifiedTable& table,
                             const std::vector<std::string>& keys);

}  // namespace godwit::plan
