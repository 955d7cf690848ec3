// What the parts of build_target share while they work on one database.
#pragma once

#include <map>
#include <set>
#include <string>

#include "finding_sink.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/target.hpp"
#include "names.hpp"
#include "overrides.hpp"

namespace godwit::schema {

struct BuildContext {
  const mariadb::Database& database;
  const TypeMap& map;
  FindingSink& findings;
  Overrides& overrides;
  NameSet relations;                       // tables, indexes and sequences of the tenant's schema
  std::map<std::string, int> index_names;  // how many tables have an index of that name
  std::map<std::string, std::string> collation_sql;  // name → CREATE COLLATION, those in use
};

/// Keeps source and target of one table together.
struct TableBuild {
  const mariadb::Table& source;
  TargetTable& target;

  /// The target column of a source column's name; nullptr: it has none.
  [[nodiscard]] const TargetColumn* find(const std::string& source_name) const;
  [[nodiscard]] const mariadb::Column& source_of(const TargetColumn& column) const {
    return source.columns[column.source_index];
  }
  [[nodiscard]] std::string object(const std::string& part) const {
    return source.name + "." + part;
  }
};

}  // namespace godwit::schema
