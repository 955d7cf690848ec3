#include "table_plan.hpp"

#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::verify {

namespace {

/// The name of the index that has exactly the key's columns, whole and ascending; empty: none.
std::string index_of_key(const mariadb::Table& source, const TablePlan& plan) {
  const auto delivers = [&](const mariadb::Index& index) {
    if (index.kind != mariadb::IndexKind::btree || index.ignored) return false;
    return std::equal(index.parts.begin(), index.parts.end(), plan.key.begin(), plan.key.end(),
                      [&](const mariadb::IndexPart& part, std::size_t column) {
                        return part.column == plan.columns[column].name && !part.prefix &&
                               !part.descending && plan.columns[column].source.order_by_index;
                      });
  };
  const auto found = std::find_if(source.indexes.begin(), source.indexes.end(), delivers);
  return found == source.indexes.end() ? "" : found->name;
}

const CatalogColumn& actual_column(const std::vector<CatalogColumn>& actual,
                                   const std::string& name) {
  const auto found = std::find_if(actual.begin(), actual.end(),
                                  [&](const CatalogColumn& c) { return c.name == name; });
  if (found == actual.end()) {
    throw Error(ErrorKind::internal, "the plan of a comparison needs column '" + name + "'");
  }
  return *found;
}

bool has_collation(schema::TargetForm form) { return form == schema::TargetForm::text; }

void order_by_key(TablePlan& plan, const mariadb::Table& source, const schema::TargetTable& target,
                  const std::vector<CatalogColumn>& actual) {
  std::vector<std::string> source_keys;
  std::vector<std::string> target_keys;
  for (const std::size_t index : target.key) {
    const SourceColumn& column = plan.columns[index].source;
    if (column.order_by.empty()) return;
    source_keys.push_back(column.order_by);
    const std::string& name = target.columns[index].name;
    std::string key = "t." + postgres::quote_identifier(name);
    if (has_collation(column.form) && !actual_column(actual, name).byte_order) {
      key += " COLLATE pg_catalog.\"C\"";
    }
    target_keys.push_back(std::move(key));
  }
  if (source_keys.empty()) return;
  plan.key = target.key;
  const std::string index = index_of_key(source, plan);
  if (!index.empty()) {
    // Rather the key's index, which streams, than a sort of the whole table on the source's disk.
    plan.source_hint = " FORCE INDEX FOR ORDER BY (" + mariadb::quote_identifier(index) + ")";
  }
  plan.source_order = " ORDER BY " + join(source_keys, ", ");
  plan.target_order = " ORDER BY " + join(target_keys, ", ");
}

/// Chooses how each column is compared; answers with the source's expressions, of a table with
/// this alias ("t.", or empty for its own name).
std::vector<std::string> add_columns(TablePlan& plan, const mariadb::Table& source,
                                     const schema::TargetTable& target, const std::string& alias,
                                     mariadb::Connection& connection) {
  plan.table = source.name;
  std::vector<std::string> expressions;
  for (const schema::TargetColumn& column : target.columns) {
    ComparedColumn& compared = plan.columns.emplace_back();
    compared.name = column.source_name;
    compared.source =
        source_column(source.columns.at(column.source_index), column, alias, connection);
    compared.first_value = expressions.size();
    compared.target = target_reader(column.form);
    expressions.insert(expressions.end(), compared.source.select.begin(),
                       compared.source.select.end());
  }
  return expressions;
}

std::string source_name(const std::string& database, const mariadb::Table& source) {
  return mariadb::quote_identifier(database) + "." + mariadb::quote_identifier(source.name);
}

}  // namespace

std::string TablePlan::source_sql(bool ordered) const {
  return ordered ? source_select + source_hint + source_where + source_order
                 : source_select + source_where;
}

std::string TablePlan::target_sql(bool ordered) const {
  return "COPY (" + target_select + (ordered ? target_order : "") + ") TO STDOUT (FORMAT binary)";
}

TablePlan plan_table(const std::string& database, const mariadb::Table& source,
                     const schema::TargetTable& target, const std::vector<CatalogColumn>& actual,
                     const std::string& where, mariadb::Connection& connection) {
  TablePlan plan;
  const std::vector<std::string> expressions = add_columns(plan, source, target, "", connection);
  plan.source_select =
      "SELECT " + join(expressions, ", ") + " FROM " + source_name(database, source);
  if (!where.empty()) plan.source_where = " WHERE " + where;
  std::vector<std::string> target_expressions;
  target_expressions.reserve(target.columns.size());
  for (const schema::TargetColumn& column : target.columns)
    target_expressions.push_back("t." + postgres::quote_identifier(column.name));
  plan.target_select = "SELECT " + join(target_expressions, ", ") + " FROM " +
                       postgres::quote_identifier(target.name) + " t";
  order_by_key(plan, source, target, actual);
  return plan;
}

TablePlan plan_digest(const std::string& database, const mariadb::Table& source,
                      const schema::TargetTable& target, const DigestQuery& query,
                      mariadb::Connection& connection) {
  TablePlan plan;
  std::vector<std::string> expressions = add_columns(plan, source, target, "t.", connection);
  if (!query.key.empty()) {
    expressions.push_back(query.key);
    plan.has_key_value = true;
  }
  // Row by row of this table, whatever a condition on its parents suggests: it is read once.
  plan.source_select = "SELECT STRAIGHT_JOIN " + join(expressions, ", ") + " FROM " +
                       source_name(database, source) + " AS t" + query.joins;
  if (!query.where.empty()) plan.source_where = " WHERE " + query.where;
  return plan;
}

}  // namespace godwit::verify
