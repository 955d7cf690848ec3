// Scan or index: the rule, and what `plan` says of it.
#include <sstream>

#include <catch2/catch.hpp>

#include "cli/reading_output.hpp"
#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/units.hpp"
#include "row_model.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

using Bytes = std::optional<std::uint64_t>;

/// 10,000 bytes of tenants' rows, and 500 of a shared table that each tenant's estimate has, too.
struct Model : test::RowModel {
  Plan plan;
  std::vector<Unit> units;

  Model() {
    table("companies").data_bytes = 1000;
    table("countries").data_bytes = 500;
    table("customers").data_bytes = 2000;
    table("invoices").data_bytes = 2500;
    table("invoices").index_bytes = 500;
    table("lines").data_bytes = 2000;
    table("log").data_bytes = 1000;
    table("parts").data_bytes = 1000;
    plan.clusters.resize(1);
    plan.clusters.front().name = "pg";
  }
  void add_wave(const std::string& name) {
    plan.waves.emplace_back();
    plan.waves.back().name = name;
  }
  /// A tenant with so many of the 10,000 bytes, in the wave that was added last.
  void add(std::uint64_t bytes, UnitKind kind = UnitKind::rows) {
    Unit unit;
    unit.id = TenantId{static_cast<std::uint32_t>(units.size())};
    unit.tenant = "t" + std::to_string(units.size());
    unit.kind = kind;
    unit.bytes = 500 + bytes;
    if (!plan.waves.empty()) unit.wave = WaveId{static_cast<std::uint32_t>(plan.waves.size() - 1)};
    units.push_back(unit);
  }
  void use_one_path() { tenancy.tables["lines"].paths.resize(1); }

  [[nodiscard]] ReadChoice choice(const std::string& name) const {
    std::vector<const Unit*> all;
    for (const Unit& unit : units)
      all.push_back(&unit);
    return choose_readings(classify(tenancy, database), database,
                           all)[test::table_at(database, name)];
  }
  [[nodiscard]] std::vector<TableReading> readings() const {
    return plan_readings(plan, classify(tenancy, database), database, units);
  }
};

TableReading of(const std::vector<TableReading>& readings, const std::string& name) {
  for (const TableReading& reading : readings) {
    if (reading.table == name) return reading;
  }
  throw std::logic_error("no table " + name);
}

}  // namespace

TEST_CASE("an index leads to a tenant's rows one by one or in one piece") {
  Model model;
  CHECK(tenant_access(model.table("log"), "company_id") == TenantAccess::none);
  CHECK(tenant_access(model.table("customers"), "company_id") == TenantAccess::secondary);
  CHECK(tenant_access(model.table("parts"), "line_id") == TenantAccess::clustered);
  CHECK(tenant_access(model.table("parts"), "no") == TenantAccess::none);
  model.table("parts").engine = "MyISAM";
  CHECK(tenant_access(model.table("parts"), "line_id") == TenantAccess::secondary);
  mariadb::Table prefixed = test::table("t", {}, {test::index("k", {"company_id"})});
  prefixed.indexes.front().parts.front().prefix = 4;
  CHECK(tenant_access(prefixed, "company_id") == TenantAccess::none);
}

TEST_CASE("a hash leads to rows only by all its columns, and only in MEMORY tables") {
  // what UNIQUE (company_id, url) is listed as where url is TEXT
  mariadb::Table table = test::table("t", {}, {test::index("k", {"company_id", "url"}, true)});
  mariadb::Index& index = table.indexes.front();
  CHECK(tenant_access(table, "company_id") == TenantAccess::secondary);
  index.kind = mariadb::IndexKind::hash;
  CHECK(tenant_access(table, "company_id") == TenantAccess::none);
  table.engine = "MEMORY";
  CHECK(tenant_access(table, "company_id") == TenantAccess::none);
  index.parts.pop_back();
  CHECK(tenant_access(table, "company_id") == TenantAccess::secondary);
  table.engine = "InnoDB";
  CHECK(tenant_access(table, "company_id") == TenantAccess::none);
  index.kind = mariadb::IndexKind::btree;
  CHECK(tenant_access(table, "company_id") == TenantAccess::secondary);
}

TEST_CASE("the cheaper way to a part of a table") {
  struct Case {
    std::uint64_t bytes;
    TenantAccess access;
    double share;
    Reading reading;
    Bytes index_bytes;
  };
  const auto c = GENERATE(values<Case>({
      {1000, TenantAccess::none, 0.01, Reading::scan, {}},
      {1000, TenantAccess::secondary, 0, Reading::index, 0},
      {1000, TenantAccess::secondary, 0.24, Reading::index, 960},
      {1000, TenantAccess::secondary, 0.25, Reading::scan, 1000},
      {1000, TenantAccess::secondary, 1, Reading::scan, 4000},
      {1000, TenantAccess::clustered, 0.49, Reading::index, 980},
      {1000, TenantAccess::clustered, 0.5, Reading::scan, 1000},
      {0, TenantAccess::secondary, 0.01, Reading::scan, 0},
  }));
  CAPTURE(c.bytes, c.share);
  const ReadChoice choice = choose_reading(c.bytes, c.access, c.share);
  CHECK(choice.reading == c.reading);
  CHECK(choice.scan_bytes == c.bytes);
  CHECK(choice.index_bytes == c.index_bytes);
}

