#include <algorithm>
#include <sstream>

#include "godwit/core/error.hpp"
#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::ColumnOverride;
using schema::YamlCursor;

template <class Policy>
std::optional<Policy> read_policy(const YamlCursor& section, std::string_view key,
                                  std::initializer_list<Policy> policies) {
  const auto value = section.find(key);
  if (!value) return std::nullopt;
  std::vector<std::string_view> words;
  for (const Policy policy : policies)
    words.push_back(name(policy));
  const auto choice = value->choice(words);
  return choice ? std::optional<Policy>(*(policies.begin() + *choice)) : std::nullopt;
}

ColumnOverride read_override(const YamlCursor& section) {
  using schema::InvalidEnum;
  using schema::InvalidText;
  using schema::NulByte;
  using schema::ZeroDate;
  ColumnOverride chosen;
  chosen.where = section.where();
  const bool is_map =
      section.expect_keys({"type", "zero_date", "nul_byte", "invalid_text", "invalid_enum"});
  if (!is_map) return chosen;
  if (const auto type = section.find("type")) chosen.type = read_word(*type);
  chosen.zero_date =
      read_policy(section, "zero_date",
                  {ZeroDate::refuse, ZeroDate::null, ZeroDate::minus_infinity, ZeroDate::text});
  chosen.nul_byte =
      read_policy(section, "nul_byte", {NulByte::refuse, NulByte::bytea, NulByte::symbol});
  chosen.invalid_text = read_policy(
      section, "invalid_text", {InvalidText::refuse, InvalidText::bytea, InvalidText::replacement});
  chosen.invalid_enum = read_policy(section, "invalid_enum",
                                    {InvalidEnum::refuse, InvalidEnum::empty, InvalidEnum::null});
  const bool nothing = !chosen.type && !chosen.zero_date && !chosen.nul_byte &&
                       !chosen.invalid_text && !chosen.invalid_enum;
  if (nothing && section.entries().empty()) {
    section.error("'" + section.path() + "' chooses nothing");
  }
  return chosen;
}

/// table.column or database.table.column, no part empty.
bool is_column_key(const std::string& key) {
  const auto dots = std::count(key.begin(), key.end(), '.');
  return (dots == 1 || dots == 2) && key.front() != '.' && key.back() != '.' &&
         key.find("..") == std::string::npos;
}

void read_columns(const YamlCursor& section, schema::SchemaOptions& options) {
  for (const auto& [key, value] : section.entries()) {
    if (!is_column_key(key)) {
      value.error("'schema.columns': expected table.column or database.table.column, found '" +
                  key + "'");
    }
    options.columns.emplace(key, read_override(value));
  }
}

void read_tables(const YamlCursor& section, schema::SchemaOptions& options) {
  for (const auto& [key, value] : section.entries()) {
    if (key.empty()) value.error("'schema.tables': a table's name is empty");
    options.tables.emplace(key, read_override(value));
  }
}

/// A built-in map's name, or the path of a file.
void read_map(const YamlCursor& value, const std::filesystem::path& folder,
              schema::SchemaOptions& options) {
  const std::optional<std::string> map = read_word(value);
  if (!map) return;
  const bool is_path = map->find('/') != std::string::npos || map->ends_with(".yaml");
  options.map = is_path ? (folder / *map).string() : *map;
  try {
    schema::TypeMap::load(options.map);
  } catch (const Error& error) {
    std::istringstream lines(error.what());
    for (std::string line; std::getline(lines, line);)
      value.error("'schema.map': " + line);
  }
}

}  // namespace

void read_schema(const YamlCursor& section, const std::filesystem::path& folder,
                 schema::SchemaOptions& options) {
  if (!section.expect_keys({"map", "columns", "tables", "exclude_tables", "indexes"})) return;
  if (const auto map = section.find("map")) read_map(*map, folder, options);
  if (const auto columns = section.find("columns")) read_columns(*columns, options);
  if (const auto tables = section.find("tables")) read_tables(*tables, options);
  if (const auto indexes = section.find("indexes")) {
    options.indexes = indexes->boolean().value_or(true);
  }
  if (const auto excluded = section.find("exclude_tables")) {
    for (const YamlCursor& item : excluded->items()) {
      if (auto table = read_word(item)) options.excluded_tables.push_back(std::move(*table));
    }
  }
}

}  // namespace godwit::plan
