#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <catch2/catch.hpp>

#include "godwit/plan/units.hpp"
#include "plan/placement.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

struct Setting {
  Plan plan;
  std::vector<TenantSource> tenants;
  std::vector<mariadb::DatabaseSummary> databases;

  Setting() {
    plan.clusters = {{"a", "postgresql://a"}, {"b", "postgresql://b"}};
    plan.waves = {{"rest", {}, true}};
  }
  void add(const std::string& tenant, std::uint64_t bytes) {
    tenants.push_back({tenant, "crm_" + tenant});
    databases.push_back({"crm_" + tenant, 3, bytes / 100, bytes});
  }
  [[nodiscard]] Units units() const { return make_units(plan, tenants, databases); }
};

std::optional<Finding> find_code(const Units& units, const std::string& code) {
  for (const Finding& finding : units.findings) {
    if (finding.code == code) return finding;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("in a pattern % matches any text, all else itself") {
  struct Case {
    const char* pattern;
    const char* text;
    bool matches;
  };
  const auto c = GENERATE(values<Case>({
      {"crm_%", "crm_0001", true},
      {"crm_%", "crm_", true},
      {"crm_%", "crmX0001", false},
      {"crm_%", "xcrm_1", false},
      {"%_crm", "acme_crm", true},
      {"%_crm", "acme_crm2", false},
      {"a%b%c", "aXXbYYc", true},
      {"a%b%c", "abbbc", true},
      {"a%b%c", "acb", false},
      {"%ab", "aab", true},
      {"%aab", "aaab", true},
      {"%", "", true},
      {"%", "anything", true},
      {"", "", true},
      {"", "x", false},
      {"%%", "x", true},
      {"abc", "abc", true},
      {"abc", "ABC", false},
      {"abc", "abcd", false},
      {"a_c", "abc", false},
      {"a_c", "a_c", true},
      {"a?c", "abc", false},
      {"%x%", "aaaa", false},
  }));
  CAPTURE(c.pattern, c.text);
  CHECK(matches(c.pattern, c.text) == c.matches);
}

TEST_CASE("units are the tenants by name, with what is known about their databases") {
  Setting setting;
  setting.add("beta", 500);
  setting.add("acme", 7000);
  setting.plan.database_name = "c_{name}_x";
  const Units units = setting.units();
  CHECK(units.findings.empty());
  REQUIRE(units.units.size() == 2);
  const Unit& acme = units.units[0];
  CHECK(acme.id == TenantId{0});
  CHECK(acme.tenant == "acme");
  CHECK(acme.source_database == "crm_acme");
  CHECK(acme.target_database == "c_acme_x");
  CHECK(acme.tables == 3);
  CHECK(acme.rows == 70);
  CHECK(acme.bytes == 7000);
  CHECK(units.units[1].id == TenantId{1});
  CHECK(units.find("beta") == &units.units[1]);
  CHECK(units.find("acme") == &units.units[0]);
  CHECK(units.find("bet") == nullptr);
  CHECK(units.find("betaa") == nullptr);
  CHECK(units.find("") == nullptr);
}

TEST_CASE("a tenant belongs to the first wave that names it") {
  Setting setting;
  for (const char* tenant : {"acme", "ka_1", "ka_2", "other"})
    setting.add(tenant, 1);
  const auto waves_of = [&] {
    std::map<std::string, std::string> result;
    for (const Unit& unit : setting.units().units) {
      result[unit.tenant] = setting.plan.waves.at(unit.wave.value).name;
    }
    return result;
  };
  using Result = std::map<std::string, std::string>;
  setting.plan.waves = {{"canary", {"acme", "ka_2"}}, {"ka", {"ka_%"}}, {"rest", {}, true}};
  CHECK(waves_of() ==
        Result{{"acme", "canary"}, {"ka_1", "ka"}, {"ka_2", "canary"}, {"other", "rest"}});
  setting.plan.waves = {{"ka", {"ka_%"}}, {"canary", {"acme", "ka_2"}}, {"rest", {}, true}};
  CHECK(waves_of() ==
        Result{{"acme", "canary"}, {"ka_1", "ka"}, {"ka_2", "ka"}, {"other", "rest"}});
  setting.plan.waves = {{"all", {"%"}}, {"rest", {}, true}};
  CHECK(waves_of() == Result{{"acme", "all"}, {"ka_1", "all"}, {"ka_2", "all"}, {"other", "all"}});
}

TEST_CASE("tenants in no wave have no unit, and are an error") {
  Setting setting;
  for (const char* tenant : {"a", "b", "c", "d", "e", "f", "g"})
    setting.add(tenant, 1);
  setting.plan.waves = {{"one", {"a"}}};
  const Units units = setting.units();
  CHECK(units.units.size() == 1);
  const std::optional<Finding> finding = find_code(units, "tenant-without-wave");
  REQUIRE(finding);
  CHECK(finding->severity == Severity::error);
  CHECK(finding->message == "6 tenants are in no wave: b, c, d, e, f, …");
  CHECK_FALSE(finding->fix.empty());
}

TEST_CASE("waves that name nobody are found") {
  Setting setting;
  setting.add("acme", 1);
  setting.plan.waves = {{"canary", {"acme", "amce", "x%"}}, {"empty", {"y%"}}, {"rest", {}, true}};
  const Units units = setting.units();
  const std::optional<Finding> unknown = find_code(units, "wave-unknown-tenant");
  REQUIRE(unknown);
  CHECK(unknown->severity == Severity::error);
  CHECK(unknown->object == "canary");
  CHECK(unknown->message == "the wave names 'amce', which is no tenant");
  std::vector<std::string> empty;
  for (const Finding& finding : units.findings) {
    if (finding.code == "wave-without-tenants") empty.push_back(finding.object);
  }
  CHECK(empty == std::vector<std::string>{"empty", "rest"});
}

TEST_CASE("names that a target database can't have are errors") {
  struct Case {
    std::string tenant;
    std::string problem;  // empty: fine
  };
  const auto c = GENERATE(values<Case>({
      {"acme", ""},
      {std::string(63, 'x'), ""},
      {std::string(64, 'x'), "has 64 bytes"},
      {std::string(30, 'x') + std::string("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                                          "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                                          "\xc3\xa9\xc3\xa9\xc3\xa9"),
       "has 64 bytes"},
      {"postgres", "PostgreSQL's own"},
      {"template0", "PostgreSQL's own"},
      {"template1", "PostgreSQL's own"},
      {"Postgres", ""},
      {"godwit_directory", "the engine's own"},
      {"a\xff", "not valid UTF-8"},
      {"a\nb", "control characters"},
      {"", "is empty"},
      {"Acme & \"Sons\"", ""},
  }));
  CAPTURE(c.tenant);
  Setting setting;
  setting.add(c.tenant, 1);
  const Units units = setting.units();
  const std::optional<Finding> finding = find_code(units, "target-name-invalid");
  CHECK(finding.has_value() == !c.problem.empty());
  if (finding) {
    CHECK_THAT(finding->message, Catch::Contains(c.problem));
    CHECK(finding->severity == Severity::error);
    CHECK_FALSE(finding->fix.empty());
  }
}

TEST_CASE("two tenants can't share a target database") {
  Setting setting;
  setting.tenants = {{"acme", "crm_1"}, {"acme", "crm_2"}};
  const std::optional<Finding> finding = find_code(setting.units(), "target-name-duplicate");
  REQUIRE(finding);
  CHECK(finding->severity == Severity::error);
}

TEST_CASE("with schema isolation tenants are schemas of a cluster's shared databases") {
  Setting setting;
  setting.plan.isolation = Isolation::schema;
  setting.plan.shared_databases = {4, "shared_{n}"};
  setting.plan.database_name = "c_{name}";
  setting.plan.clusters[0].databases = setting.plan.clusters[1].databases = 4;
  for (int i = 0; i < 400; ++i)
    setting.add("t" + std::to_string(i), 1000);
  const Units units = setting.units();
  CHECK(units.findings.empty());
  std::map<std::string, int> counts;
  for (const Unit& unit : units.units) {
    CHECK(unit.shares_database());
    CHECK(unit.target_schema == "c_" + unit.tenant);
    ++counts[unit.target_database];
  }
  REQUIRE(counts.size() == 4);
  for (const auto& [database, count] : counts) {
    CAPTURE(database);
    CHECK(database.starts_with("shared_"));
    CHECK(count > 60);
    CHECK(count < 140);
  }

  SECTION("one database more takes its part, and moves no others") {
    setting.plan.shared_databases.count = 5;
    const Units more = setting.units();
    int moved = 0;
    for (const Unit& unit : units.units) {
      const std::string& now = more.find(unit.tenant)->target_database;
      if (now == unit.target_database) continue;
      CHECK(now == "shared_5");
      ++moved;
    }
    CHECK(moved > 40);
    CHECK(moved < 130);
    CHECK(find_code(more, "cluster-capacity"));  // 5 of 4 databases
  }
  SECTION("a tenant less moves nobody to another database") {
    setting.tenants.erase(setting.tenants.begin() + 17);
    const Units fewer = setting.units();
    for (const Unit& unit : fewer.units)
      CHECK(unit.target_database == units.find(unit.tenant)->target_database);
  }
  SECTION("tenants that were begun keep their places, of either kind") {
    const std::vector<BegunTenant> begun = {{"t7", "a", "rest", "old_9", "s7"},
                                            {"t8", "b", "rest", "c_t8"}};
    const Units kept = make_units(setting.plan, setting.tenants, setting.databases, begun);
    CHECK(kept.find("t7")->target_database == "old_9");
    CHECK(kept.find("t7")->target_schema == "s7");
    CHECK(kept.find("t7")->shares_database());
    CHECK(kept.find("t8")->target_database == "c_t8");
    CHECK(kept.find("t8")->target_schema == "public");
    CHECK_FALSE(kept.find("t8")->shares_database());
    setting.plan.isolation = Isolation::database;
    const Units later = make_units(setting.plan, setting.tenants, setting.databases, begun);
    CHECK(later.find("t7")->target_schema == "s7");
    CHECK(later.find("t7")->shares_database());
    CHECK_FALSE(later.find("t9")->shares_database());
  }
}

TEST_CASE("a tenant's own database can't be one that others share") {
  Setting setting;
  setting.plan.clusters.pop_back();
  setting.plan.isolation = Isolation::schema;
  setting.plan.shared_databases = {1, "tenants_{n}"};
  setting.add("tenants_1", 1000);
  setting.add("acme", 1000);
  setting.add("beta", 1000);
  CHECK_FALSE(find_code(setting.units(), "target-name-duplicate"));
  const auto with_begun = [&](const BegunTenant& begun) {
    return make_units(setting.plan, setting.tenants, setting.databases, {&begun, 1});
  };
  // begun before the plan went over to schemas
  const Units units = with_begun({"tenants_1", "a", "rest", "tenants_1"});
  CHECK_FALSE(units.find("tenants_1")->shares_database());
  const std::optional<Finding> finding = find_code(units, "target-name-duplicate");
  REQUIRE(finding);
  CHECK(finding->severity == Severity::error);
  CHECK(finding->object == "tenants_1");
  CHECK_THAT(finding->message, Catch::Contains("'acme'"));
  CHECK_FALSE(find_code(with_begun({"tenants_1", "a", "rest", "c_1"}), "target-name-duplicate"));
}

TEST_CASE("a tenant's schema needs a name that PostgreSQL can have and find") {
  struct Case {
    std::string tenant;
    std::string problem;  // part of the message; empty: none
  };
  const auto c = GENERATE(values<Case>({
      {"acme", ""},
      {"postgres", ""},
      {"Acme & \"Sons\"", ""},
      {"public", "PostgreSQL's own schemas"},
      {"information_schema", "PostgreSQL's own schemas"},
      {"pg_toast", "PostgreSQL's own schemas"},
      {"godwit", "the engine's own"},
      {"$user", "can't be searched for"},
      {std::string(64, 'x'), "64 bytes"},
  }));
  CAPTURE(c.tenant);
  Setting setting;
  setting.plan.isolation = Isolation::schema;
  setting.add(c.tenant, 1);
  const Units units = setting.units();
  CHECK(units.units.at(0).shares_database());
  const std::optional<Finding> finding = find_code(units, "target-name-invalid");
  CHECK(finding.has_value() == !c.problem.empty());
  if (finding) {
    CHECK_THAT(finding->message, Catch::Contains("schema") && Catch::Contains(c.problem));
    CHECK(finding->severity == Severity::error);
  }
}

TEST_CASE("a shared database of more than a thousand tenants is worth a finding") {
  Setting setting;
  setting.plan.isolation = Isolation::schema;
  setting.plan.shared_databases.count = 1;
  setting.plan.clusters.resize(1);
  for (int i = 0; i < 1000; ++i)
    setting.add("t" + std::to_string(i), 1);
  CHECK_FALSE(find_code(setting.units(), "shared-database-crowded"));
  setting.add("one_more", 1);
  const std::optional<Finding> finding = find_code(setting.units(), "shared-database-crowded");
  REQUIRE(finding);
  CHECK(finding->severity == Severity::degraded);
  CHECK(finding->object == "a/tenants_1");
}

TEST_CASE("a cluster takes no more databases than it may") {
  Setting setting;
  setting.plan.clusters[0].databases = 2;
  setting.plan.clusters[1].databases = 5;
  setting.add("huge",
              1'000'000'000);  // goes to the first, so that size alone would fill the second
  for (int i = 0; i < 6; ++i)
    setting.add("t" + std::to_string(i), 1);
  const Units units = setting.units();
  std::map<std::uint32_t, int> counts;
  for (const Unit& unit : units.units)
    ++counts[unit.cluster.value];
  CHECK(counts == std::map<std::uint32_t, int>{{0, 2}, {1, 5}});
  CHECK_FALSE(find_code(units, "cluster-capacity"));

  setting.add("one_more", 1);
  const Units too_many = setting.units();
  const std::optional<Finding> finding = find_code(too_many, "cluster-capacity");
  REQUIRE(finding);
  CHECK(finding->severity == Severity::error);
  CHECK_THAT(finding->message, Catch::Contains("databases, and it takes"));
  for (const Unit& unit : too_many.units)
    CHECK(unit.cluster.value < 2);
}

TEST_CASE("a closed cluster keeps what it has and takes no others") {
  Setting setting;
  for (int i = 0; i < 20; ++i)
    setting.add("t" + std::to_string(i), 1000);
  setting.plan.clusters[0].closed = true;
  setting.plan.clusters[0].databases = 1;
  setting.plan.placement.pins = {{"t7", "a"}};
  const std::vector<BegunTenant> begun = {{"t1", "a", "rest", "t1"}, {"t2", "a", "rest", "t2"}};
  const Units units = make_units(setting.plan, setting.tenants, setting.databases, begun);
  CHECK_FALSE(has_errors(units.findings));
  for (const Unit& unit : units.units) {
    const bool stays = unit.tenant == "t1" || unit.tenant == "t2" || unit.tenant == "t7";
    CHECK((unit.cluster == ClusterId{0}) == stays);
  }
  // also when the others have no room
  setting.plan.clusters[1].databases = 5;
  const Units full = make_units(setting.plan, setting.tenants, setting.databases, begun);
  CHECK(find_code(full, "cluster-capacity")->object == "b");
  CHECK(full.find("t9")->cluster == ClusterId{1});
}

TEST_CASE("what was begun stays where it is") {
  Setting setting;
  setting.plan.waves = {{"first", {"t1%"}}, {"second", {"t2%"}}, {"rest", {}, true}};
  for (int i = 0; i < 30; ++i)
    setting.add("t" + std::to_string(i), 1000 + static_cast<std::uint64_t>(i));
  const Unit before = *setting.units().find("t11");
  const std::string other = before.cluster.value == 0 ? "b" : "a";
  const auto units = [&](const BegunTenant& begun) {
    return make_units(setting.plan, setting.tenants, setting.databases, {&begun, 1});
  };

  const Units kept = units({"t11", other, "second", "c_t11"});
  CHECK(kept.findings.empty());
  const Unit& unit = *kept.find("t11");
  CHECK(setting.plan.clusters[unit.cluster.value].name == other);
  CHECK(setting.plan.waves[unit.wave.value].name == "second");
  CHECK(unit.target_database == "c_t11");
  CHECK(kept.find("t12")->target_database == "t12");

  SECTION("also against pins and groups, whose others follow") {
    setting.plan.placement.pins = {{"t11", other == "a" ? "b" : "a"}};
    setting.plan.placement.together = {{"t11", "t5"}};
    const Units pinned = units({"t11", other, "second", "c_t11"});
    CHECK(setting.plan.clusters[pinned.find("t11")->cluster.value].name == other);
    CHECK(pinned.find("t5")->cluster == pinned.find("t11")->cluster);
  }
  SECTION("a wave that is gone frees it") {
    const Units freed = units({"t11", other, "gone", "c_t11"});
    CHECK(freed.findings.empty());
    CHECK(freed.find("t11")->wave == before.wave);
  }
  SECTION("a cluster that is gone is an error") {
    const Units lost = units({"t11", "gone", "second", "c_t11"});
    const std::optional<Finding> finding = find_code(lost, "cluster-in-use");
    REQUIRE(finding);
    CHECK(finding->severity == Severity::error);
    CHECK(finding->object == "t11");
    CHECK_THAT(finding->message, Catch::Contains("c_t11") && Catch::Contains("'gone'"));
  }
  SECTION("a tenant that left the source is nobody") {
    CHECK(units({"left", other, "second", "left"}).findings.empty());
  }
}

TEST_CASE("tenants that are not apart as the plan wants it are an error") {
  Setting setting;
  setting.add("a1", 100);
  setting.add("a2", 100);
  setting.add("a3", 100);
  setting.plan.placement.apart = {{"a1", "a2"}};
  CHECK_FALSE(find_code(setting.units(), "placement-not-apart"));
  SECTION("limits force them") {
    setting.plan.clusters[0].databases = 0;
    const auto finding = find_code(setting.units(), "placement-not-apart");
    REQUIRE(finding);
    CHECK(finding->severity == Severity::error);
    CHECK(finding->message == "a1 and a2 are to be apart, and both are on the cluster b");
  }
  SECTION("pins force them") {
    setting.plan.placement.pins = {{"a1", "a"}, {"a2", "a"}};
    const auto finding = find_code(setting.units(), "placement-not-apart");
    REQUIRE(finding);
    CHECK(finding->message == "a1 and a2 are to be apart, and both are on the cluster a");
  }
}

TEST_CASE("the order of the input doesn't matter") {
  Setting setting;
  for (int i = 0; i < 200; ++i) {
    setting.add("t" + std::to_string(i * 37 % 200), static_cast<std::uint64_t>(i % 7) * 1'000'000);
  }
  const Units first = setting.units();
  std::reverse(setting.tenants.begin(), setting.tenants.end());
  std::reverse(setting.databases.begin(), setting.databases.end());
  const Units second = setting.units();
  REQUIRE(first.units.size() == second.units.size());
  for (std::size_t i = 0; i < first.units.size(); ++i) {
    CHECK(first.units[i].tenant == second.units[i].tenant);
    CHECK(first.units[i].cluster == second.units[i].cluster);
    CHECK(first.units[i].wave == second.units[i].wave);
  }
}

TEST_CASE("fifty thousand tenants are planned in less than a second") {
  Setting setting;
  setting.plan.clusters.clear();
  for (int i = 0; i < 60; ++i) {
    setting.plan.clusters.push_back({"pg-" + std::to_string(i), "u" + std::to_string(i)});
  }
  setting.plan.waves = {{"canary", {}}, {"ka", {"ka_%", "%_vip"}}, {"rest", {}, true}};
  for (int i = 0; i < 50'000; ++i) {
    setting.add("tenant_" + std::to_string(i), static_cast<std::uint64_t>(i) * 1000);
    if (i % 5 == 0) setting.plan.waves[0].tenants.push_back("tenant_" + std::to_string(i));
  }
  const double begin = test::thread_cpu_seconds();
  const Units units = setting.units();
  const double elapsed = test::thread_cpu_seconds() - begin;
  CHECK(units.units.size() == 50'000);
  CHECK_FALSE(has_errors(units.findings));
  CHECK(elapsed < 1 * test::kSlowdown);
  for (int i = 0; i < 50'000; i += 7)
    REQUIRE(units.find("tenant_" + std::to_string(i)));
}