TEST_CASE("tenants with a small part are read by index, table by table") {
  Model model;
  model.add(1500);
  model.add(500);
  // no index; several paths; below a table with several paths; everybody's
  for (const char* table : {"log", "lines", "parts", "countries"}) {
    CAPTURE(table);
    CHECK(model.choice(table).reading == Reading::scan);
    CHECK_FALSE(model.choice(table).index_bytes);
  }
  model.use_one_path();
  CHECK(model.choice("companies").reading == Reading::index);
  CHECK(model.choice("companies").index_bytes == Bytes(400));
  CHECK(model.choice("customers").reading == Reading::index);
  CHECK(model.choice("customers").index_bytes == Bytes(1600));
  // the rows, not the indexes
  CHECK(model.choice("invoices").scan_bytes == 2500);
  CHECK(model.choice("invoices").index_bytes == Bytes(2000));
  CHECK(model.choice("lines").reading == Reading::index);
  CHECK(model.choice("parts").reading == Reading::index);
  model.table("invoices").indexes.pop_back();
  CHECK_FALSE(model.choice("lines").index_bytes);
  CHECK_FALSE(model.choice("parts").index_bytes);
}

TEST_CASE("an inherited table is read by index only where its parent is") {
  Model model;
  model.use_one_path();
  model.add(3000);
  CHECK(model.choice("companies").reading == Reading::index);  // clustered: twice, not four times
  CHECK(model.choice("lines").reading == Reading::scan);
  CHECK(model.choice("parts").reading == Reading::scan);
  CHECK(model.choice("parts").index_bytes == Bytes(600));
}

TEST_CASE("the parents of a table that is scanned are scanned, too") {
  Model model;
  model.add(1000);
  SECTION("with several paths all of them are") {
    for (const char* table : {"customers", "invoices", "lines", "parts"}) {
      CAPTURE(table);
      CHECK(model.choice(table).reading == Reading::scan);
    }
    // the way is there, and its cost is told
    CHECK(model.choice("customers").index_bytes == Bytes(800));
  }
  SECTION("all the way up, and no other table") {
    model.use_one_path();
    model.table("parts").indexes.clear();
    for (const char* table : {"invoices", "lines", "parts"}) {
      CAPTURE(table);
      CHECK(model.choice(table).reading == Reading::scan);
    }
    CHECK(model.choice("customers").reading == Reading::index);
  }
  SECTION("also for a child that is scanned because that is cheaper") {
    model.use_one_path();
    model.units.front().bytes = 500 + 3000;
    mariadb::Table& invoices = model.table("invoices");
    invoices.indexes = {test::index("PRIMARY", {"company_id", "id"}),
                        test::index("id", {"id"}, true)};
    model.table("lines").indexes = {test::index("PRIMARY", {"id"})};
    CHECK(choose_reading(2500, TenantAccess::clustered, 0.3).reading == Reading::index);
    CHECK(model.choice("invoices").index_bytes == Bytes(1500));
    CHECK(model.choice("invoices").reading == Reading::scan);
    model.table("lines").indexes = {test::index("PRIMARY", {"invoice_id", "id"}),
                                    test::index("id", {"id"}, true)};
    model.table("parts").indexes = {test::index("line", {"line_id"})};
    // a secondary index from a quarter on, below clustered ones up to a half
    CHECK(model.choice("parts").index_bytes == Bytes(1200));
    for (const char* table : {"invoices", "lines", "parts"}) {
      CAPTURE(table);
      CHECK(model.choice(table).reading == Reading::scan);
    }
    model.table("parts").indexes = {test::index("PRIMARY", {"line_id", "no"})};
    for (const char* table : {"invoices", "lines", "parts"}) {
      CAPTURE(table);
      CHECK(model.choice(table).reading == Reading::index);
    }
  }
  SECTION("the others below it stay with their index") {
    model.use_one_path();
    model.table("parts").indexes.clear();
    model.tenancy.tables["log"].kind = TableClass::inherited;
    model.table("log").columns = {test::int_column("customer_id")};
    model.tenancy.tables["log"].paths = {{{"customer_id"}, "customers", {"id"}}};
    model.tenancy.tables["parts"].paths = {{{"line_id"}, "customers", {"id"}}};
    model.table("log").indexes = {test::index("customer", {"customer_id"})};
    CHECK(model.choice("customers").reading == Reading::scan);
    CHECK(model.choice("parts").reading == Reading::scan);
    CHECK(model.choice("log").reading == Reading::index);
  }
}

