// Time as a port, so that retries and deadlines are tested without waiting.
// Decisions use the monotonic clock only; wall time is for people, and for
// the hours that they allow.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

namespace godwit {

class Clock {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  /// Sleeps; returns false if the stop was requested meanwhile.
  virtual bool sleep(Duration duration, const std::stop_token& stop) = 0;

  static Clock& system();
};

/// Now: "2026-11-22T03:11:23.103Z"
std::string utc_timestamp();
/// "2026-11-22T03:11:23Z"
std::string utc_timestamp(std::chrono::sys_seconds at);

}  // namespace godwit
