#include <algorithm>

#include <catch2/catch.hpp>

#include "godwit/plan/plan_diff.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

constexpr const char* kPlan = R"(version: 1
source: { uri: "mariadb://godwit@db1/" }
tenancy: { mode: database, databases: ["crm_%"] }
clusters:
  - { name: pg-01, uri: "postgresql://godwit@pg-01" }
  - { name: pg-02, uri: "postgresql://godwit@pg-02" }
waves:
  - { name: canary, tenants: [crm_1, crm_2] }
  - { name: small, size: { below: 50MiB } }
  - { name: rest, tenants: rest, lanes: 8 }
)";

Plan parse(const std::string& text, const std::string& file = "plan.yaml") {
  Diagnostics diagnostics;
  Plan plan = parse_plan(text, file, diagnostics);
  INFO(to_string(diagnostics));
  REQUIRE(diagnostics.empty());
  return plan;
}

/// The plan above with one piece of its text replaced.
Plan changed(const std::string& piece, const std::string& by) {
  std::string text = kPlan;
  const std::size_t at = text.find(piece);
  REQUIRE(at != std::string::npos);
  return parse(text.replace(at, piece.size(), by));
}

using Changes = std::vector<SettingChange>;

PlacedTenant placed(const std::string& tenant, const std::string& wave, const std::string& cluster,
                    const std::string& schema = {}) {
  return {tenant, wave, cluster, "crm_" + tenant, tenant, schema};
}

}  // namespace

TEST_CASE("plans that say the same have no difference") {
  CHECK(diff_settings(parse(kPlan), parse(kPlan)).empty());
  // the default of the state folder follows the file's name; sizes may be written in many ways
  CHECK(diff_settings(parse(kPlan), parse(kPlan, "other/name.yaml")).empty());
  CHECK(diff_settings(parse(kPlan), changed("50MiB", "51200KiB")).empty());
  CHECK(diff_settings(parse(kPlan), changed("waves:", "copy: { memory: 32MiB }\nwaves:")).empty());
}

TEST_CASE("a changed value is named by its path in the plan") {
  const Plan before = parse(kPlan);
  CHECK(diff_settings(before, changed("lanes: 8", "lanes: 4")) ==
        Changes{{"waves.rest.lanes", "8", "4"}});
  CHECK(diff_settings(before, changed("50MiB", "52428801")) ==
        Changes{{"waves.small.size.below", "50MiB", "52428801"}});
  CHECK(diff_settings(before, changed("crm_1, crm_2", "crm_1")) ==
        Changes{{"waves.canary.tenants", "[crm_1, crm_2]", "[crm_1]"}});
  CHECK(diff_settings(before, changed("db1/", "db2/")) ==
        Changes{{"source.uri", "mariadb://godwit@db1/", "mariadb://godwit@db2/"}});
  CHECK(diff_settings(before, changed("@pg-02\" }", "@pg-02\", databases: 1200, bytes: 2TiB }")) ==
        Changes{{"clusters.pg-02.databases", "1000", "1200"},
                {"clusters.pg-02.bytes", std::nullopt, "2TiB"}});
  CHECK(diff_settings(before, changed("waves:", "database_name: \"x_{name}\"\nwaves:")) ==
        Changes{{"database_name", "{name}", "x_{name}"}});
}

TEST_CASE("clusters, waves, overrides and pins come and go as a whole") {
  const Plan before = parse(kPlan);
  const Plan more = changed("waves:",
                            "  - { name: pg-03, uri: \"postgresql://godwit@pg-03\" }\n"
                            "schema: { columns: { \"a.b\": { zero_date: null } } }\n"
                            "placement: { pins: { crm_1: pg-02 } }\n"
                            "waves:\n  - { name: first, limit: 5 }");
  const Changes expected = {
      {"placement.pins.crm_1", std::nullopt, "pg-02"},
      {"schema.columns.\"a.b\"", std::nullopt, "zero_date: null"},
      {"clusters.pg-03", std::nullopt,
       "uri: postgresql://godwit@pg-03, databases: 1000, connections: 1000, engine_connections: "
       "40"},
      {"waves.first", std::nullopt, "limit: 5, lanes: 2"},
  };
  CHECK(diff_settings(before, more) == expected);

  const Changes back = diff_settings(more, before);
  REQUIRE(back.size() == expected.size());
  for (const SettingChange& change : expected) {
    CAPTURE(change.path);
    CHECK(std::find(back.begin(), back.end(),
                    SettingChange{change.path, change.after, std::nullopt}) != back.end());
  }
}

