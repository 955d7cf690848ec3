// Row tenancy: how large each tenant is, and whether its rows are read by an index or by a scan
// that all tenants of a wave share. Estimates, for placement, waves and the order of reading.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/row_tenancy.hpp"

namespace godwit::plan {

/// Where a tenant's part of a table comes from.
enum class SizeBasis {
  counted,     // rows per tenant were counted in an index
  directory,   // the directory itself: a row each
  ancestor,    // spread as the rows of the nearest counted table on the first path
  all_counted  // spread as the bytes of all counted tables; evenly where none is
};
std::string_view name(SizeBasis basis);

struct SizedTable {
  std::string table;
  SizeBasis basis = SizeBasis::all_counted;
  std::string ancestor;     // the table that it was spread by, with `ancestor`
  std::uint64_t rows = 0;   // of all tenants; counted, else the server's estimate
  std::uint64_t bytes = 0;  // data and indexes, the server's estimate
};

struct TenantRows {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

struct RowSizes {
  /// By the tenant's key, as a SELECT of the directory's key column prints it; every row of the
  /// directory, whatever its `where`. Owned and inherited tables only.
  std::map<std::string, TenantRows> tenants;
  std::vector<SizedTable> tables;  // owned and inherited ones, in the order of the catalog
};

/// One query for the directory and one for each of a few tables, whose rows per tenant are counted
/// in an index that begins with the tenant column: the largest, until four fifths of the bytes of
/// such tables are covered, 20 at most. No table is scanned; what isn't counted is spread.
/// Throws Error(source).
RowSizes estimate_sizes(mariadb::Connection& source, const RowTenancy& tenancy,
                        const Classification& classification, const mariadb::Database& database);

/// What leads from a tenant to its rows in a table.
enum class TenantAccess {
  none,       // no index begins with the column
  secondary,  // each row is looked up by itself
  clustered,  // the rows of a tenant lie together
};
TenantAccess tenant_access(const mariadb::Table& table, std::string_view column);

enum class Reading {
  scan,   // the whole table once, for all tenants of the group
  index,  // WHERE … IN (the tenants of the group)
};

struct TableReadStats {
  std::uint64_t rows = 0;  // of the table, estimate
  TenantAccess access = TenantAccess::none;
  std::optional<std::uint64_t> group_rows;  // of the group's tenants; not given: an even part
};

struct ReadChoice {
  Reading reading = Reading::scan;
  std::uint64_t rows = 0;  // read on the source
  double cost = 0;         // in rows that a scan reads
};

/// The cheaper way to read the rows of `tenants` out of `all`. A row that a scan reads costs 1, as
/// does one through the leading part of InnoDB's primary key; one through a secondary index costs
/// 4: it is looked up alone, in an order that the disk doesn't have. A tie is a scan. Without an
/// index there is only the scan.
ReadChoice choose_reading(const TableReadStats& table, std::uint64_t tenants, std::uint64_t all);

}  // namespace godwit::plan
