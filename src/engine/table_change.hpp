// One table before and after a change of its schema.
#pragma once

#include <string>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/target.hpp"
#include "relation_renames.hpp"

namespace godwit::engine {

struct TableSide {
  const mariadb::Database& database;
  const mariadb::Table& source;
  const schema::TargetTable& target;
};

/// By the order in which the parts have to be run; renames come behind the drops.
struct ChangeScript {
  std::vector<std::string> drops;
  RelationRenames renames;
  std::vector<std::string> columns;
  std::vector<std::string> tables;
  std::vector<std::string> indexes;
  std::vector<std::string> foreign_keys;
  std::vector<std::string> validations;
  std::vector<std::string> comments;

  /// All of it.
  [[nodiscard]] std::vector<std::string> sql() const;
};

struct TableDifference {
  bool any = false;   // something of the definition, be it without an effect on the target
  bool rows = false;  // rows of the one can't be taken for rows of the other
};

/// Adds to `script` what makes the table `before` the table `after`. In `before.database` foreign
/// keys to tables that are renamed have their new names already. Throws Error(rejected) for a
/// difference that can't be replayed.
TableDifference compare_tables(const TableSide& before, const TableSide& after,
                               ChangeScript& script);

/// Adds a whole table.
void create_table(const schema::TargetTable& table, ChangeScript& script);

/// Throws Error(rejected): "table T: PROBLEM".
[[noreturn]] void refuse_change(const std::string& table, const std::string& problem);

}  // namespace godwit::engine