TEST_CASE("the order of the waves is a difference, as it decides who is in which") {
  const std::string canary = "  - { name: canary, tenants: [crm_1, crm_2] }\n";
  const std::string small = "  - { name: small, size: { below: 50MiB } }\n";
  CHECK(diff_settings(parse(kPlan), changed(canary + small, small + canary)) ==
        Changes{{"waves", "canary, small, rest", "small, canary, rest"}});
}

TEST_CASE("tenants that came, went and moved") {
  const std::vector<PlacedTenant> before = {
      placed("d", "rest", "pg-01"), placed("b", "rest", "pg-01"), placed("a", "canary", "pg-01"),
      placed("c", "rest", "pg-02")};
  std::vector<PlacedTenant> after = before;
  CHECK(diff_tenants(before, after).empty());
  std::reverse(after.begin(), after.end());
  CHECK(diff_tenants(before, after).empty());

  after = {placed("a", "canary", "pg-01"), placed("b", "small", "pg-02"),
           placed("d", "small", "pg-01"), placed("e", "rest", "pg-02")};
  after[0].target_database = "a_new";
  const TenantDiff diff = diff_tenants(before, after);
  CHECK_FALSE(diff.empty());
  CHECK(diff.added == std::vector<PlacedTenant>{placed("e", "rest", "pg-02")});
  CHECK(diff.removed == std::vector<PlacedTenant>{placed("c", "rest", "pg-02")});
  CHECK(diff.moves == std::vector<TenantMove>{{"wave", "rest", "small", {"b", "d"}},
                                              {"cluster", "pg-01", "pg-02", {"b"}},
                                              {"target_database", "a", "a_new", {"a"}}});

  const TenantDiff from_nothing = diff_tenants({}, before);
  CHECK(from_nothing.added.size() == 4);
  CHECK(from_nothing.added.front().tenant == "a");
  CHECK(diff_tenants(before, {}).removed.size() == 4);
}

TEST_CASE("changed schemas are grouped by what they were and are") {
  const std::vector<PlacedTenant> before = {
      placed("a", "w", "c", "111"), placed("b", "w", "c", "111"), placed("c", "w", "c", "111"),
      placed("d", "w", "c", "222"), placed("e", "w", "c", "222")};
  std::vector<PlacedTenant> after = before;
  after[0].schema = "333";
  after[2].schema = "333";
  after[3].schema = "333";
  after[4].schema = "";  // not asked for
  CHECK(diff_tenants(before, after).moves ==
        std::vector<TenantMove>{{"schema", "111", "333", {"a", "c"}},
                                {"schema", "222", "333", {"d"}}});
  CHECK(diff_tenants(after, before).moves ==
        std::vector<TenantMove>{{"schema", "333", "111", {"a", "c"}},
                                {"schema", "333", "222", {"d"}}});
}

TEST_CASE("placed tenants are the units by names") {
  Plan plan = parse(kPlan);
  Unit unit;
  unit.tenant = "acme";
  unit.source_database = "crm_1";
  unit.target_database = "t_acme";
  unit.cluster = ClusterId{1};
  unit.wave = WaveId{2};
  const std::vector<Unit> units = {unit};
  CHECK(placed_tenants(plan, units) ==
        std::vector<PlacedTenant>{{"acme", "rest", "pg-02", "crm_1", "t_acme", ""}});
}
