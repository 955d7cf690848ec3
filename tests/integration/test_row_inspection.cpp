#include <map>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/row_inspection.hpp"
#include "support/row_monolith.hpp"
#include "support/servers.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

/// "code object: message" of every finding, without the database's name.
using Found = std::map<std::string, std::string>;

Found inspect(const RowTenancy& tenancy) {
  mariadb::Connection source(test::servers().source);
  const std::vector<std::string> names{tenancy.database};
  const std::vector<mariadb::Database> databases = mariadb::read_databases(source, names);
  REQUIRE(databases.size() == 1);
  const Classification classification = classify(tenancy, databases.front());
  CHECK_FALSE(has_errors(classification.findings));
  Found found;
  for (const Finding& finding : inspect_rows(source, tenancy, classification, databases.front())) {
    std::string object = finding.object;
    if (object.starts_with(tenancy.database + ".")) object.erase(0, tenancy.database.size() + 1);
    if (object == tenancy.database) object = "*";
    std::string& text = found[finding.code + " " + object];
    if (!text.empty()) text += " | ";
    text += std::string(name(finding.severity)) + ": " + finding.message;
    CHECK_FALSE(finding.fix.empty());
  }
  return found;
}

void create_tables(test::SourceDatabase& source) {
  source.run(
      "CREATE TABLE companies (id INT PRIMARY KEY, slug VARCHAR(20) NULL);"
      "CREATE TABLE customers (id TINYINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,"
      " company_id BIGINT NULL);"
      "CREATE TABLE invoices (id INT PRIMARY KEY, company_id INT NOT NULL,"
      " customer_id TINYINT UNSIGNED NULL,"
      " CONSTRAINT to_customer FOREIGN KEY (customer_id) REFERENCES customers (id));"
      "CREATE TABLE lines_ (invoice_id INT NULL, line INT NOT NULL, customer_id TINYINT UNSIGNED"
      " NULL, UNIQUE KEY (line), CONSTRAINT to_invoice FOREIGN KEY (invoice_id) REFERENCES"
      " invoices (id), CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers"
      " (id));"
      "CREATE TABLE parts (line INT NOT NULL, no INT NOT NULL, PRIMARY KEY (line, no),"
      " CONSTRAINT to_line FOREIGN KEY (line) REFERENCES lines_ (line));"
      "CREATE TABLE log (company_id INT NULL);"
      "SET foreign_key_checks = 0;");
}

RowTenancy tenancy_of(const test::SourceDatabase& source) {
  RowTenancy tenancy;
  tenancy.database = source.name();
  tenancy.directory = {"companies", "id", "slug", ""};
  tenancy.default_column = "company_id";
  tenancy.tables["companies"] = test::owned_by("id");
  tenancy.tables["lines_"] = test::inherited_by("invoice_id", "invoices");
  tenancy.tables["lines_"].paths.push_back({{"customer_id"}, "customers", {}});
  tenancy.tables["parts"] = test::inherited_by("line", "lines_");
  tenancy.tables["parts"].paths.front().parent_columns = {"line"};
  return tenancy;
}

const std::string kShared = "ids-shared-counter *";
const std::string kKeyless = "table-without-key log";
const std::string kNoRoom = "id-blocks-no-room customers.id";

}  // namespace

TEST_CASE("every planted fault is found, with its rows", "[row_inspection]") {
  test::SourceDatabase source;
  create_tables(source);
  source.run(
      "INSERT INTO companies VALUES (1, 'one'), (2, 'two'), (3, 'closed');"
      "INSERT INTO customers VALUES (1, 1), (2, 2), (3, NULL), (4, 99), (5, 3);"
      "INSERT INTO invoices VALUES (10, 1, 1), (11, 2, 1), (12, 98, NULL), (13, 1, 77),"
      " (14, 1, 2);"
      "INSERT INTO lines_ VALUES (10, 1, NULL), (NULL, 2, NULL), (10, 3, 2), (50, 4, 1),"
      " (NULL, 5, 3), (12, 6, NULL), (NULL, 7, 60), (11, 8, 2);"
      "INSERT INTO parts VALUES (1, 1), (2, 1), (2, 2), (9, 1), (6, 1);"
      "INSERT INTO log VALUES (1), (NULL), (NULL), (5);");
  RowTenancy tenancy = tenancy_of(source);
  tenancy.directory.where = "slug <> 'closed'";
  tenancy.tables["log"] = test::owned_by("company_id");
  tenancy.tables["log"].leave_unrouted = true;
  tenancy.dropped_keys = {"lines_.of_customer"};
  const Found expected = {
      {"rows-without-tenant customers",
       "error: rows with NULL in company_id, which belong to no tenant: 1 (id=3)"},
      {"rows-of-unknown-tenant customers.company_id",
       "error: rows of a tenant that companies.id lacks: 1 (id=4: tenant 99)"},
      {"rows-of-unknown-tenant invoices.company_id",
       "error: rows of a tenant that companies.id lacks: 1 (id=12: tenant 98)"},
      {"cross-tenant-reference invoices.to_customer",
       "error: rows that refer to another tenant's row of customers: 2 (id=11: tenant 2, its "
       "parent's 1; id=14: tenant 1, its parent's 2)"},
      {"rows-without-tenant lines_",
       "error: rows with NULL in invoice_id and in customer_id, which belong to no tenant: 1 "
       "(line=2)"},
      {"orphans lines_",
       "error: rows whose parent is missing (invoice_id -> invoices): 1 (line=4) | error: rows "
       "whose parent is missing (customer_id -> customers): 1 (line=7)"},
      {"rows-of-unrouted-parent lines_",
       "error: rows whose parent belongs to no tenant itself: 2 (line=5; line=6)"},
      {"cross-tenant-reference lines_.of_customer",
       "info: rows that refer to another tenant's row of customers: 1 (line=3: tenant 1, its "
       "parent's 2)"},
      {"orphans parts", "error: rows whose parent is missing (line -> lines_): 1 (line=9, no=1)"},
      {"rows-of-unrouted-parent parts",
       "error: rows whose parent belongs to no tenant itself: 3 (line=2, no=1; line=2, no=2; "
       "line=6, no=1)"},
      {"rows-without-tenant log",
       "info: rows with NULL in company_id, which belong to no tenant: 2"},
      {"rows-of-unknown-tenant log.company_id",
       "info: rows of a tenant that companies.id lacks: 1 (tenant 5)"},
      {kNoRoom,
       "degraded: tinyint(3) unsigned leaves 250 ids from 6 on; blocks of 10,000 for 2 tenants "
       "need "
       "20,000"},
      {kShared, "info: tables that draw ids from a counter which all tenants share: 1 (customers)"},
      {kKeyless,
       "info: no primary key and no unique key without NULL: equal rows are told apart by their "
       "number only, and rows with faults can't be named"},
  };
  CHECK(inspect(tenancy) == expected);
}

