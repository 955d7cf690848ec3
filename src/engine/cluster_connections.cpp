#include "cluster_connections.hpp"

#include "tenant_database.hpp"

namespace godwit::engine {

postgres::Cluster& ClusterConnections::of(const plan::Unit& unit) {
  const auto found = clusters_.find(unit.cluster.value);
  if (found != clusters_.end()) return found->second;
  return clusters_.emplace(unit.cluster.value, postgres::Cluster(cluster_of(run_, unit).uri))
      .first->second;
}

}  // namespace godwit::engine
