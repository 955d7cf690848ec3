#include "set_plan.hpp"

#include <algorithm>
#include <string>

namespace godwit::apply {

ArrayType array_type(const schema::TargetColumn& column) {
  using enum schema::TargetForm;
  switch (column.form) {
    case boolean: return {16, 1000};
    case bytea: return {17, 1001};
    case int8: return {20, 1016};
    case int2: return {21, 1005};
    case int4: return {23, 1007};
    case float4: return {700, 1021};
    case float8: return {701, 1022};
    case inet: return {869, 1041};
    case date: return {1082, 1182};
    case time: return {1083, 1183};
    case timestamp: return {1114, 1115};
    case timestamptz: return {1184, 1185};
    case interval: return {1186, 1187};
    case bit:
      if (column.type.starts_with("bit varying")) return {1562, 1563};
      return {1560, 1561};
    case numeric: return {1700, 1231};
    case uuid: return {2950, 2951};
    case jsonb: return {3802, 3807};
    case text:
      if (column.type == "json") return {114, 199};
      if (column.type == "text" || column.type.starts_with("varchar")) return {25, 1009};
      return {};  // a type of one's own
    case text_array: return {};
  }
  return {};
}

namespace {

void mark(const TablePlan& table, const std::string& column, std::vector<bool>& marks) {
  for (std::size_t i = 0; i < table.target->columns.size(); ++i) {
    if (table.target->columns[i].source_name == column) marks[i] = true;
  }
}

void mark_unique(const TablePlan& table, std::vector<bool>& marks) {
  for (const mariadb::Index& index : table.source->indexes) {
    if (!index.unique && !index.primary) continue;
    for (const mariadb::IndexPart& part : index.parts)
      mark(table, part.column, marks);
  }
  for (const std::size_t column : table.target->key)
    marks[column] = true;
}

void mark_referenced(const mariadb::Database& model, const TablePlan& table,
                     std::vector<bool>& marks) {
  for (const mariadb::Table& child : model.tables) {
    for (const mariadb::ForeignKey& key : child.foreign_keys) {
      if (key.referenced_table != table.source->name) continue;
      for (const std::string& column : key.referenced_columns)
        mark(table, column, marks);
    }
  }
}

}  // namespace

SetPlan make_set_plan(const mariadb::Database& model, const TablePlan& table,
                      const CascadePlan& cascades) {
  const std::size_t columns = table.target->columns.size();
  SetPlan plan;
  plan.unique.resize(columns);
  plan.referenced.resize(columns);
  mark_unique(table, plan.unique);
  mark_referenced(model, table, plan.referenced);
  for (const schema::TargetColumn& column : table.target->columns)
    plan.arrays.push_back(array_type(column));
  const auto has_array = [&](std::size_t column) { return plan.arrays[column].array != 0; };
  plan.inserts = std::all_of(plan.arrays.begin(), plan.arrays.end(),
                             [](const ArrayType& type) { return type.array != 0; });
  const std::vector<std::size_t>& key = table.target->key;
  // Without a key equal rows can't be told apart; statements for the children come before each row.
  plan.removes = !key.empty() && std::all_of(key.begin(), key.end(), has_array) &&
                 cascades.find(*table.target) == nullptr;
  plan.updates = plan.removes;
  return plan;
}

}  // namespace godwit::apply
