#include <random>

#include <catch2/catch.hpp>

#include "codec_wire.hpp"
#include "godwit/core/text.hpp"
#include "schema/codec_member.hpp"
#include "schema/utf8_scan.hpp"

using namespace godwit;
using godwit::test::column;
using godwit::test::encode;
using godwit::test::hex;
using godwit::test::refusal_of;
using godwit::test::unhex;
using mariadb::ColumnType;
using schema::Policies;
using schema::Refusal;
using schema::TargetForm;
using namespace std::string_literals;

namespace {

schema::ColumnCodec codec(ColumnType type, TargetForm form, const Policies& policies = {},
                          std::vector<std::string> members = {}) {
  auto of = column(type);
  of.members = std::move(members);
  return schema::make_codec(of, form, policies, test::utf8());
}

std::string body(const test::Encoded& encoded) { return unhex(encoded.field.substr(8)); }

std::uint64_t counted(const test::Encoded& encoded, Refusal refusal) {
  return encoded.counts[static_cast<std::size_t>(refusal)];
}

// The definition of what can be stored, without any of the scan's shortcuts.
std::size_t first_unstorable(const std::string& text) {
  const std::size_t nul = text.find('\0');
  return std::min(nul, first_invalid_utf8(text).value_or(std::string::npos));
}

}  // namespace

TEST_CASE("text is copied byte by byte") {
  const auto of = codec(ColumnType::varchar, TargetForm::text);
  const std::string text = GENERATE(
      as<std::string>(), "", "a", "abc  ", "NULL", "\\N", "\\.", "tab\tnewline\ncarriage\r\\",
      "h\xc3\xa9", "\xe4\xbd\xa0\xe5\xa5\xbd", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
      "exactly8", "exactly8+", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80",
      std::string(1000, 'x'), std::string(1000, 'x') + "\xc2\x80");
  CAPTURE(text);
  const auto encoded = encode(of, text);
  CHECK(body(encoded) == text);
  CHECK(encoded.field.substr(0, 8) == hex(""s + '\0' + '\0' + static_cast<char>(text.size() >> 8) +
                                          static_cast<char>(text.size())));
}

TEST_CASE("bytes that are not UTF-8 are refused, wherever they stand") {
  const auto of = codec(ColumnType::varchar, TargetForm::text);
  const std::string bad = GENERATE(
      as<std::string>(), "\x80", "\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xe0\x9f\xbf",
      "\xed\xa0\x80", "\xed\xbf\xbf", "\xe4\xbd", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
      "\xf4\x90\x80\x80", "\xf0\x9f\x98", "\xf8\x88\x80\x80\x80", "\xc3\x28");
  const std::size_t before = GENERATE(0U, 1U, 7U, 8U, 9U, 31U, 32U, 100U);
  const std::size_t behind = GENERATE(0U, 1U, 8U, 40U);
  CAPTURE(hex(bad), before, behind);
  CHECK(refusal_of(of, std::string(before, 'a') + bad + std::string(behind, 'z')) ==
        "invalid_text");
}

TEST_CASE("the fast scan finds what the definition finds") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> pieces{"a",
                                        "word",
                                        "12345678",
                                        "\xc3\xa9",
                                        "\xe4\xbd\xa0",
                                        "\xf0\x9f\x98\x80",
                                        std::string(40, 'q'),
                                        "\x7f",
                                        "\x01"};
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (auto left = random() % 12; left > 0; --left)
      text += pieces[random() % pieces.size()];
    if (!text.empty() && random() % 2 == 0) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    if (!text.empty() && random() % 8 == 0) text.resize(random() % text.size());
    CAPTURE(hex(text));
    const std::size_t expected = first_unstorable(text);
    REQUIRE(schema::find_unstorable(text) == expected);
    REQUIRE(schema::is_storable(text) == (expected == std::string::npos));
  }
}

TEST_CASE("every pair of bytes is judged as the definition judges it") {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      std::string text(11, 'x');
      text[7] = static_cast<char>(first);
      text[8] = static_cast<char>(second);
      if (schema::is_storable(text) != (first_unstorable(text) == std::string::npos)) {
        FAIL(first << ' ' << second);
      }
    }
  }
}

TEST_CASE("U+0000 follows its policy") {
  CHECK(refusal_of(codec(ColumnType::varchar, TargetForm::text), "a\0b"s) == "nul_byte");
  CHECK(refusal_of(codec(ColumnType::varchar, TargetForm::text), "\0"s) == "nul_byte");
  Policies symbol;
  symbol.nul_byte = schema::NulByte::symbol;
  const auto of = codec(ColumnType::varchar, TargetForm::text, symbol);
  const auto encoded = encode(of, "a\0b\0"s);
  CHECK(body(encoded) ==
        "a\xe2\x90\x80"
        "b\xe2\x90\x80");
  CHECK(counted(encoded, Refusal::nul_byte) == 1);
  CHECK(counted(encode(of, "ab"), Refusal::nul_byte) == 0);
  CHECK(refusal_of(of, "\xff") == "invalid_text");
  CHECK(body(encode(codec(ColumnType::varchar, TargetForm::bytea), "a\0\xff"s)) == "a\0\xff"s);
}

