#include <chrono>

#include <catch2/catch.hpp>

#include "codec_wire.hpp"
#include "schema/codec_calendar.hpp"
#include "schema/codec_format.hpp"

using namespace godwit;
using godwit::test::column;
using godwit::test::encode;
using godwit::test::refusal_of;
using godwit::test::unhex;
using mariadb::ColumnType;
using schema::TargetForm;
using schema::ZeroDate;

namespace {

schema::ColumnCodec codec(ColumnType type, TargetForm form, ZeroDate zero_date = ZeroDate::refuse,
                          int fraction = 6) {
  auto of = column(type);
  of.fraction = fraction;
  schema::Policies policies;
  policies.zero_date = zero_date;
  return schema::make_codec(of, form, policies, nullptr);
}

struct Case {
  ColumnType type;
  TargetForm form;
  const char* wire;
  const char* field;  // or a refusal's name
};

}  // namespace

TEST_CASE("days count as the standard library's calendar does") {
  using namespace std::chrono;
  const sys_days epoch = 2000y / January / 1;
  const sys_days first = year(0) / January / 1;
  const sys_days last = 9999y / December / 31;
  for (sys_days day = first; day <= last; day += days(1)) {
    const year_month_day date(day);
    const schema::value::Date value{static_cast<std::uint16_t>(static_cast<int>(date.year())),
                                    static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
                                    static_cast<std::uint8_t>(static_cast<unsigned>(date.day()))};
    if (!schema::is_valid(value) || schema::days_since_2000(value) != (day - epoch).count()) {
      FAIL(value.year << '-' << +value.month << '-' << +value.day);
    }
  }
}

TEST_CASE("a day beyond its month's end is not valid") {
  using namespace std::chrono;
  for (unsigned y = 0; y <= 9999; ++y) {
    for (unsigned m = 1; m <= 12; ++m) {
      const unsigned last =
          static_cast<unsigned>((year(static_cast<int>(y)) / month(m) / std::chrono::last).day());
      if (schema::days_in_month(y, m) != last) FAIL(y << '-' << m);
    }
  }
}

TEST_CASE("dates and times become PostgreSQL's") {
  using T = ColumnType;
  using F = TargetForm;
  const auto test = GENERATE(values<Case>({
      {T::date, F::date, "d007 01 01", "00000004 00000000"},
      {T::date, F::date, "0f27 0c 1f", "00000004 002c95d3"},  // 9999-12-31
      {T::date, F::date, "0100 01 01", "00000004 fff4dbf9"},  // 0001-01-01
      {T::date, F::date, "0000 01 01", "00000004 fff4da8b"},  // 0001-01-01 BC
      {T::date, F::date, "", "zero_date"},                    // 0000-00-00
      {T::date, F::date, "e807 02 00", "zero_date"},          // 2024-02-00
      {T::date, F::date, "e807 00 0f", "zero_date"},          // 2024-00-15
      {T::date, F::date, "e707 02 1f", "invalid_date"},       // 2023-02-31
      {T::date, F::date, "e707 02 1d", "invalid_date"},       // 2023-02-29
      {T::date, F::date, "e807 02 1d", "00000004 00002279"},  // 2024-02-29
      {T::date, F::date, "e707 02", "malformed"},
      {T::date, F::date, "e707 0d 01", "malformed"},
      {T::date, F::date, "e707 02 20", "malformed"},
      {T::date, F::date, "1027 01 01", "malformed"},          // year 10000
      {T::date, F::date, "e707 0201 01 00 00", "malformed"},  // with a time of day
      {T::datetime, F::timestamp, "d007 01 01", "00000008 0000000000000000"},
      {T::datetime, F::timestamp, "d007 01 01 00 00 01", "00000008 00000000000f4240"},
      {T::datetime, F::timestamp, "d007 01 01 00 00 00 01000000", "00000008 0000000000000001"},
      {T::datetime, F::timestamp, "cf07 0c 1f 17 3b 3b 3f420f00", "00000008 ffffffffffffffff"},
      {T::datetime, F::timestamp, "", "zero_date"},
      {T::datetime, F::timestamp, "0000 00 00 17 3b 3b", "zero_date"},
      {T::datetime, F::timestamp, "e707 04 1f 01 02 03", "invalid_date"},
      {T::datetime, F::timestamp, "e707 04 01 18 00 00", "malformed"},
      {T::datetime, F::timestamp, "e707 04 01 00 3c 00", "malformed"},
      {T::datetime, F::timestamp, "e707 04 01 00 00 3c", "malformed"},
      {T::datetime, F::timestamp, "e707 04 01 00 00 00 40420f00", "malformed"},
      {T::datetime, F::timestamp, "e707 04 01 00 00", "malformed"},
      {T::timestamp, F::timestamptz, "b207 01 01 00 00 01", "00000008 fffca2fec4d76240"},
      {T::time, F::interval, "", "00000010 0000000000000000 00000000 00000000"},
      {T::time, F::interval, "01 00000000 00 00 00 01000000",
       "00000010 ffffffffffffffff 00000000 00000000"},
      // 838:59:59.999999 = 34 days 22:59:59.999999
      {T::time, F::interval, "00 22000000 16 3b 3b 3f420f00",
       "00000010 000002bf3dde7bff 00000000 00000000"},
      {T::time, F::interval, "00 22000000 17 00 00", "malformed"},  // 839:00:00
      {T::time, F::interval, "02 00000000 01 00 00", "malformed"},
      {T::time, F::interval, "00 00000000 18 00 00", "malformed"},
      {T::time, F::interval, "00 ffffffff 01 00 00", "malformed"},
      {T::time, F::interval, "00 00000000 01 00", "malformed"},
      {T::time, F::time, "00 00000000 17 3b 3b 3f420f00", "00000008 000000141dd75fff"},
      {T::time, F::time, "00 01000000 00 00 00", "too_large"},
      {T::time, F::time, "01 00000000 00 00 01", "too_large"},
  }));
  CAPTURE(mariadb::name(test.type), test.wire);
  const auto of = codec(test.type, test.form);
  const std::string wire = unhex(test.wire);
  const std::string refusal = refusal_of(of, wire);
  if (refusal.empty()) {
    CHECK(encode(of, wire).field == test::hex(unhex(test.field)));
  } else {
    CHECK(refusal == test.field);
  }
}

