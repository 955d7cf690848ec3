#include "wave_matcher.hpp"

#include <algorithm>

#include "godwit/plan/units.hpp"

namespace godwit::plan {

WaveMatcher::WaveMatcher(std::span<const WaveSpec> waves) {
  for (std::uint32_t i = 0; i < waves.size(); ++i) {
    if (waves[i].rest && !rest_) rest_ = WaveId{i};
    for (const std::string& tenant : waves[i].tenants) {
      if (tenant.find('%') == std::string::npos) {
        names_.emplace(tenant, WaveId{i});
      } else {
        patterns_.emplace_back(tenant, WaveId{i});
      }
    }
  }
}

std::optional<WaveId> WaveMatcher::find(const std::string& tenant) const {
  std::optional<WaveId> first = rest_;
  const auto pattern = std::find_if(patterns_.begin(), patterns_.end(), [&](const auto& entry) {
    return matches(entry.first, tenant);
  });
  if (pattern != patterns_.end() && (!first || pattern->second < *first)) first = pattern->second;
  const auto name = names_.find(tenant);
  if (name != names_.end() && (!first || name->second < *first)) first = name->second;
  return first;
}

}  // namespace godwit::plan
