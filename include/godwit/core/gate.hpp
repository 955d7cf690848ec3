// A place where work waits for as long as somebody else asks for a pause. Passing an open gate costs
// one atomic load.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace godwit {

/// Thread-safe. Open at first.
class Gate {
 public:
  void set_closed(bool closed);
  [[nodiscard]] bool closed() const { return closed_.load(std::memory_order_acquire); }

  /// Returns when the gate is open, the stop is requested or `at_most` has passed.
  void wait(const std::stop_token& stop, std::chrono::seconds at_most = kUnlimited) {
    if (closed()) wait_closed(stop, at_most);
  }

 private:
  static constexpr std::chrono::seconds kUnlimited = std::chrono::hours(24 * 3650);
  void wait_closed(const std::stop_token& stop, std::chrono::seconds at_most);

  std::atomic<bool> closed_{false};
  std::mutex mutex_;  // so that no waiter misses the change
  std::condition_variable_any changed_;
};

}  // namespace godwit
