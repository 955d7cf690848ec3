// What following a tenant brought to light, put into the control store. Nothing here throws: the
// tenant goes on when the store is full.
#pragma once

#include <string>
#include <vector>

#include "followed_tenant.hpp"
#include "godwit/apply/applier.hpp"
#include "godwit/control/store.hpp"

namespace godwit::engine {

/// Adds what policies changed to the tenant's report. To be called once for each applier, at its
/// end: what one that a crash took along had counted is missing in the report.
void record_policy_counts(control::Store& store, const FollowedTenant& tenant,
                          const std::vector<apply::AppliedPolicies>& applied);

/// Tables of ApplyResult::unexplained_tables, each logged and put into the journal once in the
/// tenant's time with this engine. A crash between the rows' commit and the journal loses that.
/// The tenant's worker.
void record_unexplained(control::Store& store, FollowedTenant& tenant,
                        const std::vector<std::string>& tables);

}  // namespace godwit::engine
