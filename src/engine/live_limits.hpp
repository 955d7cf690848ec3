// The limits of the source's load as the plan file says them now: they may be changed while a run is
// under way. Nothing else of a changed plan is taken.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "godwit/plan/plan.hpp"

namespace godwit::engine {

/// "replica_lag: 10s, threads_running: none, history_list: 1,000,000"
std::string describe(const plan::SourceLimits& limits);

/// Used by one thread at a time.
class LiveLimits {
 public:
  explicit LiveLimits(const plan::Plan& plan)
      : file_(plan.file), limits_(plan.source.limits), replicas_(plan.source.replicas) {}

  [[nodiscard]] const plan::SourceLimits& limits() const { return limits_; }
  [[nodiscard]] const std::vector<plan::ReplicaSpec>& replicas() const { return replicas_; }

  /// Reads the plan file again if it was written since. True: limits or replicas have changed, which
  /// is logged. A plan with mistakes is logged and changes nothing; nor does one that is gone.
  bool refresh();

 private:
  bool take(const plan::SourceSpec& source);

  const std::string file_;
  plan::SourceLimits limits_;
  std::vector<plan::ReplicaSpec> replicas_;
  std::filesystem::file_time_type written_{};  // of what was read last
  std::uintmax_t bytes_ = 0;
};

}  // namespace godwit::engine
