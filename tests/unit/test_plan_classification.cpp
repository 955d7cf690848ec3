#include <algorithm>

#include <catch2/catch.hpp>

#include "godwit/plan/plan.hpp"
#include "row_model.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

struct Model : test::RowModel {
  [[nodiscard]] Classification classified() const { return classify(tenancy, database); }
  [[nodiscard]] std::vector<std::string> codes(Severity severity) const {
    std::vector<std::string> found;
    for (const Finding& finding : classified().findings) {
      if (finding.severity == severity) found.push_back(finding.code + " " + finding.object);
    }
    return found;
  }
  [[nodiscard]] std::string condition(const std::string& name,
                                      const std::vector<std::string>& keys) const {
    const Classification classification = classified();
    return tenant_condition(classification, database, *classification.find(name), keys);
  }
};

using Texts = std::vector<std::string>;

std::vector<std::string> names(const mariadb::Database& database) {
  std::vector<std::string> tables;
  for (const mariadb::Table& table : database.tables)
    tables.push_back(table.name);
  return tables;
}

}  // namespace

TEST_CASE("each table gets its class, its column or paths, and its level") {
  const Model model;
  CHECK(model.codes(Severity::error).empty());
  const Classification classification = model.classified();
  const auto at = [&](const char* name) { return *classification.find(name); };
  CHECK(at("companies").kind == TableClass::owned);
  CHECK(at("companies").tenant_column == 0);
  CHECK(at("customers").kind == TableClass::owned);
  CHECK(at("customers").tenant_column == 1);
  CHECK(at("countries").kind == TableClass::shared);
  CHECK(at("lines").paths.size() == 2);
  CHECK(at("lines").paths[0].parent == test::table_at(model.database, "invoices"));
  CHECK(at("lines").level == 1);
  CHECK(at("parts").level == 2);
}

TEST_CASE("what the plan doesn't answer is an error") {
  Model model;
  SECTION("a table without a rule") {
    model.tenancy.tables.erase("countries");
    CHECK(model.codes(Severity::error) == Texts{"table-undecided crm.countries"});
  }
  SECTION("a rule for a table that is gone") {
    model.tenancy.tables["gone"].kind = TableClass::shared;
    CHECK(model.codes(Severity::error) == Texts{"no-such-table crm.gone"});
  }
  SECTION("a tenant column that is gone") {
    model.tenancy.tables["companies"].column = "tenant";
    CHECK(model.codes(Severity::error) == Texts{"tenant-column-missing crm.companies"});
  }
  SECTION("a tenant column of another type") {
    model.table("customers").columns[1].type = mariadb::ColumnType::varchar;
    model.table("customers").columns[1].charset = "utf8mb4";
    CHECK(model.codes(Severity::error) == Texts{"tenant-column-type crm.customers.company_id"});
  }
  SECTION("a path to a table without tenants") {
    model.tenancy.tables["parts"].paths = {{{"line_id"}, "countries", {}}};
    CHECK(model.codes(Severity::error) == Texts{"inherited-path-invalid crm.parts"});
  }
  SECTION("a path to columns that are not unique") {
    model.tenancy.tables["parts"].paths = {{{"line_id"}, "lines", {"invoice_id"}}};
    CHECK(model.codes(Severity::error) == Texts{"inherited-path-invalid crm.parts"});
  }
  SECTION("a cycle") {
    model.tenancy.tables["lines"].paths = {{{"customer_id"}, "lines", {"id"}}};
    CHECK(model.codes(Severity::error) ==
          Texts{"inherited-cycle crm.lines", "inherited-cycle crm.parts"});
  }
  SECTION("a key that is gone") {
    model.tenancy.dropped_keys = {"lines.no_such"};
    CHECK(model.codes(Severity::error) == Texts{"no-such-key crm.lines.no_such"});
  }
  SECTION("a directory that is gone") {
    model.tenancy.directory.table = "tenants";
    CHECK(model.codes(Severity::error) == Texts{"no-such-table crm.tenants"});
  }
}

