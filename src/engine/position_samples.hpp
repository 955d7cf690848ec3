// How far behind its source a follower is, by positions that were asked for at known times of the
// engine's own monotonic clock: clocks of servers don't matter, and nothing is written to the
// source for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>

#include "godwit/core/clock.hpp"
#include "godwit/core/gtid.hpp"

namespace godwit::engine {

/// Thread-safe. Keeps kKept samples; of older ones every second goes.
class PositionSamples {
 public:
  static constexpr std::size_t kKept = 4096;

  /// The source was at `position` at `asked`, before the question was sent. Returns its sample.
  std::uint64_t add(GtidList position, Clock::Instant asked);
  /// The reader is behind `position` now.
  void passed(const GtidList& position);
  /// The reader began again, behind `position`.
  void went_back(const GtidList& position);
  /// The last sample that the reader has passed; 0: none.
  [[nodiscard]] std::uint64_t current() const;
  /// What comes behind a sample is at most so many seconds old; -1: unknown, before the first.
  [[nodiscard]] double age(std::uint64_t sample, Clock::Instant now) const;
  /// The reader's own lag: 0 when it has passed the newest sample; -1: it has passed none.
  [[nodiscard]] double reader_lag(Clock::Instant now) const;
  /// The same by the furthest that the reader ever was.
  [[nodiscard]] double furthest_lag(Clock::Instant now) const;
  /// Seconds since the newest sample was asked for: the source answers.
  [[nodiscard]] double silence(Clock::Instant now) const;

 private:
  struct Sample {
    std::uint64_t id = 0;
    Clock::Instant at;
    GtidList position;
  };
  void pass(const GtidList& position);
  [[nodiscard]] double age_locked(std::uint64_t sample, Clock::Instant now) const;

  mutable std::mutex mutex_;
  std::deque<Sample> samples_;  // guarded by mutex_
  std::uint64_t last_ = 0;      // guarded by mutex_
  std::uint64_t current_ = 0;   // guarded by mutex_
  std::uint64_t furthest_ = 0;  // guarded by mutex_
};

}  // namespace godwit::engine
