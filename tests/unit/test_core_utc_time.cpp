#include <catch2/catch.hpp>

#include "godwit/core/clock.hpp"
#include "godwit/core/utc_time.hpp"

using namespace godwit;

TEST_CASE("points in time are read as they are written") {
  for (const char* text : {"2026-11-22T03:11:23.103Z", "1970-01-01T00:00:00.000Z",
                           "2024-02-29T23:59:59.999Z", "1969-12-31T23:59:59.001Z"}) {
    CAPTURE(text);
    const auto time = parse_utc(text);
    REQUIRE(time);
    CHECK(utc_text(*time) == text);
  }
  CHECK(parse_utc("1970-01-02T00:00:01.500Z")->time_since_epoch().count() == 86'401'500);
  CHECK(parse_utc("2026-11-22T03:11Z") == parse_utc("2026-11-22T03:11:00.000Z"));
  CHECK(parse_utc("2026-11-22T03:11:23Z") == parse_utc("2026-11-22T03:11:23.000Z"));
  CHECK(parse_utc(utc_timestamp()));
}

TEST_CASE("what is no point in time in UTC is refused") {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T03:11", "2026-11-22T03:11:23+01:00", "2026-11-22 03:11Z",
        "2026-02-30T00:00Z", "2026-13-01T00:00Z", "2026-11-22T24:00Z", "2026-11-22T03:60Z",
        "2026-11-22T03:11:60Z", "2026-11-22T03:11:23.1Z", "2026-11-22T03:11:23.1034Z",
        "2026-11-22T03:11Zx", "26-11-22T03:11Z", "2026-11-2aT03:11Z", "-026-11-22T03:11Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_utc(text));
  }
}
