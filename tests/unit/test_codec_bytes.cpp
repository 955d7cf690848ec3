#include <random>

#include <catch2/catch.hpp>

#include "codec_wire.hpp"
#include "godwit/core/error.hpp"

using namespace godwit;
using godwit::test::column;
using godwit::test::encode;
using godwit::test::hex;
using godwit::test::refusal_of;
using godwit::test::unhex;
using mariadb::ColumnType;
using schema::TargetForm;
using namespace std::string_literals;

namespace {

schema::ColumnCodec codec(ColumnType type, TargetForm form) {
  return schema::make_codec(column(type), form, {}, nullptr);
}

const std::vector<TargetForm> kForms = [] {
  std::vector<TargetForm> forms;
  for (int form = 0; form <= static_cast<int>(TargetForm::inet); ++form) {
    forms.push_back(static_cast<TargetForm>(form));
  }
  return forms;
}();

const std::vector<ColumnType> kTypes = [] {
  std::vector<ColumnType> types;
  for (int type = 0; type <= static_cast<int>(ColumnType::geometry); ++type) {
    types.push_back(static_cast<ColumnType>(type));
  }
  return types;
}();

}  // namespace

TEST_CASE("bytes stay as they are") {
  const std::string bytes = "\0\xff\x80 a\0"s;
  CHECK(encode(codec(ColumnType::blob, TargetForm::bytea), bytes).field == "00000006" + hex(bytes));
  CHECK(encode(codec(ColumnType::varbinary, TargetForm::bytea), "").field == "00000000");
  auto fixed = column(ColumnType::binary);
  fixed.length = 4;
  const auto padded = schema::make_codec(fixed, TargetForm::bytea, {}, nullptr);
  CHECK(encode(padded, unhex("61000000")).field == "0000000461000000");
  CHECK(refusal_of(padded, "a") == "malformed");
  CHECK(refusal_of(padded, "abcde") == "malformed");
  const auto geometry = codec(ColumnType::geometry, TargetForm::bytea);
  CHECK(encode(geometry, unhex("e6100000 01")).field == "00000005e610000001");
  CHECK(refusal_of(geometry, "abc") == "malformed");
}

TEST_CASE("a value beyond 1 GB is refused unread") {
  const auto blob = codec(ColumnType::blob, TargetForm::bytea);
  const std::byte first{};
  schema::CopyBuffer buffer;
  schema::PolicyCounts counts{};
  try {
    blob.encode(blob, {&first, std::size_t{1} << 30U}, buffer, counts);
    FAIL("no refusal");
  } catch (const schema::ValueRefused& refused) {
    CHECK(refused.refusal() == schema::Refusal::too_large);
  }
  CHECK(buffer.size() == 0);
}

TEST_CASE("UUIDs and addresses leave their text") {
  const auto uuid = codec(ColumnType::uuid, TargetForm::uuid);
  CHECK(encode(uuid, "01234567-89ab-cDEF-0123-456789abcdef").field ==
        "000000100123456789abcdef0123456789abcdef");
  for (const std::string bad :
       {"", "01234567-89ab-cdef-0123-456789abcde", "not-a-uuid",
        "0123456789ab-cdef-0123-456789abcdef-", "g1234567-89ab-cdef-0123-456789abcdef"}) {
    CHECK(refusal_of(uuid, bad) == "malformed");
  }
  const auto inet4 = codec(ColumnType::inet4, TargetForm::inet);
  CHECK(encode(inet4, "10.0.0.255").field ==
        "0000000802200004"
        "0a0000ff");
  CHECK(refusal_of(inet4, "10.0.0.256") == "malformed");
  CHECK(refusal_of(inet4, "10.0.0.1\0"s) == "malformed");
  CHECK(refusal_of(inet4, "::1") == "malformed");
  const auto inet6 = codec(ColumnType::inet6, TargetForm::inet);
  CHECK(encode(inet6, "::").field == "0000001403800010" + std::string(32, '0'));
  CHECK(encode(inet6, "::ffff:1.2.3.4").field ==
        "0000001403800010"
        "00000000000000000000ffff01020304");
  CHECK(refusal_of(inet6, "1.2.3.4") == "malformed");
  CHECK(refusal_of(inet6, std::string(60, ':')) == "malformed");
}

