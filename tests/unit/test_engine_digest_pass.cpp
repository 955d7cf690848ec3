// Which tables a verification reads once for all tenants, and by which queries.
#include <deque>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/digest_pass.hpp"
#include "row_model.hpp"

using namespace godwit;

namespace {

struct Model {
  engine::SharedSource source;
  plan::Plan plan;
  std::deque<plan::Unit> units;
  std::vector<const plan::Unit*> chosen;

  explicit Model(std::size_t tenants) {
    plan.rows = test::row_tenancy();
    source.database = test::row_database();
    for (mariadb::Table& table : source.database.tables)
      table.data_bytes = table.name == "log" ? 1'000 : 10;
    source.classification = plan::classify(*plan.rows, source.database);
    for (std::size_t i = 0; i < tenants; ++i) {
      plan::Unit& unit = units.emplace_back();
      unit.kind = plan::UnitKind::rows;
      unit.key = std::to_string(i + 1);
      chosen.push_back(&unit);
    }
  }
};

}  // namespace

TEST_CASE("shared tables and those without a way by tenant are read once", "[engine]") {
  const Model model(2);
  const engine::DigestPass pass(model.source, model.plan, model.chosen);
  std::vector<std::string> tables;
  for (const verify::DigestQuery& query : pass.queries())
    tables.push_back(query.table);
  // the largest first
  CHECK(tables == std::vector<std::string>{"log", "countries", "lines", "parts"});
  const verify::DigestQuery& log = pass.queries().at(0);
  CHECK(log.key == "CAST(t.`company_id` + 0 AS CHAR)");
  CHECK(log.joins.empty());
  CHECK(log.where == "(CAST(t.`company_id` + 0 AS CHAR)) IN (X'31', X'32')");
  const verify::DigestQuery& countries = pass.queries().at(1);
  CHECK(countries.key.empty());
  CHECK(countries.where.empty());
  CHECK(pass.queries().at(2).joins.find("AS p2") != std::string::npos);
  CHECK(pass.locked_tables().tables.empty());
}

TEST_CASE("many tenants are not asked for one by one", "[engine]") {
  const Model model(501);
  const engine::DigestPass pass(model.source, model.plan, model.chosen);
  CHECK(pass.queries().at(0).where.empty());
  CHECK_FALSE(pass.queries().at(0).key.empty());
  const Model fewer(500);
  CHECK_FALSE(
      engine::DigestPass(fewer.source, fewer.plan, fewer.chosen).queries().at(0).where.empty());
}

TEST_CASE("tables that ignore snapshots are locked where they are read, and read first",
          "[engine]") {
  Model model(2);
  const auto set_engine = [&](const std::string& table, const std::string& engine) {
    model.source.database.tables[test::table_at(model.source.database, table)].engine = engine;
  };
  const auto locked = [&] {
    std::vector<std::string> tables;
    const engine::DigestPass pass(model.source, model.plan, model.chosen);
    for (const mariadb::Table& table : pass.locked_tables().tables)
      tables.push_back(table.name);
    return tables;
  };
  const auto order = [&] {
    std::vector<std::string> tables;
    const engine::DigestPass pass(model.source, model.plan, model.chosen);
    for (const verify::DigestQuery& query : pass.queries())
      tables.push_back(query.table);
    return tables;
  };
  using Names = std::vector<std::string>;
  // it has an index, and nothing that is read leads over it
  set_engine("companies", "MyISAM");
  CHECK(locked().empty());
  CHECK(order() == Names{"log", "countries", "lines", "parts"});
  set_engine("parts", "Aria");
  CHECK(locked() == Names{"parts"});
  CHECK(order() == Names{"parts", "log", "countries", "lines"});
  // it has an index, too, but lines and parts are told whose they are by it
  set_engine("customers", "MyISAM");
  CHECK(locked() == Names{"customers", "parts"});
  CHECK(order() == Names{"lines", "parts", "log", "countries"});
}
