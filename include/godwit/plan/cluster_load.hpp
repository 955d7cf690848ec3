// What each cluster is asked to hold, beside what it may take.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

/// What an empty database occupies on a PostgreSQL 15 cluster: 7.9 MB, measured. It counts as load
/// everywhere, so that tenants of unknown size spread, too. An empty schema counts nothing: the
/// empty tables and indexes of one (0 to 8 KiB each) are less than what InnoDB counts for them
/// (16 KiB each), and that is part of the tenant's estimated bytes.
inline constexpr std::uint64_t kEmptyDatabaseBytes = 7'900'000;

inline constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

/// What one cluster may take: its limits less the reserve. `connections` serve only so many
/// tenants, where the plan counts them: that limits `databases`, or `tenants` that share them.
struct ClusterRoom {
  std::uint64_t databases = 0;
  std::uint64_t tenants = kNoLimit;
  std::uint64_t bytes = kNoLimit;
  std::uint64_t connections = 0;  // the application's: without the engine's part
};
/// `shared_databases` is the number of databases that the cluster's tenants share, or 0: each has
/// its own.
ClusterRoom room_of(const ClusterSpec& cluster, const PlacementSpec& rules,
                    std::uint64_t shared_databases = 0);

/// Each cluster's fair part of all load: by room for bytes where every cluster states it, else by
/// room for tenants, else by room for databases. The last says nothing of tenants that share
/// `shared_databases` (see room_of()) on each cluster: then all clusters that have room for these
/// get the same, or all where none has. They add up to 1, or are all 0 when no cluster has room.
std::vector<double> fair_shares(std::span<const ClusterRoom> rooms,
                                std::uint64_t shared_databases = 0);

struct ClusterLoad {
  ClusterRoom room;
  double fair_share = 0;  // of the bytes of all clusters
  std::uint64_t tenants = 0;
  std::uint64_t databases = 0;    // of tenants, their own and shared ones
  std::uint64_t rows = 0;         // estimate
  std::uint64_t bytes = 0;        // estimate, with kEmptyDatabaseBytes for each database
  std::uint64_t connections = 0;  // the application's; 0 where the plan doesn't count them
  const Unit* largest = nullptr;  // points into the units given
};

/// One entry per cluster of the plan, in its order.
std::vector<ClusterLoad> cluster_loads(const Plan& plan, std::span<const Unit> units);

/// Tells the first unit of each database, so that shared ones count once. The units must outlive it.
class SeenDatabases {
 public:
  bool is_first(const Unit& unit) {
    return !unit.shares_database() || shared_.emplace(unit.cluster, unit.target_database).second;
  }

 private:
  std::set<std::pair<ClusterId, std::string_view>> shared_;
};

/// How uneven the placement is: the greatest ratio of a cluster's bytes to its fair share of all
/// bytes; 1 is even. 0 when there is no load.
double spread(std::span<const ClusterLoad> loads);

}  // namespace godwit::plan
