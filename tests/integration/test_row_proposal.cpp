#include <algorithm>

#include <yaml-cpp/yaml.h>
#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/proposal.hpp"
#include "support/row_monolith.hpp"
#include "support/servers.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

ProposalOptions options(const std::string& database) {
  ProposalOptions result;
  result.source_uri = test::servers().source_uri;
  result.target_uris = {"postgresql://godwit@pg"};
  result.tenancy = "row";
  result.pattern = database;
  return result;
}

struct Proposed {
  std::string text;  // comments in one line
  YAML::Node plan;
};

Proposed propose(const ProposalOptions& chosen) {
  mariadb::Connection source(test::servers().source);
  const std::string text = propose_plan(chosen, source);
  Proposed proposed{text, YAML::Load(text)};
  for (const std::string indent : {"\n  # ", "\n    # "}) {
    for (std::size_t at = proposed.text.find(indent); at != std::string::npos;
         at = proposed.text.find(indent, at)) {
      proposed.text.replace(at, indent.size(), " ");
    }
  }
  return proposed;
}

std::string problem(const ProposalOptions& chosen) {
  mariadb::Connection source(test::servers().source);
  try {
    propose_plan(chosen, source);
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("init finds the tenants of the generated monolith", "[row_proposal]") {
  const test::RowMonolith monolith(4, 4000);
  const Proposed proposed = propose(options(monolith.database()));
  CAPTURE(proposed.text);
  const YAML::Node tenancy = proposed.plan["tenancy"];
  CHECK(tenancy["mode"].as<std::string>() == "row");
  CHECK(tenancy["database"].as<std::string>() == monolith.database());
  CHECK(tenancy["directory"]["table"].as<std::string>() == "companies");
  CHECK(tenancy["directory"]["key"].as<std::string>() == "id");
  CHECK(tenancy["directory"]["name"].as<std::string>() == "slug");
  CHECK_THAT(proposed.text, Catch::Contains("company_id stands in 17 of 27 tables"));
  CHECK_THAT(proposed.text, Catch::Contains("companies has 4 rows"));

  // exactly the right answers, and none left open
  const RowTenancy expected = monolith.tenancy();
  CHECK(tenancy["tables"]["default"]["owned"].as<std::string>() == "company_id");
  CHECK(tenancy["tables"].size() == 1 + expected.tables.size());
  for (const auto& [name, rule] : expected.tables) {
    const YAML::Node found = tenancy["tables"][name];
    CAPTURE(name);
    REQUIRE(found);
    if (rule.kind == TableClass::owned) {
      CHECK(found["owned"].as<std::string>() == rule.column);
    } else if (rule.kind == TableClass::inherited) {
      const TablePath& path = rule.paths.front();
      CHECK(found["inherited"][0].as<std::string>() == path.columns.front() + " -> " + path.parent);
    } else {
      CHECK(found.as<std::string>() == "shared");
    }
  }
  const YAML::Node waves = proposed.plan["waves"];
  REQUIRE(waves.size() == 2);
  CHECK(waves[0]["tenants"].size() == 2);
}

TEST_CASE("init guesses undeclared paths and says what the rows say", "[row_proposal]") {
  test::SourceDatabase source;
  source.run(
      "CREATE TABLE accounts (id INT PRIMARY KEY, code VARCHAR(20), state VARCHAR(9));"
      "CREATE TABLE orders (id INT PRIMARY KEY, account_id BIGINT NOT NULL, KEY (account_id));"
      "CREATE TABLE stocks (id INT PRIMARY KEY, account_id INT NOT NULL);"
      "CREATE TABLE visits (account_id INT NOT NULL) ENGINE=MyISAM;"
      "CREATE TABLE order_lines (id INT PRIMARY KEY, order_id INT NOT NULL);"
      "CREATE TABLE returns_ (id INT PRIMARY KEY, order_id INT NULL);"
      "CREATE TABLE refunds (id INT PRIMARY KEY, order_id INT NULL);"
      "CREATE TABLE units (id INT PRIMARY KEY);"
      "INSERT INTO accounts VALUES (1, 'one', 'on'), (2, 'two', 'on'), (3, 'three', 'on');"
      "INSERT INTO orders VALUES (10, 1), (11, 1), (12, 2), (13, 2), (14, 2), (15, 3);"
      "INSERT INTO stocks VALUES (1, 1);"
      "INSERT INTO visits VALUES (2), (3);"
      "INSERT INTO order_lines VALUES (1, 10), (2, 11), (3, 12);"
      "INSERT INTO returns_ VALUES (1, 10), (2, 99), (3, NULL);");
  const Proposed proposed = propose(options(source.name()));
  CAPTURE(proposed.text);
  const YAML::Node tenancy = proposed.plan["tenancy"];
  CHECK(tenancy["directory"]["table"].as<std::string>() == "accounts");
  CHECK(tenancy["directory"]["name"].as<std::string>() == "code");
  CHECK(tenancy["tables"]["default"]["owned"].as<std::string>() == "account_id");
  CHECK(tenancy["tables"]["accounts"].as<std::string>() == "central");
  CHECK(tenancy["tables"]["units"].as<std::string>() == "shared");
  for (const char* table : {"order_lines", "returns_", "refunds"})
    CHECK(tenancy["tables"][table].as<std::string>() == "ask");
  CHECK_THAT(proposed.text, Catch::Contains("only its name says that it leads to accounts.id"));
  CHECK_THAT(proposed.text,
             Catch::Contains("guess: confirm { inherited: [\"order_id -> orders\"] }; no foreign "
                             "key declares it, but each of 3 sampled rows has a parent"));
  CHECK_THAT(proposed.text, Catch::Contains("and 1 of 2 sampled rows have no parent"));
  CHECK_THAT(proposed.text, Catch::Contains("and there are no rows to tell"));
  CHECK_THAT(proposed.text, Catch::Contains("where: \"state <>"));
  // the smallest: one order, then two
  CHECK(proposed.plan["waves"][0]["tenants"].as<std::vector<std::string>>() ==
        std::vector<std::string>{"one", "three"});
}

TEST_CASE("the operator may name the directory of shared tables", "[row_proposal]") {
  const test::RowMonolith monolith(2, 1000);
  ProposalOptions chosen = options("");
  chosen.directory = monolith.database() + ".customers(id)";
  const Proposed proposed = propose(chosen);
  CHECK(proposed.plan["tenancy"]["directory"]["table"].as<std::string>() == "customers");
  CHECK(proposed.plan["tenancy"]["tables"]["default"]["owned"].as<std::string>() == "customer_id");
  chosen.directory = monolith.database() + ".vat_rates(rate)";
  CHECK_THAT(problem(chosen), Catch::StartsWith("--directory: no column of another table leads"));
}

TEST_CASE("both tenancies on one server are told of", "[row_proposal]") {
  const test::RowMonolith monolith(2, 1000);
  std::vector<std::string> created;
  mariadb::Connection root(test::servers().source_root);
  root.execute("SET SESSION tx_read_only = 0");
  const std::string prefix = test::unique_name("gw_both") + "_";
  for (const char* number : {"1001", "1002", "1003", "1004", "1005", "1006"}) {
    created.push_back(prefix + number);
    root.execute("CREATE DATABASE " + created.back());
    root.execute("CREATE TABLE " + created.back() + ".orders (id INT PRIMARY KEY)");
    root.execute("CREATE TABLE " + created.back() + ".notes (id INT PRIMARY KEY)");
  }
  ProposalOptions chosen = options("");
  chosen.tenancy.clear();
  const Proposed by_database = propose(chosen);
  chosen.tenancy = "database";
  const Proposed only = propose(chosen);
  chosen.tenancy = "row";
  const Proposed by_rows = propose(chosen);
  for (const std::string& database : created)
    root.execute("DROP DATABASE " + database);
  CAPTURE(by_database.text, by_rows.text);
  CHECK(by_database.plan["tenancy"]["mode"].as<std::string>() == "database");
  CHECK_THAT(by_database.text, Catch::Contains("In " + monolith.database() +
                                               " tenants seem to share tables: company_id"));
  CHECK_THAT(by_database.text, Catch::Contains("--tenancy row --databases " + monolith.database()));
  CHECK_THAT(only.text, !Catch::Contains("--tenancy row"));
  CHECK(by_rows.plan["tenancy"]["mode"].as<std::string>() == "row");
  CHECK(by_rows.plan["tenancy"]["database"].as<std::string>() == monolith.database());
  CHECK_THAT(by_rows.text, Catch::Contains("--tenancy database proposes a plan for those"));
}

TEST_CASE("what can't be proposed of rows is said", "[row_proposal]") {
  test::SourceDatabase source;
  source.run("CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY);");
  CHECK_THAT(problem(options(source.name())),
             Catch::StartsWith("no database has tables that share a column"));
  ProposalOptions chosen = options(source.name());
  chosen.tenancy = "rows";
  CHECK_THAT(problem(chosen), Catch::StartsWith("--tenancy: expected database or row"));
}
