#include <algorithm>
#include <chrono>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/proposal.hpp"
#include "godwit/plan/units.hpp"
#include "support/servers.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

/// A server with other tests' databases beside: six tenants of one scheme are the largest group.
class Monolith {
 public:
  Monolith() : prefix_(test::unique_name("gw_prop") + "_"), root_(test::servers().source_root) {
    root_.execute("SET SESSION tx_read_only = 0");
    for (int i = 1; i <= kTenants; ++i)
      add_tenant(i);
    run("CREATE TABLE " + quoted(tenant(3)) + ".extra (id INT PRIMARY KEY)");
    run("CREATE TABLE " + create(admin()) +
        ".companies (id INT PRIMARY KEY, slug VARCHAR(20), "
        "db_name VARCHAR(64), note VARCHAR(20))");
  }
  ~Monolith() {
    for (const std::string& database : created_) {
      try {
        root_.execute("DROP DATABASE " + database);
      } catch (const Error&) {
        // the server dies with the tests
      }
    }
  }
  Monolith(const Monolith&) = delete;
  Monolith& operator=(const Monolith&) = delete;

  static constexpr int kTenants = 6;
  [[nodiscard]] std::string tenant(int i) const { return prefix_ + std::to_string(1000 + i); }
  [[nodiscard]] std::string admin() const { return prefix_ + "admin"; }
  [[nodiscard]] const std::string& prefix() const { return prefix_; }
  void run(const std::string& sql) { root_.execute(sql); }
  std::string create(const std::string& name) {
    created_.push_back(quoted(name));
    run("CREATE DATABASE " + created_.back());
    return created_.back();
  }
  void add_tenant(int i) {
    const std::string database = create(tenant(i));
    run("CREATE TABLE " + database + ".customers (id INT PRIMARY KEY, name VARCHAR(20))");
    run("CREATE TABLE " + database + ".invoices (id INT PRIMARY KEY)");
    run("CREATE TABLE " + database + ".notes (id INT PRIMARY KEY)");
  }
  void list(int id, const std::string& slug, const std::string& database) {
    run("INSERT INTO " + quoted(admin()) + ".companies VALUES (" + std::to_string(id) + ", " +
        mariadb::quote_literal(slug) + ", " + mariadb::quote_literal(database) + ", 'x')");
  }
  void list_all() {
    for (int i = 1; i <= kTenants; ++i)
      list(i, "company-" + std::to_string(i), tenant(i));
  }
  static std::string quoted(const std::string& name) { return mariadb::quote_identifier(name); }

 private:
  std::string prefix_;
  mariadb::Connection root_;
  std::vector<std::string> created_;
};

ProposalOptions options() {
  ProposalOptions result;
  result.source_uri = test::servers().source_uri;
  result.target_uris = {"postgresql://godwit@pg"};
  return result;
}

struct Proposed {
  std::string text;
  Plan plan;
};

Proposed propose(const ProposalOptions& chosen = options()) {
  mariadb::Connection source(test::servers().source);
  Proposed result;
  result.text = propose_plan(chosen, source);
  CHECK(propose_plan(chosen, source) == result.text);
  Diagnostics diagnostics;
  result.plan = parse_plan(result.text, "p.yaml", diagnostics);
  CHECK(to_string(diagnostics).empty());
  return result;
}

Units units_of(const Plan& plan) {
  mariadb::Connection source(test::servers().source);
  const auto databases = mariadb::list_databases(source);
  const auto tenants = find_tenants(plan, source, databases);
  return make_units(plan, tenants, databases);
}

}  // namespace

TEST_CASE("init proposes the largest group of databases, with its evidence", "[plan_proposal]") {
  const Monolith monolith;
  const Proposed proposed = propose();
  CAPTURE(proposed.text);
  CHECK(proposed.plan.tenancy.patterns == std::vector<std::string>{monolith.prefix() + "%"});
  // The name fits, the tables don't.
  CHECK(proposed.plan.tenancy.exclude == std::vector<std::string>{monolith.admin()});
  CHECK_FALSE(proposed.plan.tenancy.directory);
  CHECK_THAT(proposed.text, Catch::Contains("6 databases are taken for tenants"));
  CHECK_THAT(proposed.text, Catch::Contains("5 of them have"));
  CHECK_THAT(proposed.text, Catch::Contains("others': " + monolith.tenant(3)));
  REQUIRE(proposed.plan.waves.size() == 2);
  CHECK(proposed.plan.waves[0].name == "canary");
  CHECK(proposed.plan.waves[0].tenants.size() == 2);
  CHECK(proposed.plan.waves[1].rest);

  const Units units = units_of(proposed.plan);
  CHECK(units.units.size() == 6);
  CHECK(units.findings.empty());
  CHECK(std::count_if(units.units.begin(), units.units.end(),
                      [](const Unit& unit) { return unit.wave == WaveId{0}; }) == 2);
}

TEST_CASE("init finds the table that lists the tenants", "[plan_proposal]") {
  Monolith monolith;
  monolith.list_all();
  const Proposed proposed = propose();
  CAPTURE(proposed.text);
  REQUIRE(proposed.plan.tenancy.directory);
  CHECK(proposed.plan.tenancy.directory->table == monolith.admin() + ".companies");
  CHECK(proposed.plan.tenancy.directory->database_column == "db_name");
  CHECK(proposed.plan.tenancy.directory->name_column == "slug");
  CHECK_THAT(proposed.text, Catch::Contains("# databases: [\"" + monolith.prefix() + "%\"]"));
  const Units units = units_of(proposed.plan);
  CHECK(units.findings.empty());
  REQUIRE(units.find("company-3") != nullptr);
  CHECK(units.find("company-3")->source_database == monolith.tenant(3));
  for (const std::string& tenant : proposed.plan.waves[0].tenants)
    CHECK(units.find(tenant));
}

