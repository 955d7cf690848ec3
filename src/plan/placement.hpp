// Which cluster each tenant's database goes to.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "godwit/core/ids.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::plan {

/// What an empty database occupies on a PostgreSQL 15 cluster; it counts as load too, so that
/// tenants of unknown size spread.
inline constexpr std::uint64_t kEmptyDatabaseBytes = 8'000'000;

struct TenantSize {
  std::string_view tenant;
  std::uint64_t bytes = 0;
};

/// One cluster for each tenant, in the order given. Every tenant prefers the clusters in an order
/// of its own (rendezvous hashing of both names), and goes to the first that has room and whose
/// load stays within a twentieth above its fair share; the largest choose first, so that hot
/// tenants spread. So the answer is balanced and always the same, and a tenant or a cluster more
/// moves little: of n clusters a new one takes about a n-th from each, and hardly anything moves
/// between the others. Pins and groups (PlacementSpec) come first. When no cluster has room, the
/// least loaded takes the tenant all the same (the caller reports it). O(tenants × clusters).
std::vector<ClusterId> place(std::span<const TenantSize> tenants,
                             std::span<const ClusterSpec> clusters,
                             const PlacementSpec& rules = {});

/// What one cluster may take: its limits less the reserve.
struct ClusterRoom {
  std::uint64_t databases = 0;
  std::uint64_t bytes = 0;  // maximum of the type: no limit
};
ClusterRoom room_of(const ClusterSpec& cluster, const PlacementSpec& rules);

}  // namespace godwit::plan
