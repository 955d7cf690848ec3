#include <catch2/catch.hpp>

#include "binlog_codec.hpp"
#include "schema/codec_calendar.hpp"

using namespace godwit;
using godwit::test::binlog_codec;
using godwit::test::column;
using godwit::test::expected;
using godwit::test::outcome;
using godwit::test::unhex;
using mariadb::ColumnType;
using schema::TargetForm;

namespace {

struct TimeCase {
  ColumnType type;
  int fraction;
  TargetForm form;
  const char* wire;
  const char* field;
};

}  // namespace

TEST_CASE("dates and times of row images become PostgreSQL's") {
  using T = ColumnType;
  using F = TargetForm;
  const auto test = GENERATE(values<TimeCase>({
      // 2000-01-01 = 2000 << 9 | 1 << 5 | 1
      {T::date, 0, F::date, "21a00f", "00000004 00000000"},
      {T::date, 0, F::date, "9f1f4e", "00000004 002c95d3"},  // 9999-12-31
      {T::date, 0, F::date, "210000", "00000004 fff4da8b"},  // 0000-01-01
      {T::date, 0, F::date, "000000", "zero_date"},
      {T::date, 0, F::date, "40d00f", "zero_date"},     // 2024-02-00
      {T::date, 0, F::date, "5fce0f", "invalid_date"},  // 2023-02-31
      {T::date, 0, F::date, "a1a10f", "malformed"},     // month 13
      {T::date, 0, F::date, "21204e", "malformed"},     // year 10000
      {T::date, 0, F::date, "21a0", "malformed"},
      {T::date, 0, F::date, "21a00f00", "malformed"},
      // 2000-01-01 = (2000 * 13 + 1) << 22 | 1 << 17
      {T::datetime, 0, F::timestamp, "9964420000", "00000008 0000000000000000"},
      {T::datetime, 0, F::timestamp, "9964420001", "00000008 00000000000f4240"},
      {T::datetime, 6, F::timestamp, "9964420000000001", "00000008 0000000000000001"},
      {T::datetime, 5, F::timestamp, "996442000000000a", "00000008 000000000000000a"},
      {T::datetime, 3, F::timestamp, "996442000004d2", "00000008 000000000001e208"},  // .1234
      {T::datetime, 1, F::timestamp, "996442000032", "00000008 000000000007a120"},    // .5
      {T::datetime, 2, F::timestamp, "996442000063", "00000008 00000000000f1b30"},    // .99
      {T::datetime, 0, F::timestamp, "8000000000", "zero_date"},
      {T::datetime, 0, F::timestamp, "0000000000", "malformed"},  // without the sign
      {T::datetime, 2, F::timestamp, "996442000064", "malformed"},
      {T::datetime, 4, F::timestamp, "99644200002710", "malformed"},
      {T::datetime, 6, F::timestamp, "99644200000f4240", "malformed"},
      {T::datetime, 0, F::timestamp, "9964438000", "malformed"},  // hour 24
      {T::datetime, 0, F::timestamp, "9964420f00", "malformed"},  // minute 60
      {T::datetime, 0, F::timestamp, "996442003c", "malformed"},  // second 60
      {T::datetime, 0, F::timestamp, "99644200", "malformed"},
      {T::datetime, 0, F::timestamp, "996442000000", "malformed"},
      {T::timestamp, 0, F::timestamptz, "00000000", "zero_date"},
      {T::timestamp, 0, F::timestamptz, "00000001", "00000008 fffca2fec4d76240"},
      {T::timestamp, 0, F::timestamptz, "386d4380", "00000008 0000000000000000"},
      {T::timestamp, 6, F::timestamptz, "386d4380000001", "00000008 0000000000000001"},
      {T::timestamp, 3, F::timestamptz, "386d438004d2", "00000008 000000000001e208"},
      {T::timestamp, 1, F::timestamptz, "386d43800a", "00000008 00000000000186a0"},
      {T::timestamp, 6, F::timestamptz, "00000000000000", "zero_date"},
      {T::timestamp, 0, F::text, "00000000", "00000013 303030302d30302d30302030303a30303a3030"},
      {T::timestamp, 6, F::timestamptz, "386d43800f4240", "malformed"},
      {T::timestamp, 0, F::timestamptz, "386d43", "malformed"},
      {T::time, 0, F::interval, "800000", "00000010 0000000000000000 00000000 00000000"},
      {T::time, 0, F::interval, "800001", "00000010 00000000000f4240 00000000 00000000"},
      {T::time, 0, F::interval, "7fffff", "00000010 fffffffffff0bdc0 00000000 00000000"},
      // 838:59:59.999999 = 838 << 12 | 59 << 6 | 59
      {T::time, 6, F::interval, "b46efb0f423f", "00000010 000002bf3dde7bff 00000000 00000000"},
      // its negative: the complement of all six bytes
      {T::time, 6, F::interval, "4b9104f0bdc1", "00000010 fffffd40c2218401 00000000 00000000"},
      {T::time, 6, F::interval, "7fffffffffff", "00000010 ffffffffffffffff 00000000 00000000"},
      {T::time, 2, F::interval, "7fffffe7", "00000010 fffffffffffc2f70 00000000 00000000"},  // -.25
      {T::time, 2, F::interval, "7ffffee7",
       "00000010 ffffffffffeced30 00000000 00000000"},  // -1.25
      {T::time, 2, F::interval, "7fffff00", "00000010 fffffffffff0bdc0 00000000 00000000"},  // -1
      {T::time, 4, F::interval, "7fffffffff", "00000010 ffffffffffffff9c 00000000 00000000"},
      {T::time, 1, F::interval, "80000032", "00000010 000000000007a120 00000000 00000000"},
      {T::time, 0, F::time, "80103c", "malformed"},
      {T::time, 0, F::interval, "b47000", "malformed"},  // 839 hours
      {T::time, 0, F::interval, "000000", "malformed"},
      {T::time, 0, F::interval, "ffffff", "malformed"},
      {T::time, 2, F::interval, "80000064", "malformed"},
      {T::time, 0, F::interval, "8000", "malformed"},
      {T::time, 6, F::interval, "8000000000", "malformed"},
      {T::time, 0, F::time, "7fffff", "too_large"},
  }));
  CAPTURE(mariadb::name(test.type), test.fraction, test.wire);
  auto of = column(test.type);
  of.fraction = test.fraction;
  CHECK(outcome(binlog_codec(of, test.form), unhex(test.wire)) == expected(test.field));
}

