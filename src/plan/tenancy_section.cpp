#include <algorithm>
#include <array>

#include "plan_reader.hpp"

namespace godwit::plan {
namespace {

using schema::YamlCursor;

/// "database.table" with one dot: a name with dots in it can't be told from the separator.
std::optional<std::string> read_table(const YamlCursor& value) {
  std::optional<std::string> table = read_word(value);
  if (!table) return std::nullopt;
  const std::size_t dot = table->find('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == table->size() ||
      table->find('.', dot + 1) != std::string::npos) {
    value.error("'" + value.path() + "': expected database.table, found '" + *table + "'");
    return std::nullopt;
  }
  return table;
}

void read_directory(const YamlCursor& section, DatabaseTenancy& tenancy) {
  if (!section.expect_keys({"table", "database", "name", "where"})) return;
  DatabaseTenancy::Directory directory;
  if (const auto table = section.require("table")) {
    directory.table = read_table(*table).value_or("");
  }
  if (const auto column = section.require("database")) {
    directory.database_column = read_word(*column).value_or("");
  }
  if (const auto column = section.find("name")) {
    directory.name_column = read_word(*column).value_or("");
  }
  if (const auto where = section.find("where")) {
    directory.where = read_word(*where).value_or("");
  }
  tenancy.directory = std::move(directory);
}

void read_databases(const YamlCursor& section, DatabaseTenancy& tenancy) {
  if (!section.expect_keys({"mode", "databases", "exclude", "directory"})) return;
  const auto databases = section.find("databases");
  const auto directory = section.find("directory");
  if (databases) tenancy.patterns = read_patterns(*databases);
  if (directory) read_directory(*directory, tenancy);
  if (databases && directory) {
    directory->error(
        "'tenancy.directory' conflicts with 'tenancy.databases': "
        "only one of them can say which databases are tenants");
  } else if (!databases && !directory) {
    section.error("'tenancy' needs one of 'databases' and 'directory'");
  }
  if (const auto exclude = section.find("exclude")) tenancy.exclude = read_patterns(*exclude);
}

}  // namespace

void read_tenancy(const YamlCursor& section, Plan& plan) {
  constexpr std::array<std::string_view, 2> kModes = {"database", "row"};
  if (!section.is_map()) {
    section.expect_keys({"mode"});
    return;
  }
  const auto mode = section.require("mode");
  if (!mode) return;
  const std::optional<std::size_t> choice = mode->choice(kModes);
  if (!choice) return;
  if (kModes.at(*choice) == "row") {
    read_row_tenancy(section, plan.rows.emplace());
  } else {
    read_databases(section, plan.tenancy);
  }
}

}  // namespace godwit::plan
