#include "database_group.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "godwit/plan/units.hpp"

namespace godwit::plan {
namespace {

constexpr std::string_view kSeparators = "_-.";
constexpr std::string_view kDigits = "0123456789";
/// From this share of the databases with the same tables on a pattern stands for all of them.
constexpr double kPatternShareMin = 0.8;

/// crm_0001 → crm_%, %_0001; shop7 → shop%
std::set<std::string> candidate_patterns(const std::string& name) {
  std::set<std::string> patterns;
  const std::size_t last = name.find_last_not_of(kDigits);
  if (last != std::string::npos && last + 1 < name.size()) {
    patterns.insert(name.substr(0, last + 1) + "%");
  }
  for (std::size_t at = name.find_first_of(kSeparators); at != std::string::npos;
       at = name.find_first_of(kSeparators, at + 1)) {
    if (at + 1 < name.size()) patterns.insert(name.substr(0, at + 1) + "%");
    if (at > 0) patterns.insert("%" + name.substr(at));
  }
  return patterns;
}

template <class Key>
Key most_frequent(const std::map<Key, std::size_t>& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

/// Fills in what follows from the patterns.
std::optional<DatabaseGroup> complete(std::span<const DatabaseShape> shapes, DatabaseGroup group) {
  std::map<std::string, std::size_t> table_sets;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const bool member =
        std::any_of(group.patterns.begin(), group.patterns.end(), [&](const std::string& pattern) {
          return pattern == shapes[i].name || matches(pattern, shapes[i].name);
        });
    if (!member) continue;
    group.members.push_back(i);
    if (!shapes[i].table_set.empty()) ++table_sets[shapes[i].table_set];
  }
  if (group.members.empty()) return std::nullopt;
  const std::string common = table_sets.empty() ? std::string() : most_frequent(table_sets);
  bool has_model = false;
  for (const std::size_t member : group.members) {
    if (shapes[member].table_set != common) {
      group.deviating.push_back(member);
    } else if (!std::exchange(has_model, true)) {
      group.model = member;
    }
  }
  return group;
}

struct PatternScore {
  std::size_t same_tables = 0;  // databases with one table set
  std::size_t databases = 0;
};

/// For each pattern its databases, and the most of them that share one table set.
std::map<std::string, PatternScore> score_patterns(std::span<const DatabaseShape> shapes) {
  std::map<std::string, std::map<std::string, std::size_t>> counts;
  for (const DatabaseShape& shape : shapes) {
    if (shape.table_set.empty()) continue;
    for (const std::string& pattern : candidate_patterns(shape.name)) {
      ++counts[pattern][shape.table_set];
    }
  }
  std::map<std::string, PatternScore> scores;
  for (const auto& [pattern, table_sets] : counts) {
    PatternScore& score = scores[pattern];
    for (const auto& [table_set, count] : table_sets) {
      score.same_tables = std::max(score.same_tables, count);
      score.databases += count;
    }
  }
  return scores;
}

/// The most databases with the same tables; of patterns alike in that the one that takes in the
/// least else, and of these the longest. Where no two have the same tables, numbers alone count.
std::pair<std::string, PatternScore> best_pattern(
    const std::map<std::string, PatternScore>& scores) {
  const auto rank = [](const std::pair<std::string, PatternScore>& of) {
    const auto databases = static_cast<std::int64_t>(of.second.databases);
    const auto same = static_cast<std::int64_t>(of.second.same_tables);
    return same > 1 ? std::tuple(same, same - databases, of.first.size())
                    : std::tuple(std::int64_t{1}, databases, of.first.size());
  };
  std::pair<std::string, PatternScore> best;
  for (const auto& entry : scores) {
    const std::pair<std::string, PatternScore> candidate = entry;
    if (best.first.empty() || rank(candidate) > rank(best)) best = candidate;
  }
  return best;
}

}  // namespace

std::optional<DatabaseGroup> group_by_pattern(std::span<const DatabaseShape> shapes,
                                              const std::string& pattern) {
  DatabaseGroup group;
  group.patterns = {pattern};
  return complete(shapes, std::move(group));
}

std::optional<DatabaseGroup> find_group(std::span<const DatabaseShape> shapes) {
  const auto [best, best_score] = best_pattern(score_patterns(shapes));
  std::map<std::string, std::size_t> table_sets;
  for (const DatabaseShape& shape : shapes) {
    if (!shape.table_set.empty()) ++table_sets[shape.table_set];
  }
  if (table_sets.empty()) return std::nullopt;
  const std::string common = most_frequent(table_sets);
  const std::size_t same_tables = table_sets[common];
  const bool pattern_fits =
      best_score.databases > 1 && static_cast<double>(best_score.same_tables) >=
                                      kPatternShareMin * static_cast<double>(same_tables);
  if (pattern_fits) return group_by_pattern(shapes, best);
  if (same_tables < 2) return std::nullopt;

  DatabaseGroup group;
  for (const DatabaseShape& shape : shapes) {
    // Characters that mean something else in a pattern can't be written as a plain name.
    if (shape.table_set == common && shape.name.find_first_of("%*?") == std::string::npos) {
      group.patterns.push_back(shape.name);
    }
  }
  return complete(shapes, std::move(group));
}

}  // namespace godwit::plan