TEST_CASE("dates and times in the formats of mysql56_temporal_format=OFF") {
  using T = ColumnType;
  using F = TargetForm;
  const auto test = GENERATE(values<TimeCase>({
      // 20000101000001
      {T::datetime, 0, F::timestamp, "4163eaa230120000", "00000008 00000000000f4240"},
      {T::datetime, 0, F::timestamp, "0000000000000000", "zero_date"},
      {T::datetime, 0, F::timestamp, "ffffffffffffffff", "malformed"},
      {T::datetime, 0, F::timestamp, "4163eaa23012", "malformed"},
      // ((((2000 * 13 + 1) * 32 + 1) * 24 * 3600 + 1) * 10 + 5
      {T::datetime, 1, F::timestamp, "00a760610f0f", "00000008 000000000016e360"},
      // the same with six digits, .500000
      {T::datetime, 6, F::timestamp, "00ff6570199a4360", "00000008 000000000016e360"},
      {T::datetime, 6, F::timestamp, "ffffffffffffffff", "malformed"},
      {T::timestamp, 0, F::timestamptz, "80436d38", "00000008 0000000000000000"},
      {T::timestamp, 0, F::timestamptz, "00000000", "zero_date"},
      {T::timestamp, 1, F::timestamptz, "386d438005", "00000008 000000000007a120"},
      {T::timestamp, 3, F::timestamptz, "386d438001f4", "00000008 000000000007a120"},
      {T::timestamp, 3, F::timestamptz, "386d438003e8", "malformed"},
      {T::time, 0, F::interval, "010000", "00000010 00000000000f4240 00000000 00000000"},
      {T::time, 0, F::interval, "ffffff", "00000010 fffffffffff0bdc0 00000000 00000000"},
      {T::time, 0, F::interval, "070d80", "malformed"},  // -8385273 has a second 73
      // zero is 839 hours in tenths of a second: 30204000
      {T::time, 1, F::interval, "01cce060", "00000010 0000000000000000 00000000 00000000"},
      {T::time, 1, F::interval, "01cce05f", "00000010 fffffffffffe7960 00000000 00000000"},
      {T::time, 1, F::interval, "00000000", "malformed"},
      {T::time, 1, F::interval, "0399c0c0", "malformed"},
      {T::time, 1, F::interval, "01cce0", "malformed"},
  }));
  CAPTURE(mariadb::name(test.type), test.fraction, test.wire);
  auto of = column(test.type);
  of.fraction = test.fraction;
  schema::BinlogColumn wire{7, 0};
  if (test.type == T::datetime) wire.type = 12;
  if (test.type == T::time) wire.type = 11;
  const auto older = schema::make_binlog_codec(of, wire, test.form, {}, nullptr);
  CHECK(outcome(older, unhex(test.wire)) == expected(test.field));
}

TEST_CASE("days since 1970 are the days of the calendar") {
  for (std::uint32_t day = 0; day <= 49'710; ++day) {
    const schema::value::Date date = schema::date_of_unix_day(day);
    if (!schema::is_valid(date) || schema::is_partial(date) ||
        schema::days_since_2000(date) != static_cast<std::int32_t>(day) - 10'957) {
      FAIL(day);
    }
  }
}
