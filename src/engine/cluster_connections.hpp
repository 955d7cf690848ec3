// Connections to the clusters' maintenance databases.
#pragma once

#include <cstdint>
#include <map>

#include "godwit/postgres/cluster.hpp"
#include "run_context.hpp"

namespace godwit::engine {

/// Opened when first needed. Not shared between threads.
class ClusterConnections {
 public:
  explicit ClusterConnections(const RunContext& run) : run_(run) {}
  postgres::Cluster& of(const plan::Unit& unit);
  /// Ends the connection to the unit's cluster; the next use makes another.
  void forget(const plan::Unit& unit) { clusters_.erase(unit.cluster.value); }

 private:
  const RunContext& run_;
  std::map<std::uint32_t, postgres::Cluster> clusters_;
};

}  // namespace godwit::engine
