// Time limits for tests in CPU seconds of the calling thread: a busy machine doesn't change them.
#pragma once

#include <ctime>

namespace godwit::test {

inline double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// How many times slower than a plain build the instrumented ones may be.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr double kSlowdown = 10;
#else
inline constexpr double kSlowdown = 1;
#endif

}  // namespace godwit::test
