#include "wave_gate.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "godwit/core/log.hpp"

namespace godwit::engine {
namespace {

/// Long waits are taken in steps: the wall clock may be set, and a machine may sleep.
constexpr std::chrono::seconds kStep{30};

std::string human_failures(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " failure" : " failures");
}

}  // namespace

std::chrono::sys_seconds WaveGate::wall_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

WaveGate::WaveGate(const plan::WaveSpec& wave, bool ignore_windows, Clock& clock,
                   WallClock wall_clock)
    : wave_(wave),
      windows_(ignore_windows ? std::vector<plan::TimeWindow>() : wave.windows),
      limit_(wave.abort_after.value_or(0)),
      clock_(clock),
      wall_clock_(std::move(wall_clock)) {}

bool WaveGate::wait(ProgressBoard& board, const std::stop_token& stop) {
  const std::string subject = "wave " + wave_.name;
  bool waiting = false;
  while (!aborted() && !stop.stop_requested()) {
    const std::chrono::sys_seconds now = wall_clock_();
    const std::chrono::sys_seconds until = plan::next_opening(windows_, now);
    if (until == now) break;
    if (!waiting) {
      log::event(log::Level::info, "wave.waiting",
                 {{"wave", wave_.name}, {"until", utc_timestamp(until)}});
      board.set_phase(subject, "waiting: its window opens at " + utc_timestamp(until));
      waiting = true;
    }
    clock_.sleep(std::min<std::chrono::seconds>(until - now, kStep), stop);
  }
  if (waiting) board.clear_phase(subject);
  return !aborted() && !stop.stop_requested();
}

void WaveGate::count_failure() {
  const std::uint64_t failures = ++failures_;
  if (failures != limit_) return;
  log::event(log::Level::error, "wave.aborted", {{"wave", wave_.name}, {"failures", failures}});
}

std::string WaveGate::abort_reason() const {
  return "the wave's limit of " + human_failures(limit_) + " is reached";
}

}  // namespace godwit::engine
