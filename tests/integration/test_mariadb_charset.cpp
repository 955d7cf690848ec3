#include <catch2/catch.hpp>

#include <random>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/charset.hpp"
#include "support/servers.hpp"

using godwit::Error;
using godwit::first_invalid_utf8;
using godwit::mariadb::Charset;
using godwit::mariadb::CharsetForm;
using godwit::mariadb::CharsetPtr;
using godwit::mariadb::Connection;
using godwit::mariadb::load_charset;
using godwit::mariadb::Row;
using godwit::test::servers;

namespace {

std::string hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    result += kDigits[byte >> 4U];
    result += kDigits[byte & 15U];
  }
  return result;
}

struct Outcome {
  std::string bytes;
  std::string utf8;
  bool round_trip = false;  // the server's UTF-8 converts back to the same bytes
};

/// What the server itself makes of byte strings: it stores them as they are, reads them as text,
/// and converts there and back.
std::vector<Outcome> ask_server(Connection& connection, const std::string& charset,
                                const std::vector<std::string>& texts) {
  std::string sql;
  for (const std::string& bytes : texts) {
    if (!sql.empty()) sql += " UNION ALL ";
    // A literal with an introducer that is not well-formed is an error; a conversion from binary
    // takes the bytes as they are, or cuts them, which the last condition shows.
    const std::string text = "CONVERT(X'" + hex(bytes) + "' USING " + charset + ")";
    const std::string utf8 = "CONVERT(" + text + " USING utf8mb4)";
    sql.append("SELECT HEX(").append(text).append("),CAST(").append(utf8);
    sql.append(" AS BINARY),HEX(CONVERT(").append(utf8).append(" USING ").append(charset);
    sql.append("))");
  }
  std::vector<Outcome> result;
  for (const Row& row : connection.query(sql)) {
    const std::string& bytes = texts.at(result.size());
    Outcome outcome{bytes, row.at(1).value_or(""), false};
    outcome.round_trip = row.at(0) == hex(bytes) && row.at(2) == hex(bytes);
    result.push_back(std::move(outcome));
  }
  return result;
}

void compare_with_server(Connection& connection, const std::string& name,
                         const std::vector<std::string>& texts) {
  const CharsetPtr charset = load_charset(connection, name);
  std::size_t valid = 0;
  for (const Outcome& server : ask_server(connection, name, texts)) {
    std::string utf8;
    const std::size_t invalid = charset->to_utf8(server.bytes, utf8);
    INFO(name << " " << hex(server.bytes) << " server: " << hex(server.utf8)
              << " ours: " << hex(utf8));
    if (invalid == Charset::npos) {
      REQUIRE(server.round_trip);
      REQUIRE(utf8 == server.utf8);
      ++valid;
    } else {
      // The server turns a surrogate in ucs2 and utf32 into three bytes that no UTF-8 has.
      const bool is_utf8 = !first_invalid_utf8(server.utf8);
      REQUIRE_FALSE((server.round_trip && is_utf8));
    }
  }
  INFO(name);
  CHECK(valid > 0);
}

const std::vector<std::string> kSingleByte = {
    "dec8",     "cp850", "hp8",    "koi8r",  "latin1", "latin2",   "swe7",   "ascii",   "hebrew",
    "tis620",   "koi8u", "greek",  "cp1250", "latin5", "armscii8", "cp866",  "keybcs2", "macce",
    "macroman", "cp852", "latin7", "cp1251", "cp1256", "cp1257",   "geostd8"};
const std::vector<std::string> kMultiByte = {"big5", "sjis",  "euckr", "gb2312",
                                             "gbk",  "cp932", "ujis",  "eucjpms"};
const std::vector<std::string> kUnicode = {"utf8mb3", "utf8mb4", "ucs2",
                                           "utf16",   "utf16le", "utf32"};

}  // namespace

TEST_CASE("every charset of the server can be loaded", "[mariadb_charset]") {
  Connection connection(servers().source);
  std::size_t known = 1;  // binary
  for (const auto* names : {&kSingleByte, &kMultiByte, &kUnicode})
    known += names->size();
  const auto rows =
      connection.query("SELECT character_set_name FROM information_schema.character_sets");
  CHECK(rows.size() == known);
  for (const Row& row : rows) {
    const CharsetPtr charset = load_charset(connection, row[0].value());
    CHECK(charset->name() == row[0]);
    CHECK(load_charset(connection, row[0].value()) == charset);
    std::string out;
    CHECK(charset->to_utf8("", out) == Charset::npos);
  }
  CHECK(load_charset(connection, "utf8mb4")->is_utf8());
  CHECK(load_charset(connection, "utf8mb3")->is_utf8());
  CHECK_FALSE(load_charset(connection, "ascii")->is_utf8());
  CHECK(load_charset(connection, "binary")->form() == CharsetForm::binary);
  CHECK_THROWS_AS(load_charset(connection, "klingon"), Error);
  CHECK_THROWS_AS(load_charset(connection, "latin1'"), Error);
}

