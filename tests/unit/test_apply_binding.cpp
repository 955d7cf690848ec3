// Whether a table map is that of the table in the catalog.
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

#include "apply/evidence.hpp"
#include "apply/table_binding.hpp"
#include "binlog_table.hpp"
#include "schema_model.hpp"

using namespace godwit;
using mariadb::ColumnType;

namespace {

constexpr int kLong = 3;
constexpr int kLongLong = 8;

struct Bound {
  Bound() {
    mariadb::Table table =
        test::table("t", {test::id_column(), test::column("n", ColumnType::integer, "int(11)")},
                    {test::index("PRIMARY", {"id"})});
    model = test::database({table});
    schema = test::target(model);
    plan.source = &model.tables.front();
    plan.target = &schema.tables.front();
    plan.charsets.resize(2);
  }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

  static std::shared_ptr<const capture::MappedTable> map(
      const std::vector<test::MadeColumn>& columns, std::string_view optional = {}) {
    const test::Decoded event(capture::EventType::table_map, test::table_map(columns, optional));
    const auto& decoded = event.as<capture::TableMapEvent>();
    auto table = std::make_shared<capture::MappedTable>();
    table->name = "t";
    table->columns = capture::make_column_map(decoded);
    table->definition.assign(reinterpret_cast<const char*>(decoded.definition.data()),
                             decoded.definition.size());
    return table;
  }
  std::string problem(const std::vector<test::MadeColumn>& columns,
                      std::string_view optional = {}) {
    return apply::definition_problem(plan, *map(columns, optional));
  }

  mariadb::Database model;
  schema::TargetSchema schema;
  apply::TablePlan plan;
};

const std::vector<test::MadeColumn> kRight{{kLong, "", false}, {kLong, "", true}};

}  // namespace

TEST_CASE("the table that was copied is taken", "[apply_binding]") {
  Bound bound;
  CHECK(bound.problem(kRight).empty());
  CHECK(bound.problem(kRight, std::string("\x04\x05\x02id\x01n", 7)).empty());
  const apply::TableBinding binding = apply::bind_table(bound.plan, Bound::map(kRight));
  CHECK(binding.codecs.size() == 2);
}

TEST_CASE("another table isn't", "[apply_binding]") {
  Bound bound;
  CHECK(bound.problem({{kLong, "", false}}).find("1 columns in the binlog, 2") !=
        std::string::npos);
  CHECK(bound.problem({{kLong, "", false}, {kLong, "", false}}).find("column n takes NULL") !=
        std::string::npos);
  CHECK(bound.problem(kRight, std::string("\x04\x05\x02id\x01m", 7)).find("named m") !=
        std::string::npos);
  CHECK(bound.problem(kRight, std::string("\x01\x01\x40", 3)).find("column n is unsigned") !=
        std::string::npos);
  CHECK_THROWS_AS(
      apply::bind_table(bound.plan, Bound::map({{kLong, "", false}, {kLongLong, "", true}})),
      apply::Diverged);
}

TEST_CASE("hashes of long unique keys are columns that the catalog doesn't show",
          "[apply_binding]") {
  Bound bound;
  std::vector<test::MadeColumn> columns = kRight;
  columns.push_back({kLongLong, "", true});
  CHECK_FALSE(bound.problem(columns).empty());
  mariadb::Index hash = test::index("u", {"n"}, true);
  hash.kind = mariadb::IndexKind::hash;
  bound.model.tables.front().indexes.push_back(hash);
  CHECK(bound.problem(columns).empty());
  columns.back().type = kLong;
  CHECK_FALSE(bound.problem(columns).empty());
}
