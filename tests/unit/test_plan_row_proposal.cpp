#include <yaml-cpp/yaml.h>
#include <catch2/catch.hpp>

#include "plan/plan_text.hpp"
#include "plan/row_proposal.hpp"
#include "plan/row_search.hpp"
#include "plan/source_names.hpp"
#include "row_model.hpp"

using namespace godwit;
using namespace godwit::plan;
using test::counter;
using test::index;
using test::int_column;
using test::table;
using test::with_key;

namespace {

const mariadb::Index kPrimary = index("PRIMARY", {"id"});

mariadb::Table of_company(std::string name, std::vector<mariadb::Column> columns = {}) {
  columns.insert(columns.begin(), {counter(), int_column("company_id")});
  mariadb::Table result = table(name, std::move(columns), {kPrimary});
  return with_key(std::move(result), name + "_company", {"company_id"}, "companies");
}

/// A shop with a table for each case of a proposal.
mariadb::Database shop() {
  const auto cascade = [](mariadb::Table from, const std::string& column, std::string to) {
    return with_key(std::move(from), column, {column}, std::move(to), {"id"}, "CASCADE");
  };
  mariadb::Column slug = test::text_column("slug", 40);
  mariadb::Table events = table("events", {counter()}, {kPrimary});
  events.row_estimate = 50'000;
  mariadb::Table settings = table("settings", {counter()}, {kPrimary});
  settings.row_estimate = 20;
  const mariadb::Index pair = index("PRIMARY", {"customer_id", "label_id"});
  return test::database({
      table("attachments", {counter(), int_column("invoice_id")}, {kPrimary}),
      table("companies", {counter(), slug, test::text_column("status", 9)}, {kPrimary}),
      table("countries", {counter()}, {kPrimary}),
      cascade(cascade(table("customer_labels", {int_column("customer_id"), int_column("label_id")},
                            {pair}),
                      "label_id", "labels"),
              "customer_id", "customers"),
      with_key(of_company("customers", {int_column("country_id")}), "country", {"country_id"},
               "countries"),
      with_key(table("discounts", {counter(), int_column("line_id")}, {kPrimary}), "line",
               {"line_id"}, "lines"),
      events,
      with_key(of_company("invoices", {int_column("customer_id")}), "customer", {"customer_id"},
               "customers"),
      of_company("labels"),
      with_key(with_key(table("lines",
                              {counter(), int_column("label_id", true), int_column("invoice_id")},
                              {kPrimary}),
                        "label", {"label_id"}, "labels"),
               "invoice", {"invoice_id"}, "invoices"),
      with_key(
          with_key(table("links", {counter(), int_column("customer_id"), int_column("label_id")},
                         {kPrimary}),
                   "customer", {"customer_id"}, "customers"),
          "label", {"label_id"}, "labels"),
      table("log", {int_column("company_id")}),
      with_key(of_company("notes", {int_column("author_id", true)}), "author", {"author_id"},
               "users"),
      with_key(table("offices", {counter(), int_column("firm_id")}, {kPrimary}), "firm",
               {"firm_id"}, "companies"),
      settings,
      with_key(table("thumbs", {counter(), int_column("attachment_id")}, {kPrimary}), "of",
               {"attachment_id"}, "attachments"),
      table("users", {counter(), test::text_column("password", 60)}, {kPrimary}),
  });
}

struct Proposed {
  mariadb::Database database;
  TenantColumn tenant;
  std::vector<ProposedTable> tables;