TEST_CASE("patterns classify what has no rule of its own, the longest first") {
  Model model;
  model.tenancy.tables.erase("countries");
  model.tenancy.tables["c%"].kind = TableClass::central;
  model.tenancy.tables["count%"].kind = TableClass::excluded;
  const Classification classification = model.classified();
  CHECK(classification.find("countries")->kind == TableClass::excluded);
  CHECK(classification.find("companies")->kind == TableClass::owned);
  CHECK(classification.find("customers")->kind == TableClass::central);
}

TEST_CASE("a tenant's database has its tables and the shared ones, and keys that stay within") {
  Model model;
  mariadb::ForeignKey to_country{"customers_country", {"id"},    "crm", "countries", {"id"},
                                 "CASCADE",           "RESTRICT"};
  model.table("customers").foreign_keys.push_back(to_country);
  SECTION("shared parent: the key stays, its cascade is reported") {
    const Classification classification = model.classified();
    const mariadb::Database tenant = tenant_model(model.tenancy, classification, model.database);
    CHECK(names(tenant) == names(model.database));
    CHECK(tenant.find_table("customers")->foreign_keys.size() == 1);
    CHECK(model.codes(Severity::degraded) ==
          Texts{"cascade-across-units crm.customers.customers_country"});
  }
  SECTION("central parent: the key can't leave the database") {
    model.tenancy.tables["countries"].kind = TableClass::central;
    const Classification classification = model.classified();
    const mariadb::Database tenant = tenant_model(model.tenancy, classification, model.database);
    CHECK(tenant.find_table("countries") == nullptr);
    CHECK(tenant.find_table("customers")->foreign_keys.empty());
    CHECK(names(central_model(classification, model.database)) == Texts{"countries"});
    const Texts degraded = model.codes(Severity::degraded);
    CHECK(std::count(degraded.begin(), degraded.end(),
                     "key-to-central crm.customers.customers_country") == 1);
  }
  SECTION("dropped by the plan") {
    model.tenancy.dropped_keys = {"lines.lines_customer"};
    const mariadb::Database tenant =
        tenant_model(model.tenancy, model.classified(), model.database);
    const auto& keys = tenant.find_table("lines")->foreign_keys;
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].name == "lines_invoice");
  }
}

TEST_CASE("a key is kept or left out, and its cascade reported, by the classes of both tables") {
  struct Case {
    TableClass child;
    TableClass parent;
    const char* reported;  // "": nothing but the cascade
    bool cascades;         // whether CASCADE reaches from one unit into others
    bool in_tenants;       // whether tenants' databases have the key
    bool in_central;
  };
  using enum TableClass;
  const auto c = GENERATE(values<Case>({
      {owned, owned, "", false, true, false},
      {owned, inherited, "", false, true, false},
      {owned, shared, "", true, true, false},
      {owned, central, "key-to-central", true, false, false},
      {owned, excluded, "key-to-excluded", false, false, false},
      {inherited, owned, "", false, true, false},
      {inherited, inherited, "", false, true, false},
      {inherited, shared, "", true, true, false},
      {inherited, central, "key-to-central", true, false, false},
      {inherited, excluded, "key-to-excluded", false, false, false},
      {shared, owned, "key-from-shared", true, false, false},
      {shared, inherited, "key-from-shared", true, false, false},
      {shared, shared, "", false, true, true},
      {shared, central, "key-to-central", true, false, true},
      {shared, excluded, "key-to-excluded", false, false, false},
      {central, owned, "key-from-shared", true, false, false},
      {central, inherited, "key-from-shared", true, false, false},
      {central, shared, "", true, false, true},
      {central, central, "", false, false, true},
      {central, excluded, "key-to-excluded", false, false, false},
      {excluded, owned, "", false, false, false},
      {excluded, shared, "", false, false, false},
      {excluded, central, "", false, false, false},
      {excluded, excluded, "", false, false, false},
  }));
  const auto action = GENERATE(as<std::string>{}, "RESTRICT", "NO ACTION", "CASCADE", "SET NULL");
  const bool on_update = GENERATE(false, true);
  CAPTURE(name(c.child), name(c.parent), action, on_update);

  Model model;
  const auto rule = [&](const char* table, TableClass kind) {
    TableRule& made = model.tenancy.tables[table];
    made.kind = kind;
    made.column = "company_id";
    made.paths = {{{"company_id"}, "companies", {}}};
  };
  const mariadb::Index primary = test::index("PRIMARY", {"id"});
  mariadb::Table parent =
      test::table("parent", {test::int_column("id"), test::int_column("company_id")}, {primary});
  mariadb::Table child = test::with_key(
      test::table("child", {test::int_column("id"), test::int_column("company_id")}, {primary}),
      "to_parent", {"id"}, "parent", {"id"}, on_update ? "RESTRICT" : action);
  if (on_update) child.foreign_keys.front().on_update = action;
  model.database.tables.push_back(child);
  model.database.tables.push_back(parent);
  rule("child", c.child);
  rule("parent", c.parent);

  Texts expected;
  if (*c.reported != '\0') expected.push_back(std::string(c.reported) + " crm.child.to_parent");
  if (c.cascades && (action == "CASCADE" || action == "SET NULL")) {
    expected.emplace_back("cascade-across-units crm.child.to_parent");
  }
  CHECK(model.codes(Severity::error).empty());
  CHECK(model.codes(Severity::degraded) == expected);

  const Classification classification = model.classified();
  const auto has_key = [](const mariadb::Database& database) {
    const mariadb::Table* table = database.find_table("child");
    return table != nullptr && !table->foreign_keys.empty();
  };
  CHECK(has_key(tenant_model(model.tenancy, classification, model.database)) == c.in_tenants);
  CHECK(has_key(central_model(classification, model.database)) == c.in_central);
}

