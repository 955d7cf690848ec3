// Values as row images carry them: the same fields and refusals as from result rows.
#include <random>

#include <catch2/catch.hpp>

#include "binlog_codec.hpp"
#include "godwit/core/error.hpp"

using namespace godwit;
using godwit::test::binlog_codec;
using godwit::test::column;
using godwit::test::encode;
using godwit::test::expected;
using godwit::test::hex;
using godwit::test::outcome;
using godwit::test::show;
using godwit::test::unhex;
using mariadb::ColumnType;
using schema::TargetForm;
using namespace std::string_literals;

TEST_CASE("bytes of row images stay, and get the zeros back that the log leaves out") {
  auto fixed = column(ColumnType::binary);
  fixed.length = fixed.octet_length = 4;
  const auto padded = binlog_codec(fixed, TargetForm::bytea);
  CHECK(outcome(padded, "a") == "0000000461000000");
  CHECK(outcome(padded, "") == "0000000400000000");
  CHECK(outcome(padded, "\0b"s) == "0000000400620000");
  CHECK(outcome(padded, "abcd") == "0000000461626364");
  CHECK(outcome(padded, "abcde") == "malformed");
  CHECK(show(padded, "a") == "X'61000000'");

  auto varying = column(ColumnType::varbinary);
  varying.octet_length = 9;
  CHECK(outcome(binlog_codec(varying, TargetForm::bytea), "a\0"s) == "000000026100");
  const auto geometry = binlog_codec(column(ColumnType::geometry), TargetForm::bytea);
  CHECK(outcome(geometry, unhex("e6100000 01")) == "00000005e610000001");
  CHECK(outcome(geometry, "abc") == "malformed");
}

TEST_CASE("UUIDs and addresses of row images are their bytes") {
  const auto uuid = binlog_codec(column(ColumnType::uuid), TargetForm::uuid);
  CHECK(outcome(uuid, unhex("0123456789abcdef0123456789abcdef")) ==
        "000000100123456789abcdef0123456789abcdef");
  CHECK(outcome(uuid, unhex("0123")) == "000000100123" + std::string(28, '0'));
  CHECK(outcome(uuid, "") == "00000010" + std::string(32, '0'));
  CHECK(outcome(uuid, std::string(17, 'x')) == "malformed");
  CHECK(show(uuid, unhex("0123456789abcdef0123456789abcdef")) ==
        "01234567-89ab-cdef-0123-456789abcdef");
  const auto inet4 = binlog_codec(column(ColumnType::inet4), TargetForm::inet);
  CHECK(outcome(inet4, unhex("0a0000ff")) == "00000008022000040a0000ff");
  CHECK(outcome(inet4, unhex("0a")) == "00000008022000040a000000");
  CHECK(outcome(inet4, unhex("0a0000ff00")) == "malformed");
  CHECK(show(inet4, unhex("0a")) == "10.0.0.0");
  const auto inet6 = binlog_codec(column(ColumnType::inet6), TargetForm::inet);
  CHECK(outcome(inet6, "") == "0000001403800010" + std::string(32, '0'));
  CHECK(show(inet6, "") == "::");
  CHECK(outcome(inet6, std::string(17, 'x')) == "malformed");
}

namespace {

mariadb::Column members_column(ColumnType type, std::vector<std::string> members) {
  auto of = column(type);
  of.members = std::move(members);
  return of;
}

constexpr TargetForm kText = TargetForm::text;
constexpr TargetForm kArray = TargetForm::text_array;

mariadb::CharsetPtr charset(mariadb::CharsetForm form) {
  return std::make_shared<mariadb::Charset>("chosen", form);
}

}  // namespace

TEST_CASE("members come by number and leave by name") {
  using enum ColumnType;
  // names are UTF-8 already, whatever the column's charset
  const auto wide = charset(mariadb::CharsetForm::utf16be);
  const auto label = binlog_codec(members_column(enum_, {"b,c", "\xc3\xa9"}), kText, {}, wide);
  CHECK(outcome(label, unhex("01")) == "00000003622c63");
  CHECK(outcome(label, unhex("02")) == "00000002c3a9");
  CHECK(outcome(label, unhex("00")) == "invalid_enum");
  CHECK(outcome(label, unhex("03")) == "malformed");
  CHECK(outcome(label, unhex("0100")) == "malformed");
  CHECK(outcome(label, "") == "malformed");
  CHECK(show(label, unhex("02")) == "'\xc3\xa9'");
  const auto with_empty = binlog_codec(members_column(enum_, {"a", ""}), kText);
  CHECK(outcome(with_empty, unhex("02")) == "00000000");
  CHECK(outcome(with_empty, unhex("00")) == "invalid_enum");
  std::vector<std::string> many;
  for (int i = 1; i <= 300; ++i)
    many.push_back(std::to_string(i));
  CHECK(outcome(binlog_codec(members_column(enum_, many), kText), unhex("2c01")) ==
        "00000003333030");

  const auto list = binlog_codec(members_column(set, {"x", "y z", "w"}), kText, {}, wide);
  CHECK(outcome(list, unhex("05")) == "00000003782c77");
  CHECK(outcome(list, unhex("00")) == "00000000");
  CHECK(outcome(list, unhex("08")) == "malformed");
  CHECK(outcome(list, unhex("0500")) == "malformed");
  const auto array = binlog_codec(members_column(set, {"x", "y"}), kArray);
  CHECK(outcome(array, unhex("00")) == expected("0000000c 00000000 00000000 00000019"));
  CHECK(outcome(array, unhex("02")) ==
        expected("00000019 00000001 00000000 00000019 00000001 00000001 00000001 79"));
  const auto largest = binlog_codec(members_column(set, std::vector<std::string>(64, "m")), kText);
  CHECK(outcome(largest, unhex("0100000000000080")) == "000000036d2c6d");
  CHECK(outcome(largest, unhex("01000000")) == "malformed");
}

