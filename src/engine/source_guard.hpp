// Spares the source: looks at its load every second, and closes the gates at which the copy waits
// while a limit of the plan is exceeded.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "godwit/mariadb/connection.hpp"
#include "live_limits.hpp"
#include "run_context.hpp"
#include "source_judge.hpp"

namespace godwit::engine {

class SourceGuard {
 public:
  /// Has looked once when it returns, and looks on by a thread with connections of its own. Without
  /// limits it has none, and watches only the plan file. What can't be asked throws nothing: a
  /// source that doesn't answer is for the copy to find out, a replica that doesn't is waited for.
  SourceGuard(RunContext& run, LiveLimits& limits);
  ~SourceGuard();  // opens the gates
  SourceGuard(const SourceGuard&) = delete;
  SourceGuard& operator=(const SourceGuard&) = delete;

 private:
  struct Replica {
    const plan::ReplicaSpec* spec = nullptr;
    std::optional<mariadb::Connection> connection{};
  };

  void watch(const std::stop_token& stop);
  void refresh();
  void look();
  void read_source(SourceReadings& readings);
  static SourceReadings::Replica read_replica(Replica& replica);
  void apply(const std::vector<SourceHold>& holds);

  RunContext& run_;
  LiveLimits& limits_;
  SourceJudge judge_;
  std::optional<mariadb::Connection> source_;
  bool answers_ = true;
  std::vector<Replica> replicas_;
  std::map<std::string, std::chrono::steady_clock::time_point> held_;  // by limit: since when
  std::jthread thread_;                                                // last
};

}  // namespace godwit::engine
