#include "godwit/plan/cluster_load.hpp"

#include <algorithm>
#include <numeric>

namespace godwit::plan {
namespace {

std::uint64_t less_reserve(std::uint64_t limit, double reserve) {
  return limit - static_cast<std::uint64_t>(static_cast<double>(limit) * reserve);
}

double sum_of(const std::vector<double>& weights) {
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

/// What each cluster is filled in proportion to.
std::vector<double> weights_of(std::span<const ClusterRoom> rooms, std::uint64_t shared_databases) {
  const auto all_limit = [&](std::uint64_t ClusterRoom::*limit) {
    return std::all_of(rooms.begin(), rooms.end(),
                       [&](const ClusterRoom& room) { return room.*limit != kNoLimit; });
  };
  const bool by_bytes = all_limit(&ClusterRoom::bytes);
  std::vector<double> weights(rooms.size());
  if (!by_bytes && shared_databases > 0 && !all_limit(&ClusterRoom::tenants)) {
    std::transform(rooms.begin(), rooms.end(), weights.begin(), [&](const ClusterRoom& room) {
      return room.databases >= shared_databases ? 1.0 : 0.0;
    });
    if (sum_of(weights) <= 0) weights.assign(rooms.size(), 1.0);
    return weights;
  }
  const auto weight = by_bytes                           ? &ClusterRoom::bytes
                      : all_limit(&ClusterRoom::tenants) ? &ClusterRoom::tenants
                                                         : &ClusterRoom::databases;
  std::transform(rooms.begin(), rooms.end(), weights.begin(),
                 [&](const ClusterRoom& room) { return static_cast<double>(room.*weight); });
  return weights;
}

}  // namespace

ClusterRoom room_of(const ClusterSpec& cluster, const PlacementSpec& rules,
                    std::uint64_t shared_databases) {
  ClusterRoom room;
  room.databases = less_reserve(static_cast<std::uint64_t>(cluster.databases), rules.reserve);
  if (cluster.bytes) room.bytes = less_reserve(*cluster.bytes, rules.reserve);
  const int free = std::max(0, cluster.connections - cluster.engine_connections);
  room.connections = less_reserve(static_cast<std::uint64_t>(free), rules.reserve);
  if (rules.tenant_connections > 0) {
    const std::uint64_t served =
        room.connections / static_cast<std::uint64_t>(rules.tenant_connections);
    if (shared_databases > 0) {
      room.tenants = served;
    } else {
      room.databases = std::min(room.databases, served);
    }
  }
  return room;
}

std::vector<double> fair_shares(std::span<const ClusterRoom> rooms,
                                std::uint64_t shared_databases) {
  std::vector<double> shares = weights_of(rooms, shared_databases);
  const double sum = sum_of(shares);
  for (double& share : shares)
    share = sum > 0 ? share / sum : 0;
  return shares;
}

std::vector<ClusterLoad> cluster_loads(const Plan& plan, std::span<const Unit> units) {
  std::vector<ClusterRoom> rooms;
  for (const ClusterSpec& cluster : plan.clusters)
    rooms.push_back(room_of(cluster, plan.placement, shared_databases_of(plan)));
  const std::vector<double> shares = fair_shares(rooms, shared_databases_of(plan));
  std::vector<ClusterLoad> loads(rooms.size());
  for (std::size_t i = 0; i < loads.size(); ++i) {
    loads[i].room = rooms[i];
    loads[i].fair_share = shares[i];
  }
  const auto connections = static_cast<std::uint64_t>(plan.placement.tenant_connections);
  SeenDatabases seen;
  for (const Unit& unit : units) {
    ClusterLoad& load = loads.at(unit.cluster.value);
    ++load.tenants;
    if (seen.is_first(unit)) {
      ++load.databases;
      load.bytes += kEmptyDatabaseBytes;
    }
    load.rows += unit.rows;
    load.bytes += unit.bytes;
    load.connections += connections;
    if (load.largest == nullptr || unit.bytes > load.largest->bytes) load.largest = &unit;
  }
  return loads;
}

double spread(std::span<const ClusterLoad> loads) {
  double bytes = 0;
  for (const ClusterLoad& load : loads)
    bytes += static_cast<double>(load.bytes);
  double greatest = 0;
  for (const ClusterLoad& load : loads) {
    if (load.fair_share <= 0) continue;
    greatest = std::max(greatest, static_cast<double>(load.bytes) / load.fair_share);
  }
  return bytes > 0 ? greatest / bytes : 0;
}

}  // namespace godwit::plan
