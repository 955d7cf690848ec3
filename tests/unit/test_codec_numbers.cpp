#include <random>

#include <catch2/catch.hpp>

#include "codec_wire.hpp"
#include "schema/codec_numeric.hpp"

using namespace godwit;
using godwit::test::column;
using godwit::test::encode;
using godwit::test::refusal_of;
using godwit::test::unhex;
using mariadb::ColumnType;
using schema::TargetForm;

namespace {

schema::ColumnCodec codec(const mariadb::Column& of, TargetForm form) {
  return schema::make_codec(of, form, {}, nullptr);
}

struct IntegerCase {
  ColumnType type;
  bool is_unsigned;
  TargetForm form;
  const char* wire;
  const char* field;  // or a refusal's name
};

}  // namespace

TEST_CASE("integers keep their sign and width") {
  using T = ColumnType;
  using F = TargetForm;
  const auto test = GENERATE(values<IntegerCase>({
      {T::tinyint, false, F::int2, "80", "00000002ff80"},
      {T::tinyint, false, F::int2, "ff", "00000002ffff"},
      {T::tinyint, true, F::int2, "ff", "0000000200ff"},
      {T::smallint, false, F::int2, "0080", "000000028000"},
      {T::smallint, true, F::int4, "ffff", "000000040000ffff"},
      {T::smallint, true, F::int2, "ffff", "too_large"},
      {T::mediumint, false, F::int4, "000080ff", "00000004ff800000"},
      {T::mediumint, true, F::int4, "ffffff00", "0000000400ffffff"},
      {T::mediumint, false, F::int4, "00008000", "malformed"},
      {T::mediumint, true, F::int4, "00000001", "malformed"},
      {T::integer, false, F::int4, "00000080", "0000000480000000"},
      {T::integer, true, F::int8, "ffffffff", "0000000800000000ffffffff"},
      {T::integer, true, F::int4, "00000080", "too_large"},
      {T::bigint, false, F::int8, "0000000000000080", "000000088000000000000000"},
      {T::bigint, true, F::int8, "ffffffffffffff7f", "000000087fffffffffffffff"},
      {T::bigint, true, F::int8, "0000000000000080", "too_large"},
      // 18446744073709551615 = 1844 6744 0737 0955 1615
      {T::bigint, true, F::numeric, "ffffffffffffffff",
       "00000012 0005 0004 0000 0000 0734 1a58 02e1 03bb 064f"},
      // -9223372036854775808 = -(922 3372 0368 5477 5808)
      {T::bigint, false, F::numeric, "0000000000000080",
       "00000012 0005 0004 4000 0000 039a 0d2c 0170 1565 16b0"},
      {T::bigint, true, F::numeric, "0000000000000000", "00000008 0000 0000 0000 0000"},
      // 20000 = 2 * 10000^1: the zero group behind is not stored
      {T::integer, false, F::numeric, "204e0000", "0000000a 0001 0001 0000 0000 0002"},
      {T::tinyint, false, F::boolean, "00", "0000000100"},
      {T::tinyint, false, F::boolean, "01", "0000000101"},
      {T::tinyint, false, F::boolean, "02", "too_large"},
      {T::tinyint, false, F::boolean, "ff", "too_large"},
      {T::year, false, F::int2, "0000", "000000020000"},
      {T::year, false, F::int2, "6d07", "00000002076d"},
      {T::year, false, F::int2, "6b08", "00000002086b"},
      {T::year, false, F::int2, "6c08", "malformed"},
      {T::year, false, F::int2, "ffff", "malformed"},
  }));
  CAPTURE(mariadb::name(test.type), test.is_unsigned, test.wire);
  const auto of = codec(column(test.type, test.is_unsigned), test.form);
  const std::string wire = unhex(test.wire);
  const std::string refusal = refusal_of(of, wire);
  if (refusal.empty()) {
    CHECK(encode(of, wire).field == test::hex(unhex(test.field)));
  } else {
    CHECK(refusal == test.field);
  }
}

