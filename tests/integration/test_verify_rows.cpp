// Rows lost, added, doubled, swapped; keys of every type in one order on both sides; tables
// without a key as multisets.
#include <catch2/catch.hpp>

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/snapshot.hpp"
#include "support/verify_pair.hpp"

using namespace godwit;
using namespace godwit::test;
using schema::TargetForm;
using verify::DifferenceKind;

namespace {

struct KeyCase {
  std::string source_type;
  std::string target_type;
  TargetForm form;
  std::vector<std::pair<std::string, std::string>> values;  // source literal, target literal
};

std::vector<std::pair<std::string, std::string>> both(const std::vector<std::string>& literals) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& literal : literals)
    pairs.emplace_back(literal, literal);
  return pairs;
}

/// Values whose order the two servers don't agree on by themselves.
std::vector<KeyCase> key_cases() {
  using enum TargetForm;
  const auto texts = both({"''", "'a'", "'ab'", "'a b'", "'a-b'", "'a.'", "'B'", "'Z'", "'_'",
                           "'é'", "'ŷ'", "'ｚ'", "'😀'", "'10'", "'9'"});
  const auto latin_texts = both({"'a'", "'B'", "'é'", "'€'", "'Z'", "'ÿ'"});
  return {
      {"int", "integer", int4, both({"-2147483648", "-1", "0", "9", "10", "2147483647"})},
      {"tinyint unsigned", "smallint", int2, both({"0", "127", "128", "255"})},
      {"bigint unsigned", "numeric(20,0)", numeric,
       both({"0", "9", "10", "9223372036854775808", "18446744073709551615"})},
      {"decimal(20,5)", "numeric(20,5)", numeric,
       both({"-100000", "-99999.5", "-0.00001", "0", "0.00001", "9.5", "10", "100000.00001"})},
      {"double", "double precision", float8, both({"-1e300", "-1.5", "0", "1e-300", "2", "1e300"})},
      {"float", "real", float4, both({"-16777216", "-0.5", "0", "1e-45", "1e38"})},
      {"year", "smallint", int2, both({"0000", "1901", "2155"})},
      {"bit(12)",
       "bit(12)",
       bit,
       {{"b'0'", "B'000000000000'"},
        {"b'1'", "B'000000000001'"},
        {"b'111'", "B'000000000111'"},
        {"b'100000000000'", "B'100000000000'"}}},
      {"date", "date", date,
       both({"'0009-12-04'", "'1969-12-31'", "'1970-01-01'", "'9999-12-31'"})},
      {"datetime(6)", "timestamp(6)", timestamp,
       both({"'0001-01-01 00:00:00'", "'1999-12-31 23:59:59.999999'", "'2000-01-01 00:00:00'",
             "'9999-12-31 23:59:59.999999'"})},
      {"timestamp(3)",
       "timestamptz(3)",
       timestamptz,
       {{"'1970-01-01 00:00:01'", "'1970-01-01 00:00:01+00'"},
        {"'2024-10-27 00:30:00.5'", "'2024-10-27 00:30:00.5+00'"},
        {"'2024-10-27 01:30:00'", "'2024-10-27 01:30:00+00'"}}},
      {"time(6)", "interval(6)", interval,
       both({"'-838:59:59'", "'-00:00:00.000001'", "'00:00:00'", "'23:59:59'", "'838:59:59'"})},
      {"varchar(40) collate utf8mb4_general_ci", "varchar(40)", text, texts},
      {"varchar(40) collate utf8mb4_unicode_ci", "varchar(40)", text,
       both({"''", "'a b'", "'a-b'", "'ab'", "'B'", "'é'", "'ß'", "'😀'", "'9'", "'10'"})},
      {"varchar(40) collate utf8mb4_bin", "varchar(40) collate \"en-x-icu\"", text, texts},
      {"varchar(40) character set latin1", "varchar(40)", text, latin_texts},
      {"char(9) collate utf8mb4_nopad_bin", "varchar(9)", text,
       both({"'a'", "'a\x01'", "'ab'", "'b'"})},
      {"varbinary(9)",
       "bytea",
       bytea,
       {{"''", "''"},
        {"0x00", "'\\x00'"},
        {"0x0000", "'\\x0000'"},
        {"0x7F", "'\\x7f'"},
        {"0x80", "'\\x80'"},
        {"0xFF", "'\\xff'"}}},
      {"binary(3)", "bytea", bytea, {{"0x61", "'\\x610000'"}, {"0x6180", "'\\x618000'"}}},
      {"varchar(20) character set latin1",
       "bytea",
       bytea,
       {{"'B'", "'\\x42'"}, {"'a'", "'\\x61'"}, {"'ä'", "'\\xe4'"}}},
      {"uuid", "uuid", uuid,
       both({"'00000000-0000-0000-0000-000000000000'", "'0189f7e2-7c3b-7d5f-9a1b-0c2d3e4f5a6b'",
             "'123e4567-e89b-12d3-a456-426614174000'", "'a3bb189e-8bf9-4888-9912-ace4e6543002'",
             "'ffffffff-ffff-1fff-bfff-ffffffffffff'", "'12345678-0000-1000-8000-000000000001'"})},
      {"inet4", "inet", inet, both({"'0.0.0.0'", "'9.9.9.9'", "'10.0.0.1'", "'255.255.255.255'"})},
      {"inet6", "inet", inet, both({"'::'", "'::ffff:1.2.3.4'", "'2001:db8::1'", "'ff02::1'"})},
      {"enum('z','a','m')", "text", text, both({"'z'", "'a'", "'m'"})},
      {"set('z','a')", "text", text, both({"''", "'z'", "'a'", "'z,a'"})},
  };
}

}  // namespace

