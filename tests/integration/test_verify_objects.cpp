// Whole tables and columns that are missing, added or of another type; identities and sequences.
#include <catch2/catch.hpp>

#include <string>

#include "godwit/core/error.hpp"
#include "support/verify_pair.hpp"

using namespace godwit;
using namespace godwit::test;
using schema::TargetForm;
using verify::DifferenceKind;

namespace {

TableSpec simple(const std::string& name) {
  return {name,
          {{"id", "int", "integer", TargetForm::int4},
           {"v", "varchar(20)", "varchar(20)", TargetForm::text}}};
}

void create_simple(VerifyPair& pair, const std::string& name) {
  pair.create(simple(name));
  const std::string rows = "INSERT INTO " + name + " VALUES (1, 'a'), (2, 'b')";
  pair.on_source(rows);
  pair.on_target(rows);
}

}  // namespace

TEST_CASE("A table missing on the target is a difference, the others are compared",
          "[verify_objects]") {
  VerifyPair pair;
  create_simple(pair, "one");
  create_simple(pair, "two");
  pair.on_target("DROP TABLE one");
  pair.on_target("UPDATE two SET v = 'c' WHERE id = 2");
  const verify::TenantResult result = pair.compare();
  INFO(describe(result.differences));
  REQUIRE(result.differences.size() == 2);
  CHECK(result.differences[0].table == "one");
  CHECK(result.differences[0].kind == DifferenceKind::missing_on_target);
  CHECK(result.differences[0].key.empty());
  CHECK_THAT(result.differences[0].target_value, Catch::Contains("no table 'one'"));
  CHECK(table_result(result, "one").source_rows == 2);
  CHECK(table_result(result, "one").differing_rows == 2);
  CHECK(result.differences[1].table == "two");
}

TEST_CASE("An empty table that is missing is a difference too", "[verify_objects]") {
  VerifyPair pair;
  pair.create(simple("nothing"));
  REQUIRE(pair.compare().identical());
  pair.on_target("DROP TABLE nothing");
  CHECK_FALSE(pair.compare({.differences_max = 0}).identical());
}

TEST_CASE("A table of the schema that the source lost is a difference", "[verify_objects]") {
  VerifyPair pair;
  create_simple(pair, "one");
  pair.on_source("DROP TABLE one");
  const verify::TenantResult result = pair.compare();
  REQUIRE(result.differences.size() == 1);
  CHECK(result.differences[0].kind == DifferenceKind::missing_on_source);
}

TEST_CASE("Extra tables on the target are found, but for those of schema godwit",
          "[verify_objects]") {
  VerifyPair pair;
  create_simple(pair, "one");
  pair.on_target("CREATE SCHEMA godwit; CREATE TABLE godwit.progress (id int)");
  CHECK(pair.compare().identical());
  pair.on_target(
      "CREATE TABLE \"Extra one\" (id int); CREATE SCHEMA other; "
      "CREATE TABLE other.thing (id int); CREATE TABLE no_columns ()");
  const verify::TenantResult result = pair.compare();
  INFO(describe(result.differences));
  REQUIRE(result.differences.size() == 3);
  CHECK(result.differences[0].table == "Extra one");
  CHECK(result.differences[1].table == "no_columns");
  CHECK(result.differences[2].table == "other.thing");
  CHECK(result.differences[0].kind == DifferenceKind::missing_on_source);
}

TEST_CASE("Columns missing, added or of another type are differences", "[verify_objects]") {
  VerifyPair pair;
  create_simple(pair, "one");
  SECTION("missing") {
    pair.on_target("ALTER TABLE one DROP COLUMN v");
    const verify::TenantResult result = pair.compare();
    REQUIRE(result.differences.size() == 1);
    CHECK(result.differences[0].kind == DifferenceKind::missing_on_target);
    CHECK(result.differences[0].column == "v");
    CHECK(result.tables[0].differing_rows == 2);
  }
  SECTION("added") {
    pair.on_target("ALTER TABLE one ADD COLUMN extra int");
    const verify::TenantResult result = pair.compare();
    REQUIRE(result.differences.size() == 1);
    CHECK(result.differences[0].kind == DifferenceKind::missing_on_source);
    CHECK(result.differences[0].column == "extra");
    CHECK(result.tables[0].differing_rows == 0);
  }
  SECTION("of another type") {
    pair.on_target("ALTER TABLE one ALTER COLUMN id TYPE bigint");
    const verify::TenantResult result = pair.compare();
    REQUIRE(result.differences.size() == 1);
    CHECK(result.differences[0].column == "id");
    CHECK_THAT(result.differences[0].source_value, Catch::Contains("integer"));
    CHECK_THAT(result.differences[0].target_value, Catch::Contains("bigint"));
    CHECK_THAT(result.tables[0].note, Catch::Contains("not compared"));
  }
}

TEST_CASE("Names that need quoting and renamed ones", "[verify_objects]") {
  VerifyPair pair;
  pair.create({"a.b`c\"d e",
               {{"select \"x\"", "int", "integer", TargetForm::int4},
                {"$ ` é", "varchar(20)", "text", TargetForm::text}}});
  pair.on_source("INSERT INTO `a.b``c\"d e` VALUES (1, 'x')");
  pair.on_target("INSERT INTO \"a.b`c\"\"d e\" VALUES (1, 'x')");
  REQUIRE(pair.compare().identical());
  pair.on_target(
      "ALTER TABLE \"a.b`c\"\"d e\" RENAME TO short; "
      "ALTER TABLE short RENAME COLUMN \"$ ` é\" TO ctid_; UPDATE short SET ctid_ = 'y'");
  pair.table(0).name = "short";
  pair.table(0).columns[1].name = "ctid_";
  const verify::TenantResult result = pair.compare();
  INFO(describe(result.differences));
  REQUIRE(result.differences.size() == 1);
  CHECK(result.differences[0].table == "a.b`c\"d e");
  CHECK(result.differences[0].column == "$ ` é");
  CHECK(result.differences[0].key == "select \"x\"=1");
}

