#include "godwit/plan/shared_reading.hpp"

#include <algorithm>
#include <map>

namespace godwit::plan {
namespace {

/// A unit's buffer: smaller ones would cost more calls than they save memory.
constexpr std::size_t kBufferBytesMin = 4U << 10U;
constexpr std::size_t kBufferBytesMax = 128U << 10U;
/// A buffer has room for a quarter more than a block.
constexpr std::size_t kBufferQuarters = 5;

/// A unit's own bytes: its estimate holds the shared tables, too.
double own_bytes(const SharedTables& tables, const Unit& unit) {
  return static_cast<double>(unit.bytes - std::min(unit.bytes, tables.shared));
}

}  // namespace

std::size_t readers_of_group(const Plan& plan, std::size_t lanes) {
  return std::min(lanes, static_cast<std::size_t>(plan.source.readers));
}

std::size_t units_per_reading(const Plan& plan, std::size_t lanes) {
  const std::size_t buffers =
      plan.memory_bytes * 4 / kBufferQuarters / readers_of_group(plan, lanes) / kBufferBytesMin;
  const std::size_t by_memory = std::max<std::size_t>(1, buffers - 1);
  return plan.together == 0 ? by_memory : std::min<std::size_t>(by_memory, plan.together);
}

std::size_t group_buffer_bytes(const Plan& plan, std::size_t readers, std::size_t slots) {
  return std::clamp(plan.memory_bytes * 4 / kBufferQuarters / readers / slots, kBufferBytesMin,
                    kBufferBytesMax);
}

std::vector<std::size_t> streaming_units(const Plan& plan, const std::vector<const Unit*>& units,
                                         std::size_t lanes) {
  std::vector<std::size_t> large;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units[i]->bytes > kIndexedCopyBytes) large.push_back(i);
  }
  std::stable_sort(large.begin(), large.end(),
                   [&](std::size_t a, std::size_t b) { return units[a]->bytes > units[b]->bytes; });
  std::vector<std::size_t> streaming;
  std::map<std::uint32_t, std::size_t> used;
  for (const std::size_t i : large) {
    const std::uint32_t cluster = units[i]->cluster.value;
    // beside them: a lane's session each, the provisioners' and the lock keepers' connections
    const std::size_t others = 3 * lanes + 2;
    const auto limit = static_cast<std::size_t>(plan.clusters.at(cluster).engine_connections);
    if (++used[cluster] + others <= limit) streaming.push_back(i);
  }
  return streaming;
}

std::uint64_t bytes_to_spill(const SharedTables& tables, const std::vector<const Unit*>& units,
                             const std::vector<std::size_t>& streaming) {
  std::vector<bool> streams(units.size());
  for (const std::size_t i : streaming)
    streams.at(i) = true;
  std::uint64_t bytes = tables.shared;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!streams[i]) bytes += static_cast<std::uint64_t>(own_bytes(tables, *units[i]));
  }
  return bytes;
}

}  // namespace godwit::plan
