// What the plan's `schema:` section says about each column. Keys are matched as "table.column" or
// "database.table.column" (tables: "table" or "database.table"), `*` standing for any text. Of
// several that match, an exact key beats a pattern, a column's beats a table's, and among patterns
// the later in alphabetical order wins.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "finding_sink.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/type_map.hpp"

namespace godwit::schema {

/// What holds for one column, the map's own policies filled in.
struct ColumnChoice {
  Policies policies;
  std::optional<std::string> type;
  std::string where;  // of the override, empty when there is none
  bool operator==(const ColumnChoice&) const = default;
};

class Overrides {
 public:
  Overrides(const std::string& database, const SchemaOptions& options, const Policies& defaults)
      : database_(database), options_(options), defaults_(defaults) {}

  [[nodiscard]] bool excluded(const std::string& table) const;
  ColumnChoice choose(const std::string& table, const std::string& column);
  /// Keys that no column of this database matched: probably a typing mistake.
  void report_unused(FindingSink& findings) const;

 private:
  using Keys = std::map<std::string, ColumnOverride>;
  void apply(const Keys& keys, const std::string& object, bool patterns, ColumnChoice& choice);
  [[nodiscard]] bool matches(std::string_view key, const std::string& object) const;

  std::string database_;
  const SchemaOptions& options_;
  Policies defaults_;
  std::set<std::string> used_;
};

/// Whether `pattern`, in which `*` stands for any text, matches all of `text`.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace godwit::schema
