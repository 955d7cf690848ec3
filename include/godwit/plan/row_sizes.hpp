// Row tenancy: how large each tenant is. Estimates, for placement, waves and the way of reading.
#pragma once

#include <cstdint>
#include <map>
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

}  // namespace godwit::plan
