// The proleptic Gregorian calendar, as both servers use it. MariaDB's year 0 is PostgreSQL's 1 BC:
// the same day under both names.
#pragma once

#include <cstdint>

#include "codec_value.hpp"

namespace godwit::schema {

inline constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

constexpr bool is_leap_year(unsigned year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/// 28–31; the month is 1–12.
constexpr unsigned days_in_month(unsigned year, unsigned month) {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return 30U + ((month + (month >> 3U)) & 1U);
}

/// '0000-00-00' and dates without a month or a day.
constexpr bool is_partial(value::Date date) { return date.month == 0 || date.day == 0; }

/// The day exists; the date is not partial.
constexpr bool is_valid(value::Date date) {
  return date.day <= 28 || date.day <= days_in_month(date.year, date.month);
}

/// Days since 2000-01-01, the zero of PostgreSQL's dates; the date is valid.
constexpr std::int32_t days_since_2000(value::Date date) {
  // Years start in March, so that the leap day is the last: then the months' lengths follow
  // (153 m + 2) / 5. Shifted by 400 years, years are never negative.
  const unsigned month = date.month > 2 ? date.month - 3U : date.month + 9U;
  const unsigned year = date.year + 400U - (date.month > 2 ? 0U : 1U);
  const unsigned day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const unsigned days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year;
  constexpr std::int32_t kShift = 730'425 + 146'097;  // 2000-01-01 counted from the shifted year 0
  return static_cast<std::int32_t>(days) - kShift;
}

/// The day that is so many days behind 1970-01-01, up to 2106.
constexpr value::Date date_of_unix_day(std::uint32_t day) {
  // The inverse of the above: years from March, counted from 1600-03-01, which begins a cycle of
  // 400 years. Days behind the cycle's end are in the next one.
  constexpr std::uint32_t kShift = 135'080;  // 1970-01-01 counted from 1600-03-01
  constexpr std::uint32_t kCycle = 146'097;
  const std::uint32_t shifted = day + kShift;
  const std::uint32_t in_cycle = shifted % kCycle;
  // A leap day ends every fourth year but three of four centuries: without those days all years
  // would have 365.
  const std::uint32_t year_in_cycle =
      (in_cycle - in_cycle / 1460 + in_cycle / 36'524 - in_cycle / 146'096) / 365;
  const std::uint32_t day_of_year =
      in_cycle - (365 * year_in_cycle + year_in_cycle / 4 - year_in_cycle / 100);
  const std::uint32_t month = (5 * day_of_year + 2) / 153;  // 0: March
  const std::uint32_t year = 1600 + shifted / kCycle * 400 + year_in_cycle + (month < 10 ? 0U : 1U);
  return {static_cast<std::uint16_t>(year),
          static_cast<std::uint8_t>(month < 10 ? month + 3 : month - 9),
          static_cast<std::uint8_t>(day_of_year - (153 * month + 2) / 5 + 1)};
}

static_assert(days_since_2000({2000, 1, 1}) == 0);
static_assert(days_since_2000({1970, 1, 1}) == -10'957);
static_assert(days_since_2000({2000, 3, 1}) == 60);
static_assert(days_since_2000({9999, 12, 31}) == 2'921'939);
static_assert(days_since_2000({1, 1, 1}) == -730'119);
static_assert(days_since_2000({0, 1, 1}) == -730'485);
static_assert(days_since_2000(date_of_unix_day(0)) == -10'957);
static_assert(days_since_2000(date_of_unix_day(11'016)) == 59);  // 2000-02-29
static_assert(days_since_2000(date_of_unix_day(11'017)) == 60);
static_assert(days_since_2000(date_of_unix_day(49'710)) == 38'753);  // 2106-02-07

}  // namespace godwit::schema
