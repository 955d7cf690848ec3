#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "plan/placement.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

/// Tenants of a heavy-tailed size: the largest has about a hundredth of all.
class Tenants {
 public:
  explicit Tenants(std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i)
      add("tenant_" + std::to_string(i), 20'000'000'000 / i);
  }
  void add(std::string name, std::uint64_t bytes) {
    names_.push_back(std::move(name));
    bytes_.push_back(bytes);
  }
  [[nodiscard]] std::vector<TenantSize> sizes() const {
    std::vector<TenantSize> sizes;
    for (std::size_t i = 0; i < names_.size(); ++i)
      sizes.push_back({names_[i], bytes_[i]});
    return sizes;
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::uint64_t> bytes_;
};

std::vector<ClusterSpec> clusters_of(std::size_t count, int databases = 1000) {
  std::vector<ClusterSpec> clusters;
  for (std::size_t i = 0; i < count; ++i) {
    ClusterSpec& cluster = clusters.emplace_back();
    cluster.name = "pg-" + std::to_string(i);
    cluster.databases = databases;
  }
  return clusters;
}

std::vector<std::uint64_t> loads_of(const std::vector<TenantSize>& tenants,
                                    const std::vector<ClusterId>& placed, std::size_t clusters) {
  std::vector<std::uint64_t> loads(clusters);
  for (std::size_t i = 0; i < tenants.size(); ++i)
    loads[placed[i].value] += tenants[i].bytes + kEmptyDatabaseBytes;
  return loads;
}

std::size_t moved(const std::vector<ClusterId>& before, const std::vector<ClusterId>& after) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    count += before[i] == after[i] ? 0U : 1U;
  return count;
}

}  // namespace

TEST_CASE("clusters are filled evenly, the largest tenants apart") {
  const Tenants tenants(5000);
  const auto clusters = clusters_of(10);
  const auto placed = place(tenants.sizes(), clusters);
  const auto loads = loads_of(tenants.sizes(), placed, 10);
  std::uint64_t total = 0;
  for (const std::uint64_t load : loads)
    total += load;
  for (const std::uint64_t load : loads) {
    CHECK(load <= total / 10 * 106 / 100);
    CHECK(load >= total / 10 * 80 / 100);
  }
  // hot ones: a twentieth of a fair share or more each
  std::set<ClusterId> of_large(placed.begin(), placed.begin() + 10);
  CHECK(of_large.size() == 10);
}

