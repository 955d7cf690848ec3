// A lock of a whole cluster, under which one engine makes what several need.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "godwit/postgres/cluster.hpp"

namespace godwit::engine {

class ClusterLock {
 public:
  /// `what` is made, e.g. "template NAME". Throws Error(held), retryable, when another connection,
  /// of this engine or another one, is at it for longer than `patience`, or on `stop`.
  ClusterLock(postgres::Cluster& cluster, const std::string& cluster_name, const std::string& what,
              std::chrono::milliseconds patience = {}, const std::stop_token& stop = {});
  ~ClusterLock();
  ClusterLock(const ClusterLock&) = delete;
  ClusterLock& operator=(const ClusterLock&) = delete;

 private:
  postgres::Cluster& cluster_;
  const std::string key_;
};

}  // namespace godwit::engine
