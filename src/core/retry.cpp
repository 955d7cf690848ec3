#include "godwit/core/retry.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"

namespace godwit {
namespace {

using std::chrono::milliseconds;

/// Between half of `delay` and all of it, so that lanes that failed together don't come back
/// together.
milliseconds jittered(milliseconds delay) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<milliseconds::rep> spread(delay.count() / 2, delay.count());
  return milliseconds(spread(random));
}

[[noreturn]] void throw_cancelled(std::string_view what) {
  throw Error(ErrorKind::cancelled, std::string(what) + ": stopped on request");
}

}  // namespace

void retry(std::string_view what, const RetryPolicy& policy, Clock& clock,
           const std::stop_token& stop, const std::function<void()>& attempt) {
  const Clock::Instant end = clock.now() + policy.budget;
  milliseconds delay = std::min(policy.first_delay, policy.delay_max);
  for (int attempts = 1;; ++attempts) {
    if (stop.stop_requested()) throw_cancelled(what);
    milliseconds pause{0};
    try {
      attempt();
      return;
    } catch (const Error& error) {
      pause = jittered(delay);
      if (!error.retryable() || clock.now() + pause > end) throw;
      // The kind only: a server's message may quote a row.
      log::event(log::Level::warn, "retry.wait",
                 {{"what", what},
                  {"attempt", attempts},
                  {"kind", name(error.kind())},
                  {"pause_ms", pause.count()}});
    }
    if (!clock.sleep(pause, stop)) throw_cancelled(what);
    delay = std::min(delay * 2, policy.delay_max);
  }
}

}  // namespace godwit
