// Named places where a test can make the process fail. Always compiled in; without
// GODWIT_FAILPOINTS in the environment a hit costs one relaxed load.
//   GODWIT_FAILPOINTS="copy.after_commit=kill@2;ddl.before_index=error;x=delay:200"
// Actions: kill (SIGKILL to itself), error (throws a retryable Error of kind internal), exception
// (throws a std::exception that is no Error, as a library would), delay:MS. "@N" = at the Nth hit only (default: the first and every later one).
#pragma once

#include <atomic>
#include <span>
#include <string_view>

namespace godwit::failpoint {

/// Every failpoint of the program; a test fails when one of them is never hit.
std::span<const std::string_view> names();
/// Reads GODWIT_FAILPOINTS; throws Error(usage) on an unknown name or action.
void configure_from_environment();

extern std::atomic<bool> armed;
void hit_armed(std::string_view name);

inline void hit(std::string_view name) {
  if (armed.load(std::memory_order_relaxed)) hit_armed(name);
}

}  // namespace godwit::failpoint
