#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "plan/wave_selection.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

WaveSpec wave_of(const std::string& name, std::vector<std::string> tenants = {}) {
  WaveSpec wave;
  wave.name = name;
  wave.tenants = std::move(tenants);
  return wave;
}

WaveSpec rest() {
  WaveSpec wave = wave_of("rest");
  wave.rest = true;
  return wave;
}

class Tenants {
 public:
  explicit Tenants(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      names_.push_back("t" + std::to_string(i));
  }
  /// Tenant i has i MB.
  [[nodiscard]] std::vector<TenantSize> sizes() const {
    std::vector<TenantSize> sizes;
    for (std::size_t i = 0; i < names_.size(); ++i)
      sizes.push_back({names_[i], i * 1'000'000});
    return sizes;
  }

 private:
  std::vector<std::string> names_;
};

std::set<std::string> taken_by(std::uint32_t wave, const std::vector<WaveSpec>& waves,
                               const std::vector<TenantSize>& tenants) {
  const auto chosen = select_waves(waves, tenants);
  std::set<std::string> names;
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    if (chosen[i] == WaveId{wave}) names.emplace(tenants[i].tenant);
  }
  return names;
}

}  // namespace

TEST_CASE("a wave takes tenants of its size class that no earlier wave has") {
  const Tenants tenants(100);
  WaveSpec small = wave_of("small");
  small.below = 10'000'000;
  WaveSpec middle = wave_of("middle");
  middle.above = 5'000'000;
  middle.below = 20'000'000;
  const std::vector<WaveSpec> waves = {wave_of("canary", {"t3", "t50"}), small, middle, rest()};
  CHECK(taken_by(0, waves, tenants.sizes()) == std::set<std::string>{"t3", "t50"});
  CHECK(taken_by(1, waves, tenants.sizes()).size() == 9);
  CHECK(taken_by(2, waves, tenants.sizes()).size() == 10);  // 10 to 19
  CHECK(taken_by(3, waves, tenants.sizes()).size() == 79);
}

TEST_CASE("shares are of all that match, numbers of what is left") {
  const Tenants tenants(1000);
  WaveSpec tenth = wave_of("tenth");
  tenth.share = 0.1;
  WaveSpec third = wave_of("third");
  third.share = 0.3;
  WaveSpec few = wave_of("few", {"t1%"});
  few.limit = 7;
  const std::vector<WaveSpec> waves = {tenth, third, few, rest()};
  CHECK(taken_by(0, waves, tenants.sizes()).size() == 100);
  CHECK(taken_by(1, waves, tenants.sizes()).size() == 300);
  const auto chosen = taken_by(2, waves, tenants.sizes());
  CHECK(chosen.size() == 7);
  CHECK(std::all_of(chosen.begin(), chosen.end(),
                    [](const std::string& name) { return name.starts_with("t1"); }));
  CHECK(taken_by(3, waves, tenants.sizes()).size() == 593);
}

TEST_CASE("a tenant more hardly changes who is in a share") {
  WaveSpec share = wave_of("share");
  share.share = 0.25;
  const auto before = taken_by(0, {share, rest()}, Tenants(1000).sizes());
  const auto after = taken_by(0, {share, rest()}, Tenants(1001).sizes());
  std::vector<std::string> gone;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(gone));
  CHECK(gone.size() <= 1);
}

TEST_CASE("a share of nobody is nobody, of one is one") {
  WaveSpec share = wave_of("share", {"x%"});
  share.share = 0.01;
  CHECK(taken_by(0, {share, rest()}, Tenants(10).sizes()).empty());
  share.tenants = {"t5"};
  CHECK(taken_by(0, {share, rest()}, Tenants(10).sizes()).size() == 1);
}

TEST_CASE("begun tenants stay in their wave and count toward its share and number") {
  const Tenants tenants(100);
  WaveSpec tenth = wave_of("tenth");
  tenth.share = 0.1;
  WaveSpec few = wave_of("few");
  few.limit = 7;
  const std::vector<WaveSpec> waves = {tenth, few, rest()};
  const std::set<std::string> first = taken_by(0, waves, tenants.sizes());

  std::vector<TenantSize> begun = tenants.sizes();
  // four that the wave would not have chosen now, and five of the next
  std::set<std::string> theirs;
  for (TenantSize& tenant : begun) {
    if (theirs.size() < 4 && !first.contains(std::string(tenant.tenant))) {
      tenant.wave = WaveId{0};
      theirs.emplace(tenant.tenant);
    }
  }
  for (std::size_t i = 90; i < 95; ++i)
    begun[i].wave = WaveId{1};
  const std::set<std::string> now = taken_by(0, waves, begun);
  CHECK(now.size() == 10);
  CHECK(std::includes(now.begin(), now.end(), theirs.begin(), theirs.end()));
  CHECK(taken_by(1, waves, begun).size() == 7);
  CHECK(taken_by(2, waves, begun).size() == 83);

  SECTION("a wave that has more than it would take now keeps them and takes no more") {
    for (std::size_t i = 0; i < 40; ++i)
      begun[i].wave = WaveId{1};
    CHECK(taken_by(1, waves, begun).size() == 45);
  }
}
