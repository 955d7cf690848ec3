#include "support/codec_case_list.hpp"

#include <iterator>

namespace godwit::test {
namespace {

using schema::InvalidEnum;
using schema::InvalidText;
using schema::NulByte;
using schema::Refusal;
using schema::ZeroDate;

const std::string kHex = "encode(v, 'hex')";
const std::string kTextHex = "encode(convert_to(v::text, 'UTF8'), 'hex')";
const std::string kFloatHex = "encode(float4send(v), 'hex')";
const std::string kDoubleHex = "encode(float8send(v), 'hex')";

}  // namespace

namespace codec_cases {

std::vector<CodecCase> integer_cases() {
  return {
      {"tinyint", "-128", "-128"},
      {"tinyint unsigned", "255", "255"},
      {"tinyint(1)", "2", "2"},
      {"tinyint(1)", "127", "127"},
      {"tinyint(1)", "-1", "-1"},
      {"tinyint(1)", "1", "true", "v::text", as_type("boolean")},
      {"tinyint(1)", "0", "false", "v::text", as_type("boolean")},
      {"tinyint(1)", "NULL", "NULL", "v::text", as_type("boolean")},
      {"tinyint(1)", "2", "refused: too_large", "", as_type("boolean")},
      {"tinyint(1)", "-1", "refused: too_large", "", as_type("boolean")},
      {"smallint", "-32768", "-32768"},
      {"smallint unsigned", "65535", "65535"},
      {"mediumint", "-8388608", "-8388608"},
      {"mediumint unsigned", "16777215", "16777215"},
      {"int", "-2147483648", "-2147483648"},
      {"int unsigned", "4294967295", "4294967295"},
      {"int unsigned", "4294967295", "refused: too_large", "", as_type("integer")},
      {"int(6) zerofill", "42", "42"},
      {"bigint", "-9223372036854775808", "-9223372036854775808"},
      {"bigint", "9223372036854775807", "9223372036854775807"},
      {"bigint unsigned", "18446744073709551615", "18446744073709551615"},
      {"bigint unsigned", "18446744073709551614", "18446744073709551614"},
      {"bigint unsigned", "9223372036854775808", "refused: too_large", "", as_type("bigint")},
      {"bigint unsigned", "0", "0"},
      {"bigint unsigned", "10000", "10000"},
      {"bigint unsigned zerofill", "7", "7"},
      {"int", "NULL", "NULL"},
      {"year", "0", "0"},
      {"year", "'0'", "2000"},
      {"year", "1901", "1901"},
      {"year", "2155", "2155"},
      {"year", "69", "2069"},
      {"year", "70", "1970"},
  };
}

std::vector<CodecCase> decimal_cases() {
  const std::string most(35, '9');
  const std::string behind(30, '9');
  return {
      {"decimal(65,30)", most + "." + behind, most + "." + behind},
      {"decimal(65,30)", "-" + most + "." + behind, "-" + most + "." + behind},
      {"decimal(65,30)", "-1e-30", "-0." + std::string(29, '0') + "1"},
      {"decimal(38,38)", "0." + std::string(38, '9'), "0." + std::string(38, '9')},
      {"decimal(65,0)", std::string(65, '9'), std::string(65, '9')},
      {"decimal(65,0)", "1" + std::string(64, '0'), "1" + std::string(64, '0')},
      {"decimal(10,2)", "'-0.00'", "0.00"},
      {"decimal(10,2)", "1.5", "1.50"},
      {"decimal(10,2) zerofill", "123.45", "123.45"},
      {"decimal(10,4) unsigned", "0.0001", "0.0001"},
      {"decimal(10,0)", "1.5", "2"},
      {"decimal(12,3)", "-10000.000", "-10000.000"},
      {"decimal(5,5)", "-0.00001", "-0.00001"},
      {"decimal(10,2)", "NULL", "NULL"},
  };
}

std::vector<CodecCase> float_cases() {
  return {
      {"float", "16777216", "4b800000", kFloatHex},
      {"float", "1.234567", "3f9e064b", kFloatHex},
      {"float", "123456.78", "47f12064", kFloatHex},
      {"float", "3.4028234663852886e38", "7f7fffff", kFloatHex},
      {"float", "1e-45", "00000001", kFloatHex},
      {"float", "-1e-60", "80000000", kFloatHex},
      {"float", "0", "00000000", kFloatHex},
      {"float(7,3)", "1.2345", "3f9df3b6", kFloatHex},
      {"float unsigned zerofill", "1.5", "1.5"},
      {"float", "NULL", "NULL"},
      {"double", "5e-324", "0000000000000001", kDoubleHex},
      {"double", "1.7976931348623157e308", "7fefffffffffffff", kDoubleHex},
      {"double", "0.1", "3fb999999999999a", kDoubleHex},
      {"double", "-1e-308 / 1e308", "0000000000000000", kDoubleHex},  // MariaDB drops the sign
      {"double(10,2)", "1.005", "1"},
      {"double zerofill", "2.5", "2.5"},
  };
}

std::vector<CodecCase> bit_cases() {
  return {
      {"bit(1)", "b'1'", "1"},
      {"bit(1)", "b'1'", "true", "v::text", as_type("boolean")},
      {"bit(1)", "b'0'", "false", "v::text", as_type("boolean")},
      {"bit(8)", "b'10100101'", "10100101"},
      {"bit(9)", "b'100000001'", "100000001"},
      {"bit(12)", "b'101'", "000000000101"},
      {"bit(63)", "~0 >> 1", std::string(63, '1')},
      {"bit(64)", "~0", std::string(64, '1')},
      {"bit(64)", "1", std::string(63, '0') + "1"},
      {"bit(5)", "NULL", "NULL"},
  };
}

std::vector<CodecCase> moment_cases() {
  return {
      {"date", "'2024-02-29'", "2024-02-29"},
      {"date", "'0009-12-04'", "0009-12-04"},
      {"date", "'0001-01-01'", "0001-01-01"},
      {"date", "'9999-12-31'", "9999-12-31"},
      {"date", "'1582-10-10'", "1582-10-10"},
      {"date", "'0000-01-01'", "0001-01-01 BC"},
      {"date", "'0000-12-31'", "0001-12-31 BC"},
      {"datetime(6)", "'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"},
      {"datetime(6)", "'0001-01-01'", "0001-01-01 00:00:00"},
      {"datetime", "'1000-01-01 00:00:00'", "1000-01-01 00:00:00"},
      {"datetime(3)", "'2023-12-31 23:59:59.9996'", "2023-12-31 23:59:59.999"},
      {"datetime(1)", "'2023-12-31 23:59:59.1'", "2023-12-31 23:59:59.1"},
      {"datetime(6)", "'1969-12-31 23:59:59.999999'", "1969-12-31 23:59:59.999999"},
      {"timestamp(6) NULL", "'1970-01-01 00:00:01'", "1970-01-01 00:00:01+00"},
      {"timestamp(6) NULL", "'2038-01-19 03:14:07.999999'", "2038-01-19 03:14:07.999999+00"},
      {"timestamp NULL", "NULL", "NULL"},
      {"time(6)", "'838:59:59.999999'", "838:59:59.999999"},
      {"time(6)", "'-838:59:59.999999'", "-838:59:59.999999"},
      {"time(6)", "'-00:00:00.000001'", "-00:00:00.000001"},
      {"time", "'24:00:00'", "24:00:00"},
      {"time", "'00:00:00'", "00:00:00"},
      {"time(3)", "'25:01:02.345'", "25:01:02.345"},
      {"time(6)", "'25:00:00'", "0", "extract(day FROM v)::int::text"},
      {"time(6)", "'23:59:59.999999'", "23:59:59.999999", "v::text", as_type("time")},
      {"time", "'24:00:00'", "refused: too_large", "", as_type("time")},
      {"time", "'-00:00:01'", "refused: too_large", "", as_type("time")},
  };
}

std::vector<CodecCase> invalid_date_cases() {
  const auto null = with(ZeroDate::null);
  const auto infinity = with(ZeroDate::minus_infinity);
  const auto text = with(ZeroDate::text);
  return {
      {"date", "'0000-00-00'", "refused: zero_date"},
      {"date", "'2024-02-00'", "refused: zero_date"},
      {"date", "'2024-00-15'", "refused: zero_date"},
      {"date", "'2023-02-31'", "refused: invalid_date"},
      {"date NOT NULL", "'0000-00-00'", "NULL", "v::text", null, Refusal::zero_date},
      {"date NOT NULL", "'2024-00-15'", "-infinity", "v::text", infinity, Refusal::zero_date},
      {"date", "'2023-02-31'", "refused: invalid_date", "", null},
      {"date", "'2023-02-31'", "refused: invalid_date", "", infinity},
      {"date", "'0000-00-00'", "0000-00-00", "v::text", text},
      {"date", "'2024-00-15'", "2024-00-15", "v::text", text},
      {"date", "'2023-02-31'", "2023-02-31", "v::text", text},
      {"date", "'0009-12-04'", "0009-12-04", "v::text", null},
      {"datetime(6)", "'0000-00-00 00:00:00'", "refused: zero_date"},
      {"datetime(6)", "'0000-00-00 00:00:00'", "NULL", "v::text", null, Refusal::zero_date},
      {"datetime NOT NULL", "'0000-00-00'", "-infinity", "v::text", infinity, Refusal::zero_date},
      {"datetime(3)", "'0000-00-00'", "0000-00-00 00:00:00.000", "v::text", text},
      {"datetime", "'2023-02-31 01:02:03'", "2023-02-31 01:02:03", "v::text", text},
      {"timestamp NULL", "'0000-00-00'", "refused: zero_date"},
      {"timestamp NULL", "'0000-00-00'", "-infinity", "v::text", infinity, Refusal::zero_date},
  };
}

std::vector<CodecCase> text_cases() {
  return {
      {"char(5)", "'ab  '", "6162", kTextHex},
      {"char(5)", "''", ""},
      {"varchar(5)", "'ab  '", "61622020", kTextHex},
      {"varchar(5)", "''", ""},
      {"varchar(5)", "NULL", "NULL"},
      {"varchar(20)", "'NULL'", "NULL", "v::text"},
      {"varchar(20)", "'null'", "null"},
      {"varchar(20)", "X'5C4E'", "\\N"},
      {"varchar(20)", "X'5C2E'", "\\."},
      {"varchar(20)", "X'61096209630D0A5C'", "61096209630d0a5c", kTextHex},
      {"varchar(3)", "_utf8mb4 X'F09F9880F09F9880F09F9880'", "f09f9880f09f9880f09f9880", kTextHex},
      {"text", "_utf8mb4 X'F09F91A9E2808DF09F92BB'", "f09f91a9e2808df09f92bb", kTextHex},
      {"varchar(3) CHARACTER SET utf8mb3", "_utf8mb4 X'E4BDA0'", "e4bda0", kTextHex},
      {"varchar(9) CHARACTER SET latin1", "X'80818D'", "e282acc281c28d", kTextHex},
      {"varchar(9) CHARACTER SET latin1", "X'C383C2A9'", "c383c692c382c2a9", kTextHex},
      {"varchar(9) CHARACTER SET latin1", "'plain'", "plain"},
      {"varchar(9) CHARACTER SET ascii", "'plain'", "plain"},
      {"varchar(9) CHARACTER SET sjis", "X'8140'", "e38080", kTextHex},
      {"varchar(9) CHARACTER SET ucs2", "_ucs2 X'00E94F60'", "c3a9e4bda0", kTextHex},
      {"varchar(9) CHARACTER SET utf16", "_utf16 X'D83DDE00'", "f09f9880", kTextHex},
      {"varchar(9) CHARACTER SET utf16le", "_utf16le X'3DD800DE'", "f09f9880", kTextHex},
      {"varchar(9) CHARACTER SET utf32", "_utf32 X'0001F600'", "f09f9880", kTextHex},
      {"varchar(9) CHARACTER SET binary", "X'FF00'", "ff00", kHex},
      {"longtext", "REPEAT('0123456789', 1000000)", "10000000", "length(v)::text"},
      {"varchar(1000) COMPRESSED", "REPEAT('x', 1000)", "1000", "length(v)::text"},
  };
}

std::vector<CodecCase> invalid_text_cases() {
  const std::string with_nul = "CONCAT('a', CHAR(0), 'b')";
  return {
      {"varchar(9)", with_nul, "refused: nul_byte"},
      {"longtext", with_nul, "refused: nul_byte"},
      {"varchar(9) CHARACTER SET utf16", "_utf16 X'006100000062'", "refused: nul_byte"},
      {"varchar(9)", with_nul, "61e2908062", kTextHex, with(NulByte::symbol), Refusal::nul_byte},
      {"varchar(9) CHARACTER SET latin1", with_nul, "61e2908062", kTextHex, with(NulByte::symbol),
       Refusal::nul_byte},
      {"varchar(9)", with_nul, "610062", kHex, with(NulByte::bytea)},
      {"varchar(9) CHARACTER SET latin1", "X'E9'", "e9", kHex, as_type("bytea")},
      {"varchar(9) CHARACTER SET utf8mb3", "X'EDA080'", "refused: invalid_text"},
      {"varchar(9) CHARACTER SET utf8mb3", "X'EDA080'", "efbfbdefbfbdefbfbd", kTextHex,
       with(InvalidText::replacement), Refusal::invalid_text},
      {"varchar(9) CHARACTER SET utf8mb3", "X'EDA080'", "eda080", kHex, with(InvalidText::bytea)},
      {"varchar(9) CHARACTER SET ucs2", "X'D83DDE00'", "refused: invalid_text"},
  };
}

std::vector<CodecCase> bytes_cases() {
  return {
      {"binary(4)", "'a'", "61000000", kHex},
      {"binary(4)", "X'00000000'", "00000000", kHex},
      {"binary(4)", "X'6162FF00'", "6162ff00", kHex},
      {"binary(255)", "'x'", "255", "octet_length(v)::text"},
      {"varbinary(9)", "'a '", "6120", kHex},
      {"varbinary(9)", "''", "", kHex},
      {"blob", "X'00FF80C0000A'", "00ff80c0000a", kHex},
      {"longblob", "REPEAT(X'00FF', 10000000)", "20000000 00ff",
       "octet_length(v) || ' ' || encode(substr(v, 19999999), 'hex')"},
      {"blob COMPRESSED", "REPEAT(X'00', 1000)", "1000", "octet_length(v)::text"},
      {"blob", "NULL", "NULL", kHex},
  };
}

std::vector<CodecCase> member_cases() {
  const std::string kind = R"(enum('b,c', 'd''e', '"', '\\\\', 'é'))";
  return {
      {kind, "1", "b,c"},
      {kind, "2", "d'e"},
      {kind, "5", "c3a9", kTextHex},
      {"enum('a', 'é') CHARACTER SET latin1", "2", "c3a9", kTextHex},
      {"enum('a', 'b')", "'zzz'", "refused: invalid_enum"},
      {"enum('a', 'b')", "'zzz'", "NULL", "v::text", with(InvalidEnum::null),
       Refusal::invalid_enum},
      {"enum('a', 'b')", "'zzz'", "", "v::text", with(InvalidEnum::empty), Refusal::invalid_enum},
      {"enum('a', '', 'c')", "''", ""},
      {"enum('a', '', 'c')", "'c'", "c"},
      {"enum('a', '', 'c')", "'zzz'", "refused: invalid_enum"},
      {"enum('a', '', 'c')", "NULL", "NULL"},
      {"set('x', 'y z', 'w')", "'w,x'", "x,w"},
      {"set('x', 'y z', 'w')", "''", ""},
      {"set('x', 'y z')", "'y z'", "{\"y z\"}", "v::text", as_type("text_array")},
      {"set('x', 'NULL')", "'NULL,x'", "{x,\"NULL\"}", "v::text", as_type("text_array")},
      {"set('x', 'y')", "''", "{}", "v::text", as_type("text_array")},
      {"set('x', 'y')", "NULL", "NULL", "v::text", as_type("text_array")},
      {"set('x', 'é') CHARACTER SET latin1", "3", "{x,é}", "v::text", as_type("text_array")},
      {"set('', 'x')", "3", ",x"},
      {"set('', 'x')", "0", ""},
      {"set('', 'x')", "1", "refused: invalid_enum"},
      {"set('', 'x')", "1", "{\"\"}", "v::text", as_type("text_array")},
      {"set('', 'x')", "0", "{}", "v::text", as_type("text_array")},
  };
}

std::vector<CodecCase> json_cases() {
  return {
      {"json", R"('{"b": 1,  "a": 2, "a": 3}')", R"({"b": 1,  "a": 2, "a": 3})"},
      {"json", "'1e400'", "1e400"},
      {"json", "'123456789012345678901234567890.10'", "123456789012345678901234567890.10"},
      {"json", R"('"\\u0000"')", R"("\u0000")"},
      {"json", R"('"\\ud83d"')", R"("\ud83d")"},
      {"json", R"('{"b": 1,  "a": 2}')", R"({"a": 2, "b": 1})", "v::text", as_type("jsonb")},
      {"json", "NULL", "NULL"},
  };
}

std::vector<CodecCase> address_cases() {
  return {
      {"uuid", "'01234567-89ab-cdef-8123-456789abcd00'", "01234567-89ab-cdef-8123-456789abcd00"},
      {"uuid", "'00000000-0000-0000-0000-000000000000'", "00000000-0000-0000-0000-000000000000"},
      {"uuid", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
      {"inet4", "'0.0.0.0'", "0.0.0.0/32"},
      {"inet4", "'255.1.2.3'", "255.1.2.3/32"},
      {"inet6", "'::'", "::/128"},
      {"inet6", "'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329/128"},
      {"inet6", "'::ffff:1.2.3.4'", "6", "family(v)::text"},
      {"inet6", "NULL", "NULL"},
  };
}

std::vector<CodecCase> geometry_cases() {
  return {
      {"point", "ST_GeomFromText('POINT(1 2)', 4326)",
       "e61000000101000000000000000000f03f0000000000000040", kHex},
      {"point", "ST_GeomFromText('POINT(-0 0)')", "0000000001", "encode(substr(v, 1, 5), 'hex')"},
      {"geometry", "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY', 3857)",
       "110f0000010700000000000000", kHex},
      {"linestring", "ST_GeomFromText('LINESTRING(0 0,1 1)')", "45", "octet_length(v)::text"},
      {"polygon", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')", "81", "octet_length(v)::text"},
      {"multipoint", "ST_GeomFromText('MULTIPOINT(1 1)')", "34", "octet_length(v)::text"},
      {"multilinestring", "ST_GeomFromText('MULTILINESTRING((0 0,1 1))')", "54",
       "octet_length(v)::text"},
      {"multipolygon", "ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')", "90",
       "octet_length(v)::text"},
      {"geometry", "NULL", "NULL", kHex},
  };
}

}  // namespace codec_cases

std::vector<CodecCase> all_codec_cases() {
  using namespace codec_cases;
  std::vector<CodecCase> all;
  for (const auto cases : {integer_cases, decimal_cases, float_cases, bit_cases, moment_cases,
                           invalid_date_cases, text_cases, invalid_text_cases, bytes_cases,
                           member_cases, json_cases, address_cases, geometry_cases}) {
    std::vector<CodecCase> some = cases();
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

}  // namespace godwit::test