  explicit Proposed(mariadb::Database source) : database(std::move(source)) {
    const std::vector<TenantColumn> columns = tenant_columns(database);
    REQUIRE_FALSE(columns.empty());
    tenant = columns.front();
    tables = propose_tables(database, tenant);
    REQUIRE(tables.size() == database.tables.size());
  }
  [[nodiscard]] const ProposedTable& at(const std::string& name) const {
    return tables.at(test::table_at(database, name));
  }
};

Proposal as_plan(const Proposed& proposed) {
  RowProposal rows;
  rows.database = proposed.database.name;
  rows.tenant = proposed.tenant;
  rows.directory = proposed.database.tables[proposed.tenant.directory].name;
  rows.name_column = "slug";
  rows.status_column = "status";
  rows.tenants = 3;
  rows.values = 2;
  rows.tables = proposed.tables;
  Proposal proposal;
  proposal.source_uri = "mariadb://godwit@localhost/";
  proposal.target_uris = {"postgresql://godwit@a"};
  proposal.tenants = 3;
  proposal.canary = {"acme", "beta"};
  proposal.rows = std::move(rows);
  return proposal;
}

}  // namespace

TEST_CASE("the tenant is what most tables name, and what belongs to nothing more frequent") {
  const std::vector<TenantColumn> columns = tenant_columns(shop());
  REQUIRE(columns.size() >= 2);
  const TenantColumn& best = columns.front();
  CHECK(best.column == "company_id");
  CHECK(best.key == "id");
  CHECK(best.tables == 5);
  CHECK(best.declared == 4);
  CHECK(best.not_null == 5);
  CHECK(best.reached == 3);
  CHECK(best.all == 17);
  CHECK(best.convincing());
  for (const TenantColumn& column : columns)
    CHECK((column.column == "company_id" || !column.convincing()));
}

TEST_CASE("any name will do for the tenant's column") {
  const auto database = [](const std::string& column, const std::string& directory) {
    const auto owned = [&](const std::string& name) {
      return with_key(table(name, {counter(), int_column(column)}, {kPrimary}), "k", {column},
                      directory);
    };
    return test::database(
        {owned("a"), owned("b"), owned("c"), table(directory, {counter()}, {kPrimary})});
  };
  const std::vector<TenantColumn> found = tenant_columns(database("mandant", "betriebe"));
  REQUIRE(found.size() == 1);
  CHECK(found.front().column == "mandant");
  CHECK(found.front().directory == 3);
  CHECK(found.front().convincing());
}

TEST_CASE("the directory may be named by the operator") {
  const mariadb::Database database = shop();
  const auto column = tenant_column_of(database, "customers", "id");
  REQUIRE(column);
  CHECK(column->column == "customer_id");
  CHECK(column->tables == 3);
  CHECK_FALSE(tenant_column_of(database, "customers", "nothing"));
  CHECK_FALSE(tenant_column_of(database, "settings", "id"));
}

TEST_CASE("every table gets a class or a question") {
  const Proposed proposed(shop());
  CHECK(proposed.at("customers").kind == TableClass::owned);
  CHECK(proposed.at("customers").by_default);
  CHECK(proposed.at("log").by_default);
  // the directory is referred to: each tenant has its row
  CHECK(proposed.at("companies").kind == TableClass::owned);
  CHECK(proposed.at("companies").column == "id");
  CHECK_FALSE(proposed.at("companies").by_default);
  CHECK(proposed.at("offices").kind == TableClass::owned);
  CHECK(proposed.at("offices").column == "firm_id");
  CHECK(proposed.at("countries").kind == TableClass::shared);
  CHECK(proposed.at("settings").kind == TableClass::shared);

  CHECK(proposed.at("users").kind == TableClass::undecided);
  CHECK_THAT(proposed.at("users").comment, Catch::Contains("central (one for all"));
  CHECK(proposed.at("events").kind == TableClass::undecided);
  CHECK_THAT(proposed.at("events").comment, Catch::Contains("about 50,000 rows"));
  CHECK(proposed.at("attachments").kind == TableClass::undecided);
  CHECK_THAT(proposed.at("attachments").comment,
             Catch::StartsWith("guess: confirm { inherited: [\"invoice_id -> invoices\"] }"));
  REQUIRE(proposed.at("attachments").guess);
  CHECK(proposed.at("attachments").guess->column == "invoice_id");
  CHECK(proposed.at("thumbs").kind == TableClass::undecided);
  CHECK_THAT(proposed.at("thumbs").comment, Catch::StartsWith("depends on attachments:"));
}

