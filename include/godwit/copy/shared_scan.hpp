// One reading of a shared table for many tenants: each row is encoded once, into the buffer of the
// unit that owns it, and buffers go on when they are full.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/copy/key_map.hpp"
#include "godwit/core/byte_budget.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/schema/codec.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::copy {

/// Where the rows of a scan go; called from all readers at once.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Whole encoded rows of one unit and table.
  virtual void put(Slot slot, std::size_t table, std::span<const std::byte> rows,
                   std::uint64_t count) = 0;
  /// A policy changed values of the row just encoded for the unit: by column, what was added.
  virtual void changed(Slot slot, std::size_t table,
                       const std::vector<schema::PolicyCounts>& counts) = 0;
  /// A row of the unit can't be represented: the unit fails, the others go on.
  virtual void refuse(Slot slot, const Error& error) = 0;
};

/// A key's columns, and where they stand in the rows of the scan.
struct ScanKey {
  std::vector<const mariadb::Column*> columns;
  std::vector<std::size_t> positions;
};

struct ScanTable {
  std::size_t index = 0;  // for the sink
  const mariadb::Table* source = nullptr;
  const schema::TargetTable* target = nullptr;
  /// All rows go there without routing: shared and central tables. kNobody: by `steps`.
  Slot everything_to = kNobody;
  /// The first whose key is not NULL decides: for an owned table the tenant column and the
  /// directory, for an inherited one its paths and the maps of its parents.
  struct Step {
    ScanKey key;
    const KeyMap* map = nullptr;
  };
  std::vector<Step> steps;
  /// Filled for the tables that inherit from this one, each with its own choice of key.
  struct Filled {
    ScanKey key;
    KeyMap* map = nullptr;
  };
  std::vector<Filled> fills;
};

struct ScanResult {
  std::uint64_t rows = 0;       // read
  std::uint64_t elsewhere = 0;  // of tenants that aren't read now
  std::uint64_t nobody = 0;     // of no tenant
  std::string nobody_example;   // "row id=7"; of the first

  void add(const ScanResult& other);
};

struct ScanOptions {
  std::size_t slots = 0;                 // units, and one more for shared tables
  std::size_t block_bytes = 64U << 10U;  // of one unit's buffer
  ByteBudget* huge_rows = nullptr;       // shared by all readers
  std::stop_token stop;
  std::atomic<std::uint64_t>* rows = nullptr;  // progress
  std::atomic<std::uint64_t>* bytes = nullptr;
  /// Called before the SELECT and before every 1,024 rows; may wait. Must return when the stop is
  /// requested.
  std::function<void()> before_rows{};
};

/// One reader's buffers, kept from range to range. Memory: slots × block_bytes at most, and one
/// huge row. Not shared between threads.
class ScanLane {
 public:
  ScanLane(RowSink& sink, ScanOptions options);
  ~ScanLane();

  /// Reads one range of a table (`where` empty: all of it); what stays in the buffers goes on with
  /// the next table or with flush(). Throws Error(source|internal|cancelled), and what the sink
  /// throws.
  ScanResult scan(mariadb::Connection& source, const std::string& database, schema::RowCodec& codec,
                  const ScanTable& table, const std::string& where);
  void flush();

 private:
  class Range;
  struct Buffer;
  Buffer& buffer_of(Slot slot);
  void send(Slot slot, Buffer& buffer);

  RowSink& sink_;
  const ScanOptions options_;
  std::vector<std::unique_ptr<Buffer>> buffers_;  // by slot; made when first needed
  std::vector<Slot> filled_;                      // slots whose buffers hold rows
  std::size_t table_ = 0;                         // of the rows in the buffers
};

}  // namespace godwit::copy
