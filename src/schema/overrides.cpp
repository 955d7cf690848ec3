#include "overrides.hpp"

#include <algorithm>

namespace godwit::schema {

namespace {

void merge(const ColumnOverride& from, ColumnChoice& choice) {
  if (from.type) choice.type = from.type;
  choice.policies.zero_date = from.zero_date.value_or(choice.policies.zero_date);
  choice.policies.nul_byte = from.nul_byte.value_or(choice.policies.nul_byte);
  choice.policies.invalid_text = from.invalid_text.value_or(choice.policies.invalid_text);
  choice.policies.invalid_enum = from.invalid_enum.value_or(choice.policies.invalid_enum);
  choice.where = from.where;
}

bool is_pattern(std::string_view key) { return key.find('*') != std::string_view::npos; }

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool Overrides::matches(std::string_view key, const std::string& object) const {
  return glob_matches(key, object) || glob_matches(key, database_ + "." + object);
}

bool Overrides::excluded(const std::string& table) const {
  const auto& keys = options_.excluded_tables;
  return std::any_of(keys.begin(), keys.end(),
                     [&](const std::string& key) { return matches(key, table); });
}

void Overrides::apply(const Keys& keys, const std::string& object, bool patterns,
                      ColumnChoice& choice) {
  for (const auto& [key, value] : keys) {
    if (is_pattern(key) != patterns || !matches(key, object)) continue;
    used_.insert(key);
    merge(value, choice);
  }
}

ColumnChoice Overrides::choose(const std::string& table, const std::string& column) {
  ColumnChoice choice;
  choice.policies = defaults_;
  apply(options_.tables, table, true, choice);
  apply(options_.tables, table, false, choice);
  apply(options_.columns, table + "." + column, true, choice);
  apply(options_.columns, table + "." + column, false, choice);
  return choice;
}

void Overrides::report_unused(FindingSink& findings) const {
  for (const Keys* keys : {&options_.tables, &options_.columns}) {
    for (const auto& [key, value] : *keys) {
      if (used_.count(key) != 0) continue;
      findings.add("override-unused", Severity::info, key,
                   (value.where.empty() ? "" : value.where + ": ") + "the override '" + key +
                       "' matches nothing in this database",
                   "check its spelling; keys are table.column or database.table.column");
    }
  }
}

}  // namespace godwit::schema