TEST_CASE("A column without a comparison is refused by name", "[verify_objects]") {
  VerifyPair pair;
  pair.create({"one", {{"id", "int", "text", TargetForm::text}}});
  REQUIRE_THROWS_WITH(pair.compare(), Catch::Contains("table 'one'") &&
                                          Catch::Contains("column 'id' (int(11))") &&
                                          Catch::Contains("type text"));
}

namespace {

/// Table `numbered` with an AUTO_INCREMENT that stands at 43 on both sides.
void create_numbered(VerifyPair& pair) {
  pair.create(
      {"numbered", {{"id", "int", "integer GENERATED BY DEFAULT AS IDENTITY", TargetForm::int4}}});
  pair.on_source("ALTER TABLE numbered MODIFY id int NOT NULL AUTO_INCREMENT");
  pair.on_source("INSERT INTO numbered VALUES (42)");
  pair.on_target("INSERT INTO numbered VALUES (42)");
  pair.on_target("SELECT setval(pg_get_serial_sequence('numbered', 'id'), 43, false)");
  pair.table(0).columns[0].identity = true;
}

}  // namespace

TEST_CASE("Identities stand where AUTO_INCREMENT does", "[verify_objects]") {
  VerifyPair pair;
  create_numbered(pair);
  REQUIRE(pair.compare().identical());
  SECTION("the same value, given out already") {
    pair.on_target("SELECT setval(pg_get_serial_sequence('numbered', 'id'), 42, true)");
    CHECK(pair.compare().identical());
  }
  SECTION("one too low, one too high") {
    for (const std::string value : {"42", "44"}) {
      pair.on_target("SELECT setval(pg_get_serial_sequence('numbered', 'id'), " + value +
                     ", false)");
      const verify::TenantResult result = pair.compare();
      REQUIRE(result.differences.size() == 1);
      CHECK(result.differences[0].table == "numbered");
      CHECK(result.differences[0].key == "next value");
      CHECK(result.differences[0].column == "id");
      CHECK(result.differences[0].source_value == "43");
      CHECK(result.differences[0].target_value == value);
    }
  }
  SECTION("not an identity any more") {
    pair.on_target("ALTER TABLE numbered ALTER COLUMN id DROP IDENTITY");
    const verify::TenantResult result = pair.compare();
    REQUIRE(result.differences.size() == 1);
    CHECK(result.differences[0].kind == DifferenceKind::missing_on_target);
    CHECK(result.differences[0].target_value == "no sequence");
  }
  SECTION("at the end of its type") {
    pair.on_source("INSERT INTO numbered VALUES (2147483647)");
    pair.on_target("INSERT INTO numbered VALUES (2147483647)");
    pair.on_target("SELECT setval(pg_get_serial_sequence('numbered', 'id'), 2147483647, true)");
    CHECK(pair.compare().identical());
    pair.on_target("SELECT setval(pg_get_serial_sequence('numbered', 'id'), 2147483647, false)");
    const verify::TenantResult result = pair.compare();
    REQUIRE(result.differences.size() == 1);
    CHECK(result.differences[0].source_value == "none left");
    CHECK(result.differences[0].target_value == "2147483647");
  }
}

TEST_CASE("Sequences stand where the source's do", "[verify_objects]") {
  VerifyPair pair;
  pair.on_source("CREATE SEQUENCE up START WITH 5 INCREMENT BY 3 NOCACHE");
  pair.on_source("SELECT NEXTVAL(up)");
  pair.on_source(
      "CREATE SEQUENCE down START WITH 10 INCREMENT BY -1 MINVALUE -100 MAXVALUE 10 "
      "NOCACHE");
  pair.on_source("CREATE SEQUENCE spent START WITH 1 MAXVALUE 2 NOCACHE");
  pair.on_source("SELECT NEXTVAL(spent), NEXTVAL(spent)");
  pair.on_target("CREATE SEQUENCE up START WITH 5 INCREMENT BY 3; SELECT setval('up', 8, false)");
  pair.on_target(
      "CREATE SEQUENCE down INCREMENT BY -1 MINVALUE -100 MAXVALUE 10; "
      "SELECT setval('down', 10, false)");
  pair.on_target("CREATE SEQUENCE spent MAXVALUE 2; SELECT setval('spent', 2, true)");
  for (const std::string name : {"up", "down", "spent"}) {
    pair.schema().sequences.push_back({name, name, {}});
  }
  const verify::TenantResult clean = pair.compare();
  INFO(describe(clean.differences));
  REQUIRE(clean.identical());

  pair.on_target(
      "SELECT setval('up', 8, true); SELECT setval('down', 9, false); "
      "SELECT setval('spent', 2, false); CREATE SEQUENCE another");
  const verify::TenantResult result = pair.compare();
  REQUIRE(result.differences.size() == 4);
  CHECK(result.differences[0].table == "up");
  CHECK(result.differences[0].source_value == "8");
  CHECK(result.differences[0].target_value == "11");
  CHECK(result.differences[1].table == "down");
  CHECK(result.differences[2].source_value == "none left");
  CHECK(result.differences[2].target_value == "2");
  CHECK(result.differences[3].table == "another");
  CHECK(result.differences[3].kind == DifferenceKind::missing_on_source);
}