TEST_CASE("a key to an excluded table says what goes with it") {
  Model model;
  model.tenancy.tables["countries"].kind = TableClass::excluded;
  mariadb::Table& customers = model.table("customers");
  customers =
      test::with_key(customers, "customers_country", {"id"}, "countries", {"id"}, "CASCADE");
  const Findings findings = model.classified().findings;
  const auto found = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.code == "key-to-excluded";
  });
  REQUIRE(found != findings.end());
  CHECK_THAT(found->message, Catch::Contains("countries") &&
                                 Catch::Contains("ON DELETE CASCADE, ON UPDATE RESTRICT"));
  CHECK_THAT(found->fix, Catch::Contains("tenancy.tables"));
}

TEST_CASE("keys that lead out of the source's database are left to the schema") {
  Model model;
  mariadb::Table& customers = model.table("customers");
  std::string code;
  SECTION("a table of another database, even with the name of an excluded one") {
    model.tenancy.tables["countries"].kind = TableClass::excluded;
    customers = test::with_key(customers, "elsewhere", {"id"}, "countries", {"id"}, "CASCADE");
    customers.foreign_keys.front().referenced_database = "other";
    code = "foreign-key-other-database";
  }
  SECTION("a table of another database with the name of a path's parent") {
    mariadb::Table& parts = model.table("parts");
    parts.foreign_keys.front().referenced_database = "other";
    parts.foreign_keys.front().referenced_columns = {"code", "region"};
    code = "foreign-key-other-database";
  }
  SECTION("a table that doesn't exist") {
    customers = test::with_key(customers, "lost", {"id"}, "gone", {"id"}, "CASCADE");
    code = "foreign-key-no-table";
  }
  CHECK(model.codes(Severity::error).empty());
  CHECK(model.codes(Severity::degraded).empty());
  const schema::TargetSchema schema =
      test::target(tenant_model(model.tenancy, model.classified(), model.database));
  CHECK(test::find_finding(schema, code) != nullptr);
}

TEST_CASE("the rows of a tenant as an SQL condition") {
  Model model;
  CHECK(model.condition("customers", {"7"}) == "`customers`.`company_id` = 7");
  CHECK(model.condition("countries", {"7"}).empty());
  CHECK(model.condition("lines", {"7", "8"}) ==
        "(EXISTS (SELECT 1 FROM `crm`.`invoices` AS p1 WHERE p1.`id` = `lines`.`invoice_id` AND "
        "p1.`company_id` IN (7, 8)) OR ((`lines`.`invoice_id` IS NULL) AND EXISTS (SELECT 1 FROM "
        "`crm`.`customers` AS p2 WHERE p2.`id` = `lines`.`customer_id` AND p2.`company_id` IN (7, "
        "8))))");
  // text is compared as the routing does: by its bytes
  mariadb::Column& owner = model.table("customers").columns[1];
  owner.type = mariadb::ColumnType::varchar;
  owner.charset = "utf8mb4";
  CHECK(model.condition("customers", {"'a'"}) ==
        "(`customers`.`company_id` = 'a' AND BINARY `customers`.`company_id` = BINARY 'a')");
}

