// What each cluster is asked to hold, beside what it may take.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

/// What an empty database occupies on a PostgreSQL 15 cluster: 7.9 MB, measured. It counts as load
/// everywhere, so that tenants of unknown size spread, too.
inline constexpr std::uint64_t kEmptyDatabaseBytes = 7'900'000;

inline constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

/// What one cluster may take: its limits less the reserve.
struct ClusterRoom {
  std::uint64_t databases = 0;  // no more than `connections` serve, where the plan counts these
  std::uint64_t bytes = kNoLimit;
  std::uint64_t connections = 0;  // the application's: without the engine's part
};
ClusterRoom room_of(const ClusterSpec& cluster, const PlacementSpec& rules);

/// Each cluster's fair part of all load: by room for bytes where every cluster states it, else by
/// room for databases. They add up to 1, or are all 0 when no cluster has room.
std::vector<double> fair_shares(std::span<const ClusterRoom> rooms);

struct ClusterLoad {
  ClusterRoom room;
  double fair_share = 0;  // of the bytes of all clusters
  std::uint64_t tenants = 0;
  std::uint64_t rows = 0;         // estimate
  std::uint64_t bytes = 0;        // estimate, with kEmptyDatabaseBytes for each tenant
  std::uint64_t connections = 0;  // the application's; 0 where the plan doesn't count them
  const Unit* largest = nullptr;  // points into the units given
};

/// One entry per cluster of the plan, in its order.
std::vector<ClusterLoad> cluster_loads(const Plan& plan, std::span<const Unit> units);

/// How uneven the placement is: the greatest ratio of a cluster's bytes to its fair share of all
/// bytes; 1 is even. 0 when there is no load.
double spread(std::span<const ClusterLoad> loads);

}  // namespace godwit::plan
