// Random values of every type: what was put into MariaDB comes out of PostgreSQL.
#include <random>

#include <catch2/catch.hpp>

#include "codec_cases.hpp"
#include "support/random_values.hpp"

using namespace godwit;
using namespace godwit::test;

TEST_CASE("random values arrive", "[codec_random]") {
  constexpr int kRows = 1000;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  Random random(seed);
  std::vector<CodecCase> columns;
  for (const RandomType& type : random_types())
    columns.push_back({type.type, "NULL", "NULL"});
  CodecCases cases(columns);

  for (std::size_t t = 0; t < random_types().size(); ++t) {
    const RandomType& type = random_types()[t];
    CAPTURE(type.type);
    std::vector<RandomValue> values;
    for (int row = 0; row < kRows; ++row)
      values.push_back(type.make(random));
    cases.source().run("DELETE FROM " + table_name(t) + "; " + insert_sql(table_name(t), values));
    schema::PolicyCounts counts{};
    REQUIRE(cases.copy(t, counts).empty());
    const auto rows = cases.target().query("SELECT " + type.show + " FROM public." + table_name(t) +
                                           " ORDER BY id");
    REQUIRE(rows.size() == values.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (rows[row][0] != values[row].expected) {
        CAPTURE(values[row].literal);
        CHECK(rows[row][0].value_or("NULL") == values[row].expected);
      }
    }
  }
}

TEST_CASE("every character of a charset arrives as MariaDB converts it", "[codec_random]") {
  const std::vector<std::string> charsets{
      "latin1", "latin2",   "cp1250", "cp1251", "cp1256", "koi8r",   "greek",   "hebrew",
      "tis620", "macroman", "swe7",   "sjis",   "cp932",  "ujis",    "eucjpms", "gbk",
      "gb2312", "big5",     "euckr",  "ucs2",   "utf16",  "utf16le", "utf32",   "utf8mb3"};
  std::vector<CodecCase> columns;
  for (const std::string& charset : charsets) {
    columns.push_back({"longtext CHARACTER SET " + charset, "NULL", "NULL"});
  }
  CodecCases cases(columns);
  cases.source().run("SET group_concat_max_len = 1000000");
  for (std::size_t i = 0; i < charsets.size(); ++i) {
    CAPTURE(charsets[i]);
    const std::string table = table_name(i);
    // What the charset lacks becomes '?' on the way in and is not of interest here.
    cases.source().run(
        "DELETE FROM " + table + "; INSERT INTO " + table +
        " SELECT seq DIV 256, GROUP_CONCAT(CONVERT(CHAR(seq USING utf32) USING " + charsets[i] +
        ") ORDER BY seq SEPARATOR '') FROM seq_1_to_65535 WHERE seq NOT BETWEEN 55296 AND 57343 "
        "GROUP BY seq DIV 256");
    schema::PolicyCounts counts{};
    REQUIRE(cases.copy(i, counts).empty());
    mariadb::Connection source(servers().source_root);
    const auto expected = source.query("SELECT LOWER(HEX(CONVERT(v USING utf8mb4))) FROM " +
                                       mariadb::quote_identifier(cases.source().name()) + "." +
                                       table + " ORDER BY id");
    const auto copied = cases.target().query(
        "SELECT encode(convert_to(v, 'UTF8'), 'hex') FROM public." + table + " ORDER BY id");
    REQUIRE(expected.size() == 248);
    CHECK(copied == expected);
  }
}
