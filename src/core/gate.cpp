#include "godwit/core/gate.hpp"

namespace godwit {

void Gate::set_closed(bool closed) {
  const std::lock_guard lock(mutex_);
  closed_.store(closed, std::memory_order_release);
  if (!closed) changed_.notify_all();
}

void Gate::wait_closed(const std::stop_token& stop, std::chrono::seconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, at_most, [this] { return !closed(); });
}

}  // namespace godwit
