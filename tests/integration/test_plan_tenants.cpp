#include <algorithm>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/units.hpp"
#include "support/servers.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

Plan base_plan() {
  Plan plan;
  plan.file = "p.yaml";
  return plan;
}

std::vector<std::string> named(const std::vector<TenantSource>& tenants) {
  std::vector<std::string> result;
  for (const TenantSource& tenant : tenants) {
    result.push_back(tenant.tenant + "=" + tenant.database);
  }
  return result;
}

/// Two tenants' databases and one with a directory table of them.
struct Monolith {
  test::SourceDatabase first;
  test::SourceDatabase second;
  test::SourceDatabase admin;
  mariadb::Connection source{test::servers().source};

  Monolith() {
    first.run("CREATE TABLE t (id INT PRIMARY KEY)");
    second.run("CREATE TABLE t (id INT PRIMARY KEY)");
    admin.run("CREATE TABLE companies (`db``name` VARCHAR(64), slug VARCHAR(64), status INT)");
    add(first.name(), "beta", 1);
    add(second.name(), "acme", 1);
  }
  void add(const std::string& database, const std::string& slug, int status) {
    const auto value = [](const std::string& text) {
      return text == "NULL" ? text : mariadb::quote_literal(text);
    };
    admin.run("INSERT INTO companies VALUES (" + value(database) + ", " + value(slug) + ", " +
              std::to_string(status) + ")");
  }
  [[nodiscard]] Plan by_directory(const std::string& where = {}) const {
    Plan plan = base_plan();
    plan.tenancy.directory =
        DatabaseTenancy::Directory{admin.name() + ".companies", "db`name", "slug", where};
    return plan;
  }
  std::vector<TenantSource> find(const Plan& plan) {
    const auto databases = mariadb::list_databases(source);
    return find_tenants(plan, source, databases);
  }
  std::string problem(const Plan& plan) {
    try {
      find(plan);
      return "none";
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::plan_invalid);
      return error.what();
    }
  }
};

}  // namespace

TEST_CASE("tenants are found by the names of their databases", "[plan_tenants]") {
  Monolith monolith;
  Plan plan = base_plan();
  plan.tenancy.patterns = {monolith.first.name(), monolith.second.name(), monolith.admin.name()};
  plan.tenancy.exclude = {monolith.admin.name()};
  CHECK(monolith.find(plan).size() == 2);

  const std::string prefix = monolith.first.name().substr(0, monolith.first.name().rfind('_'));
  plan.tenancy.patterns = {prefix + "%"};
  std::vector<std::string> expected = {monolith.first.name() + "=" + monolith.first.name(),
                                       monolith.second.name() + "=" + monolith.second.name()};
  std::sort(expected.begin(), expected.end());
  CHECK(named(monolith.find(plan)) == expected);
}

TEST_CASE("a pattern that matches nothing is an error that names it", "[plan_tenants]") {
  Monolith monolith;
  Plan plan = base_plan();
  plan.tenancy.patterns = {monolith.first.name(), "gw_no_such_%", "gw_missing"};
  CHECK(monolith.problem(plan) ==
        "p.yaml: error: no database of the source matches: gw_missing, gw_no_such_%");
  plan.tenancy.patterns = {monolith.first.name()};
  plan.tenancy.exclude = {"%"};
  CHECK(monolith.problem(plan) == "p.yaml: error: every tenant is excluded");
}

TEST_CASE("tenants are found by a directory table", "[plan_tenants]") {
  Monolith monolith;
  CHECK(
      named(monolith.find(monolith.by_directory())) ==
      std::vector<std::string>{"acme=" + monolith.second.name(), "beta=" + monolith.first.name()});

  SECTION("narrowed by a condition") {
    monolith.add("gone", "gone", 2);
    CHECK(monolith.find(monolith.by_directory("status = 1")).size() == 2);
    CHECK(monolith.find(monolith.by_directory("status = 1 -- not 2")).size() == 2);
    CHECK(monolith.find(monolith.by_directory("status <> 2 OR 1=0")).size() == 2);
  }
  SECTION("narrowed by exclude, before anything is judged") {
    Plan plan = monolith.by_directory();
    monolith.add("gone_1", "NULL", 1);
    plan.tenancy.exclude = {"gone%", monolith.first.name()};
    CHECK(named(monolith.find(plan)) == std::vector<std::string>{"acme=" + monolith.second.name()});
  }
  SECTION("named by the database") {
    Plan plan = monolith.by_directory();
    plan.tenancy.directory->name_column.clear();
    const auto tenants = monolith.find(plan);
    REQUIRE(tenants.size() == 2);
    CHECK(tenants[0].tenant == tenants[0].database);
  }
}

TEST_CASE("a directory with wrong rows is an error, and says which", "[plan_tenants]") {
  Monolith monolith;
  SECTION("a database that doesn't exist") {
    monolith.add("gw_gone_2", "x", 1);
    monolith.add("gw_gone_1", "y", 1);
    CHECK(monolith.problem(monolith.by_directory()) ==
          "p.yaml: error: the directory names databases that don't exist: gw_gone_1, gw_gone_2");
  }
  SECTION("no database") {
    monolith.add("NULL", "x", 1);
    monolith.add("", "y", 1);
    CHECK(monolith.problem(monolith.by_directory()) ==
          "p.yaml: error: the directory has 2 rows without a database");
  }
  SECTION("no name") {
    test::SourceDatabase third;
    monolith.add(third.name(), "NULL", 1);
    CHECK(monolith.problem(monolith.by_directory()) ==
          "p.yaml: error: the directory has no name for the databases: " + third.name());
  }
  SECTION("a name twice") {
    test::SourceDatabase third;
    monolith.add(third.name(), "acme", 1);
    CHECK(monolith.problem(monolith.by_directory()) ==
          "p.yaml: error: the directory has these tenants more than once: acme");
  }
  SECTION("a database twice") {
    monolith.add(monolith.first.name(), "gamma", 1);
    CHECK(monolith.problem(monolith.by_directory()) ==
          "p.yaml: error: the directory has these databases more than once: " +
              monolith.first.name());
  }
  SECTION("several mistakes at once") {
    monolith.add("gw_gone_1", "x", 1);
    monolith.add("NULL", "y", 1);
    CHECK_THAT(monolith.problem(monolith.by_directory()),
               Catch::Contains("1 rows without a database; the directory names databases"));
  }
  SECTION("no row at all") {
    CHECK(monolith.problem(monolith.by_directory("status = 77")) ==
          "p.yaml: error: the directory has no tenant");
  }
}

TEST_CASE("a directory query that fails is an error of the plan", "[plan_tenants]") {
  Monolith monolith;
  Plan plan = monolith.by_directory();
  plan.tenancy.directory->database_column = "no_such_column";
  CHECK_THAT(monolith.problem(plan),
             Catch::StartsWith("p.yaml: error: the query of tenancy.directory failed: ") &&
                 Catch::Contains("no_such_column"));
  CHECK_THAT(monolith.problem(monolith.by_directory("this is not SQL")),
             Catch::Contains("the query of tenancy.directory failed"));
}

TEST_CASE("the operator's condition can't change the source", "[plan_tenants]") {
  Monolith monolith;
  const auto injected = GENERATE("1=1); DELETE FROM companies; SELECT (1", "1=1) FOR UPDATE; --");
  CHECK_THAT(monolith.problem(monolith.by_directory(injected)),
             Catch::Contains("the query of tenancy.directory failed"));
  CHECK(monolith.find(monolith.by_directory()).size() == 2);
}