TEST_CASE("rows whose paths disagree are found without a foreign key, too", "[row_inspection]") {
  test::SourceDatabase source;
  create_tables(source);
  source.run(
      "ALTER TABLE lines_ DROP FOREIGN KEY of_customer;"
      "INSERT INTO companies VALUES (1, 'one'), (2, 'two');"
      "INSERT INTO customers VALUES (1, 1), (2, 2);"
      "INSERT INTO invoices VALUES (10, 1, NULL), (20, 2, NULL);"
      // agree; disagree twice; one path each; the second leads nowhere and doesn't decide
      "INSERT INTO lines_ VALUES (10, 1, 1), (10, 2, 2), (20, 3, 1), (20, 4, NULL), (NULL, 5, 1),"
      " (10, 6, 77);");
  Found found = inspect(tenancy_of(source));
  CHECK(found["cross-tenant-reference lines_"] ==
        "error: rows whose path customer_id -> customers leads to another tenant's row than the "
        "paths before it, which decide: 2 (line=2: tenant 1, its parent's 2; line=3: tenant 2, its "
        "parent's 1)");
  CHECK(found.size() == 4);
}

TEST_CASE("the directory's where counts as the plan says", "[row_inspection]") {
  test::SourceDatabase source;
  create_tables(source);
  source.run("INSERT INTO companies VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');");
  RowTenancy tenancy = tenancy_of(source);
  Found found = inspect(tenancy);
  CHECK_THAT(found[kNoRoom], Catch::Contains("for 4 tenants"));
  tenancy.directory.where = "id IN (1, 4) -- two are enough";
  found = inspect(tenancy);
  CHECK(found.size() == 3);
  CHECK(found.count(kShared) + found.count(kKeyless) + found.count(kNoRoom) == 3);
  CHECK_THAT(found[kNoRoom], Catch::Contains("for 2 tenants"));
  tenancy.directory.where = "no_such_column = 1";
  CHECK_THROWS_AS(inspect(tenancy), Error);
}

TEST_CASE("text keys are compared byte by byte whatever their collation", "[row_inspection]") {
  test::SourceDatabase source;
  source.run(
      "CREATE TABLE companies (code VARCHAR(10) COLLATE utf8mb4_general_ci PRIMARY KEY);"
      "CREATE TABLE customers (id INT PRIMARY KEY, company VARCHAR(10) COLLATE"
      " utf8mb4_unicode_ci NOT NULL);"
      "CREATE TABLE notes (id INT PRIMARY KEY, company VARCHAR(10) CHARACTER SET ascii NOT NULL,"
      " customer_id INT NOT NULL, CONSTRAINT to_customer FOREIGN KEY (customer_id) REFERENCES"
      " customers (id));"
      "INSERT INTO companies VALUES ('acme'), ('beta');"
      "INSERT INTO customers VALUES (1, 'acme'), (2, 'ACME'), (3, 'beta');"
      "INSERT INTO notes VALUES (1, 'acme', 1), (2, 'acme', 3), (3, 'beta ', 3);");
  RowTenancy tenancy;
  tenancy.database = source.name();
  tenancy.directory = {"companies", "code", "", ""};
  tenancy.default_column = "company";
  tenancy.tables["companies"] = test::owned_by("code");
  const Found expected = {
      {"rows-of-unknown-tenant customers.company",
       "error: rows of a tenant that companies.code lacks: 1 (id=2: tenant ACME)"},
      {"rows-of-unknown-tenant notes.company",
       "error: rows of a tenant that companies.code lacks: 1 (id=3: tenant beta )"},
      {"cross-tenant-reference notes.to_customer",
       "error: rows that refer to another tenant's row of customers: 2 (id=2: tenant acme, its "
       "parent's beta; id=3: tenant beta , its parent's beta)"},
  };
  CHECK(inspect(tenancy) == expected);
}

TEST_CASE("the generated monolith has no faults", "[row_inspection]") {
  const test::RowMonolith monolith(5, 4000);
  const Found found = inspect(monolith.tenancy());
  CHECK(found.size() == 2);
  CHECK(found.count(kShared) == 1);
  CHECK(found.count("table-without-key activity_log") == 1);
}
