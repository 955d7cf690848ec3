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
  CHECK(
      diff_settings(before, changed("db1/\"",
                                    "db1/\", replicas: [\"mariadb://r/\"], limits: { "
                                    "replica_lag: 2m, threads_running: 40, history_list: 1M }")) ==
      Changes{{"source.limits.replica_lag", std::nullopt, "120s"},
              {"source.limits.threads_running", std::nullopt, "40"},
              {"source.limits.history_list", std::nullopt, "1000000"},
              {"source.replicas", std::nullopt, "[mariadb://r/]"}});
  CHECK(diff_settings(before, changed("@pg-02\" }", "@pg-02\", databases: 1200, bytes: 2TiB }")) ==
        Changes{{"clusters.pg-02.databases", "1000", "1200"},
                {"clusters.pg-02.bytes", std::nullopt, "2TiB"}});
  CHECK(diff_settings(before, changed("waves:", "database_name: \"x_{name}\"\nwaves:")) ==
        Changes{{"database_name", "{name}", "x_{name}"}});
  CHECK(diff_settings(before, changed("waves:", "isolation: schema\nwaves:")) ==
        Changes{{"isolation.schema.databases", std::nullopt, "8"},
                {"isolation.schema.database_name", std::nullopt, "tenants_{n}"}});
}

TEST_CASE("how a wave begins its tenants and what a copy may take are settings") {
  const Plan before = parse(kPlan);
  const auto with = [](const std::string& keys) {
    return changed("lanes: 8", "lanes: 8, " + keys);
  };
  CHECK(diff_settings(before, with("window: \"Fri-Sun 22:00-05:00 UTC\"")) ==
        Changes{{"waves.rest.window", std::nullopt, "[Fri,Sat,Sun 22:00-05:00 UTC]"}});
  CHECK(diff_settings(with("window: [\"00:00-24:00 UTC\", \"Mon 01:30-02:00 UTC\"]"), before) ==
        Changes{{"waves.rest.window", "[00:00-24:00 UTC, Mon 01:30-02:00 UTC]", std::nullopt}});
  CHECK(diff_settings(with("window: \"Sat-Sun 22:00-05:00 UTC\""),
                      with("window: \"Sat,Sun 22:00-05:00 UTC\""))
            .empty());
  CHECK(diff_settings(before, with("order: smallest")) ==
        Changes{{"waves.rest.order", std::nullopt, "smallest"}});
  CHECK(diff_settings(before, with("order: largest")).empty());
  CHECK(diff_settings(with("order: name"), with("order: smallest")) ==
        Changes{{"waves.rest.order", "name", "smallest"}});
  CHECK(diff_settings(before, with("abort_after: 3 failures")) ==
        Changes{{"waves.rest.abort_after", std::nullopt, "3 failures"}});

  const auto copy = [](const std::string& keys) {
    return changed("waves:", "copy: { " + keys + " }\nwaves:");
  };
  CHECK(diff_settings(before, copy("together: 40")) ==
        Changes{{"copy.together", std::nullopt, "40"}});
  CHECK(diff_settings(before, copy("routing: 1GiB")) ==
        Changes{{"copy.routing", "256MiB", "1GiB"}});
  CHECK(diff_settings(before, copy("spill: 2TiB")) == Changes{{"copy.spill", "1TiB", "2TiB"}});
}

