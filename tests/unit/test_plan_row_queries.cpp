#include <catch2/catch.hpp>

#include "plan/row_findings.hpp"
#include "plan/row_queries.hpp"
#include "row_model.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

/// The model with its rules applied; `context` refers to the rest.
struct Model {
  mariadb::Database database;
  RowTenancy tenancy;
  Classification classification;
  RowContext context;

  explicit Model(mariadb::Database source = test::row_database(),
                 RowTenancy rules = test::row_tenancy())
      : database(std::move(source)),
        tenancy(std::move(rules)),
        classification(classify(tenancy, database)),
        context{tenancy, classification, database} {
    CHECK_FALSE(has_errors(classification.findings));
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] std::size_t at(const std::string& table) const {
    return test::table_at(database, table);
  }
};

const Finding* find(const Findings& findings, const std::string& code) {
  for (const Finding& finding : findings) {
    if (finding.code == code) return &finding;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("rows without a tenant are those with NULL where a tenant would be") {
  const Model model;
  const auto owned = rows_without_tenant(model.context, model.at("customers"));
  REQUIRE(owned);
  CHECK(count_sql(*owned) ==
        "SELECT COUNT(*) FROM `crm`.`customers` AS t WHERE t.`company_id` IS NULL");
  const auto inherited = rows_without_tenant(model.context, model.at("lines"));
  REQUIRE(inherited);
  CHECK(inherited->where == "(t.`invoice_id` IS NULL) AND (t.`customer_id` IS NULL)");
  // the definition rules it out
  CHECK_FALSE(rows_without_tenant(model.context, model.at("invoices")));
  CHECK_FALSE(rows_without_tenant(model.context, model.at("parts")));
}

TEST_CASE("tenants are looked up in the whole directory") {
  RowTenancy tenancy = test::row_tenancy();
  tenancy.directory.where = "slug <> 'closed'";
  const Model model(test::row_database(), tenancy);
  const auto query = rows_of_unknown_tenant(model.context, model.at("customers"));
  REQUIRE(query);
  CHECK(count_sql(*query) ==
        "SELECT COUNT(*) FROM `crm`.`customers` AS t LEFT JOIN `crm`.`companies` AS d ON d.`id` = "
        "t.`company_id` WHERE t.`company_id` IS NOT NULL AND d.`id` IS NULL");
  const mariadb::Table& table = model.context.source(model.at("customers"));
  CHECK(example_sql(*query, table, key_columns(table), 5) ==
        "SELECT t.`id`, t.`company_id` FROM `crm`.`customers` AS t LEFT JOIN `crm`.`companies` AS "
        "d ON d.`id` = t.`company_id` WHERE t.`company_id` IS NOT NULL AND d.`id` IS NULL ORDER BY "
        "t.`id` LIMIT 5");
  CHECK_FALSE(rows_of_unknown_tenant(model.context, model.at("companies")));
}

TEST_CASE("an orphan's path decides and leads nowhere") {
  const Model model;
  CHECK(count_sql(orphans(model.context, model.at("lines"), 0)) ==
        "SELECT COUNT(*) FROM `crm`.`lines` AS t LEFT JOIN `crm`.`invoices` AS p ON p.`id` = "
        "t.`invoice_id` WHERE t.`invoice_id` IS NOT NULL AND p.`id` IS NULL");
  // the second path only where the first doesn't decide
  CHECK(orphans(model.context, model.at("lines"), 1).where ==
        "t.`customer_id` IS NOT NULL AND (t.`invoice_id` IS NULL) AND p.`id` IS NULL");
}

TEST_CASE("rows below an unrouted parent are found along all hops") {
  const Model model;
  const RowQuery query = rows_of_unrouted_parent(model.context, model.at("parts"));
  CHECK(query.from ==
        "FROM `crm`.`parts` AS t LEFT JOIN `crm`.`lines` AS p1 ON p1.`id` = t.`line_id`"
        " LEFT JOIN `crm`.`invoices` AS p2 ON p2.`id` = p1.`invoice_id`"
        " LEFT JOIN `crm`.`customers` AS p3 ON p3.`id` = p1.`customer_id`"
        " LEFT JOIN `crm`.`companies` AS d ON d.`id` = (CASE WHEN p1.`invoice_id` IS NOT NULL THEN "
        "p2.`company_id` WHEN p1.`customer_id` IS NOT NULL THEN p3.`company_id` END)");
  CHECK(query.where == "((t.`line_id` IS NOT NULL AND p1.`id` IS NOT NULL)) AND d.`id` IS NULL");
}

TEST_CASE("a foreign key is compared by the tenants of both rows") {
  const Model model;
  const auto query = [&](const std::string& table, std::size_t key) {
    const std::size_t child = model.at(table);
    return cross_tenant_rows(model.context, child,
                             model.context.source(child).foreign_keys.at(key));
  };
  const auto direct = query("invoices", 0);
  REQUIRE(direct);
  CHECK(count_sql(*direct) ==
        "SELECT COUNT(*) FROM `crm`.`invoices` AS t JOIN `crm`.`customers` AS r ON r.`id` = "
        "t.`customer_id` WHERE t.`company_id` <> r.`company_id`");
  CHECK(direct->shown == std::vector<std::string>{"t.`company_id`", "r.`company_id`"});
  // the row's own way to its tenant can't lead to another
  CHECK_FALSE(query("lines", 0));
  CHECK_FALSE(query("parts", 0));
  const auto second = query("lines", 1);
  REQUIRE(second);
  CHECK(second->where ==
        "CASE WHEN t.`invoice_id` IS NOT NULL THEN p1.`company_id` WHEN t.`customer_id` IS NOT "
        "NULL THEN p2.`company_id` END <> r.`company_id`");
}

TEST_CASE("a further path is compared, too, unless a foreign key says the same") {
  mariadb::Database database = test::row_database();
  {
    const Model model(database);
    CHECK_FALSE(crossing_path_rows(model.context, model.at("lines"), 0));
    CHECK_FALSE(crossing_path_rows(model.context, model.at("lines"), 1));
  }
  mariadb::ForeignKey& key = database.tables[test::table_at(database, "lines")].foreign_keys.back();
  REQUIRE(key.name == "lines_customer");
  SECTION("no key at all") {
    database.tables[test::table_at(database, "lines")].foreign_keys.pop_back();
  }
  SECTION("a key to a table of another database") { key.referenced_database = "other"; }
  SECTION("a key of another column") { key.columns = {"invoice_id"}; }
  const Model model(database);
  const auto query = crossing_path_rows(model.context, model.at("lines"), 1);
  REQUIRE(query);
  CHECK(query->from ==
        "FROM `crm`.`lines` AS t JOIN `crm`.`customers` AS r ON r.`id` = t.`customer_id`"
        " LEFT JOIN `crm`.`invoices` AS p1 ON p1.`id` = t.`invoice_id`"
        " LEFT JOIN `crm`.`customers` AS p2 ON p2.`id` = t.`customer_id`");
  CHECK(query->where ==
        "CASE WHEN t.`invoice_id` IS NOT NULL THEN p1.`company_id` WHEN t.`customer_id` IS NOT "
        "NULL THEN p2.`company_id` END <> r.`company_id`");
  CHECK_FALSE(crossing_path_rows(model.context, model.at("lines"), 0));
  const Finding finding = crossing_path(model.context, model.at("lines"), 1, {2, {"id=1", "id=2"}});
  CHECK(finding.severity == Severity::error);
  CHECK(finding.object == "crm.lines");
  CHECK_THAT(finding.message, Catch::Contains("customer_id -> customers leads to another") &&
                                  Catch::EndsWith(": 2 (id=1; id=2)"));
}

TEST_CASE("a key that compares the tenant columns can't cross tenants") {
  mariadb::Database database = test::row_database();
  mariadb::Table& invoices = database.tables[test::table_at(database, "invoices")];
  invoices.foreign_keys.front().columns = {"company_id", "customer_id"};
  invoices.foreign_keys.front().referenced_columns = {"company_id", "id"};
  const Model model(database);
  CHECK_FALSE(cross_tenant_rows(model.context, model.at("invoices"),
                                model.context.source(model.at("invoices")).foreign_keys.front()));
}

TEST_CASE("text is compared byte by byte, by an index where there is one") {
  const mariadb::Column ci = test::text_column("code", 10);
  const mariadb::Column bin = test::text_column("code", 10, "utf8mb4_bin");
  CHECK(routing_equality("p.c", ci, "t.c", ci) == "p.c = t.c AND BINARY p.c = BINARY t.c");
  CHECK(routing_equality("p.c", bin, "t.c", ci) ==
        "p.c = CONVERT(t.c USING utf8mb4) COLLATE utf8mb4_bin AND BINARY p.c = BINARY t.c");
  CHECK(routing_equality("p.c", test::int_column("c"), "t.c", test::int_column("c")) ==
        "p.c = t.c");
}

TEST_CASE("examples name rows by their key") {
  using test::column;
  using test::index;
  const mariadb::Column a = test::int_column("a");
  const mariadb::Column b = test::int_column("b", true);
  CHECK(key_columns(test::table("t", {a, b})).empty());
  CHECK(key_columns(test::table("t", {a, b}, {index("u", {"b"}, true)})).empty());
  CHECK(key_columns(test::table("t", {b, a}, {index("u", {"a"}, true)})) ==
        std::vector<std::size_t>{1});
  CHECK(key_columns(test::table("t", {a, b}, {index("k", {"a"}), index("PRIMARY", {"a"})})) ==
        std::vector<std::size_t>{0});
  CHECK(shown_value("t", a) == "t.`a`");
  CHECK(shown_value("t", test::text_column("s", 90)) == "LEFT(t.`s`, 40)");
  CHECK(shown_value("t", column("x", mariadb::ColumnType::binary)) ==
        "CONCAT('0x', HEX(LEFT(t.`x`, 20)))");
}

TEST_CASE("faulty rows are an error unless the plan leaves them") {
  RowTenancy tenancy = test::row_tenancy();
  const FaultyRows rows{7, {"id=1", "id=2"}};
  CHECK(described(rows) == "7 (id=1; id=2; …)");
  CHECK(described(FaultyRows{1, {"id=1"}}) == "1 (id=1)");
  CHECK(described(FaultyRows{1234, {}}) == "1,234");
  {
    const Model model(test::row_database(), tenancy);
    const Finding finding = orphaned(model.context, model.at("lines"), 1, rows);
    CHECK(finding.severity == Severity::error);
    CHECK(finding.object == "crm.lines");
    CHECK(finding.message ==
          "rows whose parent is missing (customer_id -> customers): 7 (id=1; id=2; …)");
    CHECK_THAT(finding.fix, Catch::Contains("`unrouted: leave`"));
    const mariadb::ForeignKey& key =
        model.context.source(model.at("invoices")).foreign_keys.front();
    const Finding crossing = cross_tenant(model.context, model.at("invoices"), key, rows);
    CHECK(crossing.severity == Severity::error);
    CHECK_THAT(crossing.fix, Catch::Contains("list invoices.invoices_customer in"));
  }
  tenancy.tables["lines"].leave_unrouted = true;
  tenancy.dropped_keys = {"invoices.invoices_customer"};
  const Model model(test::row_database(), tenancy);
  CHECK(orphaned(model.context, model.at("lines"), 0, rows).severity == Severity::info);
  CHECK(without_tenant(model.context, model.at("lines"), rows).severity == Severity::info);
  CHECK(of_unrouted_parent(model.context, model.at("lines"), rows).severity == Severity::info);
  CHECK(of_unknown_tenant(model.context, model.at("customers"), rows).severity == Severity::error);
  const mariadb::ForeignKey& key = model.context.source(model.at("invoices")).foreign_keys.front();
  CHECK(cross_tenant(model.context, model.at("invoices"), key, rows).severity == Severity::info);
}

TEST_CASE("a counter needs room for a block of ids for each tenant") {
  mariadb::Database database = test::row_database();
  mariadb::Table& customers = database.tables[test::table_at(database, "customers")];
  customers.auto_increment = 4'294'967'295 - 20'000 + 1;  // 20,000 ids are left
  const Model model(database);
  CHECK(find(counter_findings(model.context, 2), "id-blocks-no-room") == nullptr);
  const Findings findings = counter_findings(model.context, 3);
  const Finding* room = find(findings, "id-blocks-no-room");
  REQUIRE(room != nullptr);
  CHECK(room->object == "crm.customers.id");
  CHECK(room->severity == Severity::degraded);
  CHECK_THAT(room->message, Catch::Contains("leaves 20,000 ids"));
  // customers, invoices, lines; not the directory
  const Finding* shared = find(findings, "ids-shared-counter");
  REQUIRE(shared != nullptr);
  CHECK_THAT(shared->message, Catch::EndsWith(": 3 (customers, invoices, lines)"));
}

TEST_CASE("tenants' tables without a key are named") {
  const Model model;
  const Findings findings = keyless_findings(model.context);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].object == "crm.log");
}
