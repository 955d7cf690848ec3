// A source's tenants as a file: for planning where the source can't be reached.
#pragma once

#include <string>
#include <vector>

#include "godwit/core/diagnostic.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

struct CatalogFile {
  std::vector<TenantSource> tenants;
  std::vector<mariadb::DatabaseSummary> databases;  // one for each tenant, in the same order
};

/// JSON lines, a tenant each: {"tenant": "acme", "database": "crm_0001", "tables": 40,
/// "rows": 25000, "bytes": 9000000}. `database` is the tenant's name unless it is given; numbers
/// are whole, 0 unless they are given. Empty lines are skipped. All mistakes go to `diagnostics`.
CatalogFile parse_catalog(const std::string& text, const std::string& file,
                          Diagnostics& diagnostics);

/// Throws Error(plan_invalid) with all mistakes.
CatalogFile load_catalog(const std::string& path);

}  // namespace godwit::plan
