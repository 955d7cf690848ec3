// Reading a shared table once for many tenants: how a query tells of every row whose it is.
#pragma once

#include <cstddef>
#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/row_tenancy.hpp"

namespace godwit::plan {

struct TenantOfRow {
  std::string joins;  // " LEFT JOIN … AS p1 ON …" along the paths; each finds a row at most
  std::string key;    // an SQL expression: the tenant's key as key_bytes() writes it, or NULL
};

/// For a query FROM the table under the alias t. The key is that of the one tenant whose
/// tenant_condition() holds for the row; of several paths the first whose columns are not NULL
/// decides. NULL, or a key that the directory lacks, for rows of no tenant. `table` is an index
/// into Classification::tables, of an owned or inherited table with a route.
TenantOfRow tenant_of_row(const RowTenancy& tenancy, const Classification& classification,
                          const mariadb::Database& database, std::size_t table);

/// A tenant's key, as the server prints it, in the bytes that are equal for equal keys of routing:
/// 007 of a ZEROFILL column is 7.
std::string key_bytes(const mariadb::Column& column, const std::string& printed);

}  // namespace godwit::plan
