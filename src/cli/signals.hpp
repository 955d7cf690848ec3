// SIGINT and SIGTERM on a thread of their own: the first asks everything to stop where it is
// safe, the second ends the process at once (a later run continues all the same).
#pragma once

#include <stop_token>
#include <thread>

namespace godwit::cli {

class SignalWatch {
 public:
  /// Blocks the signals for this thread and all it starts: make it before any other thread.
  SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread thread_;
};

}  // namespace godwit::cli
