// Tables, their columns, and sequences.

#include <algorithm>

#include "catalog_batch.hpp"
#include "column_type.hpp"

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

constexpr std::size_t kSequencesPerQuery = 200;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Behind the type's name and its brackets, where the attributes stand; members of an ENUM or SET
/// may hold any word.
std::string_view attributes(std::string_view declared_type) {
  const std::size_t bracket = declared_type.rfind(')');
  const std::size_t start = bracket == std::string_view::npos ? declared_type.find(' ') : bracket;
  return start == std::string_view::npos ? std::string_view() : declared_type.substr(start);
}

/// The facts of the type that depend on which type it is.
void read_type_details(Column& column, const std::string& data_type, FieldReader& fields) {
  const std::uint64_t characters = fields.count().value_or(0);
  const std::uint64_t octets = fields.count().value_or(0);
  const auto precision = fields.count();
  const auto scale = fields.count();
  const auto fraction = fields.count();
  const std::string_view words = attributes(column.declared_type);
  column.is_unsigned = is_numeric(column.type) && contains(words, " unsigned");
  column.compressed = contains(words, " COMPRESSED*/");
  column.octet_length = octets;
  column.length = is_text(column.type) ? characters : octets;
  column.fraction = static_cast<int>(fraction.value_or(0));
  if (column.type == ColumnType::bit) column.length = precision.value_or(0);
  if (column.type == ColumnType::decimal) {
    column.precision = static_cast<int>(precision.value_or(0));
  }
  if (is_numeric(column.type)) column.scale = scale ? static_cast<int>(*scale) : -1;
  if (column.type == ColumnType::enum_ || column.type == ColumnType::set) {
    column.members = parse_members(column.declared_type);
    column.compressed = false;
  }
  if (column.type == ColumnType::geometry) column.geometry_type = data_type;
}

void read_extra(Column& column, std::string_view extra) {
  column.auto_increment = contains(extra, "auto_increment");
  column.on_update_now = contains(extra, "on update ");
  column.invisible = contains(extra, "INVISIBLE");
  column.stored_generated = contains(extra, "STORED GENERATED");
}

Column read_column(const std::string& where, FieldReader& fields) {
  Column column;
  column.name = fields.text();
  const std::string data_type = fields.text();
  const auto type = parse_data_type(data_type);
  if (!type) {
    throw Error(ErrorKind::rejected,
                printable(where + "." + column.name) + ": the type '" + printable(data_type) +
                    "' is not supported",
                "Exclude the table, or change the column's type on the source.");
  }
  column.type = *type;
  column.declared_type = fields.text();
  read_type_details(column, data_type, fields);
  column.charset = fields.text();
  column.collation = fields.text();
  column.nullable = fields.is("YES");
  column.default_text = fields.nullable();
  read_extra(column, fields.text());
  column.generation_expression = fields.text();
  column.comment = fields.text();
  return column;
}

/// Spatial reference systems are in a view of their own.
void read_geometry(Batch& batch) {
  for (Row& row : batch.connection.query(
           union_of_databases(batch.databases, "f_table_schema,g_table_name,g_geometry_column,srid",
                              "geometry_columns", "f_table_schema"))) {
    FieldReader fields(row);
    const std::string database = fields.text();
    Table* table = batch.find_table(database, fields.text());
    if (table == nullptr) continue;
    const std::string name = fields.text();
    const std::uint64_t srid = fields.count().value_or(0);
    for (Column& column : table->columns) {
      if (column.name == name) column.srid = static_cast<std::uint32_t>(srid);
    }
  }
}

/// One SELECT for each sequence: there is no view that lists their states.
std::string select_sequence(const Database& database, const Sequence& sequence) {
  return "SELECT " + quote_literal(database.name) + "," + quote_literal(sequence.name) +
         ",start_value,increment,minimum_value,maximum_value,cache_size,cycle_option,"
         "next_not_cached_value FROM " +
         quote_identifier(database.name) + "." + quote_identifier(sequence.name);
}

void read_sequence_states(Batch& batch, const std::string& sql) {
  if (sql.empty()) return;
  for (Row& row : batch.connection.query(sql)) {
    FieldReader fields(row);
    Database* database = batch.find(fields.text());
    const std::string name = fields.text();
    for (Sequence& sequence : database->sequences) {
      if (sequence.name != name) continue;
      sequence.start = fields.integer();
      sequence.increment = fields.integer();
      sequence.minimum = fields.integer();
      sequence.maximum = fields.integer();
      sequence.cache = fields.integer();
      sequence.cycle = fields.integer() != 0;
      sequence.next_not_cached = fields.integer();
      break;
    }
  }
}

/// Views are listed without a text for now; it takes another query to read it.
void add_table(Database& database, FieldReader& fields) {
  Table table;
  table.name = fields.text();
  const std::string type = fields.text();
  if (type == "VIEW" || type == "SYSTEM VIEW") {
    database.code.push_back({"view", table.name, {}, {}});
    return;
  }
  if (type == "SEQUENCE") {
    database.sequences.emplace_back().name = table.name;
    return;
  }
  table.system_versioned = type == "SYSTEM VERSIONED";
  table.engine = fields.text();
  table.row_estimate = fields.count().value_or(0);
  table.data_bytes = fields.count().value_or(0);
  table.index_bytes = fields.count().value_or(0);
  table.auto_increment = fields.count();
  table.collation = fields.text();
  table.partitioned = contains(fields.text(), "partitioned");
  table.comment = fields.text();
  database.tables.push_back(std::move(table));
}

}  // namespace

void read_tables(Batch& batch) {
  for (Row& row : batch.connection.query(union_of_databases(
           batch.databases,
           "table_schema,table_name,table_type,engine,table_rows,data_length,index_length,"
           "auto_increment,table_collation,create_options,table_comment",
           "tables", "table_schema"))) {
    FieldReader fields(row);
    if (Database* database = batch.find(fields.text())) add_table(*database, fields);
  }
  for (Database& database : batch.databases) {
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(database.tables.begin(), database.tables.end(), by_name);
    std::sort(database.sequences.begin(), database.sequences.end(), by_name);
    std::sort(database.code.begin(), database.code.end(), by_name);
  }
}

void read_columns(Batch& batch) {
  bool geometry = false;
  for (Row& row : batch.connection.query(union_of_databases(
           batch.databases,
           "table_schema,table_name,column_name,data_type,column_type,character_maximum_length,"
           "character_octet_length,numeric_precision,numeric_scale,datetime_precision,"
           "character_set_name,collation_name,is_nullable,column_default,extra,"
           "generation_expression,column_comment",
           "columns", "table_schema"))) {
    FieldReader fields(row);
    const std::string database = fields.text();
    Table* table = batch.find_table(database, fields.text());
    if (table == nullptr) continue;  // a view or a sequence
    table->columns.push_back(read_column(database + "." + table->name, fields));
    geometry = geometry || table->columns.back().type == ColumnType::geometry;
  }
  if (geometry) read_geometry(batch);
}

void read_sequences(Batch& batch) {
  std::string sql;
  std::size_t waiting = 0;
  for (const Database& database : batch.databases) {
    for (const Sequence& sequence : database.sequences) {
      if (!sql.empty()) sql += " UNION ALL ";
      sql += select_sequence(database, sequence);
      if (++waiting < kSequencesPerQuery) continue;
      read_sequence_states(batch, sql);
      sql.clear();
      waiting = 0;
    }
  }
  read_sequence_states(batch, sql);
}

}  // namespace godwit::mariadb
