#include "cluster_lock.hpp"

#include "godwit/core/clock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"

namespace godwit::engine {

ClusterLock::ClusterLock(postgres::Cluster& cluster, const std::string& cluster_name,
                         const std::string& what, std::chrono::milliseconds patience,
                         const std::stop_token& stop)
    : cluster_(cluster), key_("godwit " + what) {
  constexpr std::chrono::milliseconds kPause(100);
  std::chrono::milliseconds waited{};
  while (!cluster_.try_lock(key_)) {
    if (waited >= patience || !Clock::system().sleep(kPause, stop)) {
      throw Error(ErrorKind::held,
                  "another engine is making the " + what + " on cluster " + cluster_name,
                  "run again in a moment", true);
    }
    waited += kPause;
  }
}

ClusterLock::~ClusterLock() {
  try {
    cluster_.unlock(key_);
  } catch (...) {
    // a lost connection has given the lock back already
    log::event(log::Level::debug, "template.unlock_failed", {{"error", current_error().what()}});
  }
}

}  // namespace godwit::engine