TEST_CASE("Keys of every type are merged in one order", "[verify_rows]") {
  const std::vector<KeyCase> cases = key_cases();
  VerifyPair pair;
  for (std::size_t index = 0; index < cases.size(); ++index) {
    const std::string name = "t" + std::to_string(index);
    INFO(name << ": " << cases[index].source_type);
    pair.create({name,
                 {{"k", cases[index].source_type, cases[index].target_type, cases[index].form},
                  {"v", "int", "integer", TargetForm::int4}}});
    for (std::size_t row = 0; row < cases[index].values.size(); ++row) {
      const auto& [source, target] = cases[index].values[row];
      pair.on_source("INSERT INTO " + name + " VALUES (" + source + "," + std::to_string(row) +
                     ")");
      pair.on_target("INSERT INTO " + name + " VALUES (" + target + "," + std::to_string(row) +
                     ")");
    }
  }
  const verify::TenantResult clean = pair.compare();
  INFO(describe(clean.differences));
  REQUIRE(clean.identical());
  for (const verify::TableResult& table : clean.tables) {
    INFO(table.table << ": " << table.note);
    CHECK(table.by_key);
    CHECK(table.source_rows == table.target_rows);
  }

  // Each row of the longest list lost once: the first, the last and those between.
  for (std::size_t lost = 0; lost < 15; ++lost) {
    const std::string where = " WHERE v = " + std::to_string(lost);
    for (std::size_t index = 0; index < cases.size(); ++index) {
      pair.on_target("DELETE FROM t" + std::to_string(index) + where);
    }
    const verify::TenantResult result = pair.compare();
    for (std::size_t index = 0; index < cases.size(); ++index) {
      const auto found = differences_of(result, "t" + std::to_string(index));
      INFO(cases[index].source_type << " row " << lost << "\n" << describe(found));
      REQUIRE(found.size() == (lost < cases[index].values.size() ? 1U : 0U));
      if (!found.empty()) CHECK(found[0].kind == DifferenceKind::missing_on_target);
      if (lost >= cases[index].values.size()) continue;
      pair.on_target("INSERT INTO t" + std::to_string(index) + " VALUES (" +
                     cases[index].values[lost].second + "," + std::to_string(lost) + ")");
    }
  }
}

