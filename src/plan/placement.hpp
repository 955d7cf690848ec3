// Which cluster each tenant's database goes to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "godwit/core/ids.hpp"
#include "godwit/plan/cluster_load.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::plan {

struct TenantSize {
  std::string_view tenant;
  std::uint64_t bytes = 0;
  /// Where the tenant's place stands already, and the wave it was begun in: both stay.
  std::optional<ClusterId> cluster = {};
  std::optional<WaveId> wave = {};
  bool own_database = true;  // which counts, and costs kEmptyDatabaseBytes
};

/// One cluster for each tenant, in the order given. Every tenant prefers the clusters in an order
/// of its own (rendezvous hashing of both names), and goes to the first that has room and whose
/// load stays within a twentieth above its fair share; the largest choose first, so that hot
/// tenants spread. So the answer is balanced and always the same, and a tenant or a cluster more
/// moves little: of n clusters a new one takes about a n-th from each, and hardly anything moves
/// between the others. What stands already comes first, then pins and groups (PlacementSpec). When
/// no cluster has room, the least loaded takes the tenant all the same (the caller reports it).
/// `shared_databases` is the number of them on each cluster, see room_of(). O(tenants × clusters).
std::vector<ClusterId> place(std::span<const TenantSize> tenants,
                             std::span<const ClusterSpec> clusters, const PlacementSpec& rules = {},
                             std::uint64_t shared_databases = 0);

}  // namespace godwit::plan
