#include "placement.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>

#include <xxhash.h>

namespace godwit::plan {
namespace {

/// How far above its fair share a cluster may be filled while others have room.
constexpr std::uint64_t kSlackDivisor = 20;

/// A tenant is hot from this part of a fair share on: clusters get the hot ones in turns.
constexpr std::uint64_t kHotDivisor = 20;

/// Tenants that go to one cluster together; most are alone.
struct Group {
  std::vector<std::size_t> members;
  std::uint64_t bytes = 0;
  std::size_t databases = 0;  // of its members' own
  std::optional<std::size_t> pin;
  std::vector<std::size_t> apart;  // of its members: indexes into PlacementSpec::apart
};

struct Load {
  ClusterRoom room;
  bool closed = false;
  std::uint64_t name_hash = 0;
  std::uint64_t fair_bytes = 0;
  std::uint64_t bytes = 0;
  std::uint64_t shared_bytes = 0;  // of empty shared databases: no tenant's, and in the way of all
  std::uint64_t databases = 0;
  std::uint64_t tenants = 0;
  std::size_t hot = 0;  // groups

  [[nodiscard]] bool is_hot(const Group& group) const {
    return group.bytes > fair_bytes / kHotDivisor;
  }
  [[nodiscard]] bool takes(const Group& group) const {
    return !closed && (group.databases == 0 || databases + group.databases <= room.databases) &&
           (room.tenants == kNoLimit || tenants + group.members.size() <= room.tenants) &&
           (room.bytes == kNoLimit || bytes + shared_bytes + group.bytes <= room.bytes);
  }
  [[nodiscard]] bool stays_fair(const Group& group) const {
    return bytes + group.bytes <= fair_bytes + fair_bytes / kSlackDivisor;
  }
};

/// A tenant's liking for a cluster: independent of all other tenants and clusters.
std::uint64_t liking(std::uint64_t tenant_hash, const Load& cluster) {
  const std::uint64_t pair[] = {tenant_hash, cluster.name_hash};
  return XXH3_64bits(pair, sizeof pair);
}

class Placement {
 public:
  Placement(std::span<const TenantSize> tenants, std::span<const ClusterSpec> clusters,
            const PlacementSpec& rules, std::uint64_t shared_databases)
      : tenants_(tenants),
        rules_(rules),
        shared_databases_(shared_databases),
        placed_(tenants.size()),
        apart_(rules.apart.size()) {
    for (const ClusterSpec& cluster : clusters) {
      Load& load = loads_.emplace_back();
      load.room = room_of(cluster, rules, shared_databases);
      load.closed = cluster.closed;
      load.databases = shared_databases;
      load.shared_bytes = shared_databases * kEmptyDatabaseBytes;
      load.name_hash = XXH3_64bits(cluster.name.data(), cluster.name.size());
      clusters_.emplace(cluster.name, loads_.size() - 1);
    }
  }

  std::vector<ClusterId> run() {
    if (loads_.empty()) return placed_;  // refused by the plan reader already
    make_groups();
    share_out();
    for (const Group& group : groups_)
      put(group, group.pin ? *group.pin : choose(group));
    // two of a group may stand apart: that doesn't move them
    for (std::size_t i = 0; i < tenants_.size(); ++i)
      placed_[i] = tenants_[i].cluster.value_or(placed_[i]);
    return std::move(placed_);
  }

 private:
  void make_groups() {
    std::unordered_map<std::string_view, std::size_t> group_of;
    for (const std::vector<std::string>& names : rules_.together) {
      groups_.emplace_back();
      for (const std::string& name : names)
        group_of.emplace(name, groups_.size() - 1);
    }
    std::unordered_map<std::string_view, std::vector<std::size_t>> apart_of;
    for (std::size_t i = 0; i < rules_.apart.size(); ++i) {
      for (const std::string& name : rules_.apart[i])
        apart_of[name].push_back(i);
    }
    for (std::size_t i = 0; i < tenants_.size(); ++i) {
      const auto known = group_of.find(tenants_[i].tenant);
      Group& group = known == group_of.end() ? groups_.emplace_back() : groups_[known->second];
      group.members.push_back(i);
      group.bytes += tenants_[i].bytes + (tenants_[i].own_database ? kEmptyDatabaseBytes : 0);
      group.databases += tenants_[i].own_database ? 1 : 0;
      const auto pin = rules_.pins.find(std::string(tenants_[i].tenant));
      if (pin != rules_.pins.end()) {
        if (const auto at = clusters_.find(pin->second); at != clusters_.end()) {
          group.pin = at->second;
        }
      }
      if (tenants_[i].cluster) group.pin = tenants_[i].cluster->value;
      if (const auto apart = apart_of.find(tenants_[i].tenant); apart != apart_of.end()) {
        group.apart.insert(group.apart.end(), apart->second.begin(), apart->second.end());
      }
    }
    std::erase_if(groups_, [](const Group& group) { return group.members.empty(); });
    // the pinned have no choice; then the largest, who have the least; names decide between equals
    std::sort(groups_.begin(), groups_.end(), [this](const Group& a, const Group& b) {
      if (a.pin.has_value() != b.pin.has_value()) return a.pin.has_value();
      if (a.bytes != b.bytes) return a.bytes > b.bytes;
      return tenants_[a.members.front()].tenant < tenants_[b.members.front()].tenant;
    });
  }

