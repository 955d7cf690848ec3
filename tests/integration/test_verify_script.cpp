// The third opinion (tests/support/compare_sides) itself: equal sides are equal, changed ones not.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/verify_pair.hpp"

using namespace godwit;
using namespace godwit::test;
using schema::TargetForm;

namespace {

std::string database_uri(const std::string& database) {
  const std::string uri = servers().target_uri;
  const std::string maintenance = "/postgres?";
  return std::string(uri).replace(uri.find(maintenance), maintenance.size(), "/" + database + "?");
}

ProcessResult run_script(const VerifyPair& pair) {
  return run_process({std::string(GODWIT_SOURCE_DIR) + "/tests/support/compare_sides",
                      servers().source_root_defaults, pair.source_name(),
                      database_uri(pair.target_database())});
}

struct Change {
  std::string column;
  std::string target_value;
};

}  // namespace

TEST_CASE("The clients' comparison finds what differs in every type", "[verify_script]") {
  using enum TargetForm;
  VerifyPair pair;
  pair.create({"all types",
               {{"id", "int unsigned", "bigint", int8},
                {"big", "bigint unsigned", "numeric(20,0)", numeric},
                {"money", "decimal(12,2)", "numeric(12,2)", numeric},
                {"f", "float", "real", float4},
                {"d", "double", "double precision", float8},
                {"bits", "bit(9)", "bit(9)", bit},
                {"year", "year", "smallint", int2},
                {"day", "date", "date", date},
                {"moment", "datetime(6)", "timestamp(6)", timestamp},
                {"stamp", "timestamp", "timestamptz(0)", timestamptz},
                {"span", "time(6)", "interval", interval},
                {"name", "varchar(50)", "varchar(50)", text},
                {"latin", "varchar(50) character set latin1", "varchar(50)", text},
                {"state", "enum('new','it''s')", "text", text},
                {"tags", "set('a','b','c')", "text", text},
                {"settings", "json", "json", text},
                {"blob", "longblob", "bytea", bytea},
                {"fixed", "binary(4)", "bytea", bytea},
                {"uid", "uuid", "uuid", uuid},
                {"ip", "inet6", "inet", inet},
                {"place", "point", "bytea", bytea}}});
  pair.on_source(
      "INSERT INTO `all types` VALUES (1, 18446744073709551615, -1.50, -1e-60, 0.1, "
      "b'100000001', 0000, '0009-12-04', '2024-02-29 01:02:03.000004', '2038-01-19 03:14:07', "
      "'-838:59:59.999999', 'a\\tb\\n😀 ', 'é€', 'it''s', 'a,c', '{\"a\": 1}', 0x00FF27, 0x61, "
      "'0189f7e2-7c3b-7d5f-9a1b-0c2d3e4f5a6b', '::ffff:1.2.3.4', "
      "ST_GeomFromText('POINT(1 2)', 4326))");
  pair.on_target(
      "INSERT INTO \"all types\" VALUES (1, 18446744073709551615, -1.50, '-0', 0.1, "
      "B'100000001', 0, '0009-12-04', '2024-02-29 01:02:03.000004', '2038-01-19 03:14:07+00', "
      "'-838:59:59.999999', E'a\\tb\\n😀 ', 'é€', 'it''s', 'a,c', '{\"a\": 1}', '\\x00ff27', "
      "'\\x61000000', '0189f7e2-7c3b-7d5f-9a1b-0c2d3e4f5a6b', '::ffff:1.2.3.4', "
      "'\\xe61000000101000000000000000000f03f0000000000000040')");
  pair.on_source("INSERT INTO `all types` (id) VALUES (2)");
  pair.on_target("INSERT INTO \"all types\" (id) VALUES (2)");
  pair.on_source("UPDATE `all types` SET stamp = NULL WHERE id = 2");
  const ProcessResult clean = run_script(pair);
  INFO(clean.out << clean.err);
  REQUIRE(clean.exit_code == 0);
  REQUIRE(clean.out.empty());
  REQUIRE(pair.compare().identical());

  const std::vector<Change> changes = {
      {"id", "3"},
      {"big", "18446744073709551614"},
      {"money", "1.50"},
      {"f", "0"},
      {"d", "'0.10000000000000002'"},
      {"bits", "B'100000000'"},
      {"year", "1900"},
      {"day", "'0009-12-05'"},
      {"moment", "'2024-02-29 01:02:03'"},
      {"stamp", "'2038-01-19 04:14:07+00'"},
      {"span", "'-838:59:59.999998'"},
      {"name", "E'a\\tb\\n😀'"},
      {"latin", "'e€'"},
      {"state", "'new'"},
      {"tags", "'a'"},
      {"settings", "'{\"a\":1}'"},
      {"blob", "'\\x00ff26'"},
      {"fixed", "'\\x61'"},
      {"uid", "'0189f7e2-7c3b-7d5f-9a1b-0c2d3e4f5a6c'"},
      {"ip", "'1.2.3.4'"},
      {"place", "NULL"},
  };
  for (const Change& change : changes) {
    INFO(change.column);
    pair.on_target(
        "CREATE SCHEMA godwit; CREATE TABLE godwit.clean AS TABLE \"all types\"; "
        "UPDATE \"all types\" SET " +
        change.column + " = " + change.target_value + " WHERE id = 1");
    const ProcessResult result = run_script(pair);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.out, Catch::Contains("all types: 2 rows on the source"));
    pair.on_target(
        "TRUNCATE \"all types\"; INSERT INTO \"all types\" TABLE godwit.clean; "
        "DROP SCHEMA godwit CASCADE");
  }
}

TEST_CASE("The clients' comparison finds tables of one side, and says when it can't compare",
          "[verify_script]") {
  VerifyPair pair;
  pair.create({"one", {{"id", "int", "integer", TargetForm::int4}}});
  REQUIRE(run_script(pair).exit_code == 0);
  pair.on_target("CREATE TABLE extra (id int)");
  ProcessResult result = run_script(pair);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.out, Catch::Contains("extra: only on the target"));
  pair.on_target("DROP TABLE extra; DROP TABLE one");
  result = run_script(pair);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.out, Catch::Contains("one: not on the target"));
  CHECK(run_process({std::string(GODWIT_SOURCE_DIR) + "/tests/support/compare_sides",
                     servers().source_root_defaults, "gw_no_such_database",
                     database_uri(pair.target_database())})
            .exit_code == 2);
}