TEST_CASE("invalid text follows its policy") {
  Policies replacement;
  replacement.invalid_text = schema::InvalidText::replacement;
  const auto of = codec(ColumnType::text, TargetForm::text, replacement);
  const auto encoded = encode(of,
                              "a\xff\xc3\xa9\xe4\xbd"
                              "b");
  CHECK(body(encoded) ==
        "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"
        "b");
  CHECK(counted(encoded, Refusal::invalid_text) == 1);
  CHECK(refusal_of(of, "\0"s) == "nul_byte");
}

TEST_CASE("wide charsets are converted") {
  auto of = column(ColumnType::varchar);
  const auto utf16 = std::make_shared<mariadb::Charset>("utf16", mariadb::CharsetForm::utf16be);
  auto converted = schema::make_codec(of, TargetForm::text, {}, utf16);
  CHECK_FALSE(converted.ascii_is_utf8);
  CHECK(body(encode(converted, unhex("0061 00e9 4f60 d83d de00"))) ==
        "a\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80");
  CHECK(refusal_of(converted, unhex("d83d")) == "invalid_text");
  CHECK(refusal_of(converted, unhex("0061 00")) == "invalid_text");
  CHECK(refusal_of(converted, unhex("0061 0000")) == "nul_byte");
  converted.policies.invalid_text = schema::InvalidText::replacement;
  converted.policies.nul_byte = schema::NulByte::symbol;
  CHECK(body(encode(converted, unhex("0061 de00 0062 0000"))) ==
        "a\xef\xbf\xbd"
        "b\xe2\x90\x80");
}

TEST_CASE("jsonb has a version byte") {
  const auto of = codec(ColumnType::json, TargetForm::jsonb);
  CHECK(encode(of, "{}").field == "00000003017b7d");
  CHECK(refusal_of(of, "\xff") == "invalid_text");
  CHECK(body(encode(codec(ColumnType::json, TargetForm::text), "{ }")) == "{ }");
}

TEST_CASE("an ENUM's error value is not a label") {
  const auto of = codec(ColumnType::enum_, TargetForm::text, {}, {"new", "d'e"});
  CHECK_FALSE(of.by_number);
  CHECK(body(encode(of, "d'e")) == "d'e");
  CHECK(refusal_of(of, "") == "invalid_enum");
  Policies policies;
  policies.invalid_enum = schema::InvalidEnum::empty;
  const auto empty = encode(codec(ColumnType::enum_, TargetForm::text, policies, {"new"}), "");
  CHECK(empty.field == "00000000");
  CHECK(counted(empty, Refusal::invalid_enum) == 1);
  policies.invalid_enum = schema::InvalidEnum::null;
  CHECK(encode(codec(ColumnType::enum_, TargetForm::text, policies, {"new"}), "").field ==
        "ffffffff");
}

TEST_CASE("an ENUM with an empty member is read by number") {
  const auto of = codec(ColumnType::enum_, TargetForm::text, {}, {"a", "", "c"});
  CHECK(of.by_number);
  CHECK(body(encode(of, unhex("0100000000000000"))) == "a");
  CHECK(encode(of, unhex("02000000")).field == "00000000");
  CHECK(refusal_of(of, unhex("0000000000000000")) == "invalid_enum");
  CHECK(refusal_of(of, unhex("0400000000000000")) == "malformed");
  CHECK(refusal_of(of, "a") == "malformed");
}

TEST_CASE("sets become lists or arrays") {
  const auto list = codec(ColumnType::set, TargetForm::text, {}, {"a", "b"});
  CHECK(body(encode(list, "a,b")) == "a,b");
  CHECK(encode(list, "").field == "00000000");

  const auto array = codec(ColumnType::set, TargetForm::text_array, {}, {"a", "b"});
  CHECK(encode(array, "").field == test::hex(unhex("0000000c 00000000 00000000 00000019")));
  CHECK(encode(array, "a,b").field ==
        test::hex(unhex("0000001e 00000001 00000000 00000019 00000002 00000001"
                        "00000001 61 00000001 62")));

  const std::vector<std::string> members{"", "x"};
  const auto by_mask = codec(ColumnType::set, TargetForm::text, {}, members);
  CHECK(by_mask.by_number);
  CHECK(encode(by_mask, unhex("0000000000000000")).field == "00000000");
  CHECK(body(encode(by_mask, unhex("0200000000000000"))) == "x");
  CHECK(body(encode(by_mask, unhex("0300000000000000"))) == ",x");
  CHECK(refusal_of(by_mask, unhex("0100000000000000")) == "invalid_enum");
  CHECK(refusal_of(by_mask, unhex("0400000000000000")) == "malformed");
  const auto array_by_mask = codec(ColumnType::set, TargetForm::text_array, {}, members);
  CHECK(encode(array_by_mask, unhex("0100000000000000")).field ==
        test::hex(unhex("00000018 00000001 00000000 00000019 00000001 00000001 00000000")));
  CHECK(encode(array_by_mask, unhex("0000000000000000")).field ==
        test::hex(unhex("0000000c 00000000 00000000 00000019")));
}

TEST_CASE("a SET may have 64 members") {
  std::vector<std::string> members{""};
  for (int i = 1; i < 64; ++i)
    members.push_back("m" + std::to_string(i));
  const auto of = codec(ColumnType::set, TargetForm::text, {}, members);
  const std::string all = body(encode(of, unhex("ffffffffffffffff")));
  CHECK(all.starts_with(",m1,m2,"));
  CHECK(all.ends_with(",m63"));
}