  void share_out() {
    std::vector<ClusterRoom> rooms;
    for (const Load& load : loads_)
      rooms.push_back(load.closed ? ClusterRoom{0, 0, 0, 0} : load.room);
    const std::vector<double> shares = fair_shares(rooms, shared_databases_);
    std::uint64_t bytes = 0;
    for (const Group& group : groups_) {
      if (!group.pin || !loads_[*group.pin].closed) bytes += group.bytes;
    }
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      loads_[i].fair_bytes = static_cast<std::uint64_t>(static_cast<double>(bytes) * shares[i]);
    }
  }

  [[nodiscard]] std::size_t choose(const Group& group) const {
    const std::string_view name = tenants_[group.members.front()].tenant;
    const std::uint64_t hash = XXH3_64bits(name.data(), name.size());
    std::optional<std::size_t> best;
    std::uint64_t best_liking = 0;
    for (std::size_t i = 0; i < loads_.size(); ++i) {
      if (!loads_[i].takes(group) || !loads_[i].stays_fair(group) || is_taken(group, i)) continue;
      // the n-th n hot tenants find n - 1 on each cluster, at most
      if (loads_[i].is_hot(group) && loads_[i].hot > hot_ / loads_.size()) continue;
      const std::uint64_t now = liking(hash, loads_[i]);
      if (best && now <= best_liking) continue;
      best = i;
      best_liking = now;
    }
    return best ? *best : least_loaded(group);
  }

  /// For what is larger than a fair share, and when all are full: limits before rules of distance,
  /// distance before balance.
  [[nodiscard]] std::size_t least_loaded(const Group& group) const {
    const auto rank = [&](std::size_t i) {
      const Load& load = loads_[i];
      const double filled = load.fair_bytes == 0 ? std::numeric_limits<double>::max()
                                                 : static_cast<double>(load.bytes + group.bytes) /
                                                       static_cast<double>(load.fair_bytes);
      return std::tuple(load.closed, !load.takes(group), is_taken(group, i), filled, i);
    };
    std::vector<std::size_t> order(loads_.size());
    std::iota(order.begin(), order.end(), 0U);
    return *std::min_element(order.begin(), order.end(),
                             [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  }

  [[nodiscard]] bool is_taken(const Group& group, std::size_t cluster) const {
    return std::any_of(group.apart.begin(), group.apart.end(), [&](std::size_t rule) {
      const std::vector<std::size_t>& taken = apart_[rule];
      return std::find(taken.begin(), taken.end(), cluster) != taken.end();
    });
  }

  void put(const Group& group, std::size_t cluster) {
    Load& load = loads_[cluster];
    load.bytes += group.bytes;
    load.databases += group.databases;
    load.tenants += group.members.size();
    if (load.is_hot(group)) {
      ++load.hot;
      ++hot_;
    }
    for (const std::size_t rule : group.apart)
      apart_[rule].push_back(cluster);
    for (const std::size_t member : group.members) {
      placed_[member] = ClusterId{static_cast<std::uint32_t>(cluster)};
    }
  }

  std::span<const TenantSize> tenants_;
  const PlacementSpec& rules_;
  const std::uint64_t shared_databases_;  // on each cluster
  std::vector<Load> loads_;
  std::unordered_map<std::string_view, std::size_t> clusters_;
  std::vector<Group> groups_;
  std::vector<ClusterId> placed_;
  std::size_t hot_ = 0;                          // groups placed so far, on all clusters
  std::vector<std::vector<std::size_t>> apart_;  // clusters taken, for each rule of distance
};

}  // namespace

std::vector<ClusterId> place(std::span<const TenantSize> tenants,
                             std::span<const ClusterSpec> clusters, const PlacementSpec& rules,
                             std::uint64_t shared_databases) {
  return Placement(tenants, clusters, rules, shared_databases).run();
}

}  // namespace godwit::plan
