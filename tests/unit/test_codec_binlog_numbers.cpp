#include <random>

#include <catch2/catch.hpp>

#include "binlog_codec.hpp"

using namespace godwit;
using godwit::test::binlog_codec;
using godwit::test::column;
using godwit::test::encode;
using godwit::test::expected;
using godwit::test::outcome;
using godwit::test::show;
using godwit::test::unhex;
using mariadb::ColumnType;
using schema::TargetForm;
using namespace std::string_literals;

namespace {

struct Case {
  ColumnType type;
  bool is_unsigned;
  TargetForm form;
  const char* wire;
  const char* field;  // or a refusal's name
};

}  // namespace

TEST_CASE("integers of row images keep their sign and width") {
  using T = ColumnType;
  using F = TargetForm;
  const auto test = GENERATE(values<Case>({
      {T::tinyint, false, F::int2, "80", "00000002 ff80"},
      {T::tinyint, true, F::int2, "80", "00000002 0080"},
      {T::tinyint, false, F::boolean, "01", "00000001 01"},
      {T::tinyint, false, F::boolean, "02", "too_large"},
      {T::tinyint, false, F::int2, "8000", "malformed"},
      {T::smallint, false, F::int2, "0080", "00000002 8000"},
      {T::smallint, true, F::int4, "ffff", "00000004 0000ffff"},
      {T::smallint, false, F::int2, "00", "malformed"},
      {T::mediumint, false, F::int4, "000080", "00000004 ff800000"},
      {T::mediumint, false, F::int4, "ffff7f", "00000004 007fffff"},
      {T::mediumint, false, F::int4, "ffffff", "00000004 ffffffff"},
      {T::mediumint, true, F::int4, "ffffff", "00000004 00ffffff"},
      {T::mediumint, true, F::int4, "010203", "00000004 00030201"},
      {T::mediumint, false, F::int4, "0102", "malformed"},
      {T::mediumint, false, F::int4, "01020304", "malformed"},
      {T::mediumint, true, F::int4, "01020304", "malformed"},
      {T::integer, false, F::int4, "00000080", "00000004 80000000"},
      {T::integer, true, F::int8, "ffffffff", "00000008 00000000ffffffff"},
      {T::integer, false, F::int4, "ffffff", "malformed"},
      {T::bigint, false, F::int8, "0000000000000080", "00000008 8000000000000000"},
      // 18446744073709551615 = 1844 6744 0737 0955 1615
      {T::bigint, true, F::numeric, "ffffffffffffffff",
       "00000012 0005 0004 0000 0000 0734 1a58 02e1 03bb 064f"},
      {T::bigint, true, F::int8, "ffffffffffffff", "malformed"},
      {T::year, false, F::int2, "00", "00000002 0000"},
      {T::year, false, F::int2, "01", "00000002 076d"},  // 1901
      {T::year, false, F::int2, "ff", "00000002 086b"},  // 2155
      {T::year, false, F::int2, "", "malformed"},
      {T::year, false, F::int2, "0000", "malformed"},
  }));
  CAPTURE(mariadb::name(test.type), test.is_unsigned, test.wire);
  const auto of = binlog_codec(column(test.type, test.is_unsigned), test.form);
  CHECK(outcome(of, unhex(test.wire)) == expected(test.field));
}

TEST_CASE("a year of two digits is sent as two digits") {
  auto year = column(ColumnType::year);
  year.declared_type = "year(2)";
  CHECK(outcome(binlog_codec(year, TargetForm::int2), unhex("46")) == "000000020046");  // 1970: 70
  CHECK(outcome(binlog_codec(year, TargetForm::int2), unhex("a9")) == "000000020045");  // 2069: 69
  CHECK(outcome(binlog_codec(year, TargetForm::int2), unhex("64")) == "000000020000");  // 2000: 0
}

TEST_CASE("floats of row images keep their bits") {
  const auto single = binlog_codec(column(ColumnType::float_), TargetForm::float4);
  CHECK(outcome(single, unhex("00000080")) == "0000000480000000");  // -0.0
  CHECK(outcome(single, unhex("01000000")) == "0000000400000001");
  // eight bytes are a double of a result row, which the binlog never has
  CHECK(outcome(single, unhex("000000000000f83f")) == "malformed");
  const auto wide = binlog_codec(column(ColumnType::float_), TargetForm::float8);
  CHECK(outcome(wide, unhex("00000080")) == "000000088000000000000000");
  CHECK(show(wide, unhex("cdcccc3d")) == "0.1");  // as the column's own type shows it
  const auto twice = binlog_codec(column(ColumnType::double_), TargetForm::float8);
  CHECK(outcome(twice, unhex("9a9999999999b93f")) == "000000083fb999999999999a");
  CHECK(outcome(twice, unhex("0000803f")) == "malformed");
}

namespace {

struct DecimalCase {
  int precision;
  int scale;
  const char* wire;
  const char* text;  // that gives the same field as a result row; or "malformed"
};

mariadb::Column decimal_column(int precision, int scale) {
  auto decimal = column(ColumnType::decimal);
  decimal.precision = precision;
  decimal.scale = scale;
  return decimal;
}

}  // namespace

