// Which wave a tenant belongs to: the first that names it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "godwit/core/ids.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::plan {

/// Names are looked up, only patterns are tried one after the other. The waves must outlive it.
class WaveMatcher {
 public:
  explicit WaveMatcher(std::span<const WaveSpec> waves);
  [[nodiscard]] std::optional<WaveId> find(const std::string& tenant) const;

 private:
  std::unordered_map<std::string, WaveId> names_;
  std::vector<std::pair<std::string_view, WaveId>> patterns_;  // in the order of the waves
  std::optional<WaveId> rest_;
};

}  // namespace godwit::plan
