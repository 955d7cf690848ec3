// Source schemas made by hand, for tests of the target's DDL.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::test {

using mariadb::ColumnType;

inline mariadb::Column column(std::string name, ColumnType type, std::string declared = {}) {
  mariadb::Column result;
  result.name = std::move(name);
  result.type = type;
  result.declared_type = declared.empty() ? std::string(mariadb::name(type)) : declared;
  result.is_unsigned = declared.find("unsigned") != std::string::npos;
  result.nullable = true;
  return result;
}

inline mariadb::Column text_column(std::string name, std::uint64_t length,
                                   const std::string& collation = "utf8mb4_general_ci") {
  mariadb::Column result =
      column(std::move(name), ColumnType::varchar, "varchar(" + std::to_string(length) + ")");
  result.length = length;
  result.charset = collation.substr(0, collation.find('_'));
  result.octet_length = length * (result.charset == "utf8mb4" ? 4 : 1);
  result.collation = collation;
  return result;
}

inline mariadb::Column id_column(const std::string& name = "id") {
  mariadb::Column result = column(name, ColumnType::integer, "int(11)");
  result.nullable = false;
  return result;
}

inline mariadb::Index index(std::string name, std::vector<std::string> columns,
                            bool unique = false) {
  mariadb::Index result;
  result.name = std::move(name);
  result.primary = result.name == "PRIMARY";
  result.unique = unique || result.primary;
  for (std::string& part : columns)
    result.parts.push_back({std::move(part), std::nullopt, false});
  return result;
}

inline mariadb::Table table(std::string name, std::vector<mariadb::Column> columns,
                            std::vector<mariadb::Index> indexes = {}) {
  mariadb::Table result;
  result.name = std::move(name);
  result.engine = "InnoDB";
  result.columns = std::move(columns);
  result.indexes = std::move(indexes);
  return result;
}

inline mariadb::Database database(std::vector<mariadb::Table> tables) {
  mariadb::Database result;
  result.name = "crm";
  result.charset = "utf8mb4";
  result.collation = "utf8mb4_general_ci";
  result.tables = std::move(tables);
  return result;
}

inline schema::TargetSchema target(const mariadb::Database& source,
                                   const schema::SchemaOptions& options = {}) {
  return schema::build_target(source, schema::TypeMap::load(options.map), options);
}

inline schema::TargetSchema target(mariadb::Table source,
                                   const schema::SchemaOptions& options = {}) {
  return target(database({std::move(source)}), options);
}

inline const Finding* find_finding(const schema::TargetSchema& schema, const std::string& code) {
  const auto at = std::find_if(schema.findings.begin(), schema.findings.end(),
                               [&](const Finding& finding) { return finding.code == code; });
  return at == schema.findings.end() ? nullptr : &*at;
}

}  // namespace godwit::test