TEST_CASE("the policy for zero dates is followed and counted") {
  constexpr auto kZero = static_cast<std::size_t>(schema::Refusal::zero_date);
  const std::string partial = unhex("e807 00 0f");

  const auto null = encode(codec(ColumnType::date, TargetForm::date, ZeroDate::null), "");
  CHECK(null.field == "ffffffff");
  CHECK(null.counts[kZero] == 1);

  const auto infinity =
      encode(codec(ColumnType::date, TargetForm::date, ZeroDate::minus_infinity), partial);
  CHECK(infinity.field == "0000000480000000");
  CHECK(infinity.counts[kZero] == 1);
  CHECK(encode(codec(ColumnType::datetime, TargetForm::timestamp, ZeroDate::minus_infinity), "")
            .field == "000000088000000000000000");

  const auto real =
      encode(codec(ColumnType::date, TargetForm::date, ZeroDate::null), unhex("e807 01 0f"));
  CHECK(real.field == "000000040000224c");
  CHECK(real.counts[kZero] == 0);

  // No policy turns 02-31 into another day.
  CHECK(refusal_of(codec(ColumnType::date, TargetForm::date, ZeroDate::null),
                   unhex("e707 02 1f")) == "invalid_date");
}

TEST_CASE("dates and times as text read as MariaDB prints them") {
  const auto text = [](ColumnType type, int fraction, const char* wire) {
    const auto encoded =
        encode(codec(type, TargetForm::text, ZeroDate::text, fraction), unhex(wire));
    return unhex(encoded.field.substr(8));
  };
  CHECK(text(ColumnType::date, 0, "") == "0000-00-00");
  CHECK(text(ColumnType::date, 0, "e707 02 1f") == "2023-02-31");
  CHECK(text(ColumnType::datetime, 0, "") == "0000-00-00 00:00:00");
  CHECK(text(ColumnType::datetime, 3, "") == "0000-00-00 00:00:00.000");
  CHECK(text(ColumnType::datetime, 3, "e807 00 0f 01 02 03 40420300") == "2024-00-15 01:02:03.213");
  CHECK(text(ColumnType::time, 6, "01 22000000 16 3b 3b 3f420f00") == "-838:59:59.999999");
  CHECK(text(ColumnType::time, 0, "00 00000000 07 08 09") == "07:08:09");
}

TEST_CASE("a text of every length of time fits its buffer") {
  const auto longest = schema::format_duration({-(839LL * 3600 * 1'000'000 - 1)}, 6);
  CHECK(longest.view() == "-838:59:59.999999");
  const auto latest = schema::format_datetime({{9999, 12, 31}, 86'399'999'999}, 6);
  CHECK(latest.view() == "9999-12-31 23:59:59.999999");
}
