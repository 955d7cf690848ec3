#include "godwit/apply/schema_plan.hpp"

#include <algorithm>
#include <utility>

#include "cascade_plan.hpp"
#include "godwit/core/error.hpp"

namespace godwit::apply {

SchemaPlan::SchemaPlan(const mariadb::Database& model, const schema::TargetSchema& target,
                       mariadb::Connection& connection)
    : model_(&model),
      target_(&target),
      cascades_(std::make_shared<const CascadePlan>(model, target)) {
  tables_.reserve(target.tables.size());
  for (const schema::TargetTable& table : target.tables) {
    TablePlan plan;
    plan.source = model.find_table(table.source_name);
    plan.target = &table;
    if (plan.source == nullptr) {
      throw Error(ErrorKind::internal, "the catalog has no table " + table.source_name);
    }
    plan.charsets.reserve(table.columns.size());
    for (const schema::TargetColumn& column : table.columns) {
      const mariadb::Column& from = plan.source->columns.at(column.source_index);
      mariadb::CharsetPtr charset;
      if (!from.charset.empty()) charset = mariadb::load_charset(connection, from.charset);
      // For what it throws: a column without a codec is to be known before the first row.
      (void)schema::make_codec(from, column.form, column.policies, charset);
      plan.charsets.push_back(std::move(charset));
    }
    tables_.push_back(std::move(plan));
  }
  std::sort(tables_.begin(), tables_.end(), [](const TablePlan& left, const TablePlan& right) {
    return left.source->name < right.source->name;
  });
}

const TablePlan* SchemaPlan::find(std::string_view source_table) const {
  const auto at = std::lower_bound(
      tables_.begin(), tables_.end(), source_table,
      [](const TablePlan& plan, std::string_view name) { return plan.source->name < name; });
  return at == tables_.end() || at->source->name != source_table ? nullptr : &*at;
}

}  // namespace godwit::apply
