#include "table_statements.hpp"

#include <cstddef>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::apply {
namespace {

using postgres::quote_identifier;
using schema::TargetColumn;
using schema::TargetForm;

std::string parameter(std::size_t number) { return "$" + std::to_string(number); }

bool is_plain_text(const TargetColumn& column) {
  return column.form == TargetForm::text &&
         (column.type == "text" || column.type.starts_with("varchar"));
}

/// True only for a row with exactly these bytes, whatever the type's own equality takes for equal.
/// Where that one can use an index, it is asked, too.
std::string exactly(const TargetColumn& column, const std::string& value) {
  const std::string name = quote_identifier(column.name);
  switch (column.form) {
    case TargetForm::text:
      if (!is_plain_text(column)) {
        return name + "::text COLLATE \"C\" = " + value + "::text";  // json has no equality
      }
      return name + " = " + value + " AND " + name + " COLLATE \"C\" = " + value;
    case TargetForm::jsonb: return name + "::text = (" + value + "::jsonb)::text";
    case TargetForm::text_array:
      return name + " = " + value + " AND " + name + "::text COLLATE \"C\" = " + value +
             "::text[]::text";
    case TargetForm::float4:  // -0.0 equals 0.0
      return name + " = " + value + " AND float4send(" + name + ") = float4send(" + value + ")";
    case TargetForm::float8:
      return name + " = " + value + " AND float8send(" + name + ") = float8send(" + value + ")";
    default: return name + " = " + value;
  }
}

/// The condition that finds the row; parameters from `number` on.
std::string row_condition(const TablePlan& plan, std::string_view match, std::size_t number) {
  const schema::TargetTable& table = *plan.target;
  std::string sql;
  const auto add = [&sql](const std::string& condition) {
    if (!sql.empty()) sql += " AND ";
    sql += condition;
  };
  if (!table.key.empty()) {
    for (const std::size_t index : table.key)
      add(quote_identifier(table.columns[index].name) + " = " + parameter(number++));
    return sql;
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (match.at(i) == match::kNull) {
      add(quote_identifier(table.columns[i].name) + " IS NULL");
    } else {
      add(exactly(table.columns[i], parameter(number++)));
    }
  }
  return sql;
}

/// WHERE …: of equal rows without a key one is taken.
std::string one_row(const TablePlan& plan, std::string_view match, std::size_t number) {
  const std::string condition = row_condition(plan, match, number);
  if (!plan.target->key.empty()) return " WHERE " + condition;
  return " WHERE ctid = (SELECT ctid FROM " + quote_identifier(plan.target->name) + " WHERE " +
         condition + " LIMIT 1 FOR UPDATE)";
}

/// unnest($1, …) AS given(p1, …)
std::string unnested(std::size_t parameters) {
  std::string arrays;
  std::string names;
  for (std::size_t number = 1; number <= parameters; ++number) {
    const char* const separator = number == 1 ? "" : ", ";
    arrays += separator + parameter(number);
    names += separator + ("p" + std::to_string(number));
  }
  return "unnest(" + arrays + ") AS given(" + names + ")";
}

/// The condition that finds the rows of a set; parameters from `number` on.
std::string set_condition(const schema::TargetTable& table, std::size_t number) {
  std::string sql;
  for (const std::size_t index : table.key) {
    if (!sql.empty()) sql += " AND ";
    sql += "own." + quote_identifier(table.columns[index].name) + " = given.p" +
           std::to_string(number++);
  }
  return sql;
}

}  // namespace

std::optional<std::string> implicit_value(const mariadb::Column& source,
                                          const TargetColumn& target) {
  using enum mariadb::ColumnType;
  if (source.type == enum_) {
    // The first member.
    if (target.form != TargetForm::text || source.members.empty()) return std::nullopt;
    return postgres::quote_literal(source.members.front());
  }
  switch (target.form) {
    case TargetForm::int2:
    case TargetForm::int4:
    case TargetForm::int8:
    case TargetForm::numeric:
    case TargetForm::float4:
    case TargetForm::float8: return "0";
    case TargetForm::boolean: return "false";
    case TargetForm::text:
      if (source.type == char_ || source.type == varchar || source.type == text ||
          source.type == set) {
        return "''";
      }
      return std::nullopt;
    case TargetForm::bytea:
      if (source.type == varbinary || source.type == blob || source.type == varchar ||
          source.type == text || source.type == char_) {
        return "''";
      }
      return std::nullopt;
    default: return std::nullopt;
  }
}

std::string insert_sql(const TablePlan& plan, std::string_view given) {
  const schema::TargetTable& table = *plan.target;
  std::string names;
  std::string values;
  std::size_t number = 1;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (given.at(i) == given::kDefault) continue;
    const char* const separator = names.empty() ? "" : ", ";
    names += separator + quote_identifier(table.columns[i].name);
    values += separator;
    if (given[i] == given::kValue) {
      values += parameter(number++);
      continue;
    }
    const mariadb::Column& source = plan.source->columns.at(table.columns[i].source_index);
    values += implicit_value(source, table.columns[i]).value();
  }
  const std::string into = "INSERT INTO " + quote_identifier(table.name);
  if (names.empty()) return into + " DEFAULT VALUES";
  return into + " (" + names + ") VALUES (" + values + ")";
}

std::string update_sql(const TablePlan& plan, std::string_view change, std::string_view match) {
  const schema::TargetTable& table = *plan.target;
  std::string set;
  std::size_t number = 1;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (change.at(i) != change::kSet) continue;
    if (!set.empty()) set += ", ";
    set += quote_identifier(table.columns[i].name) + " = " + parameter(number++);
  }
  return "UPDATE " + quote_identifier(table.name) + " SET " + set + one_row(plan, match, number);
}

std::string delete_sql(const TablePlan& plan, std::string_view match) {
  return "DELETE FROM " + quote_identifier(plan.target->name) + one_row(plan, match, 1);
}

std::string insert_set_sql(const TablePlan& plan) {
  const schema::TargetTable& table = *plan.target;
  std::string names;
  for (const TargetColumn& column : table.columns)
    names += (names.empty() ? "" : ", ") + quote_identifier(column.name);
  return "INSERT INTO " + quote_identifier(table.name) + " (" + names + ") SELECT * FROM " +
         unnested(table.columns.size());
}

std::string update_set_sql(const TablePlan& plan, std::string_view change) {
  const schema::TargetTable& table = *plan.target;
  std::string set;
  std::size_t number = 1;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (change.at(i) != change::kSet) continue;
    if (!set.empty()) set += ", ";
    set += quote_identifier(table.columns[i].name) + " = given.p" + std::to_string(number++);
  }
  return "UPDATE " + quote_identifier(table.name) + " AS own SET " + set + " FROM " +
         unnested(number - 1 + table.key.size()) + " WHERE " + set_condition(table, number);
}

std::string delete_set_sql(const TablePlan& plan) {
  const schema::TargetTable& table = *plan.target;
  return "DELETE FROM " + quote_identifier(table.name) + " AS own USING " +
         unnested(table.key.size()) + " WHERE " + set_condition(table, 1);
}

std::string lock_sql(const TablePlan& plan, std::string_view match) {
  return "SELECT 1 FROM " + quote_identifier(plan.target->name) + " WHERE " +
         row_condition(plan, match, 1) + (plan.target->key.empty() ? " LIMIT 1" : "") +
         " FOR NO KEY UPDATE";
}

}  // namespace godwit::apply
