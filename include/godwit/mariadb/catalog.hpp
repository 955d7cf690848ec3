// The source's catalog: what a tenant's database consists of, as MariaDB 10.6–11.x describes it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

// NOLINTBEGIN(readability-identifier-naming): keywords take an underscore
enum class ColumnType {
  tinyint,
  smallint,
  mediumint,
  integer,
  bigint,
  decimal,
  float_,
  double_,
  bit,
  year,
  date,
  time,
  datetime,
  timestamp,
  char_,
  varchar,
  text,  // text: TINYTEXT to LONGTEXT
  binary,
  varbinary,
  blob,  // blob: TINYBLOB to LONGBLOB
  enum_,
  set,
  json,  // json: LONGTEXT with CHECK (json_valid(column)) of its own
  uuid,
  inet4,
  inet6,
  geometry,
};
// NOLINTEND(readability-identifier-naming)

std::string_view name(ColumnType type);

struct Column {
  std::string name;
  ColumnType type = ColumnType::integer;
  std::string declared_type;  // COLUMN_TYPE, e.g. "int(10) unsigned zerofill"
  bool is_unsigned = false;
  bool nullable = false;
  std::uint64_t length = 0;        // characters (text), bytes (binary), bits (BIT)
  std::uint64_t octet_length = 0;  // greatest length in bytes, text and binary types
  int precision = 0;               // DECIMAL
  int scale = 0;                   // DECIMAL, and FLOAT(m,d)/DOUBLE(m,d) (-1: none)
  int fraction = 0;                // digits of seconds: TIME, DATETIME, TIMESTAMP
  std::string charset;             // text types, ENUM, SET, JSON; empty otherwise
  std::string collation;
  std::vector<std::string> members;  // ENUM, SET, in declared order, UTF-8
  std::string geometry_type;         // "point", "geometry", …
  std::uint32_t srid = 0;
  /// The default as information_schema prints it: a quoted literal ('it''s', b'01', 42), NULL,
  /// current_timestamp(6) or another expression; nullopt: no default.
  std::optional<std::string> default_text;
  bool on_update_now = false;
  bool auto_increment = false;
  bool invisible = false;
  bool compressed = false;
  std::string generation_expression;  // empty: not generated
  bool stored_generated = false;
  std::string comment;
};

struct IndexPart {
  std::string column;
  std::optional<std::uint32_t> prefix;  // characters or bytes
  bool descending = false;
};

enum class IndexKind { btree, hash, fulltext, spatial };

struct Index {
  std::string name;  // "PRIMARY" for the primary key
  IndexKind kind = IndexKind::btree;
  bool primary = false;
  bool unique = false;
  bool ignored = false;
  /// UNIQUE (…, period WITHOUT OVERLAPS): the last two parts are the period's end and start.
  bool without_overlaps = false;
  std::vector<IndexPart> parts;
  std::string comment;
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string referenced_database;
  std::string referenced_table;
  std::vector<std::string> referenced_columns;
  std::string on_delete;  // "CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"
  std::string on_update;
};

struct Check {
  std::string name;
  std::string expression;
};

struct Table {
  std::string name;
  std::string engine;  // "InnoDB", "MyISAM", …; empty: the server can't open the table
  std::string collation;
  std::string comment;  // of a table that can't be opened: the server's message
  std::uint64_t row_estimate = 0;
  std::uint64_t data_bytes = 0;                 // estimate
  std::uint64_t index_bytes = 0;                // estimate
  std::optional<std::uint64_t> auto_increment;  // next value
  bool system_versioned = false;
  bool partitioned = false;
  std::vector<Column> columns;
  std::vector<Index> indexes;  // the primary key first, then in the order of the table
  std::vector<ForeignKey> foreign_keys;
  std::vector<Check> checks;  // without the json_valid ones of JSON columns

  [[nodiscard]] bool transactional() const { return engine == "InnoDB"; }
  [[nodiscard]] const Column* find_column(std::string_view column) const;
  [[nodiscard]] const Index* primary_key() const;
};

struct Sequence {
  std::string name;
  std::int64_t start = 1;
  std::int64_t increment = 1;
  std::int64_t minimum = 1;
  std::int64_t maximum = 0;
  std::int64_t cache = 0;
  bool cycle = false;
  std::int64_t next_not_cached = 1;
};

/// View, trigger, routine or event: reported with its text, not migrated by this room.
struct CodeObject {
  std::string kind;  // "view", "trigger", "procedure", "function", "package", "event"
  std::string name;
  std::string table;  // triggers
  std::string text;   // empty when the grants don't show it
};

struct Database {
  std::string name;
  std::string charset;
  std::string collation;
  std::vector<Table> tables;  // by name
  std::vector<Sequence> sequences;
  std::vector<CodeObject> code;

  [[nodiscard]] const Table* find_table(std::string_view table) const;
  [[nodiscard]] std::uint64_t data_bytes() const;
};

/// Reads the named databases with a constant number of queries (batches of databases, never one
/// per table). In the order asked for; a database that doesn't exist (or may not be seen) is
/// missing from the answer. Throws Error(source), Error(rejected) for a type it doesn't know.
std::vector<Database> read_databases(Connection& connection, std::span<const std::string> names);

/// Reads the AUTO_INCREMENT counters and the sequences of a database read before once more.
void refresh_counters(Connection& connection, Database& database);

struct DatabaseSummary {
  std::string name;
  std::uint64_t tables = 0;
  std::uint64_t row_estimate = 0;
  std::uint64_t bytes = 0;  // data + indexes, estimate
};
/// All databases the account may see, without the system's own, by name; one query.
std::vector<DatabaseSummary> list_databases(Connection& connection);

/// A hash (32 hex digits) of everything that decides the target's DDL and the column codecs:
/// not of sizes, AUTO_INCREMENT counters, sequence positions or the database's own name.
std::string fingerprint(const Database& database);

/// What a database's tables were defined as at a moment.
struct DdlDigest {
  std::string hash;      // 32 hex digits
  std::string taken_at;  // the server's time
};
/// A cheap check that nothing of a database's tables changed since: a hash of their times of
/// creation (whole seconds), and of their SHOW CREATE TABLE texts, AUTO_INCREMENT removed, where
/// that time is less than two seconds old or isn't changed by every DDL. Taken before the
/// catalog is read and compared after the last row: unchanged means no DDL came between.
/// `filter` says which tables count; not set: all.
using TableFilter = std::function<bool(std::string_view table)>;
DdlDigest ddl_digest(Connection& connection, const std::string& database,
                     const TableFilter& filter = {});
bool is_unchanged(Connection& connection, const std::string& database, const DdlDigest& before,
                  const TableFilter& filter = {});

}  // namespace godwit::mariadb
