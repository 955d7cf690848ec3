// What the readers of the catalog's parts share: the databases of one batch, the shape of their
// queries and the reading of rows. Private to this room.
#pragma once

#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"

namespace godwit::mariadb {

/// Databases that are read together, one query for each part of the catalog.
struct Batch {
  Connection& connection;
  std::vector<Database> databases;  // sorted by name

  /// nullptr: not of this batch. Names are compared byte by byte, unlike in SQL.
  [[nodiscard]] Database* find(std::string_view database);
  [[nodiscard]] Table* find_table(std::string_view database, std::string_view table);
};

/// The fields of a row, one after the other. NULL reads as "", 0 or false.
class FieldReader {
 public:
  explicit FieldReader(Row& row) : row_(row) {}

  std::optional<std::string> nullable() { return std::move(row_.at(next_++)); }
  std::string text() { return nullable().value_or(std::string()); }
  bool is(std::string_view expected) { return nullable() == expected; }
  std::optional<std::uint64_t> count();
  std::int64_t integer();

 private:
  Row& row_;
  std::size_t next_ = 0;
};

/// `SELECT columns FROM information_schema.view WHERE schema_column = 'a' [AND condition]`, one
/// for each database, joined by UNION ALL. Only a comparison with one literal makes the server
/// look at that database alone; for `IN` it walks through the folders of all databases.
std::string union_of_databases(const std::vector<Database>& databases, std::string_view columns,
                               std::string_view view, std::string_view schema_column,
                               std::string_view condition = {});

/// The parts; each adds to the databases of the batch. Tables come first.
void read_tables(Batch& batch);
void read_columns(Batch& batch);
void read_indexes(Batch& batch);
void read_foreign_keys(Batch& batch);
void read_checks(Batch& batch);
void read_sequences(Batch& batch);
void read_views_and_triggers(Batch& batch);
/// Routines and events: the server finds them by reading a whole system table, so this is called
/// once for all databases.
void read_routines_and_events(Batch& batch);

}  // namespace godwit::mariadb
