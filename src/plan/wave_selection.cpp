#include "wave_selection.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>

#include <xxhash.h>

#include "godwit/plan/units.hpp"

namespace godwit::plan {
namespace {

/// Names are looked up, only patterns are tried one after the other.
class Criteria {
 public:
  explicit Criteria(const WaveSpec& wave) : wave_(wave), any_(wave.tenants.empty()) {
    for (const std::string& tenant : wave.tenants) {
      if (tenant.find('%') == std::string::npos) {
        names_.insert(tenant);
      } else {
        patterns_.push_back(tenant);
      }
    }
  }

  [[nodiscard]] bool match(const TenantSize& tenant) const {
    if (wave_.above && tenant.bytes < *wave_.above) return false;
    if (wave_.below && tenant.bytes >= *wave_.below) return false;
    return any_ || names_.contains(tenant.tenant) ||
           std::any_of(patterns_.begin(), patterns_.end(),
                       [&](std::string_view pattern) { return matches(pattern, tenant.tenant); });
  }

 private:
  const WaveSpec& wave_;
  const bool any_;
  std::unordered_set<std::string_view> names_;
  std::vector<std::string_view> patterns_;
};

/// `begun`: how many it has already.
std::size_t count_to_take(const WaveSpec& wave, std::size_t matching, std::size_t free,
                          std::size_t begun) {
  std::size_t count = free + begun;
  if (wave.share) {
    const double part = std::ceil(static_cast<double>(matching) * *wave.share);
    count = std::min(count, static_cast<std::size_t>(part));
  }
  if (wave.limit) count = std::min(count, static_cast<std::size_t>(*wave.limit));
  return count - std::min(count, begun);
}

}  // namespace

std::vector<std::optional<WaveId>> select_waves(std::span<const WaveSpec> waves,
                                                std::span<const TenantSize> tenants) {
  std::vector<std::optional<WaveId>> chosen(tenants.size());
  std::vector<std::size_t> begun(waves.size());
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    chosen[i] = tenants[i].wave;
    if (chosen[i]) ++begun.at(chosen[i]->value);
  }
  for (std::uint32_t wave = 0; wave < waves.size(); ++wave) {
    const Criteria criteria(waves[wave]);
    std::size_t matching = 0;
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < tenants.size(); ++i) {
      if (!criteria.match(tenants[i])) continue;
      ++matching;
      if (!chosen[i]) free.push_back(i);
    }
    const std::size_t count = count_to_take(waves[wave], matching, free.size(), begun[wave]);
    if (count < free.size()) {
      const auto hash = [&](std::size_t i) {
        return XXH3_64bits(tenants[i].tenant.data(), tenants[i].tenant.size());
      };
      std::sort(free.begin(), free.end(), [&](std::size_t a, std::size_t b) {
        const std::uint64_t left = hash(a);
        const std::uint64_t right = hash(b);
        return left != right ? left < right : tenants[a].tenant < tenants[b].tenant;
      });
      free.resize(count);
    }
    for (const std::size_t i : free)
      chosen[i] = WaveId{wave};
  }
  return chosen;
}

}  // namespace godwit::plan
