// The half of plan_diff.hpp that compares what two plan files say.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "godwit/core/text.hpp"
#include "godwit/plan/plan_diff.hpp"
#include "plan_settings.hpp"

namespace godwit::plan {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

std::string summary(const Settings& settings) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : settings.values)
    parts.push_back(key + ": " + value);
  return join(parts, ", ");
}

std::unordered_map<std::string_view, const std::string*> index_of(const Values& values) {
  std::unordered_map<std::string_view, const std::string*> index;
  for (const auto& [key, value] : values)
    index.emplace(key, &value);
  return index;
}

std::string path_of(const Settings& settings, const std::string& key) {
  return settings.path.empty() ? key : settings.path + "." + key;
}

void compare(const Settings& before, const Settings& after, std::vector<SettingChange>& changes) {
  const auto old_values = index_of(before.values);
  const auto new_values = index_of(after.values);
  for (const auto& [key, value] : before.values) {
    const auto found = new_values.find(key);
    if (found == new_values.end()) {
      changes.push_back({path_of(before, key), value, std::nullopt});
    } else if (*found->second != value) {
      changes.push_back({path_of(before, key), value, *found->second});
    }
  }
  for (const auto& [key, value] : after.values) {
    if (!old_values.contains(key)) {
      changes.push_back({path_of(after, key), std::nullopt, value});
    }
  }
}

/// The names of the waves that both plans have, in this plan's order.
std::vector<std::string> common_waves(const Plan& plan, const Plan& other) {
  std::unordered_set<std::string_view> names;
  for (const WaveSpec& wave : other.waves)
    names.insert(wave.name);
  std::vector<std::string> common;
  for (const WaveSpec& wave : plan.waves) {
    if (names.contains(wave.name)) common.push_back(wave.name);
  }
  return common;
}

}  // namespace

std::vector<SettingChange> diff_settings(const Plan& before, const Plan& after) {
  const std::vector<Settings> old_ones = settings_of(before);
  const std::vector<Settings> new_ones = settings_of(after);
  std::unordered_map<std::string_view, const Settings*> new_index;
  for (const Settings& settings : new_ones)
    new_index.emplace(settings.path, &settings);
  std::unordered_set<std::string_view> known;
  std::vector<SettingChange> changes;
  for (const Settings& settings : old_ones) {
    known.insert(settings.path);
    const auto found = new_index.find(settings.path);
    if (found == new_index.end()) {
      changes.push_back({settings.path, summary(settings), std::nullopt});
    } else {
      compare(settings, *found->second, changes);
    }
  }
  for (const Settings& settings : new_ones) {
    if (!known.contains(settings.path)) {
      changes.push_back({settings.path, std::nullopt, summary(settings)});
    }
  }
  // the first wave that takes a tenant has it: their order decides, too
  const std::vector<std::string> old_order = common_waves(before, after);
  const std::vector<std::string> new_order = common_waves(after, before);
  if (old_order != new_order) {
    changes.push_back({"waves", join(old_order, ", "), join(new_order, ", ")});
  }
  return changes;
}

}  // namespace godwit::plan