namespace {

/// 1,000 rows (n, 'name n', n * 2, n * 3) on both sides.
void create_numbers(VerifyPair& pair, bool with_key) {
  TableSpec spec{"numbers",
                 {{"id", "int", "integer", TargetForm::int4},
                  {"name", "varchar(30)", "varchar(30)", TargetForm::text},
                  {"a", "int", "integer", TargetForm::int4},
                  {"b", "int", "integer", TargetForm::int4}}};
  if (!with_key) spec.key.clear();
  pair.create(spec);
  pair.on_source(
      "INSERT INTO numbers SELECT seq, CONCAT('name ', seq), seq * 2, seq * 3 "
      "FROM seq_1_to_1000");
  pair.on_target(
      "INSERT INTO numbers SELECT n, 'name ' || n, n * 2, n * 3 "
      "FROM generate_series(1, 1000) n");
}

struct RowCase {
  std::string what;
  std::string on_target;
  std::size_t by_key;  // differing rows
  std::size_t as_multiset;
  std::set<std::string> found;  // by key: "kind key column"
};

const std::vector<RowCase>& row_cases() {
  static const std::vector<RowCase> kCases = {
      {"first row lost", "DELETE FROM numbers WHERE id = 1", 1, 1, {"missing_on_target id=1 "}},
      {"last row lost",
       "DELETE FROM numbers WHERE id = 1000",
       1,
       1,
       {"missing_on_target id=1000 "}},
      {"row lost", "DELETE FROM numbers WHERE id = 500", 1, 1, {"missing_on_target id=500 "}},
      {"all rows lost", "DELETE FROM numbers", 1000, 1000, {}},
      {"row added before",
       "INSERT INTO numbers VALUES (-7, 'x', 1, 1)",
       1,
       1,
       {"missing_on_source id=-7 "}},
      {"row added behind",
       "INSERT INTO numbers VALUES (1001, 'x', 1, 1)",
       1,
       1,
       {"missing_on_source id=1001 "}},
      {"row doubled",
       "INSERT INTO numbers SELECT * FROM numbers WHERE id = 77",
       1,
       1,
       {"missing_on_source id=77 "}},
      {"every row doubled", "INSERT INTO numbers SELECT * FROM numbers", 1000, 1000, {}},
      {"key changed",
       "UPDATE numbers SET id = 5000 WHERE id = 5",
       2,
       2,
       {"missing_on_target id=5 ", "missing_on_source id=5000 "}},
      {"values of two rows swapped",
       "UPDATE numbers SET name = 'name ' || (CASE id WHEN 10 THEN 20 ELSE 10 END) "
       "WHERE id IN (10, 20)",
       2,
       4,
       {"value id=10 name", "value id=20 name"}},
      {"columns swapped",
       "UPDATE numbers SET a = b, b = a WHERE id = 3",
       1,
       2,
       {"value id=3 a", "value id=3 b"}},
      {"columns swapped everywhere", "UPDATE numbers SET a = b, b = a", 1000, 2000, {}},
      {"one lost and another added",
       "DELETE FROM numbers WHERE id = 1; INSERT INTO numbers VALUES (2000, 'name 1', 2, 3)",
       2,
       2,
       {"missing_on_target id=1 ", "missing_on_source id=2000 "}},
  };
  return kCases;
}

}  // namespace

TEST_CASE("Rows lost, added, doubled, swapped are found by key", "[verify_rows]") {
  VerifyPair pair;
  create_numbers(pair, true);
  REQUIRE(pair.compare().identical());
  pair.on_target("CREATE SCHEMA godwit; CREATE TABLE godwit.clean AS TABLE numbers");
  for (const RowCase& test : row_cases()) {
    pair.on_target(test.on_target);
    const verify::TenantResult result = pair.compare();
    INFO(test.what << "\n" << describe(result.differences));
    CHECK_FALSE(result.identical());
    CHECK(pair.compare_by_digest().tables[0].differing_rows == result.tables[0].differing_rows);
    CHECK(result.tables[0].by_key);
    CHECK(result.tables[0].source_rows == 1000);
    CHECK(result.tables[0].differing_rows == test.by_key);
    CHECK(result.differences.size() <= 20);
    std::set<std::string> found;
    for (const verify::Difference& difference : result.differences) {
      found.insert(std::string(verify::name(difference.kind)) + " " + difference.key + " " +
                   difference.column);
    }
    if (test.found.empty()) {
      CHECK(found.size() == 20);
      CHECK_THAT(result.tables[0].note, Catch::Contains("1,000 differing rows"));
    } else {
      CHECK(found == test.found);
    }
    pair.on_target("TRUNCATE numbers; INSERT INTO numbers TABLE godwit.clean");
    REQUIRE(pair.compare().identical());
  }
}

