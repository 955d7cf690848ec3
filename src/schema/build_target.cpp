#include <algorithm>

#include "build_context.hpp"
#include "columns.hpp"
#include "fingerprint.hpp"
#include "foreign_keys.hpp"
#include "godwit/postgres/session.hpp"
#include "indexes.hpp"
#include "names.hpp"
#include "sequences.hpp"
#include "table_checks.hpp"

namespace godwit::schema {

namespace {

using postgres::quote_identifier;
using postgres::quote_literal;

std::string create_table_sql(const TargetTable& table) {
  std::string before;
  std::string after;
  std::string columns;
  for (const TargetColumn& column : table.columns) {
    columns += (columns.empty() ? "\n  " : ",\n  ") + column_sql(column);
    if (column.owned_sequence.empty() || column.identity) continue;
    const std::string sequence = quote_identifier(column.owned_sequence);
    before += "CREATE SEQUENCE " + sequence + ";\n";
    after += ";\nALTER SEQUENCE " + sequence + " OWNED BY " + quote_identifier(table.name) + "." +
             quote_identifier(column.name);
  }
  return before + "CREATE TABLE " + quote_identifier(table.name) + " (" + columns + "\n)" + after;
}

void add_comments(const mariadb::Table& source, TargetTable& target) {
  if (!source.comment.empty()) {
    target.comment_sql.push_back("COMMENT ON TABLE " + quote_identifier(target.name) + " IS " +
                                 quote_literal(source.comment));
  }
  for (const TargetColumn& column : target.columns) {
    const std::string& comment = source.columns[column.source_index].comment;
    if (comment.empty()) continue;
    target.comment_sql.push_back("COMMENT ON COLUMN " + quote_identifier(target.name) + "." +
                                 quote_identifier(column.name) + " IS " + quote_literal(comment));
  }
}

/// Key columns to the front: COPY and verification read rows by their key.
void put_key_first(TargetTable& table) {
  std::vector<TargetColumn> ordered;
  ordered.reserve(table.columns.size());
  std::vector<bool> taken(table.columns.size(), false);
  for (const std::size_t index : table.key) {
    ordered.push_back(table.columns[index]);
    taken[index] = true;
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!taken[i]) ordered.push_back(table.columns[i]);
  }
  for (std::size_t i = 0; i < table.key.size(); ++i)
    table.key[i] = i;
  table.columns = std::move(ordered);
}

class SchemaBuilder {
 public:
  SchemaBuilder(const mariadb::Database& database, const TypeMap& map, const SchemaOptions& options)
      : sink_(database.name, schema_.findings),
        overrides_(database.name, options, map.policies()),
        context_{database, map, sink_, overrides_, {}, {}, {}},
        options_(options) {}

  TargetSchema build() {
    select_tables();
    build_sequences(context_, schema_);
    for (const TableBuild& table : tables_)
      build_columns(context_, table);
    for (const TableBuild& table : tables_) {
      build_indexes(context_, table, referenced_columns(table.source.name));
    }
    for (const TableBuild& table : tables_)
      build_foreign_keys(context_, table, tables_);
    for (const TableBuild& table : tables_) {
      table.target.create_sql = create_table_sql(table.target);
      add_comments(table.source, table.target);
      check_table(context_, table);
    }
    // only now: what refers to columns by their place is done
    for (TargetTable& table : schema_.tables)
      put_key_first(table);
    if (!options_.indexes) leave_out_keys();
    report_code(context_);
    overrides_.report_unused(sink_);
    build_prelude();
    return std::move(schema_);
  }

 private:
  void select_tables() {
    std::vector<const mariadb::Table*> sources;
    for (const mariadb::Table& table : context_.database.tables) {
      if (!overrides_.excluded(table.name)) sources.push_back(&table);
    }
    schema_.tables.reserve(sources.size());  // TableBuild keeps references into it
    for (const mariadb::Table* source : sources) {
      TargetTable& target = schema_.tables.emplace_back();
      target.source_name = source->name;
      target.name = context_.relations.add(relation_name(source->name), source->name);
      target.source_rows_estimate = source->row_estimate;
      tables_.push_back({*source, target});
      for (const mariadb::Index& index : source->indexes)
        ++context_.index_names[index.name];
    }
  }

  [[nodiscard]] std::vector<std::vector<std::string>> referenced_columns(
      const std::string& table) const {
    std::vector<std::vector<std::string>> result;
    for (const TableBuild& child : tables_) {
      for (const mariadb::ForeignKey& key : child.source.foreign_keys) {
        const bool here =
            key.referenced_table == table && key.referenced_database == context_.database.name;
        if (here) result.push_back(key.referenced_columns);
      }
    }
    return result;
  }

  /// The plan wants rows only. What identifies a row is known all the same.
  void leave_out_keys() {
    schema_.rows_only = true;
    for (TargetTable& table : schema_.tables) {
      table.indexes.clear();
      table.foreign_keys.clear();
    }
    context_.collation_sql.clear();  // only indexes use them
    sink_.add("indexes-left-out", Severity::degraded, "*",
              "tables get no keys, indexes, foreign keys or statistics, as the plan says",
              "remove schema.indexes from the plan");
  }

  void build_prelude() {
    if (context_.collation_sql.empty()) return;
    schema_.prelude_sql.emplace_back("CREATE SCHEMA IF NOT EXISTS godwit");
    for (const auto& [locale, sql] : context_.collation_sql)
      schema_.prelude_sql.push_back(sql);
  }

  TargetSchema schema_;
  FindingSink sink_;
  Overrides overrides_;
  BuildContext context_;
  const SchemaOptions& options_;
  std::vector<TableBuild> tables_;
};

}  // namespace

std::string column_sql(const TargetColumn& column) {
  std::string sql = quote_identifier(column.name) + " " + column.type;
  if (column.not_null) sql += " NOT NULL";
  if (column.identity) {
    sql += " GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME " +
           quote_identifier(column.owned_sequence) + ")";
  } else if (!column.default_sql.empty()) {
    sql += " DEFAULT " + column.default_sql;
  }
  if (!column.check_sql.empty()) {
    sql += " CONSTRAINT " + quote_identifier(fit_name(column.name + "_check")) + " CHECK (" +
           column.check_sql + ")";
  }
  return sql;
}

const TargetTable* TargetSchema::find_source_table(std::string_view source_name) const {
  const auto at = std::find_if(tables.begin(), tables.end(), [&](const TargetTable& table) {
    return table.source_name == source_name;
  });
  return at == tables.end() ? nullptr : &*at;
}

TargetSchema build_target(const mariadb::Database& database, const TypeMap& map,
                          const SchemaOptions& options) {
  TargetSchema schema = SchemaBuilder(database, map, options).build();
  schema.fingerprint = target_fingerprint(database, map, options);
  return schema;
}

}  // namespace godwit::schema