TEST_CASE("members that are no text follow the policies as in result rows") {
  using enum ColumnType;
  const std::string nul("a\0b", 3);
  schema::Policies symbol;
  symbol.nul_byte = schema::NulByte::symbol;
  const auto utf8 = test::utf8();
  for (const auto& policies : {schema::Policies{}, symbol}) {
    const auto label = members_column(enum_, {"x", nul});
    CHECK(outcome(binlog_codec(label, kText, policies, utf8), unhex("02")) ==
          outcome(schema::make_codec(label, kText, policies, utf8), nul));
    const auto list = members_column(set, {"x", nul, nul + "2"});
    for (const TargetForm form : {kText, kArray}) {
      const auto logged = binlog_codec(list, form, policies, utf8);
      const auto selected = schema::make_codec(list, form, policies, utf8);
      CHECK(outcome(logged, unhex("07")) == outcome(selected, "x," + nul + "," + nul + "2"));
      CHECK(outcome(logged, unhex("01")) == outcome(selected, "x"));
    }
  }
  CHECK(
      encode(binlog_codec(members_column(set, {nul, nul + "2"}), kText, symbol, utf8), unhex("03"))
          .counts[static_cast<std::size_t>(schema::Refusal::nul_byte)] == 1);
  // the names of a binary column are no text, as its values are none
  const auto no_text = charset(mariadb::CharsetForm::binary);
  const auto label = members_column(enum_, {"x"});
  CHECK(outcome(schema::make_codec(label, kText, {}, no_text), "x") == "invalid_text");
  CHECK(outcome(binlog_codec(label, kText, {}, no_text), unhex("01")) == "invalid_text");
  const auto list = members_column(set, {"x"});
  CHECK(outcome(binlog_codec(list, kText, {}, no_text), unhex("01")) == "invalid_text");
  CHECK(outcome(binlog_codec(list, kText, {}, no_text), unhex("00")) == "00000000");
}

TEST_CASE("text of row images is the column's") {
  auto varchar = column(ColumnType::varchar);
  varchar.octet_length = 40;
  const auto of = binlog_codec(varchar, TargetForm::text, {}, test::utf8());
  CHECK(outcome(of, "ab  ") == "0000000461622020");
  CHECK(outcome(of, "\xff") == "invalid_text");
  CHECK(outcome(of, "\0"s) == "nul_byte");
  CHECK(test::encode_null(of) == "ffffffff");
  const auto wide =
      binlog_codec(varchar, TargetForm::text, {}, charset(mariadb::CharsetForm::utf16be));
  CHECK(outcome(wide, unhex("00e9")) == "00000002c3a9");
  const auto json = binlog_codec(column(ColumnType::json), TargetForm::jsonb, {}, test::utf8());
  CHECK(outcome(json, "{}") == "00000003017b7d");
}

namespace {

struct Mismatch {
  mariadb::Column column;
  schema::BinlogColumn wire;
};

mariadb::Column decimal_column(int precision, int scale) {
  auto of = column(ColumnType::decimal);
  of.precision = precision;
  of.scale = scale;
  return of;
}

std::vector<Mismatch> mismatches() {
  using enum ColumnType;
  auto varchar_40 = column(varchar);
  varchar_40.octet_length = 40;
  auto char_40 = column(char_);
  char_40.octet_length = 40;
  auto bit_9 = column(bit);
  bit_9.length = 9;
  auto time_3 = column(time);
  time_3.fraction = 3;
  auto medium_text = column(text);
  medium_text.declared_type = "mediumtext";
  return {
      {column(integer), {1, 0}},
      {column(integer), {8, 0}},
      {column(tinyint), {2, 0}},
      {column(mediumint), {3, 0}},
      {column(bigint), {246, 10 << 8}},
      {column(float_), {5, 8}},
      {column(double_), {4, 4}},
      {decimal_column(10, 2), {246, 12 << 8 | 2}},
      {decimal_column(10, 2), {246, 10 << 8 | 3}},
      {bit_9, {16, 8}},
      {time_3, {19, 6}},
      {time_3, {18, 3}},
      {column(datetime), {17, 0}},
      {column(timestamp), {18, 0}},
      {column(date), {18, 0}},
      {varchar_40, {15, 20}},  // shorter, or of another charset
      {varchar_40, {15, 41}},
      {varchar_40, {254, 40}},
      {varchar_40, {252, 2}},
      {char_40, {254, 10}},
      {column(text), {252, 4}},
      {medium_text, {252, 2}},
      {column(json), {252, 2}},
      {members_column(enum_, {"a"}), {247, 2}},
      {members_column(enum_, {"a"}), {248, 1}},
      {members_column(set, {"a"}), {248, 2}},
      {members_column(set, {"a"}), {247, 1}},
      {column(uuid), {254, 36}},
      {column(inet4), {254, 16}},
      {column(geometry), {252, 4}},
      {column(year), {2, 0}},
      {column(year), {0, 0}},
  };
}

TargetForm any_form(const mariadb::Column& of) {
  for (int form = 0;; ++form) {
    if (schema::has_codec(of, static_cast<TargetForm>(form))) return static_cast<TargetForm>(form);
  }
}

}  // namespace