TEST_CASE("keys as literals") {
  mariadb::Column column;
  CHECK(key_literal(column, "42") == "42");
  column.type = mariadb::ColumnType::varchar;
  column.charset = "utf8mb4";
  CHECK(key_literal(column, "acme") == "'acme'");
  column.type = mariadb::ColumnType::binary;
  CHECK(key_literal(column, std::string("\x00\xff", 2)) == "X'00FF'");
}

TEST_CASE("the tenancy section of shared tables") {
  const std::string head =
      "version: 1\nsource: { uri: \"mariadb://godwit@localhost/?socket=/s\" }\n"
      "clusters: [ { name: pg, uri: \"postgresql://godwit@pg:5432\" } ]\n"
      "waves: [ { name: rest, tenants: rest } ]\n";
  const auto parse = [&](const std::string& tenancy, std::string& problems) {
    Diagnostics diagnostics;
    Plan plan = parse_plan(head + tenancy, "p.yaml", diagnostics);
    problems = to_string(diagnostics);
    return plan;
  };
  std::string problems;
  SECTION("all of it") {
    const Plan plan = parse(
        "tenancy:\n  mode: row\n  database: shop\n"
        "  directory: { table: companies, key: id, name: slug, where: \"status <> 'closed'\" }\n"
        "  tables:\n    default: { owned: company_id }\n    companies: { owned: id }\n"
        "    lines: { inherited: [invoice_id -> invoices, \"a, b -> parents(x, y)\"], "
        "unrouted: leave }\n"
        "    countries: shared\n    users: central\n    \"tmp_%\": excluded\n    mystery: ask\n"
        "  drop_keys: [customers.owner]\n  central: office\n",
        problems);
    CHECK(problems.empty());
    REQUIRE(plan.rows);
    CHECK(plan.rows->database == "shop");
    CHECK(plan.rows->directory.key_column == "id");
    CHECK(plan.rows->directory.where == "status <> 'closed'");
    CHECK(plan.rows->default_column == "company_id");
    const TableRule& lines = plan.rows->tables.at("lines");
    REQUIRE(lines.paths.size() == 2);
    CHECK(lines.leave_unrouted);
    CHECK(lines.paths[0].parent == "invoices");
    CHECK(lines.paths[0].parent_columns.empty());
    CHECK(lines.paths[1].columns == Texts{"a", "b"});
    CHECK(lines.paths[1].parent == "parents");
    CHECK(lines.paths[1].parent_columns == Texts{"x", "y"});
    CHECK(plan.rows->tables.at("mystery").kind == TableClass::undecided);
    CHECK(plan.rows->tables.at("tmp_%").kind == TableClass::excluded);
    CHECK(plan.rows->dropped_keys == Texts{"customers.owner"});
    CHECK(plan.rows->central_name == "office");
  }
  SECTION("mistakes are told with their places") {
    parse(
        "tenancy:\n  mode: row\n  database: shop\n"
        "  directory: { table: shop.companies, key: id }\n"
        "  tables:\n    a: { owned: x, inherited: [y -> b] }\n    b: { inherited: [y = c] }\n"
        "    c: sharde\n  drop_keys: [owner]\n",
        problems);
    CHECK_THAT(problems,
               Catch::Contains("p.yaml:8:23: error:") && Catch::Contains("without a dot"));
    CHECK_THAT(problems, Catch::Contains("needs one of 'owned' and 'inherited'"));
    CHECK_THAT(problems, Catch::Contains("p.yaml:11:22: error:") &&
                             Catch::Contains("expected COLUMN -> TABLE"));
    CHECK_THAT(problems, Catch::Contains("p.yaml:12:8: error:"));
    CHECK_THAT(problems, Catch::Contains("expected TABLE.KEY, found 'owner'"));
  }
  SECTION("databases' keys are not for rows") {
    parse("tenancy: { mode: row, databases: [\"crm_%\"] }\n", problems);
    CHECK_THAT(problems, Catch::Contains("unknown key 'databases'"));
  }
}