TEST_CASE("paths follow the key that surely leads to the row's tenant") {
  const Proposed proposed(shop());
  // NOT NULL before NULL, whatever was declared first
  CHECK(proposed.at("lines").kind == TableClass::inherited);
  CHECK(proposed.at("lines").path == "invoice_id -> invoices");
  CHECK(proposed.at("lines").comment == "leads to a tenant, too: \"label_id -> labels\"");
  CHECK(proposed.at("discounts").path == "line_id -> lines");
  // both NOT NULL and CASCADE: the leading part of the primary key
  CHECK(proposed.at("customer_labels").path == "customer_id -> customers");
  // nothing tells them apart
  CHECK(proposed.at("links").kind == TableClass::undecided);
  CHECK_THAT(proposed.at("links").comment,
             Catch::EndsWith("{ inherited: [\"customer_id -> customers\"] } or { inherited: "
                             "[\"label_id -> labels\"] }"));
}

TEST_CASE("a path that may be NULL is the last resort") {
  mariadb::Database database = shop();
  mariadb::Table& lines = database.tables[test::table_at(database, "lines")];
  SECTION("two of them are a question") {
    lines.columns[2].nullable = true;
    const Proposed proposed(database);
    CHECK(proposed.at("lines").kind == TableClass::undecided);
    CHECK(proposed.at("discounts").kind == TableClass::undecided);
  }
  SECTION("one is taken, with a warning") {
    lines.columns[2].nullable = true;
    lines.foreign_keys.erase(lines.foreign_keys.begin());
    const Proposed proposed(database);
    CHECK(proposed.at("lines").path == "invoice_id -> invoices");
    CHECK_THAT(proposed.at("lines").comment, Catch::Contains("NULL"));
  }
  SECTION("a longer one without NULL is better") {
    mariadb::Table& discounts = database.tables[test::table_at(database, "discounts")];
    discounts.columns.push_back(int_column("label_id", true));
    discounts = with_key(discounts, "label", {"label_id"}, "labels");
    const Proposed proposed(database);
    CHECK(proposed.at("discounts").path == "line_id -> lines");
  }
}

TEST_CASE("what can't be compared or followed is a question") {
  mariadb::Database database = shop();
  database.tables[test::table_at(database, "log")].columns.front() =
      test::text_column("company_id", 9);
  mariadb::Table& offices = database.tables[test::table_at(database, "offices")];
  offices.columns.push_back(int_column("landlord_id"));
  offices = with_key(offices, "landlord", {"landlord_id"}, "companies");
  mariadb::Table& settings = database.tables[test::table_at(database, "settings")];
  settings.columns.push_back(test::column("day", mariadb::ColumnType::date));
  settings = with_key(settings, "day", {"day"}, "customers", {"day"});
  const Proposed proposed(database);
  CHECK(proposed.at("log").kind == TableClass::undecided);
  CHECK_THAT(proposed.at("log").comment, Catch::Contains("can't be compared"));
  CHECK(proposed.at("offices").kind == TableClass::undecided);
  CHECK_THAT(proposed.at("offices").comment,
             Catch::EndsWith("{ owned: firm_id } or { owned: landlord_id }"));
  CHECK(proposed.at("settings").kind == TableClass::undecided);
}

TEST_CASE("a directory that nobody refers to is central") {
  mariadb::Database database = test::row_database();
  const Proposed proposed(database);
  CHECK(proposed.tenant.declared == 0);
  CHECK(proposed.at("companies").kind == TableClass::central);
}

