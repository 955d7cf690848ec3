#include <ctime>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/clock.hpp"
#include "godwit/plan/time_window.hpp"

using namespace godwit;
using namespace godwit::plan;
using namespace std::chrono_literals;

namespace {

using std::chrono::sys_seconds;

/// "2026-11-22 21:00", UTC
sys_seconds at(const std::string& text) {
  std::tm parts{};
  std::istringstream stream(text);
  stream >> std::get_time(&parts, "%Y-%m-%d %H:%M");
  REQUIRE(stream);
  return sys_seconds(std::chrono::seconds(timegm(&parts)));
}

std::vector<TimeWindow> windows(const std::vector<std::string>& texts) {
  std::vector<TimeWindow> parsed;
  for (const std::string& text : texts) {
    std::string problem;
    const auto window = parse_time_window(text, problem);
    INFO(text << ": " << problem);
    REQUIRE(window);
    parsed.push_back(*window);
  }
  return parsed;
}

bool open_at(const std::string& window, const std::string& time) {
  return is_open(windows({window}), at(time));
}

std::string opens(const std::string& window, const std::string& time) {
  return utc_timestamp(next_opening(windows({window}), at(time)));
}

/// The first minute from `time` on in which none is open, within three days.
std::string closes(const std::vector<std::string>& texts, const std::string& time) {
  const std::vector<TimeWindow> parsed = windows(texts);
  const sys_seconds begin = at(time);
  for (sys_seconds minute = begin; minute < begin + 72h; minute += 1min) {
    if (!is_open(parsed, minute)) return utc_timestamp(minute);
  }
  return "never";
}

}  // namespace

TEST_CASE("a time window is read") {
  std::string problem;
  TimeWindow expected;
  expected.days = 0b0000101;
  expected.begin = 22h;
  expected.end = 29h;
  expected.zone = "UTC";
  CHECK(parse_time_window("Mon,Wed 22:00-05:00 UTC", problem) == expected);
  expected.days = 0b1100000;
  expected.begin = 0h;
  expected.end = 24h;
  expected.zone = "Europe/Paris";
  CHECK(parse_time_window("Sat-Sun 00:00-24:00 Europe/Paris", problem) == expected);
  expected.days = 0b1110101;
  expected.begin = 9h + 30min;
  expected.end = 24h;
  CHECK(parse_time_window("Fri-Mon,Wed  09:30-00:00  Europe/Paris", problem) == expected);
  expected.days.set();
  expected.end = 10h + 5min;
  CHECK(parse_time_window("09:30-10:05 Europe/Paris", problem) == expected);
  CHECK(problem.empty());
}

