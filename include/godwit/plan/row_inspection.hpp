// Row tenancy: what only the rows tell, found before anything is copied.
#pragma once

#include "godwit/core/finding.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/row_tenancy.hpp"

namespace godwit::plan {

/// Rows without a tenant or of another tenant than their parent's, counted exactly, each with up to
/// five keys, and what the counters of ids leave open. Two queries a table, one a foreign key and
/// one a further path that is none, some more for those with faults; never one per tenant. They
/// read whole indexes, or tables where no index helps, not in one snapshot: rows written meanwhile
/// may be counted or not. Compares as the routing does. Tables whose rules the classification
/// refused are left out.
///
/// Codes: rows-without-tenant, rows-of-unknown-tenant, orphans, rows-of-unrouted-parent,
/// cross-tenant-reference, id-blocks-no-room, ids-shared-counter, table-without-key. What is wrong
/// with the directory's own rows, find_row_tenants() refuses.
/// Throws Error(source); Error(plan_invalid) when the directory's `where` fails.
Findings inspect_rows(mariadb::Connection& source, const RowTenancy& tenancy,
                      const Classification& classification, const mariadb::Database& database);

}  // namespace godwit::plan
