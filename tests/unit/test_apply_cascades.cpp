#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "apply/cascade_plan.hpp"
#include "schema_model.hpp"

using namespace godwit;
using apply::CascadePlan;
using mariadb::ColumnType;

namespace {

/// (id INT PRIMARY KEY, code BIGINT, up BIGINT): `up` refers to `code` of the parent, which isn't
/// unique, so the target can't hold the key.
mariadb::Table member(const std::string& name, const std::string& parent,
                      const std::string& on_delete, const std::string& on_update) {
  mariadb::Table table =
      test::table(name,
                  {test::id_column(), test::column("code", ColumnType::bigint, "bigint(20)"),
                   test::column("up", ColumnType::integer, "int(11)")},
                  {test::index("PRIMARY", {"id"}), test::index(name + "_code", {"code"})});
  if (!parent.empty()) {
    table.foreign_keys = {{name + "_fk", {"up"}, "crm", parent, {"code"}, on_delete, on_update}};
  }
  return table;
}

/// The same by the primary key, which the target holds.
mariadb::Table held(const std::string& name, const std::string& parent) {
  mariadb::Table table = member(name, parent, "CASCADE", "CASCADE");
  table.foreign_keys.front().referenced_columns = {"id"};
  return table;
}

struct Built {
  explicit Built(std::vector<mariadb::Table> tables)
      : model(test::database(std::move(tables))),
        target(test::target(model)),
        plan(model, target) {}
  Built(const Built&) = delete;
  Built& operator=(const Built&) = delete;

  [[nodiscard]] const std::vector<apply::CascadeKey>* find(const std::string& table) const {
    return plan.find(*target.find_source_table(table));
  }

  mariadb::Database model;
  schema::TargetSchema target;
  CascadePlan plan;
};

}  // namespace

TEST_CASE("keys that the target holds need nothing", "[apply_cascades]") {
  const Built built({held("b", "a"), member("a", "", "", "")});
  CHECK(built.find("a") == nullptr);
}

TEST_CASE("a key that it lacks becomes statements", "[apply_cascades]") {
  const Built built({member("a", "", "", ""), member("b", "a", "CASCADE", "CASCADE"),
                     member("c", "a", "SET NULL", "RESTRICT")});
  const auto* keys = built.find("a");
  REQUIRE(keys != nullptr);
  REQUIRE(keys->size() == 2);
  const apply::CascadeKey& b = keys->at(0);
  REQUIRE(b.columns == std::vector<std::size_t>{1});
  REQUIRE(b.on_delete.size() == 1);
  CHECK(b.on_delete[0].sql == R"(DELETE FROM "b" WHERE "up" = $1::bigint)");
  CHECK(b.on_delete[0].parameters == std::vector<apply::CascadeValue>{{false, 1}});
  REQUIRE(b.on_update.size() == 1);
  CHECK(b.on_update[0].sql == R"(UPDATE "b" SET "up" = $1::bigint WHERE "up" = $2::bigint)");
  CHECK(b.on_update[0].parameters == std::vector<apply::CascadeValue>{{true, 1}, {false, 1}});
  const apply::CascadeKey& c = keys->at(1);
  REQUIRE(c.on_delete.size() == 1);
  CHECK(c.on_delete[0].sql == R"(UPDATE "c" SET "up" = NULL WHERE "up" = $1::bigint)");
  CHECK(c.on_update.empty());
  CHECK(built.find("b") == nullptr);
}

TEST_CASE("the deepest children come first, also behind keys that are held", "[apply_cascades]") {
  const Built built({member("a", "", "", ""), held("b", "a"), member("c", "b", "CASCADE", ""),
                     member("d", "c", "CASCADE", "")});
  const auto* keys = built.find("a");
  REQUIRE(keys != nullptr);
  REQUIRE(keys->size() == 1);
  const auto& statements = keys->at(0).on_delete;
  REQUIRE(statements.size() == 2);
  const std::string b = R"((SELECT "code" FROM "b" WHERE "up" = $1::integer))";
  CHECK(statements[0].sql ==
        R"(DELETE FROM "d" WHERE ("up") IN (SELECT "code" FROM "c" WHERE ("up") IN )" + b + ")");
  CHECK(statements[1].sql == R"(DELETE FROM "c" WHERE ("up") IN )" + b);
}

TEST_CASE("circles and long chains are told", "[apply_cascades]") {
  const Built circle({member("a", "a", "CASCADE", "CASCADE")});
  REQUIRE(circle.find("a") != nullptr);
  CHECK(circle.find("a")->at(0).delete_problem.find("circle") != std::string::npos);
  CHECK(circle.find("a")->at(0).on_delete.empty());
  CHECK(circle.find("a")->at(0).update_problem.empty());  // InnoDB restricts it
  std::vector<mariadb::Table> chain{member("t10", "", "", "")};
  for (int i = 11; i < 30; ++i) {
    chain.push_back(
        member("t" + std::to_string(i), "t" + std::to_string(i - 1), "CASCADE", "CASCADE"));
  }
  const Built deep(chain);
  CHECK(deep.find("t10")->at(0).delete_problem.find("15 tables") != std::string::npos);
  CHECK(deep.find("t25")->at(0).delete_problem.empty());
  CHECK(deep.find("t25")->at(0).on_delete.size() == 4);
}
