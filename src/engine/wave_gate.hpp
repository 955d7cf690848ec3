// Says whether a further tenant of a wave may be begun: only within the wave's time windows, and
// only until its limit of failures is reached. Tenants that are under way are not concerned.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "godwit/core/clock.hpp"
#include "godwit/engine/progress.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::engine {

/// Thread-safe, but for wait(), which one thread calls.
class WaveGate {
 public:
  using WallClock = std::function<std::chrono::sys_seconds()>;
  static std::chrono::sys_seconds wall_time();

  /// `ignore_windows`: only the limit of failures counts.
  WaveGate(const plan::WaveSpec& wave, bool ignore_windows, Clock& clock = Clock::system(),
           WallClock wall_clock = wall_time);

  [[nodiscard]] bool open() const { return !aborted() && plan::is_open(windows_, wall_clock_()); }
  /// Waits until it is open, with a phase on the board meanwhile; false: the limit of failures is
  /// reached, or the stop was requested.
  bool wait(ProgressBoard& board, const std::stop_token& stop);

  /// A tenant failed for good.
  void count_failure();
  [[nodiscard]] bool aborted() const { return limit_ > 0 && failures_ >= limit_; }
  /// "the wave's limit of 3 failures is reached"
  [[nodiscard]] std::string abort_reason() const;

 private:
  const plan::WaveSpec& wave_;
  const std::vector<plan::TimeWindow> windows_;  // none: always open
  const std::uint64_t limit_;                    // 0: none
  std::atomic<std::uint64_t> failures_{0};
  Clock& clock_;
  const WallClock wall_clock_;
};

}  // namespace godwit::engine
