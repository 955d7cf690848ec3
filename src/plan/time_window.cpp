#include "godwit/plan/time_window.hpp"

#include <date/tz.h>
#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "godwit/core/text.hpp"

namespace godwit::plan {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr const char* kForm =
    "expected [DAYS ]HH:MM-HH:MM ZONE, such as 22:00-05:00 Europe/Paris or Sat-Sun 00:00-24:00 UTC";

/// Every window recurs within a week, and the clocks never skip it two weeks in a row.
constexpr date::days kRecurrence{22};

/// A window of one day, as instants: from `begin` on, before `end`. Empty when the clocks skip it.
struct Opening {
  sys_seconds begin;
  sys_seconds end;

  [[nodiscard]] bool contains(sys_seconds at) const { return begin <= at && at < end; }
};

sys_seconds instant(const date::time_zone& zone, date::local_seconds local, date::choose choice) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) return info.first.end;
  const bool second = info.result == date::local_info::ambiguous && choice == date::choose::latest;
  return sys_seconds(local.time_since_epoch() - (second ? info.second : info.first).offset);
}

Opening opening_of(const TimeWindow& window, const date::time_zone& zone, date::local_days day) {
  return {instant(zone, day + window.begin, date::choose::earliest),
          instant(zone, day + window.end, date::choose::latest)};
}

/// Those that begin on local days around `at`: all that can contain it, and all that begin up to
/// `ahead` later. In no order.
std::vector<Opening> openings(std::span<const TimeWindow> windows, sys_seconds at,
                              date::days ahead) {
  // a zone's day is at most one before or after the day in UTC, and a window ends a day later
  const date::local_days today(date::floor<date::days>(at).time_since_epoch());
  std::vector<Opening> found;
  for (const TimeWindow& window : windows) {
    const date::time_zone& zone = *date::locate_zone(window.zone);
    for (date::local_days day = today - date::days(2); day <= today + date::days(1) + ahead;
         day += date::days(1)) {
      if (!window.days.test(date::weekday(day).iso_encoding() - 1)) continue;
      const Opening opening = opening_of(window, zone, day);
      if (opening.begin < opening.end) found.push_back(opening);
    }
  }
  return found;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

std::optional<std::size_t> parse_day(std::string_view text, std::string& problem) {
  const auto day = std::find(kDays.begin(), kDays.end(), text);
  if (day != kDays.end()) return static_cast<std::size_t>(day - kDays.begin());
  problem = "a day is one of " + join({kDays.begin(), kDays.end()}, ", ") + ", not " + quoted(text);
  return std::nullopt;
}

/// "Sat-Sun", "Mon,Wed", "Fri-Mon,Wed"
bool parse_days(std::string_view text, std::bitset<7>& days, std::string& problem) {
  for (const std::string_view part : split(text, ',')) {
    const std::vector<std::string_view> ends = split(part, '-');
    if (ends.size() > 2) {
      problem = "days are written as Sat, Sat-Sun or Mon,Wed, not " + quoted(text);
      return false;
    }
    const auto first = parse_day(ends.front(), problem);
    const auto last = first ? parse_day(ends.back(), problem) : std::nullopt;
    if (!last) return false;
    for (std::size_t day = *first;; day = (day + 1) % kDays.size()) {
      if (days.test(day)) {
        problem = std::string(kDays[day]) + " stands twice in " + quoted(text);
        return false;
      }
      days.set(day);
      if (day == *last) break;
    }
  }
  return true;
}

/// "05:30" to "24:00"
std::optional<minutes> parse_time(std::string_view text, std::string& problem) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() == 5 && text[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4)) {
    const minutes minute((text[3] - '0') * 10 + (text[4] - '0'));
    const minutes time = hours((text[0] - '0') * 10 + (text[1] - '0')) + minute;
    if (minute < hours(1) && time <= hours(24)) return time;
  }
  problem = "a time is HH:MM from 00:00 to 24:00, not " + quoted(text);
  return std::nullopt;
}

bool parse_times(std::string_view text, TimeWindow& window, std::string& problem) {
  const std::vector<std::string_view> ends = split(text, '-');
  if (ends.size() != 2) {
    problem = std::string(kForm) + "; found " + quoted(text) + " for HH:MM-HH:MM";
    return false;
  }
  const auto begin = parse_time(ends.front(), problem);
  const auto end = begin ? parse_time(ends.back(), problem) : std::nullopt;
  if (!end) return false;
  if (*begin == hours(24)) {
    problem = "a window begins before 24:00; 00:00 is the beginning of the next day";
    return false;
  }
  if (*begin == *end) {
    problem = "the window begins and ends at the same time; a whole day is 00:00-24:00";
    return false;
  }
  window.begin = *begin;
  window.end = *end > *begin ? *end : *end + hours(24);
  return true;
}

bool check_zone(const std::string& zone, std::string& problem) {
  try {
    std::vector<std::string_view> names;
    for (const date::time_zone& known : date::get_tzdb().zones) {
      if (known.name() == "localtime") continue;  // another one on each machine
      if (known.name() == zone) {
        // the file may still be unreadable: better now than in the night
        (void)known.get_info(sys_seconds{});
        return true;
      }
      names.emplace_back(known.name());
    }
    const std::string_view near = nearest(zone, names);
    problem = "no time zone is named " + quoted(zone);
    problem += near.empty() ? "; names are those of the IANA database, such as Europe/Paris"
                            : "; did you mean " + quoted(near) + "?";
  } catch (const std::exception& error) {
    problem = std::string("the system's time zones can't be read (is tzdata installed?): ") +
              printable(error.what());
  }
  return false;
}

}  // namespace

std::optional<TimeWindow> parse_time_window(std::string_view text, std::string& problem) {
  std::vector<std::string_view> words = split(text, ' ');
  std::erase(words, std::string_view());
  TimeWindow window;
  const bool without_zone =
      !words.empty() && words.size() < 3 && words.back().find(':') != std::string_view::npos;
  if (without_zone || words.size() < 2 || words.size() > 3) {
    problem = std::string(without_zone ? "the time zone is missing: " : "") + kForm + ", found " +
              quoted(text);
    return std::nullopt;
  }
  if (words.size() == 2) {
    window.days.set();
  } else if (!parse_days(words[0], window.days, problem)) {
    return std::nullopt;
  }
  if (!parse_times(words[words.size() - 2], window, problem)) return std::nullopt;
  window.zone = words.back();
  if (!check_zone(window.zone, problem)) return std::nullopt;
  return window;
}

bool is_open(std::span<const TimeWindow> windows, sys_seconds at) {
  if (windows.empty()) return true;
  const std::vector<Opening> around = openings(windows, at, date::days(0));
  return std::any_of(around.begin(), around.end(),
                     [&](const Opening& opening) { return opening.contains(at); });
}

sys_seconds next_opening(std::span<const TimeWindow> windows, sys_seconds at) {
  if (is_open(windows, at)) return at;
  sys_seconds next = at + kRecurrence;
  for (const Opening& opening : openings(windows, at, kRecurrence)) {
    if (opening.begin > at) next = std::min(next, opening.begin);
  }
  return next;
}

}  // namespace godwit::plan
