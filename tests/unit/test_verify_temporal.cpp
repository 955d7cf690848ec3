// Dates and times of both wires become the same cells.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "verify/temporal.hpp"

using namespace godwit::verify;

namespace {

std::vector<std::byte> bytes(const std::vector<int>& values) {
  std::vector<std::byte> result;
  for (const int value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

template <class Unsigned>
std::vector<std::byte> big_endian(Unsigned value) {
  std::vector<std::byte> result(sizeof value);
  store_big_endian(result.data(), value);
  return result;
}

}  // namespace

TEST_CASE("A date of MariaDB's wire and one of PostgreSQL's are the same cell", "[verify]") {
  struct Case {
    std::vector<int> source;
    std::int32_t days;  // since 2000-01-01
    std::string text;
  };
  const std::vector<Case> cases = {
      {{0xD0, 0x07, 1, 1}, 0, "2000-01-01"},         {{0xD0, 0x07, 2, 29}, 59, "2000-02-29"},
      {{0xCF, 0x07, 12, 31}, -1, "1999-12-31"},      {{0xB2, 0x07, 1, 1}, -10957, "1970-01-01"},
      {{0x0F, 0x27, 12, 31}, 2921939, "9999-12-31"}, {{0x01, 0x00, 1, 1}, -730119, "0001-01-01"},
      {{0x00, 0x00, 1, 1}, -730485, "0000-01-01"},
  };
  for (const Case& test : cases) {
    INFO(test.text);
    const auto date = source_datetime(bytes(test.source));
    REQUIRE(date);
    Cell source;
    Cell target;
    Scratch source_scratch;
    Scratch target_scratch;
    set_datetime(source, source_scratch, *date);
    set_target_date(target, target_scratch, big_endian(static_cast<std::uint32_t>(test.days)));
    CHECK(same(source, target));
    CHECK(temporal_cell_text(target, false) == test.text);
  }
}

TEST_CASE("Timestamps keep their microseconds, before and after the epoch", "[verify]") {
  struct Case {
    std::vector<int> source;
    std::int64_t micros;
    std::string text;
  };
  const std::vector<Case> cases = {
      {{0xD0, 0x07, 1, 1}, 0, "2000-01-01 00:00:00"},
      {{0xCF, 0x07, 12, 31, 23, 59, 59, 0x3F, 0x42, 0x0F, 0x00}, -1, "1999-12-31 23:59:59.999999"},
      {{0xD0, 0x07, 1, 2, 1, 2, 3}, 90'123'000'000, "2000-01-02 01:02:03"},
  };
  for (const Case& test : cases) {
    INFO(test.text);
    Cell source;
    Cell target;
    Scratch source_scratch;
    Scratch target_scratch;
    set_datetime(source, source_scratch, source_datetime(bytes(test.source)).value());
    set_target_timestamp(target, target_scratch,
                         big_endian(static_cast<std::uint64_t>(test.micros)));
    CHECK(same(source, target));
    CHECK(temporal_cell_text(source, true) == test.text);
  }
}

TEST_CASE("Infinities stand before and behind all dates", "[verify]") {
  Scratch low_scratch;
  Scratch middle_scratch;
  Scratch high_scratch;
  Cell low;
  Cell middle;
  Cell high;
  set_minus_infinity(low, low_scratch);
  set_datetime(middle, middle_scratch, {0, 1, 1, 0});
  set_target_date(high, high_scratch, big_endian(std::uint32_t{0x7FFFFFFF}));
  CHECK(order(low, middle) < 0);
  CHECK(order(middle, high) < 0);
  CHECK(temporal_cell_text(low, true) == "-infinity");
  CHECK(temporal_cell_text(high, true) == "infinity");
}

TEST_CASE("Zero, partial and impossible dates are told apart", "[verify]") {
  CHECK(DateTime{0, 0, 0, 0}.zero_or_partial());
  CHECK(DateTime{2024, 0, 15, 0}.zero_or_partial());
  CHECK(DateTime{2024, 2, 0, 0}.zero_or_partial());
  CHECK_FALSE(DateTime{2024, 2, 29, 0}.zero_or_partial());
  CHECK(DateTime{2024, 2, 29, 0}.exists());
  CHECK_FALSE(DateTime{2023, 2, 29, 0}.exists());
  CHECK_FALSE(DateTime{2023, 2, 31, 0}.exists());
}

TEST_CASE("Durations: sign, days of the wire, and intervals with days", "[verify]") {
  // -34 days 22:59:59.999999, as the wire carries -838:59:59.999999
  const auto source = source_time(bytes({1, 34, 0, 0, 0, 22, 59, 59, 0x3F, 0x42, 0x0F, 0x00}));
  REQUIRE(source == -3'020'399'999'999);
  CHECK(duration_text(*source, 6) == "-838:59:59.999999");
  CHECK(duration_text(*source, 0) == "-838:59:59");
  CHECK(duration_text(-1, 6) == "-00:00:00.000001");
  CHECK(source_time(bytes({})) == 0);

  Cell plain;
  Cell days;
  Scratch plain_scratch;
  Scratch days_scratch;
  std::vector<std::byte> interval = big_endian(std::uint64_t{0});
  const std::vector<std::byte> one_day = big_endian(std::uint64_t{1} << 32U);
  interval.insert(interval.end(), one_day.begin(), one_day.end());
  set_duration(plain, plain_scratch, 0);
  set_target_interval(days, days_scratch, interval);
  CHECK_FALSE(same(plain, days));
  CHECK(duration_cell_text(days) == "0 months 1 days 00:00:00");
}

TEST_CASE("Wires of a wrong size are refused, not read beyond", "[verify]") {
  for (const std::size_t size : {1U, 3U, 5U, 8U, 12U}) {
    CHECK_FALSE(source_datetime(std::vector<std::byte>(size)));
  }
  for (const std::size_t size : {1U, 7U, 9U, 13U}) {
    CHECK_FALSE(source_time(std::vector<std::byte>(size)));
  }
  Cell cell;
  Scratch scratch;
  set_target_date(cell, scratch, std::vector<std::byte>(3));
  CHECK(cell.state == CellState::flawed);
  set_target_interval(cell, scratch, std::vector<std::byte>(12));
  CHECK(cell.state == CellState::flawed);
  set_target_timestamp(cell, scratch, big_endian(std::uint64_t{0x7000000000000000U}));
  CHECK(cell.state == CellState::flawed);
}
