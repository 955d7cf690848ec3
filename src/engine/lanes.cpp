#include "lanes.hpp"

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace godwit::engine {

LaneControl::LaneControl(std::size_t lanes)
    : control_(tbb::global_control::max_allowed_parallelism,
               2 * lanes + std::max(1U, std::thread::hardware_concurrency())) {}

void run_lanes(std::size_t count, const std::function<void(std::size_t lane)>& work) {
  std::mutex mutex;
  std::exception_ptr first;
  {
    std::vector<std::jthread> threads;
    threads.reserve(count);
    for (std::size_t lane = 0; lane < count; ++lane) {
      threads.emplace_back([&, lane] {
        try {
          work(lane);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!first) first = std::current_exception();
        }
      });
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace godwit::engine