TEST_CASE("clusters are filled by their limits, less the reserve") {
  std::vector<ClusterSpec> clusters = clusters_of(2);
  Tenants tenants(0);
  for (int i = 0; i < 300; ++i)
    tenants.add("t" + std::to_string(i), 100'000'000);

  SECTION("bytes") {
    clusters[0].bytes = 10'800'000'000;
    clusters[1].bytes = 43'200'000'000;
    const auto loads = loads_of(tenants.sizes(), place(tenants.sizes(), clusters), 2);
    CHECK(loads[0] <= 10'800'000'000);
    CHECK(loads[0] >= 6'000'000'000);
    CHECK(loads[1] <= 43'200'000'000);
  }
  SECTION("databases") {
    clusters[0].databases = 100;
    clusters[1].databases = 250;
    PlacementSpec rules;
    rules.reserve = 0.1;
    CHECK(room_of(clusters[0], rules).databases == 90);
    const auto placed = place(tenants.sizes(), clusters, rules);
    CHECK(std::count(placed.begin(), placed.end(), ClusterId{0}) <= 90);
  }
  SECTION("connections") {
    PlacementSpec rules;
    rules.tenant_connections = 4;
    // (1000 - 40) / 4
    CHECK(room_of(clusters[0], rules).databases == 240);
    rules.reserve = 0.5;
    CHECK(room_of(clusters[0], rules).databases == 120);
  }
}

TEST_CASE("a tenant more moves hardly anybody") {
  Tenants tenants(5000);
  const auto clusters = clusters_of(10);
  const auto before = place(tenants.sizes(), clusters);
  CHECK(place(tenants.sizes(), clusters) == before);
  tenants.add("another", 30'000'000);
  CHECK(moved(before, place(tenants.sizes(), clusters)) <= 25);
}

TEST_CASE("a cluster more takes its part, and little moves between the others") {
  const Tenants tenants(5000);
  const auto before = place(tenants.sizes(), clusters_of(10));
  const auto after = place(tenants.sizes(), clusters_of(11));
  const auto to_new =
      static_cast<std::size_t>(std::count(after.begin(), after.end(), ClusterId{10}));
  CHECK(to_new >= 300);  // a fair share is 454
  CHECK(to_new <= 600);
  CHECK(moved(before, after) - to_new <= 500);
}

TEST_CASE("a tenant is placed by its name, not by its position") {
  const Tenants tenants(500);
  const auto clusters = clusters_of(5);
  std::vector<TenantSize> sizes = tenants.sizes();
  std::map<std::string_view, ClusterId> of;
  const auto placed = place(sizes, clusters);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    of[sizes[i].tenant] = placed[i];
  std::reverse(sizes.begin(), sizes.end());
  const auto reversed = place(sizes, clusters);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    CHECK(of[sizes[i].tenant] == reversed[i]);
}

TEST_CASE("pins, tenants together and tenants apart") {
  Tenants tenants(200);
  const auto clusters = clusters_of(4);
  PlacementSpec rules;
  rules.pins = {{"tenant_7", "pg-2"}, {"tenant_8", "pg-2"}};
  rules.together = {{"tenant_50", "tenant_60", "tenant_70"}, {"tenant_8", "tenant_80"}};
  rules.apart = {{"tenant_101", "tenant_102", "tenant_103", "tenant_104"}};
  const auto placed = place(tenants.sizes(), clusters, rules);
  const auto of = [&](std::size_t number) { return placed[number - 1]; };
  CHECK(of(7) == ClusterId{2});
  CHECK(of(8) == ClusterId{2});
  CHECK(of(80) == ClusterId{2});
  CHECK(of(50) == of(60));
  CHECK(of(60) == of(70));
  CHECK(std::set<ClusterId>{of(101), of(102), of(103), of(104)}.size() == 4);
}

TEST_CASE("a tenant of several lists is apart from all of them") {
  const Tenants tenants(200);
  const auto clusters = clusters_of(4);
  PlacementSpec rules;
  // tenants together keep the distances of each of them
  rules.together = {{"tenant_50", "tenant_60"}};
  std::vector<std::string> others;
  for (std::size_t number = 101; number <= 120; ++number) {
    const std::string other = "tenant_" + std::to_string(number);
    rules.apart.push_back({"tenant_7", other});
    rules.apart.push_back({"tenant_50", other});
  }
  for (std::size_t number = 121; number <= 140; ++number)
    rules.apart.push_back({"tenant_60", "tenant_" + std::to_string(number)});
  const auto placed = place(tenants.sizes(), clusters, rules);
  for (std::size_t number = 101; number <= 140; ++number) {
    CAPTURE(number);
    if (number <= 120) CHECK_FALSE(placed[number - 1] == placed[6]);
    CHECK_FALSE(placed[number - 1] == placed[49]);
  }
  CHECK(placed[49] == placed[59]);
}

TEST_CASE("when nothing has room, everybody has a place all the same") {
  const Tenants tenants(30);
  const auto placed = place(tenants.sizes(), clusters_of(2, 5));
  CHECK(placed.size() == 30);
  CHECK(std::count(placed.begin(), placed.end(), ClusterId{0}) >= 5);
  CHECK(std::count(placed.begin(), placed.end(), ClusterId{1}) >= 5);
  CHECK(place(tenants.sizes(), {}).size() == 30);
}

TEST_CASE("fifty thousand tenants on fifty full clusters") {
  const Tenants tenants(50'000);
  const auto clusters = clusters_of(50);
  const double begin = test::thread_cpu_seconds();
  const auto placed = place(tenants.sizes(), clusters);
  CHECK(test::thread_cpu_seconds() - begin < 1 * test::kSlowdown);
  std::vector<int> counts(50);
  for (const ClusterId cluster : placed)
    ++counts[cluster.value];
  CHECK(*std::max_element(counts.begin(), counts.end()) == 1000);
}

TEST_CASE("tenants that share databases are limited by bytes and connections, not by databases") {
  Tenants tenants(0);
  for (int i = 0; i < 300; ++i)
    tenants.add("t" + std::to_string(i), 1000);
  std::vector<TenantSize> sizes = tenants.sizes();
  for (TenantSize& size : sizes)
    size.own_database = false;
  std::vector<ClusterSpec> clusters = clusters_of(3, 4);
  const auto counts_with = [&](const PlacementSpec& rules) {
    std::vector<int> counts(clusters.size());
    for (const ClusterId id : place(sizes, clusters, rules, 4))
      ++counts[id.value];
    return counts;
  };
  for (const int count : counts_with({}))
    CHECK(count >= 85);  // a third each, within a twentieth
  PlacementSpec rules;
  rules.tenant_connections = 1;
  clusters[0].connections = clusters[0].engine_connections + 20;
  CHECK(counts_with(rules)[0] <= 20);
  clusters[0].connections = clusters[1].connections;
  // what the empty shared databases take is in the way of the tenants
  for (ClusterSpec& cluster : clusters)
    cluster.bytes = 1'000'000'000;
  clusters[0].bytes = 4 * kEmptyDatabaseBytes + 10'000;
  CHECK(counts_with({})[0] <= 10);
}