TEST_CASE("where keys can't be listed, or nothing is known, tables are scanned") {
  Model model;
  model.use_one_path();
  SECTION("too many tenants") {
    for (int i = 0; i < 500; ++i)
      model.add(0);
    CHECK(model.choice("customers").reading == Reading::index);
    model.add(0);
  }
  SECTION("no tenant") { model.add(0, UnitKind::central); }
  SECTION("no sizes") {
    for (mariadb::Table& table : model.database.tables)
      table.data_bytes = table.index_bytes = 0;
    model.add(0);
  }
  CHECK(model.choice("customers").reading == Reading::scan);
  CHECK_FALSE(model.choice("customers").index_bytes);
}

TEST_CASE("each wave's reading is planned group by group") {
  Model model;
  model.tenancy.tables["log"].kind = TableClass::central;
  model.tenancy.tables["parts"].kind = TableClass::excluded;
  const std::vector<TablePath> both_paths = model.tenancy.tables["lines"].paths;
  model.use_one_path();
  model.plan.together = 2;
  model.add_wave("canary");
  model.add(100);
  model.add(0, UnitKind::central);
  model.add_wave("empty");
  model.add_wave("rest");
  model.add(100);
  model.add(3000);
  model.add(100);
  // without log and parts 8,000 bytes are the tenants'
  const std::vector<TableReading> readings = model.readings();
  REQUIRE(readings.size() == 6);

  const TableReading customers = of(readings, "customers");
  CHECK(customers.kind == TableClass::owned);
  CHECK(customers.bytes == 2000);
  CHECK(customers.access == TenantAccess::secondary);
  CHECK(customers.through == "company");
  REQUIRE(customers.waves.size() == 2);
  CHECK(customers.waves[0].wave == WaveId{0});
  CHECK(customers.waves[0].readings == 1);
  CHECK(customers.waves[0].by_index == 1);
  CHECK(customers.waves[0].index_bytes == Bytes(100));
  CHECK(customers.waves[1].wave == WaveId{2});
  // the largest and another one, then the last
  CHECK(customers.waves[1].readings == 2);
  CHECK(customers.waves[1].by_index == 1);
  CHECK(customers.waves[1].scan_bytes == 4000);
  CHECK(customers.waves[1].index_bytes == Bytes(3100 + 100));

  CHECK(of(readings, "companies").access == TenantAccess::clustered);
  CHECK(of(readings, "companies").through == "PRIMARY");
  CHECK(of(readings, "lines").through == "invoice_id -> invoices");
  CHECK(of(readings, "log").waves[0].readings == 1);
  CHECK(of(readings, "log").waves[1].readings == 0);
  CHECK(of(readings, "countries").waves[1].readings == 2);
  CHECK(of(readings, "countries").waves[1].scan_bytes == 1000);
  CHECK_FALSE(of(readings, "countries").waves[1].index_bytes);

  model.tenancy.tables["lines"].paths = both_paths;
  CHECK(of(model.readings(), "lines").through.empty());
  CHECK(of(model.readings(), "customers").waves[0].by_index == 0);  // it is scanned for the lines
}

TEST_CASE("`plan` prints the ways and their costs, wave by wave while there are few") {
  Model model;
  model.use_one_path();
  model.add_wave("canary");
  model.add(100);
  model.add_wave("rest");
  model.add(3000);
  Units units;
  units.units = model.units;
  units.readings = model.readings();
  std::ostringstream few;
  cli::print_readings(few, model.plan, units);
  CHECK_THAT(few.str(), Catch::Contains("canary") && Catch::Contains("PRIMARY (clustered)"));
  CHECK_THAT(few.str(), Catch::Contains("index ~80 B") && Catch::Contains("scan (index ~2.4 kB)"));
  const cli::Json json = cli::readings_json(model.plan, units);
  REQUIRE(json.size() == 7);
  CHECK(json.at(2).dump() ==
        R"({"table":"customers","class":"owned","rows_estimate":0,"bytes_estimate":2000,)"
        R"("access":"secondary","through":"company","waves":[)"
        R"({"wave":"canary","readings":1,"by_index":1,"scan_bytes":2000,"index_bytes":80},)"
        R"({"wave":"rest","readings":1,"by_index":0,"scan_bytes":2000,"index_bytes":2400}]})");
  CHECK(json.at(5).at("waves").at(0).at("index_bytes").is_null());

  for (int i = 0; i < 5; ++i) {
    model.add_wave("more");
    model.add(100);
  }
  units.units = model.units;
  units.readings = model.readings();
  std::ostringstream many;
  cli::print_readings(many, model.plan, units);
  CHECK_THAT(many.str(), !Catch::Contains("canary") && Catch::Contains("scans  by index"));
  CHECK_THAT(many.str(), Catch::Contains("company") && Catch::Contains("1         6\n"));

  std::ostringstream none;
  cli::print_readings(none, model.plan, Units{});
  CHECK(none.str().empty());
}