TEST_CASE("bytes that no server sends are refused or taken, never read beyond") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  int codecs = 0;
  for (const ColumnType type : kTypes) {
    for (const TargetForm form : kForms) {
      auto of = column(type, random() % 2 == 0);
      of.length = 5;
      of.scale = 3;
      of.members = {"one", "", "three"};
      if (!schema::has_codec(of, form)) continue;
      ++codecs;
      const auto made = schema::make_codec(of, form, {}, test::utf8());
      for (int round = 0; round < 2'000; ++round) {
        std::string wire(random() % 24, '\0');
        for (char& byte : wire)
          byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 4);
        CAPTURE(mariadb::name(type), schema::name(form), hex(wire));
        try {
          const auto encoded = encode(made, wire);
          REQUIRE(encoded.field.size() >= 8);
        } catch (const schema::ValueRefused& refused) {
          REQUIRE_FALSE(schema::name(refused.refusal()).empty());
        }
        const std::string shown =
            schema::display(made, {reinterpret_cast<const std::byte*>(wire.data()), wire.size()});
        REQUIRE(shown.size() < 300);
      }
    }
  }
  CHECK(codecs >= 45);
}

TEST_CASE("a type without a codec for a form is refused") {
  CHECK_FALSE(schema::has_codec(column(ColumnType::geometry), TargetForm::text));
  REQUIRE_THROWS_WITH(codec(ColumnType::blob, TargetForm::int4),
                      Catch::Contains("column c") && Catch::Contains("int4"));
}

TEST_CASE("every type has a codec") {
  for (const ColumnType type : kTypes) {
    bool found = false;
    for (const TargetForm form : kForms)
      found |= schema::has_codec(column(type), form);
    CAPTURE(mariadb::name(type));
    CHECK(found);
  }
}

TEST_CASE("keys are shown for people") {
  const auto show = [](const schema::ColumnCodec& of, const std::string& wire) {
    return schema::display(of, {reinterpret_cast<const std::byte*>(wire.data()), wire.size()});
  };
  CHECK(show(codec(ColumnType::integer, TargetForm::int4), unhex("2a000000")) == "42");
  CHECK(show(codec(ColumnType::integer, TargetForm::int4), unhex("ffffffff")) == "-1");
  CHECK(show(schema::make_codec(column(ColumnType::bigint, true), TargetForm::numeric, {}, nullptr),
             unhex("ffffffffffffffff")) == "18446744073709551615");
  const auto text =
      schema::make_codec(column(ColumnType::varchar), TargetForm::text, {}, test::utf8());
  CHECK(show(text, "acme") == "'acme'");
  CHECK(show(text, "a\x1b[2J\0"s).find('\x1b') == std::string::npos);
  CHECK(show(text, std::string(500, 'x')).size() < 70);
  CHECK(show(codec(ColumnType::date, TargetForm::date), unhex("e807 00 0f")) == "2024-00-15");
  CHECK(show(codec(ColumnType::varbinary, TargetForm::bytea), "\xff\x00"s) == "X'ff00'");
  CHECK(show(codec(ColumnType::float_, TargetForm::float4), unhex("0000c03f")) == "1.5");
  CHECK(schema::display(text, {}) == "NULL");
}

TEST_CASE("a copy buffer grows, forgets and shrinks") {
  schema::CopyBuffer buffer(8);
  buffer.put_header();
  CHECK(hex({reinterpret_cast<const char*>(buffer.bytes().data()), buffer.size()}) ==
        "5047434f50590aff0d0a000000000000000000");
  const std::size_t mark = buffer.size();
  const std::string large(100'000, 'x');
  buffer.put_field(large.data(), large.size());
  CHECK(buffer.size() == mark + 4 + large.size());
  buffer.truncate(mark);
  buffer.shrink(1024);
  CHECK(buffer.capacity() == 1024);
  CHECK(buffer.size() == mark);
  buffer.put_trailer();
  CHECK(hex({reinterpret_cast<const char*>(buffer.bytes().data()) + mark, 2}) == "ffff");
  buffer.clear();
  CHECK(buffer.size() == 0);
}
