// Indexes, foreign keys and CHECK constraints.

#include <algorithm>
#include <utility>

#include "catalog_batch.hpp"

#include "godwit/core/error.hpp"

namespace godwit::mariadb {

namespace {

IndexKind parse_index_kind(const std::string& type) {
  if (type == "HASH") return IndexKind::hash;
  if (type == "FULLTEXT") return IndexKind::fulltext;
  if (type == "SPATIAL" || type == "RTREE") return IndexKind::spatial;
  return IndexKind::btree;
}

void add_index_part(Table& table, FieldReader& fields) {
  const std::string name = fields.text();
  if (table.indexes.empty() || table.indexes.back().name != name) {
    table.indexes.emplace_back().name = name;
  }
  Index& index = table.indexes.back();
  index.primary = name == "PRIMARY";
  index.unique = fields.is("0");
  index.kind = parse_index_kind(fields.text());
  index.ignored = fields.is("YES");
  index.comment = fields.text();
  IndexPart part;
  part.column = fields.text();
  const auto prefix = fields.count();
  // A spatial index keeps bounding boxes, whatever "prefix" its parts have.
  if (prefix && index.kind != IndexKind::spatial) part.prefix = static_cast<std::uint32_t>(*prefix);
  part.descending = fields.is("D");
  index.parts.push_back(std::move(part));
}

/// The period (start, end) that a check of the form "`start` < `end`" may stand for.
std::optional<std::pair<std::string, std::string>> period_of(const Check& check) {
  const std::string separator = "` < `";
  const std::size_t middle = check.expression.find(separator);
  if (middle == std::string::npos || check.expression.front() != '`' ||
      check.expression.back() != '`') {
    return std::nullopt;
  }
  const std::size_t end = middle + separator.size();
  return std::pair(check.expression.substr(1, middle - 1),
                   check.expression.substr(end, check.expression.size() - end - 1));
}

bool ends_with_period(const Index& index, const Check& check) {
  const std::size_t count = index.parts.size();
  const auto period = period_of(check);
  return index.unique && count >= 3 && period && index.parts[count - 2].column == period->second &&
         index.parts[count - 1].column == period->first;
}

/// information_schema shows UNIQUE (id, p WITHOUT OVERLAPS) as UNIQUE (id, p_end, p_start). Where a
/// check looks like that of a period over these columns, the table's own text decides.
void find_period_keys(Batch& batch, const Database& database, Table& table) {
  for (const Check& check : table.checks) {
    for (Index& index : table.indexes) {
      if (index.without_overlaps || !ends_with_period(index, check)) continue;
      const Rows rows =
          batch.connection.query("SHOW CREATE TABLE " + quote_identifier(database.name) + "." +
                                 quote_identifier(table.name));
      const std::string text = rows.at(0).at(1).value_or("");
      index.without_overlaps =
          text.find("," + quote_identifier(check.name) + " WITHOUT OVERLAPS)") != std::string::npos;
    }
  }
}

ForeignKey* find_key(Table* table, const std::string& name) {
  if (table == nullptr) return nullptr;
  const auto found = std::find_if(table->foreign_keys.begin(), table->foreign_keys.end(),
                                  [&](const ForeignKey& key) { return key.name == name; });
  return found == table->foreign_keys.end() ? nullptr : &*found;
}

void read_key_columns(Batch& batch) {
  for (Row& row : batch.connection.query(union_of_databases(
           batch.databases,
           "table_schema,table_name,constraint_name,column_name,referenced_table_schema,"
           "referenced_table_name,referenced_column_name",
           "key_column_usage", "table_schema", "referenced_table_name IS NOT NULL"))) {
    FieldReader fields(row);
    const std::string database = fields.text();
    Table* table = batch.find_table(database, fields.text());
    if (table == nullptr) continue;
    std::string name = fields.text();
    ForeignKey* key = find_key(table, name);
    if (key == nullptr) {
      key = &table->foreign_keys.emplace_back();
      key->name = std::move(name);
    }
    key->columns.push_back(fields.text());
    key->referenced_database = fields.text();
    key->referenced_table = fields.text();
    key->referenced_columns.push_back(fields.text());
  }
}

void read_key_rules(Batch& batch) {
  for (Row& row : batch.connection.query(union_of_databases(
           batch.databases, "constraint_schema,table_name,constraint_name,delete_rule,update_rule",
           "referential_constraints", "constraint_schema"))) {
    FieldReader fields(row);
    const std::string database = fields.text();
    Table* table = batch.find_table(database, fields.text());
    ForeignKey* key = find_key(table, fields.text());
    if (key == nullptr) continue;
    key->on_delete = fields.text();
    key->on_update = fields.text();
  }
}

/// JSON is an alias: LONGTEXT with this check of its own.
bool makes_json(const Table& table, const Check& check) {
  const Column* column = table.find_column(check.name);
  return column != nullptr && column->declared_type.rfind("longtext", 0) == 0 &&
         check.expression == "json_valid(" + quote_identifier(column->name) + ")";
}

}  // namespace

void read_indexes(Batch& batch) {
  for (Row& row : batch.connection.query(union_of_databases(
           batch.databases,
           "table_schema,table_name,index_name,non_unique,index_type,ignored,index_comment,"
           "column_name,sub_part,`collation`",
           "statistics", "table_schema"))) {
    FieldReader fields(row);
    const std::string database = fields.text();
    if (Table* table = batch.find_table(database, fields.text())) add_index_part(*table, fields);
  }
  for (Database& database : batch.databases) {
    for (Table& table : database.tables) {
      std::stable_partition(table.indexes.begin(), table.indexes.end(),
                            [](const Index& index) { return index.primary; });
    }
  }
}

void read_foreign_keys(Batch& batch) {
  read_key_columns(batch);
  read_key_rules(batch);
  for (const Database& database : batch.databases) {
    for (const Table& table : database.tables) {
      for (const ForeignKey& key : table.foreign_keys) {
        if (!key.on_delete.empty()) continue;
        throw Error(ErrorKind::source,
                    database.name + "." + table.name + ": the foreign key " + key.name +
                        " changed while it was read",
                    "Try again when no DDL runs.", true);
      }
    }
  }
}

void read_checks(Batch& batch) {
  for (Row& row : batch.connection.query(union_of_databases(
           batch.databases, "constraint_schema,table_name,constraint_name,level,check_clause",
           "check_constraints", "constraint_schema"))) {
    FieldReader fields(row);
    const std::string database = fields.text();
    Table* table = batch.find_table(database, fields.text());
    if (table == nullptr) continue;
    Check check;
    check.name = fields.text();
    const bool of_column = fields.is("Column");
    check.expression = fields.text();
    if (!of_column || !makes_json(*table, check)) {
      table->checks.push_back(std::move(check));
      continue;
    }
    for (Column& column : table->columns) {
      if (column.name == check.name) column.type = ColumnType::json;
    }
  }
  for (Database& database : batch.databases) {
    for (Table& table : database.tables)
      find_period_keys(batch, database, table);
  }
}

}  // namespace godwit::mariadb