TEST_CASE("names speak of tables") {
  const mariadb::Database database = test::database(
      {table("Categories", {}), table("address", {}), table("boxes", {}), table("invoices", {})});
  CHECK(table_of_name(database, "category_id") == 0);
  CHECK(table_of_name(database, "address_id") == 1);
  CHECK(table_of_name(database, "box_id") == 2);
  CHECK(table_of_name(database, "invoiceId") == 3);
  CHECK_FALSE(table_of_name(database, "paid"));
  CHECK_FALSE(table_of_name(database, "user_id"));
  CHECK_FALSE(table_of_name(database, "_id"));
}

TEST_CASE("a directory's names are in its unique short text") {
  mariadb::Table directory =
      table("companies",
            {counter(), test::text_column("mail", 60), test::text_column("name", 40),
             test::text_column("slug", 20), test::text_column("site", 30)},
            {kPrimary, index("mail", {"mail"}, true), index("site", {"site"})});
  CHECK(name_columns(directory, "id") == std::vector<std::string>{"slug", "name", "mail"});
  CHECK(name_columns(directory, "slug") == std::vector<std::string>{"name", "mail"});
}

TEST_CASE("a guess is looked at in a sample") {
  const Proposed proposed(shop());
  CHECK(sample_sql(proposed.database, test::table_at(proposed.database, "attachments"),
                   *proposed.at("attachments").guess) ==
        "SELECT COUNT(*), COUNT(p.`id`) FROM (SELECT `invoice_id` AS c FROM `crm`.`attachments` "
        "WHERE `invoice_id` IS NOT NULL LIMIT 1000) AS s LEFT JOIN `crm`.`invoices` AS p ON "
        "p.`id` = s.c");
}

TEST_CASE("a proposed row tenancy is YAML that says whose each table is") {
  const std::string text = plan_text(as_plan(Proposed(shop())));
  CAPTURE(text);
  const YAML::Node tenancy = YAML::Load(text)["tenancy"];
  CHECK(tenancy["mode"].as<std::string>() == "row");
  CHECK(tenancy["database"].as<std::string>() == "crm");
  CHECK(tenancy["directory"]["table"].as<std::string>() == "companies");
  CHECK(tenancy["directory"]["key"].as<std::string>() == "id");
  CHECK(tenancy["directory"]["name"].as<std::string>() == "slug");
  const YAML::Node tables = tenancy["tables"];
  CHECK(tables["default"]["owned"].as<std::string>() == "company_id");
  CHECK(tables["companies"]["owned"].as<std::string>() == "id");
  CHECK(tables["lines"]["inherited"][0].as<std::string>() == "invoice_id -> invoices");
  CHECK(tables["countries"].as<std::string>() == "shared");
  CHECK(tables["users"].as<std::string>() == "ask");
  CHECK_FALSE(tables["invoices"]);  // by default
  // default; companies, offices; 3 inherited; 2 shared; 5 questions
  CHECK(tables.size() == 13);
  CHECK(YAML::Load(text)["waves"].size() == 2);
  CHECK_THAT(text, Catch::Contains("company_id stands in 5 of 17 tables of crm, in 4 with a"));
  CHECK_THAT(text, Catch::Contains("5 tables are questions (ask)"));
  CHECK_THAT(text, Catch::Contains("# By this column: customers, invoices, labels, log, notes"));
}

TEST_CASE("names from a catalog can't break a plan of rows") {
  Proposed proposed(shop());
  const std::string evil = "a\nversion: 2 #\"\\'{}[]: \xc3\xa9";
  ProposedTable& users = proposed.tables.at(test::table_at(proposed.database, "users"));
  users.name = evil;
  users.comment = evil;
  ProposedTable& lines = proposed.tables.at(test::table_at(proposed.database, "lines"));
  lines.path = "\"q\" -> \\t";
  const YAML::Node plan = YAML::Load(plan_text(as_plan(proposed)));
  CHECK(plan["version"].as<int>() == 1);
  CHECK(plan["tenancy"]["tables"][evil].as<std::string>() == "ask");
  CHECK(plan["tenancy"]["tables"]["lines"]["inherited"][0].as<std::string>() == lines.path);
}
