#include "follow_record.hpp"

#include "copy_steps.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"

namespace godwit::engine {
namespace {

void log_failure(const std::string& tenant) {
  log::event(log::Level::error, "tenant.record_failed",
             {{"tenant", tenant}, {"error", current_error().what()}});
}

}  // namespace

void record_policy_counts(control::Store& store, const FollowedTenant& tenant,
                          const std::vector<apply::AppliedPolicies>& applied) {
  if (applied.empty()) return;
  try {
    std::vector<control::PolicyCount> counts;
    for (const apply::AppliedPolicies& table : applied)
      add_policy_counts(*tenant.unit, *table.table->target, table.columns, counts);
    store.add_policy_counts(tenant.unit->tenant, counts);
  } catch (...) {
    log_failure(tenant.unit->tenant);
  }
}

void record_unexplained(control::Store& store, FollowedTenant& tenant,
                        const std::vector<std::string>& tables) {
  const std::string& name = tenant.unit->tenant;
  for (const std::string& table : tables) {
    if (!tenant.unexplained.insert(table).second) continue;
    log::event(log::Level::warn, "follow.unexplained_table", {{"tenant", name}, {"table", table}});
    try {
      store.record_unexplained(name, table);
    } catch (...) {
      tenant.unexplained.erase(table);  // the next time tries again
      log_failure(name);
    }
  }
}

}  // namespace godwit::engine
