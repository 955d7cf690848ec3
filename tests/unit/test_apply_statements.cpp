#include <catch2/catch.hpp>

#include <utility>

#include "apply/cascade_plan.hpp"
#include "apply/set_plan.hpp"
#include "apply/table_statements.hpp"
#include "schema_model.hpp"

using namespace godwit;
using mariadb::ColumnType;

namespace {

/// A table and what becomes of it.
struct Planned {
  explicit Planned(mariadb::Table source)
      : model(test::database({std::move(source)})), schema(test::target(model)) {
    plan.source = &model.tables.front();
    plan.target = &schema.tables.front();
  }
  Planned(const Planned&) = delete;
  Planned& operator=(const Planned&) = delete;

  mariadb::Database model;
  schema::TargetSchema schema;
  apply::TablePlan plan;
};

mariadb::Table keyed() {
  return test::table("crm \"x\"",
                     {test::column("n", ColumnType::integer, "int(11)"), test::id_column("id"),
                      test::text_column("name", 20)},
                     {test::index("PRIMARY", {"id"})});
}

mariadb::Table without_key() {
  mariadb::Column number = test::column("f", ColumnType::float_, "float");
  return test::table(
      "log", {test::column("n", ColumnType::integer, "int(11)"), number,
              test::text_column("name", 20), test::column("d", ColumnType::double_, "double")});
}

}  // namespace

TEST_CASE("statements by key name the key's columns first", "[apply_statements]") {
  const Planned table(keyed());
  CHECK(apply::insert_sql(table.plan, "vvv") ==
        R"(INSERT INTO "crm ""x""" ("id", "n", "name") VALUES ($1, $2, $3))");
  CHECK(apply::update_sql(table.plan, "--s", "") ==
        R"(UPDATE "crm ""x""" SET "name" = $1 WHERE "id" = $2)");
  CHECK(apply::update_sql(table.plan, "ss-", "") ==
        R"(UPDATE "crm ""x""" SET "id" = $1, "n" = $2 WHERE "id" = $3)");
  CHECK(apply::delete_sql(table.plan, "") == R"(DELETE FROM "crm ""x""" WHERE "id" = $1)");
  CHECK(apply::lock_sql(table.plan, "") ==
        R"(SELECT 1 FROM "crm ""x""" WHERE "id" = $1 FOR NO KEY UPDATE)");
}

TEST_CASE("statements over arrays name their rows' keys", "[apply_statements]") {
  const Planned table(keyed());
  CHECK(apply::insert_set_sql(table.plan) ==
        R"(INSERT INTO "crm ""x""" ("id", "n", "name") SELECT * FROM )"
        R"(unnest($1, $2, $3) AS given(p1, p2, p3))");
  CHECK(apply::update_set_sql(table.plan, "-s-") ==
        R"(UPDATE "crm ""x""" AS own SET "n" = given.p1 FROM unnest($1, $2) AS given(p1, p2) )"
        R"(WHERE own."id" = given.p2)");
  CHECK(apply::delete_set_sql(table.plan) ==
        R"(DELETE FROM "crm ""x""" AS own USING unnest($1) AS given(p1) )"
        R"(WHERE own."id" = given.p1)");
}

TEST_CASE("which changes may share a statement", "[apply_statements]") {
  const auto plan_of = [](mariadb::Table source) {
    const Planned table(std::move(source));
    return apply::make_set_plan(table.model, table.plan,
                                apply::CascadePlan(table.model, table.schema));
  };
  const apply::SetPlan keyed_table = plan_of(keyed());
  CHECK(keyed_table.inserts);
  CHECK(keyed_table.updates);
  CHECK(keyed_table.removes);
  CHECK(keyed_table.unique == std::vector<bool>{true, false, false});
  CHECK(keyed_table.referenced == std::vector<bool>{false, false, false});
  CHECK(keyed_table.arrays[0].element == 23);  // integer
  CHECK(keyed_table.arrays[2].array == 1009);  // text[], assigned to varchar
  const apply::SetPlan log = plan_of(without_key());
  CHECK(log.inserts);
  CHECK_FALSE(log.updates);
  CHECK_FALSE(log.removes);
}

TEST_CASE("a row without a key is found by its bytes, one of equal ones", "[apply_statements]") {
  const Planned table(without_key());
  const std::string found = R"( WHERE ctid = (SELECT ctid FROM "log" WHERE "n" IS NULL AND )"
                            R"("f" = $1 AND float4send("f") = float4send($1) AND )"
                            R"("name" = $2 AND "name" COLLATE "C" = $2 AND )"
                            R"("d" = $3 AND float8send("d") = float8send($3) LIMIT 1 FOR UPDATE))";
  CHECK(apply::delete_sql(table.plan, "nvvv") == R"(DELETE FROM "log")" + found);
  CHECK(apply::update_sql(table.plan, "s---", "nnnn") ==
        R"(UPDATE "log" SET "n" = $1 WHERE ctid = (SELECT ctid FROM "log" WHERE "n" IS NULL AND )"
        R"("f" IS NULL AND "name" IS NULL AND "d" IS NULL LIMIT 1 FOR UPDATE))");
  CHECK(apply::lock_sql(table.plan, "vnnn") ==
        R"(SELECT 1 FROM "log" WHERE "n" = $1 AND "f" IS NULL AND "name" IS NULL AND )"
        R"("d" IS NULL LIMIT 1 FOR NO KEY UPDATE)");
}

TEST_CASE("an insert leaves out what the image doesn't have", "[apply_statements]") {
  const Planned table(keyed());
  CHECK(apply::insert_sql(table.plan, "vdi") ==
        R"(INSERT INTO "crm ""x""" ("id", "name") VALUES ($1, ''))");
  CHECK(apply::insert_sql(table.plan, "ddd") == R"(INSERT INTO "crm ""x""" DEFAULT VALUES)");
}

TEST_CASE("the zero value of a type is known or not", "[apply_statements]") {
  schema::TargetColumn target;
  target.form = schema::TargetForm::int4;
  CHECK(apply::implicit_value(test::column("n", ColumnType::integer, "int(11)"), target) == "0");
  target.form = schema::TargetForm::text;
  CHECK(apply::implicit_value(test::text_column("s", 9), target) == "''");
  mariadb::Column member = test::column("e", ColumnType::enum_, "enum('it''s','b')");
  member.members = {"it's", "b"};
  CHECK(apply::implicit_value(member, target) == "'it''s'");
  target.form = schema::TargetForm::date;
  CHECK_FALSE(apply::implicit_value(test::column("d", ColumnType::date, "date"), target));
  target.form = schema::TargetForm::bytea;
  CHECK_FALSE(apply::implicit_value(test::column("b", ColumnType::binary, "binary(4)"), target));
}