TEST_CASE("Rows lost, added, doubled, swapped are found without a key", "[verify_rows]") {
  VerifyPair pair;
  create_numbers(pair, false);
  REQUIRE(pair.compare().identical());
  pair.on_target("CREATE SCHEMA godwit; CREATE TABLE godwit.clean AS TABLE numbers");
  for (const RowCase& test : row_cases()) {
    pair.on_target(test.on_target);
    const verify::TenantResult result = pair.compare();
    INFO(test.what << "\n" << describe(result.differences));
    CHECK_FALSE(result.identical());
    CHECK(pair.compare_by_digest().tables[0].differing_rows == result.tables[0].differing_rows);
    CHECK_FALSE(result.tables[0].by_key);
    CHECK(result.tables[0].source_rows == 1000);
    CHECK(result.tables[0].differing_rows == test.as_multiset);
    CHECK(result.differences.size() == std::min<std::size_t>(20, test.as_multiset));
    for (const verify::Difference& difference : result.differences) {
      CHECK(difference.kind == DifferenceKind::count);
      CHECK_THAT(difference.key, Catch::StartsWith("id="));
    }
    pair.on_target("TRUNCATE numbers; INSERT INTO numbers TABLE godwit.clean");
    REQUIRE(pair.compare().identical());
  }
}

TEST_CASE("Without a key it counts how often each row stands on each side", "[verify_rows]") {
  VerifyPair pair;
  pair.create({"log", {{"line", "varchar(20)", "text", TargetForm::text}}, {}});
  pair.on_source("INSERT INTO log VALUES ('a'),('a'),('a'),('b'),('b'),(NULL),(NULL),('c'),('')");
  pair.on_target("INSERT INTO log VALUES ('a'),('b'),('b'),(NULL),(NULL),(NULL),('d'),('')");
  const verify::TenantResult result = pair.compare();
  INFO(describe(result.differences));
  CHECK(result.tables[0].source_rows == 9);
  CHECK(result.tables[0].target_rows == 8);
  CHECK(result.tables[0].differing_rows == 5);
  std::set<std::string> found;
  for (const verify::Difference& difference : result.differences) {
    found.insert(difference.key + " " + difference.source_value + " " + difference.target_value);
  }
  CHECK(found == std::set<std::string>{"line='a' 3 times 1 time", "line=NULL 2 times 3 times",
                                       "line='c' 1 time 0 times", "line='d' 0 times 1 time"});
}

TEST_CASE("More differing rows than memory holds are counted exactly", "[verify_rows]") {
  VerifyPair pair;
  pair.create({"log", {{"n", "int", "integer", TargetForm::int4}}, {}});
  pair.on_source("INSERT INTO log SELECT seq FROM seq_1_to_400000");
  pair.on_target("INSERT INTO log SELECT n FROM generate_series(300001, 700000) n");
  const verify::TenantResult result = pair.compare({.differences_max = 3});
  CHECK(result.tables[0].differing_rows == 600000);
  CHECK(result.differences.size() == 3);
  CHECK_THAT(result.tables[0].note, Catch::Contains("600,000 differing rows, the first 3"));
}

TEST_CASE("A composite key and columns that are not in key order", "[verify_rows]") {
  VerifyPair pair;
  pair.create({"prices",
               {{"amount", "decimal(8,2)", "numeric(8,2)", TargetForm::numeric},
                {"lang", "varchar(9) collate utf8mb4_general_ci", "varchar(9)", TargetForm::text},
                {"id", "int", "integer", TargetForm::int4}},
               {1, 2}});
  for (const std::string side : {"source", "target"}) {
    const std::string sql =
        "INSERT INTO prices VALUES (1,'fr',2),(2,'fr',10),(3,'FR2',1),"
        "(4,'é',1),(5,'z',-1),(6,'',0)";
    side == "source" ? pair.on_source(sql) : pair.on_target(sql);
  }
  REQUIRE(pair.compare().identical());
  pair.on_target("UPDATE prices SET amount = 9 WHERE lang = 'fr' AND id = 10");
  const verify::TenantResult result = pair.compare();
  INFO(describe(result.differences));
  REQUIRE(result.differences.size() == 1);
  CHECK(result.differences[0].key == "lang='fr', id=10");
  CHECK(result.differences[0].column == "amount");
  CHECK(result.differences[0].source_value == "2.00");
  CHECK(result.differences[0].target_value == "9.00");
  CHECK(result.tables[0].by_key);
}

