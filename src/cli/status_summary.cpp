#include "status_summary.hpp"

#include <algorithm>
#include <string_view>

#include "godwit/core/text.hpp"

namespace godwit::cli {
namespace {

using control::TenantRecord;

using Groups = std::map<std::string_view, StateCounts>;

void count(Groups& groups, const std::string& name, const TenantRecord& tenant) {
  StateCounts& counts = groups[name];
  ++counts.tenants;
  ++counts.states[tenant.state];
  counts.failed += tenant.error.empty() ? 0U : 1U;
  counts.rows += tenant.rows;
}

std::vector<StateCounts> by_name(Groups&& groups) {
  std::vector<StateCounts> list;
  list.reserve(groups.size());
  for (auto& [name, counts] : groups) {
    counts.name = name;
    list.push_back(std::move(counts));
  }
  return list;
}

/// The first `shown` of them in this order.
template <class Before>
void keep_first(std::vector<const TenantRecord*>& tenants, std::size_t shown, Before before) {
  const std::size_t kept = std::min(shown, tenants.size());
  std::partial_sort(tenants.begin(), tenants.begin() + static_cast<std::ptrdiff_t>(kept),
                    tenants.end(), before);
  tenants.resize(kept);
}

}  // namespace

bool StatusFilter::accepts(const TenantRecord& tenant) const {
  return (waves.empty() || waves.contains(tenant.wave)) &&
         (states.empty() || states.contains(tenant.state)) && (!failed || !tenant.error.empty());
}

StatusSummary summarize(const std::vector<TenantRecord>& tenants, std::size_t shown) {
  StatusSummary summary;
  Groups waves;
  Groups clusters;
  std::map<std::string_view, std::size_t> kinds;
  for (const TenantRecord& tenant : tenants) {
    count(waves, tenant.wave, tenant);
    count(clusters, tenant.cluster, tenant);
    if (!tenant.error.empty()) {
      ++kinds[tenant.error_kind];
      summary.latest_failed.push_back(&tenant);
    }
    if (!tenant.copied_at.empty()) summary.slowest.push_back(&tenant);
  }
  summary.waves = by_name(std::move(waves));
  summary.clusters = by_name(std::move(clusters));
  for (const auto& [kind, failed] : kinds)
    summary.failures.push_back({std::string(kind), failed});
  std::stable_sort(
      summary.failures.begin(), summary.failures.end(),
      [](const FailureCount& a, const FailureCount& b) { return a.tenants > b.tenants; });
  // names settle ties, so that the same store is always shown alike
  keep_first(summary.latest_failed, shown, [](const TenantRecord* a, const TenantRecord* b) {
    return a->updated_at != b->updated_at ? a->updated_at > b->updated_at : a->tenant < b->tenant;
  });
  keep_first(summary.slowest, shown, [](const TenantRecord* a, const TenantRecord* b) {
    return a->seconds != b->seconds ? a->seconds > b->seconds : a->tenant < b->tenant;
  });
  return summary;
}

std::string states_text(const StateCounts& counts) {
  std::string text;
  for (const auto& [state, tenants] : counts.states) {
    text +=
        (text.empty() ? "" : ", ") + human_count(tenants) + " " + std::string(control::name(state));
  }
  return text;
}

}  // namespace godwit::cli