TEST_CASE("an event of another definition than the catalog's is an error") {
  for (const Mismatch& mismatch : mismatches()) {
    CAPTURE(mismatch.column.declared_type, +mismatch.wire.type, mismatch.wire.metadata);
    const TargetForm form = any_form(mismatch.column);
    CHECK_NOTHROW(binlog_codec(mismatch.column, form));
    try {
      (void)schema::make_binlog_codec(mismatch.column, mismatch.wire, form, {}, nullptr);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::source);
      CHECK_FALSE(error.retryable());
      CHECK_FALSE(error.hint().empty());
      CHECK_THAT(error.what(), Catch::Contains("column c is " + mismatch.column.declared_type) &&
                                   Catch::Contains(std::to_string(mismatch.wire.metadata)));
    }
  }
}

TEST_CASE("an event's type is named in the error") {
  REQUIRE_THROWS_WITH(
      schema::make_binlog_codec(column(ColumnType::integer), {8, 0}, TargetForm::int4, {}, nullptr),
      Catch::Contains("int") && Catch::Contains("LONGLONG"));
  REQUIRE_THROWS_WITH(schema::make_binlog_codec(column(ColumnType::integer), {99, 7},
                                                TargetForm::int4, {}, nullptr),
                      Catch::Contains("type 99, metadata 7"));
  REQUIRE_THROWS_WITH(binlog_codec(column(ColumnType::blob), TargetForm::int4),
                      Catch::Contains("int4"));
}

TEST_CASE("compressed columns arrive inflated, as text and bytes") {
  auto varchar = column(ColumnType::varchar);
  varchar.octet_length = 40;
  // the length counts the byte that tells the method
  for (const std::uint16_t length : {std::uint16_t{40}, std::uint16_t{41}}) {
    const auto of =
        schema::make_binlog_codec(varchar, {141, length}, TargetForm::text, {}, test::utf8());
    CHECK(outcome(of, "abc") == "00000003616263");
  }
  const auto of =
      schema::make_binlog_codec(column(ColumnType::blob), {140, 2}, TargetForm::bytea, {}, nullptr);
  CHECK(outcome(of, "abc") == "00000003616263");
}

TEST_CASE("row images that no server writes are refused or taken, never read beyond") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  int codecs = 0;
  for (int type = 0; type <= static_cast<int>(ColumnType::geometry); ++type) {
    for (int form = 0; form <= static_cast<int>(TargetForm::inet); ++form) {
      auto of = column(static_cast<ColumnType>(type), random() % 2 == 0);
      of.length = of.octet_length = 5;
      of.precision = 12;
      of.scale = 3;
      of.fraction = static_cast<int>(random() % 7);
      of.members = {"one", "", "three"};
      if (!schema::has_codec(of, static_cast<TargetForm>(form))) continue;
      ++codecs;
      const auto made = binlog_codec(of, static_cast<TargetForm>(form), {}, test::utf8());
      for (int round = 0; round < 1'000; ++round) {
        std::string wire(random() % 12, '\0');
        for (char& byte : wire)
          byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 4);
        CAPTURE(mariadb::name(of.type), form, hex(wire));
        try {
          const auto encoded = encode(made, wire);
          REQUIRE(encoded.field.size() >= 8);
        } catch (const schema::ValueRefused& refused) {
          REQUIRE_FALSE(schema::name(refused.refusal()).empty());
        }
        REQUIRE(show(made, wire).size() < 300);
      }
    }
  }
  CHECK(codecs >= 45);
}

TEST_CASE("members that the catalog may not show are refused") {
  auto label = members_column(ColumnType::enum_, {"a", "?"});
  label.charset = "utf8mb4";
  CHECK_THROWS_WITH(binlog_codec(label, TargetForm::text), Catch::Contains("can't show"));
  label.type = ColumnType::set;
  CHECK_THROWS_WITH(binlog_codec(label, TargetForm::text), Catch::Contains("can't show"));
  // a charset without such characters
  label.charset = "latin1";
  CHECK_NOTHROW(binlog_codec(label, TargetForm::text));
}
