// Fifty thousand tenants on the fifty clusters of the example plan.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "godwit/plan/cluster_load.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

constexpr std::size_t kTenants = 50'000;
constexpr std::uint64_t kTables = 40;
constexpr std::uint64_t kMiB = 1U << 20U;

struct Catalog {
  std::vector<TenantSource> tenants;
  std::vector<mariadb::DatabaseSummary> databases;
};

/// The catalog of bench/tenant_catalog: many small tenants, few large ones.
Catalog catalog_of(std::size_t tenants) {
  Catalog catalog;
  std::uint64_t state = 48271 + 11;
  for (std::size_t i = 1; i <= tenants; ++i) {
    state = state * 16807 % 2147483647;
    const double part = static_cast<double>(state) / 2147483647.0;
    const double bytes = std::min(8e9, 3e6 * std::pow(part, -1 / 1.15));
    const auto pages = static_cast<std::uint64_t>(bytes / 16384);
    char name[32];
    std::snprintf(name, sizeof name, "crm_%05zu", i);
    catalog.tenants.push_back({name, name});
    catalog.databases.push_back({name, kTables, pages * 70, pages * 16384});
  }
  return catalog;
}

}  // namespace

TEST_CASE("fifty thousand tenants of forty tables are planned on fifty clusters", "[plan_scale]") {
  const Plan plan = load_plan(std::string(GODWIT_SOURCE_DIR) + "/plans/fifty-clusters.yaml");
  REQUIRE(plan.clusters.size() == 50);
  REQUIRE(plan.waves.size() == 5);
  Catalog catalog = catalog_of(kTenants);

  const double begin = test::thread_cpu_seconds();
  const Units units = make_units(plan, catalog.tenants, catalog.databases);
  CHECK(test::thread_cpu_seconds() - begin < 2 * test::kSlowdown);
  for (const Finding& finding : units.findings)
    FAIL_CHECK(finding.code << ": " << finding.message);
  REQUIRE(units.units.size() == kTenants);

  // each tenant once, in its size's wave
  std::set<std::string> names;
  std::map<std::string, std::size_t> waves;
  std::size_t misplaced = 0;
  for (const Unit& unit : units.units) {
    names.insert(unit.tenant);
    const std::string& wave = plan.waves.at(unit.wave.value).name;
    ++waves[wave];
    const std::string by_size = unit.bytes < 8 * kMiB      ? "small"
                                : unit.bytes < 64 * kMiB   ? "medium"
                                : unit.bytes < 1024 * kMiB ? "large"
                                                           : "rest";
    const bool canary = wave == "canary" && unit.bytes < 100 * kMiB;
    misplaced += wave == by_size || canary ? 0U : 1U;
    if (unit.tables != kTables) ++misplaced;
  }
  CHECK(names.size() == kTenants);
  CHECK(misplaced == 0);
  CHECK(waves["canary"] == 50);
  CHECK(waves.size() == 5);

  // within every limit, and even
  const std::vector<ClusterLoad> loads = cluster_loads(plan, units.units);
  std::uint64_t bytes = 0;
  for (const ClusterLoad& load : loads) {
    CHECK(load.room.databases == 1176);
    CHECK(load.tenants <= load.room.databases);
    CHECK(load.bytes <= load.room.bytes);
    bytes += load.bytes;
  }
  std::uint64_t expected = kTenants * kEmptyDatabaseBytes;
  for (const mariadb::DatabaseSummary& database : catalog.databases)
    expected += database.bytes;
  CHECK(bytes == expected);
  CHECK(spread(loads) < 1.1);

  // whatever the order of the input
  std::reverse(catalog.tenants.begin(), catalog.tenants.end());
  std::rotate(catalog.databases.begin(), catalog.databases.begin() + 777, catalog.databases.end());
  const Units again = make_units(plan, catalog.tenants, catalog.databases);
  REQUIRE(again.units.size() == units.units.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < kTenants; ++i) {
    const Unit& a = units.units[i];
    const Unit& b = again.units[i];
    const bool same = a.tenant == b.tenant && a.cluster == b.cluster && a.wave == b.wave &&
                      a.bytes == b.bytes && a.target_database == b.target_database;
    different += same ? 0U : 1U;
  }
  CHECK(different == 0);
}