TEST_CASE("what is no time window is said") {
  const std::string form =
      "expected [DAYS ]HH:MM-HH:MM ZONE, such as 22:00-05:00 Europe/Paris or Sat-Sun 00:00-24:00 "
      "UTC";
  struct Case {
    std::string text;
    std::string problem;
  };
  const std::vector<Case> cases = {
      {"", form + ", found ''"},
      {"nights", form + ", found 'nights'"},
      {"Sat 22:00-05:00 UTC or so", form + ", found 'Sat 22:00-05:00 UTC or so'"},
      {"22:00-05:00", "the time zone is missing: " + form + ", found '22:00-05:00'"},
      {"Sat 22:00-05:00", "the time zone is missing: " + form + ", found 'Sat 22:00-05:00'"},
      {"22:00 UTC", form + "; found '22:00' for HH:MM-HH:MM"},
      {"22:00-23:00-24:00 UTC", form + "; found '22:00-23:00-24:00' for HH:MM-HH:MM"},
      {"22:00-25:00 UTC", "a time is HH:MM from 00:00 to 24:00, not '25:00'"},
      {"22:00-24:01 UTC", "a time is HH:MM from 00:00 to 24:00, not '24:01'"},
      {"22:60-23:00 UTC", "a time is HH:MM from 00:00 to 24:00, not '22:60'"},
      {"9:00-10:00 UTC", "a time is HH:MM from 00:00 to 24:00, not '9:00'"},
      {"24:00-05:00 UTC", "a window begins before 24:00; 00:00 is the beginning of the next day"},
      {"05:00-05:00 UTC",
       "the window begins and ends at the same time; a whole day is 00:00-24:00"},
      {"Sta 00:00-24:00 UTC", "a day is one of Mon, Tue, Wed, Thu, Fri, Sat, Sun, not 'Sta'"},
      {"Sat- 00:00-24:00 UTC", "a day is one of Mon, Tue, Wed, Thu, Fri, Sat, Sun, not ''"},
      {"Mon-Wed,Tue 00:00-24:00 UTC", "Tue stands twice in 'Mon-Wed,Tue'"},
      {"Mon-Wed-Fri 00:00-24:00 UTC",
       "days are written as Sat, Sat-Sun or Mon,Wed, not 'Mon-Wed-Fri'"},
      {"22:00-05:00 Europe/Pari",
       "no time zone is named 'Europe/Pari'; did you mean 'Europe/Paris'?"},
      {"22:00-05:00 Mars/Olympus_Mons",
       "no time zone is named 'Mars/Olympus_Mons'; names are those of the IANA database, such as "
       "Europe/Paris"},
      // it would be another one on another machine
      {"22:00-05:00 localtime",
       "no time zone is named 'localtime'; names are those of the IANA database, such as "
       "Europe/Paris"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    std::string problem;
    CHECK_FALSE(parse_time_window(each.text, problem));
    CHECK(problem == each.problem);
  }
}

TEST_CASE("a window that crosses midnight is open from evening to morning") {
  const std::string night = "22:00-05:00 UTC";
  CHECK_FALSE(open_at(night, "2026-11-22 21:59"));
  CHECK(open_at(night, "2026-11-22 22:00"));
  CHECK(open_at(night, "2026-11-23 04:59"));
  CHECK_FALSE(open_at(night, "2026-11-23 05:00"));
  CHECK(opens(night, "2026-11-23 05:00") == "2026-11-23T22:00:00Z");
  CHECK(opens(night, "2026-11-22 23:00") == "2026-11-22T23:00:00Z");
  CHECK(closes({night}, "2026-11-22 23:00") == "2026-11-23T05:00:00Z");
  CHECK(closes({night}, "2026-11-22 12:00") == "2026-11-22T12:00:00Z");
}

TEST_CASE("a window belongs to the day on which it begins") {
  const std::string nights = "Mon,Wed 22:00-05:00 UTC";  // 2026-11-23 is a Monday
  CHECK_FALSE(open_at(nights, "2026-11-23 04:00"));
  CHECK(open_at(nights, "2026-11-24 04:00"));
  CHECK_FALSE(open_at(nights, "2026-11-24 23:00"));
  CHECK(open_at(nights, "2026-11-26 04:59"));
  CHECK(opens(nights, "2026-11-24 05:00") == "2026-11-25T22:00:00Z");
  CHECK(opens(nights, "2026-11-26 05:00") == "2026-11-30T22:00:00Z");
}

TEST_CASE("whole days follow each other without a gap") {
  const std::string weekend = "Sat-Sun 00:00-24:00 Europe/Paris";
  CHECK_FALSE(open_at(weekend, "2026-11-27 22:59"));
  CHECK(open_at(weekend, "2026-11-27 23:00"));
  CHECK(open_at(weekend, "2026-11-28 23:00"));
  CHECK(open_at(weekend, "2026-11-29 22:59"));
  CHECK_FALSE(open_at(weekend, "2026-11-29 23:00"));
  CHECK(closes({weekend}, "2026-11-28 12:00") == "2026-11-29T23:00:00Z");
  CHECK(closes({"00:00-24:00 Europe/Paris"}, "2026-03-27 12:00") == "never");
}

TEST_CASE("a zone's day may be another than that of UTC") {
  CHECK(opens("Sun 20:00-24:00 America/New_York", "2026-11-22 12:00") == "2026-11-23T01:00:00Z");
  CHECK(closes({"Sun 20:00-24:00 America/New_York"}, "2026-11-23 02:00") == "2026-11-23T05:00:00Z");
  CHECK(open_at("Mon 00:00-06:00 Pacific/Auckland", "2026-11-22 12:00"));
  CHECK(opens("Mon 00:00-06:00 Pacific/Auckland", "2026-11-22 17:00") == "2026-11-29T11:00:00Z");
  CHECK(open_at("Sun 22:00-08:00 Pacific/Honolulu", "2026-11-23 17:59"));
}

TEST_CASE("windows in Paris across the changes of 2026-03-29 and 2026-10-25") {
  const std::string night = "22:00-05:00 Europe/Paris";
  CHECK(opens(night, "2026-03-28 12:00") == "2026-03-28T21:00:00Z");
  CHECK(closes({night}, "2026-03-28 22:00") == "2026-03-29T03:00:00Z");  // 6 hours
  CHECK(opens(night, "2026-03-29 12:00") == "2026-03-29T20:00:00Z");
  CHECK(opens(night, "2026-10-24 12:00") == "2026-10-24T20:00:00Z");
  CHECK(closes({night}, "2026-10-24 22:00") == "2026-10-25T04:00:00Z");  // 8 hours
  CHECK(opens(night, "2026-10-25 12:00") == "2026-10-25T21:00:00Z");

  // 02:30 doesn't exist: from 03:00 on
  const std::string early = "02:30-06:00 Europe/Paris";
  CHECK(opens(early, "2026-03-28 00:00") == "2026-03-28T01:30:00Z");
  CHECK(opens(early, "2026-03-29 00:59") == "2026-03-29T01:00:00Z");
  CHECK(closes({early}, "2026-03-29 01:00") == "2026-03-29T04:00:00Z");
  CHECK(opens(early, "2026-03-29 12:00") == "2026-03-30T00:30:00Z");
  CHECK(closes({"01:00-02:30 Europe/Paris"}, "2026-03-29 00:30") == "2026-03-29T01:00:00Z");
  CHECK(opens("Sun 02:15-02:45 Europe/Paris", "2026-03-29 00:00") == "2026-04-05T00:15:00Z");
  CHECK_FALSE(open_at("Sun 02:15-02:45 Europe/Paris", "2026-03-29 01:00"));

  // 02:30 comes twice: begins with the first, ends with the second
  CHECK(opens(early, "2026-10-25 00:00") == "2026-10-25T00:30:00Z");
  CHECK(closes({early}, "2026-10-25 00:30") == "2026-10-25T05:00:00Z");
  CHECK(closes({"00:00-02:30 Europe/Paris"}, "2026-10-25 00:29") == "2026-10-25T01:30:00Z");
}

TEST_CASE("windows in New York across the changes of 2026-03-08 and 2026-11-01") {
  CHECK(opens("02:00-04:00 America/New_York", "2026-03-07 12:00") == "2026-03-08T07:00:00Z");
  CHECK(closes({"02:00-04:00 America/New_York"}, "2026-03-08 07:30") == "2026-03-08T08:00:00Z");
  CHECK(opens("01:30-03:00 America/New_York", "2026-11-01 00:00") == "2026-11-01T05:30:00Z");
  CHECK(closes({"01:30-03:00 America/New_York"}, "2026-11-01 06:00") == "2026-11-01T08:00:00Z");
  CHECK(closes({"00:00-01:30 America/New_York"}, "2026-11-01 05:00") == "2026-11-01T06:30:00Z");
}

TEST_CASE("several windows are open together as one; without any it is always open") {
  const std::vector<std::string> both = {"22:00-24:00 UTC", "Sat 00:00-06:00 UTC"};
  CHECK(closes(both, "2026-11-27 23:00") == "2026-11-28T06:00:00Z");
  CHECK(closes(both, "2026-11-26 23:00") == "2026-11-27T00:00:00Z");
  CHECK(is_open(windows(both), at("2026-11-28 05:59")));
  CHECK(utc_timestamp(next_opening(windows(both), at("2026-11-28 06:00"))) ==
        "2026-11-28T22:00:00Z");
  // Paris closes at noon, which is 11:00 UTC in winter and 10:00 in summer
  const std::vector<std::string> zones = {"00:00-12:00 Europe/Paris", "11:00-23:00 UTC"};
  CHECK(is_open(windows(zones), at("2027-03-27 10:59")));
  CHECK(is_open(windows(zones), at("2027-03-27 11:00")));
  CHECK(closes(zones, "2027-03-27 12:00") == "2027-03-28T10:00:00Z");

  CHECK(is_open({}, at("2026-11-22 12:00")));
  CHECK(next_opening({}, at("2026-11-22 12:00")) == at("2026-11-22 12:00"));
}