TEST_CASE("A key whose order a policy changes is compared as a multiset", "[verify_rows]") {
  VerifyPair pair;
  const schema::Policies symbol{.nul_byte = schema::NulByte::symbol};
  pair.create(
      {"odd", {{"k", "varchar(9) collate utf8mb4_bin", "varchar(9)", TargetForm::text, symbol}}});
  pair.on_source("INSERT INTO odd VALUES ('b'), (0x6100), ('a!'), (0x610061)");
  pair.on_target("INSERT INTO odd VALUES ('b'), (E'a\\u2400'), ('a!'), (E'a\\u2400a')");
  const verify::TenantResult clean = pair.compare();
  INFO(describe(clean.differences));
  CHECK(clean.identical());
  CHECK_FALSE(table_result(clean, "odd").by_key);
  CHECK(table_result(clean, "odd").source_rows == 4);
  CHECK_THAT(table_result(clean, "odd").note, Catch::Contains("no common order"));
  pair.on_target("UPDATE odd SET k = 'a' WHERE k = E'a\\u2400'");
  CHECK(table_result(pair.compare(), "odd").differing_rows == 2);
}

TEST_CASE("It reads the source's snapshot, not what came later", "[verify_rows]") {
  VerifyPair pair;
  create_numbers(pair, true);
  mariadb::open_snapshot(pair.reader());
  pair.on_source("DELETE FROM numbers WHERE id > 500");
  pair.on_source("UPDATE numbers SET a = 0");
  CHECK(pair.compare().identical());
  mariadb::close_snapshot(pair.reader());
  CHECK(table_result(pair.compare(), "numbers").differing_rows == 1000);
}

TEST_CASE("A stop ends the comparison with an error of its own", "[verify_rows]") {
  VerifyPair pair;
  pair.create({"log", {{"n", "int", "integer", TargetForm::int4}}});
  pair.on_source("INSERT INTO log SELECT seq FROM seq_1_to_100000");
  std::stop_source stop;
  verify::VerifyOptions options;
  options.stop = stop.get_token();
  std::uint64_t rows = 0;
  SECTION("before it begins") { stop.request_stop(); }
  SECTION("on the way") {
    options.progress = [&](std::uint64_t count) {
      rows = count;
      if (count > 20000) stop.request_stop();
    };
  }
  try {
    pair.compare(options);
    FAIL("it was not stopped");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::cancelled);
  }
  CHECK(rows < 50000);
}

TEST_CASE("Progress counts every row of the source once", "[verify_rows]") {
  VerifyPair pair;
  create_numbers(pair, true);
  pair.create({"log", {{"n", "int", "integer", TargetForm::int4}}, {}});
  pair.on_source("INSERT INTO log SELECT seq FROM seq_1_to_9000");
  std::uint64_t last = 0;
  verify::VerifyOptions options;
  options.progress = [&](std::uint64_t count) {
    CHECK(count >= last);
    last = count;
  };
  pair.compare(options);
  CHECK(last == 10000);
}

TEST_CASE("Long values are shown around their first difference", "[verify_rows]") {
  VerifyPair pair;
  pair.create({"documents",
               {{"id", "int", "integer", TargetForm::int4},
                {"body", "longtext", "text", TargetForm::text},
                {"data", "longblob", "bytea", TargetForm::bytea}}});
  pair.on_source(
      "INSERT INTO documents VALUES (1, CONCAT(REPEAT('é', 5000), 'left', "
      "REPEAT('x', 500)), CONCAT(REPEAT(0xFF, 1000), 0x01))");
  pair.on_target(
      "INSERT INTO documents VALUES (1, repeat('é', 5000) || 'right' || "
      "repeat('x', 500), decode(repeat('ff', 1000) || '02', 'hex'))");
  const verify::TenantResult result = pair.compare();
  REQUIRE(result.differences.size() == 2);
  CHECK_THAT(result.differences[0].source_value, Catch::StartsWith("@9968 'éééééééééééééééél"));
  CHECK_THAT(result.differences[0].target_value, Catch::StartsWith("@9968 'ééééééééééééééééright"));
  CHECK_THAT(result.differences[0].target_value, Catch::EndsWith("…"));
  CHECK_THAT(result.differences[1].source_value, Catch::EndsWith("ff01"));
  CHECK_THAT(result.differences[1].target_value, Catch::EndsWith("ff02"));
}