TEST_CASE("NULL is a length of -1 in every codec") {
  CHECK(test::encode_null(codec(column(ColumnType::integer), TargetForm::int4)) == "ffffffff");
  CHECK(test::encode_null(codec(column(ColumnType::date), TargetForm::date)) == "ffffffff");
  CHECK(test::encode_null(codec(column(ColumnType::blob), TargetForm::bytea)) == "ffffffff");
}

TEST_CASE("floats keep their bits") {
  const auto single = codec(column(ColumnType::float_), TargetForm::float4);
  CHECK(encode(single, unhex("00000080")).field == "0000000480000000");  // -0.0
  CHECK(encode(single, unhex("01000000")).field == "0000000400000001");  // least denormal
  CHECK(encode(single, unhex("ffff7f7f")).field == "000000047f7fffff");  // FLT_MAX
  // As a double, with 1e300 for -0.0.
  CHECK(encode(single, unhex("000000000000f83f")).field == "000000043fc00000");
  CHECK(encode(single, unhex("000000000000a036")).field == "0000000400000001");
  CHECK(encode(single, unhex("9c7500883ce4377e")).field == "0000000480000000");
  CHECK(refusal_of(single, unhex("9a9999999999b93f")) == "malformed");  // 0.1 is no float
  CHECK(refusal_of(single, unhex("ffffffffffffef7f")) == "malformed");
  CHECK(refusal_of(single, unhex("000000000000f87f")) == "malformed");
  const auto wide = codec(column(ColumnType::float_), TargetForm::float8);
  CHECK(encode(wide, unhex("00000080")).field == "000000088000000000000000");
  CHECK(encode(wide, unhex("0000803f")).field == "000000083ff0000000000000");
  const auto twice = codec(column(ColumnType::double_), TargetForm::float8);
  CHECK(encode(twice, unhex("0000000000000080")).field == "000000088000000000000000");
  CHECK(encode(twice, unhex("0100000000000000")).field == "000000080000000000000001");
  CHECK(encode(twice, unhex("9a9999999999b93f")).field == "000000083fb999999999999a");
}

namespace {

struct DecimalCase {
  const char* text;
  int scale;
  const char* field;
};

}  // namespace

TEST_CASE("decimals become digits to the base 10000") {
  const auto test = GENERATE(values<DecimalCase>({
      {"0", 0, "00000008 0000 0000 0000 0000"},
      {"0.00", 2, "00000008 0000 0000 0000 0002"},
      {"-0.00", 2, "00000008 0000 0000 0000 0002"},
      {"1", 0, "0000000a 0001 0000 0000 0000 0001"},
      {"-1", 0, "0000000a 0001 0000 4000 0000 0001"},
      {"1.5", 1, "0000000c 0002 0000 0000 0001 0001 1388"},
      {"1.50", 2, "0000000c 0002 0000 0000 0002 0001 1388"},
      {"12345.678", 3, "0000000e 0003 0001 0000 0003 0001 0929 1a7c"},
      {"10000", 0, "0000000a 0001 0001 0000 0000 0001"},
      {"0.0001", 4, "0000000a 0001 ffff 0000 0004 0001"},
      {"0.00001", 5, "0000000a 0001 fffe 0000 0005 03e8"},
      {".5", 1, "0000000a 0001 ffff 0000 0001 1388"},
      {"00000123.45", 2, "0000000c 0002 0000 0000 0002 007b 1194"},
      {"100000000.00000001", 8, "00000012 0005 0002 0000 0008 0001 0000 0000 0000 0001"},
  }));
  CAPTURE(test.text);
  auto decimal = column(ColumnType::decimal);
  decimal.scale = test.scale;
  CHECK(encode(codec(decimal, TargetForm::numeric), test.text).field ==
        test::hex(unhex(test.field)));
}