TEST_CASE("packed decimals are their digits") {
  const auto test = GENERATE(values<DecimalCase>({
      // the manual's example: 1234567890.1234 of DECIMAL(14,4) and its negative
      {14, 4, "810dfb38d204d2", "1234567890.1234"},
      {14, 4, "7ef204c72dfb2d", "-1234567890.1234"},
      {10, 2, "8000000000", "0.00"},
      {10, 2, "8000000132", "1.50"},
      {10, 2, "7ffffffecd", "-1.50"},
      {1, 0, "89", "9"},
      {1, 0, "76", "-9"},
      {2, 0, "e3", "99"},
      {3, 0, "83e7", "999"},
      {4, 0, "a70f", "9999"},
      {5, 0, "81869f", "99999"},
      {6, 0, "8f423f", "999999"},
      {7, 0, "8098967f", "9999999"},
      {8, 0, "85f5e0ff", "99999999"},
      {9, 0, "bb9ac9ff", "999999999"},
      {10, 0, "893b9ac9ff", "9999999999"},
      {5, 5, "800001", "0.00001"},
      {5, 5, "7ffffe", "-0.00001"},
      {9, 9, "80000001", "0.000000001"},
      {10, 9, "81075bcd15", "1.123456789"},
      {11, 10, "81075bcd1500", "1.1234567890"},
      // more than nine digits behind two
      {2, 0, "e4", "malformed"},
      {9, 0, "bb9aca00", "malformed"},
      {10, 0, "8a3b9ac9ff", "malformed"},
      {10, 2, "80000000ff", "malformed"},
      {10, 2, "80000000", "malformed"},
      {10, 2, "800000000000", "malformed"},
      {10, 2, "", "malformed"},
  }));
  CAPTURE(test.precision, test.scale, test.wire);
  const auto of = decimal_column(test.precision, test.scale);
  const auto logged = binlog_codec(of, TargetForm::numeric);
  const auto selected = schema::make_codec(of, TargetForm::numeric, {}, nullptr);
  if (test.text == "malformed"s) {
    CHECK(outcome(logged, unhex(test.wire)) == "malformed");
  } else {
    CHECK(outcome(logged, unhex(test.wire)) == encode(selected, test.text).field);
    CHECK(show(logged, unhex(test.wire)) == test.text);
  }
}

namespace {

/// The inverse of the reader, by the format's description.
std::string pack_decimal(const std::string& before, const std::string& behind, bool negative) {
  constexpr std::size_t kBytes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
  std::string packed;
  const auto put = [&](const std::string& digits) {
    if (digits.empty()) return;
    const std::uint64_t number = std::stoull(digits);
    for (std::size_t i = kBytes[digits.size()]; i > 0; --i)
      packed += static_cast<char>(number >> (8 * (i - 1)));
  };
  put(before.substr(0, before.size() % 9));
  for (std::size_t i = before.size() % 9; i < before.size(); i += 9)
    put(before.substr(i, 9));
  for (std::size_t i = 0; i < behind.size(); i += 9)
    put(behind.substr(i, 9));
  packed[0] = static_cast<char>(packed[0] ^ '\x80');
  if (negative) {
    for (char& byte : packed)
      byte = static_cast<char>(~byte);
  }
  return packed;
}

std::string random_digits(std::mt19937& random, int count) {
  std::string digits;
  for (int i = 0; i < count; ++i) {
    const int digit = std::uniform_int_distribution(-5, 9)(random);
    digits += static_cast<char>('0' + std::max(digit, 0));
  }
  return digits;
}

}  // namespace

TEST_CASE("random packed decimals are their digits") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 10'000; ++round) {
    const int scale = std::uniform_int_distribution(0, 38)(random);
    const int whole = std::uniform_int_distribution(scale == 0 ? 1 : 0, 65 - scale)(random);
    const std::string before = random_digits(random, whole);
    const std::string behind = random_digits(random, scale);
    const bool negative = random() % 2 == 0;
    const std::string text = (negative ? "-" : "") + (before.empty() ? "0"s : before) +
                             (behind.empty() ? "" : "." + behind);
    const auto of = decimal_column(whole + scale, scale);
    const auto selected = schema::make_codec(of, TargetForm::numeric, {}, nullptr);
    REQUIRE(outcome(binlog_codec(of, TargetForm::numeric),
                    pack_decimal(before, behind, negative)) == encode(selected, text).field);
  }
}

TEST_CASE("bits of row images stand from the highest") {
  auto bit = column(ColumnType::bit);
  bit.length = 12;
  CHECK(outcome(binlog_codec(bit, TargetForm::bit), unhex("0abc")) == "000000060000000cabc0");
  CHECK(outcome(binlog_codec(bit, TargetForm::bit), unhex("1abc")) == "malformed");
  CHECK(outcome(binlog_codec(bit, TargetForm::bit), unhex("bc")) == "malformed");
  bit.length = 1;
  CHECK(outcome(binlog_codec(bit, TargetForm::boolean), unhex("01")) == "0000000101");
}
