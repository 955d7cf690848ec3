#include "placement.hpp"

#include <algorithm>
#include <numeric>
#include <queue>

namespace godwit::plan {
namespace {

struct Load {
  std::uint64_t bytes = 0;
  std::uint32_t cluster = 0;
};

/// For a queue whose top is the least loaded cluster, the earlier one of two equals.
struct Heavier {
  bool operator()(const Load& a, const Load& b) const {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.cluster > b.cluster;
  }
};

}  // namespace

std::vector<ClusterId> place(std::span<const std::uint64_t> sizes,
                             std::span<const ClusterSpec> clusters) {
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });

  std::priority_queue<Load, std::vector<Load>, Heavier> open;
  std::priority_queue<Load, std::vector<Load>, Heavier> full;
  std::vector<int> room;
  for (std::uint32_t i = 0; i < clusters.size(); ++i) {
    open.push({0, i});
    room.push_back(clusters[i].databases);
  }

  std::vector<ClusterId> placed(sizes.size());
  if (clusters.empty()) return placed;  // refused by the plan reader already
  for (const std::size_t item : order) {
    auto& queue = open.empty() ? full : open;
    Load least = queue.top();
    queue.pop();
    placed[item] = ClusterId{least.cluster};
    least.bytes += sizes[item] + kEmptyDatabaseBytes;
    const bool has_room = --room[least.cluster] > 0;
    (has_room ? open : full).push(least);
  }
  return placed;
}

}  // namespace godwit::plan
