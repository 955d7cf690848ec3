#include "godwit/plan/plan_diff.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "godwit/core/text.hpp"

namespace godwit::plan {
namespace {

struct ComparedField {
  const char* name;
  std::string PlacedTenant::*member;
  bool optional = false;  // not compared where a side doesn't know it
};

constexpr std::array<ComparedField, 7> kFields = {
    {{"wave", &PlacedTenant::wave},
     {"cluster", &PlacedTenant::cluster},
     {"source_database", &PlacedTenant::source_database},
     {"target_database", &PlacedTenant::target_database},
     {"target_schema", &PlacedTenant::target_schema},
     {"schema", &PlacedTenant::schema, true},
     {"key", &PlacedTenant::key, true}}};

/// A key may be any bytes, and a lock file is text.
std::string key_text(const std::string& key) {
  if (!first_invalid_utf8(key)) return key;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::vector<const PlacedTenant*> by_name(std::span<const PlacedTenant> tenants) {
  std::vector<const PlacedTenant*> sorted;
  sorted.reserve(tenants.size());
  for (const PlacedTenant& tenant : tenants)
    sorted.push_back(&tenant);
  std::sort(sorted.begin(), sorted.end(),
            [](const PlacedTenant* a, const PlacedTenant* b) { return a->tenant < b->tenant; });
  return sorted;
}

/// Groups equal changes.
class Moves {
 public:
  void compare(const PlacedTenant& before, const PlacedTenant& after) {
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      const std::string& old_value = before.*kFields[i].member;
      const std::string& new_value = after.*kFields[i].member;
      if (old_value == new_value) continue;
      if (kFields[i].optional && (old_value.empty() || new_value.empty())) continue;
      groups_[{i, old_value, new_value}].push_back(before.tenant);
    }
  }

  std::vector<TenantMove> take() {
    std::vector<TenantMove> moves;
    for (auto& [key, tenants] : groups_) {
      const auto& [field, before, after] = key;
      moves.push_back({kFields[field].name, before, after, std::move(tenants)});
    }
    return moves;
  }

 private:
  std::map<std::tuple<std::size_t, std::string, std::string>, std::vector<std::string>> groups_;
};

}  // namespace

std::vector<PlacedTenant> placed_tenants(const Plan& plan, std::span<const Unit> units) {
  std::vector<PlacedTenant> placed;
  placed.reserve(units.size());
  for (const Unit& unit : units) {
    placed.push_back({unit.tenant, plan.waves.at(unit.wave.value).name,
                      plan.clusters.at(unit.cluster.value).name, unit.source_database,
                      unit.target_database, std::string(), key_text(unit.key),
                      unit.shares_database() ? unit.target_schema : std::string()});
  }
  return placed;
}

TenantDiff diff_tenants(std::span<const PlacedTenant> before, std::span<const PlacedTenant> after) {
  const std::vector<const PlacedTenant*> old_ones = by_name(before);
  const std::vector<const PlacedTenant*> new_ones = by_name(after);
  TenantDiff diff;
  Moves moves;
  auto old_at = old_ones.begin();
  auto new_at = new_ones.begin();
  while (old_at != old_ones.end() || new_at != new_ones.end()) {
    if (new_at == new_ones.end() ||
        (old_at != old_ones.end() && (*old_at)->tenant < (*new_at)->tenant)) {
      diff.removed.push_back(**old_at++);
    } else if (old_at == old_ones.end() || (*new_at)->tenant < (*old_at)->tenant) {
      diff.added.push_back(**new_at++);
    } else {
      moves.compare(**old_at++, **new_at++);
    }
  }
  diff.moves = moves.take();
  return diff;
}

}  // namespace godwit::plan
