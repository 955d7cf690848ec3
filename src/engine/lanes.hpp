// Lanes: the threads that work on units. Each has a task_arena of its own, because a blocking
// read or write inside a shared arena starves every other lane; and the process-wide limit of
// TBB is raised to fit all of them, because an arena alone doesn't get workers beyond the cores.
#pragma once

#include <cstddef>
#include <functional>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace godwit::engine {

/// Keep one for as long as lanes run.
class LaneControl {
 public:
  explicit LaneControl(std::size_t lanes);

 private:
  tbb::global_control control_;
};

/// The arena of one lane: a reader, a writer and one spare.
inline constexpr int kLaneSlots = 3;

/// Runs `work(lane)` on `count` threads and waits for all. The first exception is thrown again
/// after the others have ended.
void run_lanes(std::size_t count, const std::function<void(std::size_t lane)>& work);

}  // namespace godwit::engine