TEST_CASE("each rule of row tenancy is a setting") {
  const std::string mode_database = "{ mode: database, databases: [\"crm_%\"] }";
  const std::string text =
      "{ mode: row, database: crm, directory: { table: companies, key: id }, tables: { default: { "
      "owned: company_id }, lines: { inherited: [\"a -> b\", \"c, d -> e(x, y)\"] }, notes: "
      "{ owned: owner }, countries: shared } }";
  const Plan before = changed(mode_database, text);
  const auto with = [&](const std::string& piece, const std::string& by) {
    std::string other = text;
    const std::size_t at = other.find(piece);
    REQUIRE(at != std::string::npos);
    return diff_settings(before, changed(mode_database, other.replace(at, piece.size(), by)));
  };
  const std::string paths = "\"a -> b\", \"c, d -> e(x, y)\"";
  const std::string inherited = "{ inherited: [" + paths + "] }";
  CHECK(with("mode", "mode").empty());
  CHECK(with("database: crm", "database: erp") == Changes{{"tenancy.database", "crm", "erp"}});
  CHECK(with("companies", "firms") == Changes{{"tenancy.directory.table", "companies", "firms"}});
  CHECK(with("key: id", "key: no") == Changes{{"tenancy.directory.key", "id", "no"}});
  CHECK(with("key: id", "key: id, name: slug") ==
        Changes{{"tenancy.directory.name", std::nullopt, "slug"}});
  CHECK(with("key: id", "key: id, where: \"id > 1\"") ==
        Changes{{"tenancy.directory.where", std::nullopt, "id > 1"}});
  CHECK(with("tables:", "drop_keys: [lines.to_b], tables:") ==
        Changes{{"tenancy.drop_keys", std::nullopt, "[lines.to_b]"}});
  CHECK(with("tables:", "central: middle, tables:") ==
        Changes{{"tenancy.central", "central", "middle"}});
  CHECK(with("company_id", "tenant_id") ==
        Changes{{"tenancy.tables.default", "{ owned: company_id }", "{ owned: tenant_id }"}});
  CHECK(with("countries: shared", "countries: ask") ==
        Changes{{"tenancy.tables.countries", "shared", "ask"}});
  CHECK(with(", countries: shared", "") ==
        Changes{{"tenancy.tables.countries", "shared", std::nullopt}});
  CHECK(with("owned: owner", "owned: owner, unrouted: leave") ==
        Changes{{"tenancy.tables.notes", "{ owned: owner }", "{ owned: owner, unrouted: leave }"}});
  CHECK(with(paths, "\"c, d -> e(x, y)\", \"a -> b\"") ==
        Changes{{"tenancy.tables.lines", inherited,
                 "{ inherited: [\"c, d -> e(x, y)\", \"a -> b\"] }"}});
  CHECK(with("e(x, y)", "e") ==
        Changes{{"tenancy.tables.lines", inherited, "{ inherited: [\"a -> b\", \"c, d -> e\"] }"}});
  // the other tenancy has none of it
  const Changes all = diff_settings(parse(kPlan), before);
  CHECK(std::find(all.begin(), all.end(), SettingChange{"tenancy.mode", std::nullopt, "row"}) !=
        all.end());
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

TEST_CASE("a name that has come to another tenant's key is a change") {
  std::vector<PlacedTenant> before = {placed("a", "w", "c"), placed("b", "w", "c"),
                                      placed("c", "w", "c")};
  std::vector<PlacedTenant> after = before;
  before[0].key = after[1].key = "1";
  before[1].key = after[0].key = "2";
  after[2].key = "3";  // not known before
  CHECK(diff_tenants(before, after).moves ==
        std::vector<TenantMove>{{"key", "1", "2", {"a"}}, {"key", "2", "1", {"b"}}});

  const Plan plan = parse(kPlan);
  std::vector<Unit> units(2);
  units[0].key = "acme";
  units[1].key = std::string("\x01\xff", 2);
  CHECK(placed_tenants(plan, units)[0].key == "acme");
  CHECK(placed_tenants(plan, units)[1].key == "0x01ff");
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

  unit.isolation = Isolation::schema;
  unit.target_schema = "s_acme";
  const std::vector<Unit> schemas = {unit};
  const std::vector<PlacedTenant> shared = placed_tenants(plan, schemas);
  CHECK(shared.at(0).target_schema == "s_acme");
  CHECK(diff_tenants(placed_tenants(plan, units), shared).moves ==
        std::vector<TenantMove>{{"target_schema", "", "s_acme", {"acme"}}});
}
