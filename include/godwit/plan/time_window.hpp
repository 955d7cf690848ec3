// Time windows: the hours of the week in which a wave may begin tenants, in a zone's local time
// with its daylight saving. Pure: every answer is for a given instant.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace godwit::plan {

/// One window of each chosen day. It belongs to the day on which it begins, also when it ends on
/// the next.
struct TimeWindow {
  std::bitset<7> days;            // 0: Monday
  std::chrono::minutes begin{0};  // local time since midnight, below 24 h
  std::chrono::minutes end{0};    // above `begin`; beyond 24 h on the next day
  std::string zone;               // a name of the IANA database

  bool operator==(const TimeWindow&) const = default;
};

/// "[DAYS ]HH:MM-HH:MM ZONE": days such as `Sat-Sun` or `Mon,Wed` (default: all), times from 00:00
/// to 24:00, an end that isn't after the beginning is the next day's. nullopt: `problem` says why.
std::optional<TimeWindow> parse_time_window(std::string_view text, std::string& problem);

// A local time that the clocks skip counts as the instant at which they do; one that comes twice
// begins a window the first time and ends it the second time. No windows: always open.

bool is_open(std::span<const TimeWindow> windows, std::chrono::sys_seconds at);

/// `at` itself when a window is open, else the first instant at which one opens.
std::chrono::sys_seconds next_opening(std::span<const TimeWindow> windows,
                                      std::chrono::sys_seconds at);

}  // namespace godwit::plan