TEST_CASE("all 256 bytes of latin1 are characters", "[mariadb_charset]") {
  Connection connection(servers().source);
  const CharsetPtr latin1 = load_charset(connection, "latin1");
  for (int byte = 0; byte < 256; ++byte) {
    std::string out;
    REQUIRE(latin1->to_utf8(std::string(1, static_cast<char>(byte)), out) == Charset::npos);
  }
  std::string out;
  latin1->to_utf8("\x80\x81\xe9", out);
  CHECK(out == "\xe2\x82\xac\xc2\x81\xc3\xa9");
}

TEST_CASE("bytes that are no characters are found", "[mariadb_charset]") {
  Connection connection(servers().source);
  struct Case {
    const char* charset;
    std::string bytes;
    std::size_t invalid;
    std::string utf8;
  };
  const auto c = GENERATE_COPY(values<Case>({
      {"ascii", "abc\xc3\xa9", 3, "abc"},
      {"ascii", "0123456789abcdef\x80", 16, "0123456789abcdef"},
      {"sjis", "ab\x81\x40", Charset::npos, "ab\xe3\x80\x80"},
      {"sjis", "ab\x81", 2, "ab"},
      {"sjis", "\x81\x20", 0, ""},
      {"cp932", "\xfa\x54", 0, ""},  // becomes 81CA when converted back
      {"ujis", "\x8f\xa2\xaf", Charset::npos, "\xcb\x98"},
      {"ujis", "a\x8f\xa2", 1, "a"},
      {"ujis", "\x8e\xb1", Charset::npos, "\xef\xbd\xb1"},
  }));
  CAPTURE(c.charset, hex(c.bytes));
  std::string out;
  CHECK(load_charset(connection, c.charset)->to_utf8(c.bytes, out) == c.invalid);
  CHECK(out == c.utf8);
}

TEST_CASE("all single bytes are the server's characters", "[mariadb_charset]") {
  Connection connection(servers().source);
  std::vector<std::string> texts;
  texts.reserve(256);
  for (int byte = 0; byte < 256; ++byte)
    texts.emplace_back(1, static_cast<char>(byte));
  for (const auto* names : {&kSingleByte, &kMultiByte}) {
    for (const std::string& name : *names)
      compare_with_server(connection, name, texts);
  }
}

TEST_CASE("all two-byte codes are the server's characters", "[mariadb_charset]") {
  Connection connection(servers().source);
  const auto name = GENERATE(from_range(kMultiByte));
  for (int first = 0x80; first < 0x100; ++first) {
    std::vector<std::string> texts = {"a"};
    for (int second = 0; second < 0x100; ++second) {
      texts.push_back({static_cast<char>(first), static_cast<char>(second)});
    }
    compare_with_server(connection, name, texts);
  }
}

TEST_CASE("all three-byte codes are the server's characters", "[mariadb_charset]") {
  Connection connection(servers().source);
  const auto name = GENERATE(as<std::string>{}, "ujis", "eucjpms");
  for (int second = 0x80; second < 0x100; ++second) {
    std::vector<std::string> texts = {"a"};
    for (int third = 0; third < 0x100; ++third) {
      texts.push_back({'\x8f', static_cast<char>(second), static_cast<char>(third)});
    }
    compare_with_server(connection, name, texts);
  }
}

TEST_CASE("random byte strings are read as the server reads them", "[mariadb_charset]") {
  Connection connection(servers().source);
  std::mt19937 random(42);
  for (const auto* names : {&kSingleByte, &kMultiByte, &kUnicode}) {
    for (const std::string& name : *names) {
      std::vector<std::string> texts = {"", std::string(8, '\0')};
      for (int i = 0; i < 400; ++i) {
        std::string text(random() % 9, '\0');
        // Mostly plausible bytes: quite random ones are nearly always invalid.
        for (char& c : text)
          c = static_cast<char>(random() % 3 == 0 ? random() : 0x40 + random() % 0x20);
        if (name == "utf32") text.resize(text.size() / 4 * 4);
        if (name == "ucs2" || name == "utf16" || name == "utf16le") {
          text.resize(text.size() / 2 * 2);
        }
        texts.push_back(text);
      }
      compare_with_server(connection, name, texts);
    }
  }
}
