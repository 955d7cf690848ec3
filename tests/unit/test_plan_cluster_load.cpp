#include <catch2/catch.hpp>

#include "godwit/plan/cluster_load.hpp"
#include "plan/placement.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

Unit unit_on(std::uint32_t cluster, const std::string& tenant, std::uint64_t bytes) {
  Unit unit;
  unit.tenant = tenant;
  unit.cluster = ClusterId{cluster};
  unit.rows = 10;
  unit.bytes = bytes;
  return unit;
}

Plan plan_of(int clusters) {
  Plan plan;
  for (int i = 0; i < clusters; ++i) {
    ClusterSpec& cluster = plan.clusters.emplace_back();
    cluster.name = "pg-" + std::to_string(i);
  }
  return plan;
}

}  // namespace

TEST_CASE("a cluster's load counts its tenants, their bytes and what empty databases cost") {
  Plan plan = plan_of(3);
  plan.placement.tenant_connections = 4;
  const std::vector<Unit> units = {unit_on(0, "a", 100), unit_on(2, "b", 300),
                                   unit_on(0, "c", 200)};
  const auto loads = cluster_loads(plan, units);
  REQUIRE(loads.size() == 3);
  CHECK(loads[0].tenants == 2);
  CHECK(loads[0].rows == 20);
  CHECK(loads[0].bytes == 300 + 2 * kEmptyDatabaseBytes);
  CHECK(loads[0].connections == 8);
  REQUIRE(loads[0].largest != nullptr);
  CHECK(loads[0].largest->tenant == "c");
  CHECK(loads[1].tenants == 0);
  CHECK(loads[1].bytes == 0);
  CHECK(loads[1].largest == nullptr);
  CHECK(loads[2].bytes == 300 + kEmptyDatabaseBytes);

  plan.placement.tenant_connections = 0;
  CHECK(cluster_loads(plan, units)[0].connections == 0);
}

TEST_CASE("a shared database counts once on each cluster, and a schema costs nothing") {
  Plan plan = plan_of(2);
  plan.isolation = Isolation::schema;
  std::vector<Unit> units = {unit_on(0, "a", 100), unit_on(0, "b", 300), unit_on(0, "c", 500),
                             unit_on(1, "d", 700), unit_on(0, "own", 50)};
  for (std::size_t i = 0; i < 4; ++i) {
    units[i].isolation = Isolation::schema;
    units[i].target_database = i == 2 ? "s2" : "s1";
    units[i].target_schema = units[i].tenant;
  }
  units[4].target_database = "own";  // begun before the plan said so
  const auto loads = cluster_loads(plan, units);
  CHECK(loads[0].tenants == 4);
  CHECK(loads[0].databases == 3);
  CHECK(loads[0].bytes == 950 + 3 * kEmptyDatabaseBytes);
  CHECK(loads[1].databases == 1);
  CHECK(loads[1].bytes == 700 + kEmptyDatabaseBytes);
}

TEST_CASE("a cluster's room is its limits less the reserve") {
  ClusterSpec cluster;
  cluster.databases = 200;
  cluster.connections = 540;
  cluster.engine_connections = 40;
  PlacementSpec rules;
  CHECK(room_of(cluster, rules).databases == 200);
  CHECK(room_of(cluster, rules).bytes == kNoLimit);
  CHECK(room_of(cluster, rules).connections == 500);
  cluster.bytes = 1000;
  rules.reserve = 0.1;
  CHECK(room_of(cluster, rules).databases == 180);
  CHECK(room_of(cluster, rules).bytes == 900);
  CHECK(room_of(cluster, rules).connections == 450);
  rules.tenant_connections = 4;
  CHECK(room_of(cluster, rules).databases == 112);
  CHECK(room_of(cluster, rules).tenants == kNoLimit);
  // of tenants that share databases the connections limit the number, not that of the databases
  CHECK(room_of(cluster, rules, 8).databases == 180);
  CHECK(room_of(cluster, rules, 8).tenants == 112);
  rules.tenant_connections = 0;
  CHECK(room_of(cluster, rules, 8).tenants == kNoLimit);
}

TEST_CASE("fair shares follow the bytes where all clusters state them, else the databases") {
  std::vector<ClusterRoom> rooms(2);
  rooms[0].databases = 300;
  rooms[1].databases = 100;
  CHECK(fair_shares(rooms)[0] == Approx(0.75));
  rooms[0].bytes = 100;
  CHECK(fair_shares(rooms)[0] == Approx(0.75));
  rooms[1].bytes = 400;
  CHECK(fair_shares(rooms)[0] == Approx(0.2));
  CHECK(fair_shares(rooms)[1] == Approx(0.8));
  rooms[0].bytes = rooms[1].bytes = 0;
  CHECK(fair_shares(rooms)[0] == 0);
}

TEST_CASE("with shared databases their number is no measure of what a cluster holds") {
  std::vector<ClusterRoom> rooms(3);
  rooms[0].databases = 8;
  rooms[1].databases = 1000;
  rooms[2].databases = 7;  // not even the shared ones
  CHECK(fair_shares(rooms, 8) == std::vector<double>{0.5, 0.5, 0});
  CHECK(fair_shares(rooms)[0] < 0.01);
  // no cluster has room for these: the caller reports it
  CHECK(fair_shares(rooms, 2000)[2] == Approx(1.0 / 3));
  for (std::size_t i = 0; i < rooms.size(); ++i)
    rooms[i].tenants = 100 * (i + 1);
  CHECK(fair_shares(rooms, 8)[2] == Approx(0.5));
  for (ClusterRoom& room : rooms)
    room.bytes = 1000;
  CHECK(fair_shares(rooms, 8)[2] == Approx(1.0 / 3));
}

TEST_CASE("tenants that share databases fill a cluster of few as well as one of many") {
  Plan plan = plan_of(2);
  plan.clusters[0].databases = 8;
  plan.clusters[1].databases = 1000;
  plan.isolation = Isolation::schema;
  const std::vector<ClusterLoad> loads = cluster_loads(plan, {});
  CHECK(loads[0].fair_share == Approx(0.5));
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i)
    names.push_back("t" + std::to_string(i));
  std::vector<TenantSize> sizes;
  for (const std::string& name : names) {
    TenantSize& size = sizes.emplace_back();
    size.tenant = name;
    size.bytes = 1'000'000;
    size.own_database = false;
  }
  std::size_t first = 0;
  for (const ClusterId cluster : place(sizes, plan.clusters, {}, 8))
    first += cluster.value == 0 ? 1U : 0U;
  CHECK(first >= 95);
  CHECK(first <= 105);
}

TEST_CASE("the spread is the fullest cluster's load by its fair share") {
  Plan plan = plan_of(2);
  // the second cluster is three times as large: 1/4 and 3/4 of the load are fair
  plan.clusters[0].databases = 100;
  plan.clusters[1].databases = 300;
  std::vector<Unit> units;
  CHECK(spread(cluster_loads(plan, units)) == 0);
  units = {unit_on(0, "a", 0), unit_on(1, "b", 0), unit_on(1, "c", 0), unit_on(1, "d", 0)};
  CHECK(spread(cluster_loads(plan, units)) == Approx(1));
  // half of the load where a quarter is fair
  units = {unit_on(0, "a", 0), unit_on(1, "b", 0)};
  CHECK(spread(cluster_loads(plan, units)) == Approx(2));
}
