#include "godwit/schema/type_map.hpp"

#include <fstream>
#include <sstream>

#include "godwit/core/embedded.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "source_types.hpp"

namespace godwit::schema {

namespace {

constexpr std::string_view kYaml = ".yaml";

const EmbeddedFile* find_built_in(std::string_view name) {
  for (const EmbeddedFile& file : embedded_schema_maps()) {
    if (file.name.substr(0, file.name.size() - kYaml.size()) == name) return &file;
  }
  return nullptr;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    throw Error(ErrorKind::plan_invalid, "cannot read the type map " + path,
                "give a readable file or one of the built-in maps: " +
                    join(TypeMap::built_in_names(), ", "));
  }
  return std::move(text).str();
}

bool matches_source(std::string_view source, const mariadb::Column& column) {
  if (!source.starts_with(source_type(column.type).name)) return false;  // most rules, cheaply
  const auto pattern = parse_source_pattern(source);
  return pattern && matches(*pattern, column);
}

}  // namespace

TypeMap TypeMap::load(const std::string& name_or_path) {
  Diagnostics diagnostics;
  TypeMap map;
  if (const EmbeddedFile* file = find_built_in(name_or_path)) {
    map = parse(file->text, "schema_maps/" + std::string(file->name), diagnostics);
  } else if (name_or_path.find_first_of("/.") == std::string::npos) {
    const auto names = built_in_names();
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string near(nearest(name_or_path, candidates));
    throw Error(
        ErrorKind::plan_invalid, "no type map '" + printable(name_or_path) + "'",
        (near.empty() ? "" : "did you mean '" + near + "'? ") +
            ("built in are " + join(names, ", ") + "; a path holds a '/' or ends in .yaml"));
  } else {
    map = parse(read_file(name_or_path), name_or_path, diagnostics);
  }
  if (!diagnostics.empty()) throw Error(ErrorKind::plan_invalid, to_string(diagnostics));
  return map;
}

std::vector<std::string> TypeMap::built_in_names() {
  std::vector<std::string> names;
  for (const EmbeddedFile& file : embedded_schema_maps()) {
    names.emplace_back(file.name.substr(0, file.name.size() - kYaml.size()));
  }
  return names;
}

const TypeRule* TypeMap::find(const mariadb::Column& column,
                              const std::optional<std::string>& type_override) const {
  if (type_override) {
    for (const auto& [key, rule] : alternatives_) {
      const std::size_t slash = key.find('/');
      if (key.substr(slash + 1) == *type_override && matches_source(rule.source, column)) {
        return &rule;
      }
    }
    return nullptr;
  }
  for (const TypeRule& rule : rules_) {
    if (matches_source(rule.source, column)) return &rule;
  }
  return nullptr;
}

std::vector<std::string> TypeMap::alternatives(const mariadb::Column& column) const {
  std::vector<std::string> names;
  for (const auto& [key, rule] : alternatives_) {
    if (matches_source(rule.source, column)) names.push_back(key.substr(key.find('/') + 1));
  }
  return names;
}

bool SchemaOptions::operator==(const SchemaOptions& other) const {
  const auto same = [](const auto& left, const auto& right) {
    return left.first == right.first && left.second.type == right.second.type &&
           left.second.zero_date == right.second.zero_date &&
           left.second.nul_byte == right.second.nul_byte &&
           left.second.invalid_text == right.second.invalid_text &&
           left.second.invalid_enum == right.second.invalid_enum;
  };
  return map == other.map && excluded_tables == other.excluded_tables && indexes == other.indexes &&
         std::equal(columns.begin(), columns.end(), other.columns.begin(), other.columns.end(),
                    same) &&
         std::equal(tables.begin(), tables.end(), other.tables.begin(), other.tables.end(), same);
}

}  // namespace godwit::schema