TEST_CASE("a directory that doesn't fit exactly is only a comment", "[plan_proposal]") {
  Monolith monolith;
  SECTION("a tenant is missing") {
    for (int i = 1; i < Monolith::kTenants; ++i)
      monolith.list(i, "s", monolith.tenant(i));
  }
  SECTION("a database is gone") {
    monolith.list_all();
    monolith.list(100, "gone", "gw_gone");
  }
  SECTION("a database stands twice") {
    monolith.list_all();
    monolith.list(100, "again", monolith.tenant(1));
  }
  SECTION("a row without a database") {
    monolith.list_all();
    monolith.list(100, "new", "");
  }
  const Proposed proposed = propose();
  CAPTURE(proposed.text);
  CHECK_FALSE(proposed.plan.tenancy.directory);
  CHECK_THAT(proposed.text, Catch::Contains("# directory: { table: \"" + monolith.admin() +
                                            ".companies\", database: \"db_name\""));
  CHECK(units_of(proposed.plan).units.size() == 6);
}

TEST_CASE("more tenants are no more questions to the source", "[plan_proposal]") {
  Monolith monolith;
  monolith.list_all();
  mariadb::Connection source(test::servers().source);
  const auto questions = [&source] {
    const mariadb::Rows rows = source.query("SHOW SESSION STATUS LIKE 'Questions'");
    return std::stoull(rows.at(0).at(1).value());
  };
  const auto asked = [&](const auto& work) {
    const auto before = questions();
    work();
    return questions() - before - 1;
  };
  const auto propose_all = [&] { (void)propose_plan(options(), source); };
  const auto few = asked(propose_all);
  constexpr int kMany = 8 * Monolith::kTenants;
  for (int i = Monolith::kTenants + 1; i <= kMany; ++i) {
    monolith.add_tenant(i);
    monolith.list(i, "company-" + std::to_string(i), monolith.tenant(i));
  }
  const auto many = asked(propose_all);
  CHECK(many == few);
  const Proposed proposed = propose();
  CHECK_THAT(proposed.text, Catch::Contains("48 databases are taken for tenants"));

  // plan: the databases with their sizes, and the directory
  std::size_t found = 0;
  const auto statements = asked([&] {
    const auto databases = mariadb::list_databases(source);
    found = find_tenants(proposed.plan, source, databases).size();
  });
  CHECK(found == kMany);
  CHECK(statements == 2);
}

TEST_CASE("names that aren't unique are not proposed as tenants' names", "[plan_proposal]") {
  Monolith monolith;
  for (int i = 1; i <= Monolith::kTenants; ++i)
    monolith.list(i, "same", monolith.tenant(i));
  const Proposed proposed = propose();
  REQUIRE(proposed.plan.tenancy.directory);
  CHECK(proposed.plan.tenancy.directory->name_column.empty());
  CHECK(units_of(proposed.plan).findings.empty());
}

TEST_CASE("the operator's choice of tenants is taken", "[plan_proposal]") {
  Monolith monolith;
  monolith.list(1, "one", monolith.tenant(1));
  monolith.list(2, "two", monolith.tenant(2));
  SECTION("by pattern") {
    ProposalOptions chosen = options();
    chosen.pattern = monolith.prefix() + "100%";
    const Proposed proposed = propose(chosen);
    CHECK(proposed.plan.tenancy.patterns == std::vector<std::string>{chosen.pattern});
    CHECK(proposed.plan.tenancy.exclude.empty());
  }
  SECTION("by directory") {
    ProposalOptions chosen = options();
    chosen.directory = monolith.admin() + ".companies(db_name)";
    const Proposed proposed = propose(chosen);
    REQUIRE(proposed.plan.tenancy.directory);
    CHECK(proposed.plan.tenancy.directory->name_column == "slug");
    CHECK(units_of(proposed.plan).units.size() == 2);
    CHECK(proposed.plan.waves[0].tenants.size() == 1);
  }
}

TEST_CASE("what can't be proposed is said", "[plan_proposal]") {
  Monolith monolith;
  mariadb::Connection source(test::servers().source);
  const auto problem = [&](const ProposalOptions& chosen) -> std::string {
    try {
      propose_plan(chosen, source);
      return "none";
    } catch (const Error& error) {
      return error.what();
    }
  };
  ProposalOptions chosen = options();
  chosen.pattern = "gw_no_such_%";
  CHECK_THAT(problem(chosen), Catch::StartsWith("no database matches 'gw_no_such_%'. The account "
                                                "sees "));
  chosen = options();
  chosen.directory = "companies.db_name";
  CHECK_THAT(problem(chosen), Catch::Contains("expected DATABASE.TABLE(COLUMN)"));
  chosen.directory = monolith.admin() + ".companies(note)";
  monolith.list_all();
  CHECK_THAT(problem(chosen), Catch::Contains("is a database"));
  chosen = options();
  chosen.source_uri = "mariadb://godwit:hunter2@localhost/";
  CHECK_THAT(problem(chosen), Catch::Contains("holds a password") && !Catch::Contains("hunter2"));
  chosen = options();
  chosen.target_uris = {"http://pg"};
  CHECK_THAT(problem(chosen), Catch::Contains("'clusters[0].uri': expected postgresql://"));
}
