// The one place that retries: capped exponential backoff with jitter, bounded by time.
// Only whole transactions may be handed in, and only a retryable Error is tried again.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>

#include "godwit/core/clock.hpp"

namespace godwit {

struct RetryPolicy {
  std::chrono::milliseconds first_delay{100};
  std::chrono::milliseconds delay_max{5000};
  std::chrono::milliseconds budget{30000};  // from the first attempt on
};

/// Runs `attempt` until it returns. Throws its last Error when it is not retryable or the
/// budget is spent, Error(cancelled) when the stop is requested while waiting.
void retry(std::string_view what, const RetryPolicy& policy, Clock& clock,
           const std::stop_token& stop, const std::function<void()>& attempt);

}  // namespace godwit