TEST_CASE("what is no decimal of the column is malformed") {
  auto decimal = column(ColumnType::decimal);
  decimal.scale = 2;
  const auto of = codec(decimal, TargetForm::numeric);
  const std::string text =
      GENERATE(as<std::string>(), "", "-", ".", "-.", "abc", "1,5", "1.234", "1.5.", "1e5", "+1",
               " 1", "1 ", "--1", "0x1", std::string(66, '9'), std::string("1\0", 2), "\xff");
  CAPTURE(text);
  CHECK(refusal_of(of, text) == "malformed");
}

TEST_CASE("random decimals come back from their base-10000 digits") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const int scale = std::uniform_int_distribution(0, 38)(random);
    const int whole = std::uniform_int_distribution(scale == 0 ? 1 : 0, 65 - scale)(random);
    std::string digits;
    for (int i = 0; i < whole + scale; ++i) {
      // Many zeros, so that groups vanish on both sides.
      const int digit = std::uniform_int_distribution(-10, 9)(random);
      digits += static_cast<char>('0' + std::max(digit, 0));
    }
    std::string text = digits.substr(0, static_cast<std::size_t>(whole));
    if (text.empty()) text = "0";
    if (scale > 0) text += '.' + digits.substr(static_cast<std::size_t>(whole));

    schema::CopyBuffer buffer;
    schema::put_numeric_field(text, scale, buffer);
    const auto word = [&](std::size_t at) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(buffer.bytes().data()) + at;
      return static_cast<std::int16_t>(bytes[0] << 8 | bytes[1]);
    };
    const int count = word(4);
    const int weight = word(6);
    REQUIRE(buffer.size() == 12U + 2U * static_cast<unsigned>(count));
    REQUIRE(word(10) == scale);
    if (count > 0) {
      REQUIRE(word(12) != 0);
      REQUIRE(word(12 + 2 * (static_cast<std::size_t>(count) - 1)) != 0);
    }
    const auto group = [&](int power) {
      const int index = weight - power;
      const int value =
          index >= 0 && index < count ? word(12 + 2 * static_cast<std::size_t>(index)) : 0;
      std::string four = std::to_string(value);
      return std::string(4 - four.size(), '0') + four;
    };
    std::string back;
    for (int power = 16; power >= 0; --power)
      back += group(power);
    back.erase(0, std::min(back.find_first_not_of('0'), back.size() - 1));
    std::string behind;
    for (int power = -1; power >= -10; --power)
      behind += group(power);
    if (scale > 0) back += '.' + behind.substr(0, static_cast<std::size_t>(scale));
    REQUIRE(behind.find_first_not_of('0', static_cast<std::size_t>(scale)) == std::string::npos);

    text.erase(
        0, std::min(text.find_first_not_of('0'),
                    text.find('.') == std::string::npos ? text.size() - 1 : text.find('.') - 1));
    REQUIRE(back == text);
  }
}

TEST_CASE("bits move to the left of their bytes") {
  auto bit = column(ColumnType::bit);
  const auto field = [&](std::uint64_t length, const char* wire) {
    bit.length = length;
    return encode(codec(bit, TargetForm::bit), unhex(wire)).field;
  };
  CHECK(field(1, "01") == "000000050000000180");
  CHECK(field(1, "00") == "000000050000000100");
  CHECK(field(8, "a5") == "0000000500000008a5");
  CHECK(field(9, "0101") == "00000006000000098080");
  CHECK(field(12, "0abc") == "000000060000000cabc0");
  CHECK(field(63, "7fffffffffffffff") == "0000000c0000003ffffffffffffffffe");
  CHECK(field(64, "8000000000000001") == "0000000c000000408000000000000001");

  bit.length = 9;
  CHECK(refusal_of(codec(bit, TargetForm::bit), unhex("0201")) == "malformed");
  CHECK(refusal_of(codec(bit, TargetForm::bit), unhex("01")) == "malformed");
  bit.length = 1;
  CHECK(encode(codec(bit, TargetForm::boolean), unhex("01")).field == "0000000101");
}
