// The work of copying one large tenant, shared by its readers: key ranges of tables, then each
// table's keys and indexes as soon as its last range is in, while other tables are still being
// read, and statistics in the end.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "godwit/schema/target.hpp"

namespace godwit::engine {

struct CopyTask {
  enum class Kind { rows, primary_key, index, statistics } kind = Kind::rows;
  std::size_t table = 0;
  std::string where;      // rows: the key range
  std::size_t index = 0;  // index: which of the table's
};

/// What is to be read of one table.
struct TableRanges {
  std::vector<std::string> where;  // "" is the whole table; none: its rows are in
  std::uint64_t bytes = 0;         // estimated, of the whole table
  bool locked = false;             // writes to it wait until it is read: it goes first
};

class CopyTasks {
 public:
  /// `ranges[t]` is the reading of schema.tables[t]; `readers` threads will take tasks.
  CopyTasks(const schema::TargetSchema& schema, std::vector<TableRanges> ranges,
            std::size_t readers);

  /// The next task, waiting for one that others' work may still bring; nullopt at the end.
  /// Builds come before rows: they are the longer half of the work. Of the tables, the one with
  /// the most left for each of its readers, the next one included; but another reader joins a table
  /// only if those it has would end later than the rest of the work, shared evenly. So readers
  /// spread: two COPYs into one table wait for each other when it is extended, and a table of large
  /// values, which waits for the disk, overlaps with tables that need the CPU. Yet a table that
  /// would be read alone in the end gets several from the start.
  std::optional<CopyTask> take();
  /// True when it was the last one that reads rows.
  bool done(const CopyTask& task);
  /// Another reader failed: everybody stops taking.
  void abandon();
  [[nodiscard]] bool rows_left() const;

 private:
  struct Table {
    TableRanges ranges;
    std::size_t taken = 0;    // ranges
    std::size_t reading = 0;  // ranges
    std::size_t indexes_left = 0;

    [[nodiscard]] std::uint64_t bytes_left() const;  // of ranges that nobody has taken
  };
  [[nodiscard]] CopyTask take_range();
  void after_rows(std::size_t table);
  void after_primary_key(std::size_t table);
  void add_statistics(std::size_t table);

  const schema::TargetSchema& schema_;
  const std::size_t readers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<CopyTask> builds_;  // guarded by mutex_, like all below
  // Statistics come when all tables' rows are in: a COPY that began before a table's last commit
  // hides its rows from the VACUUM (as an index build of that time does, which is rarer).
  std::deque<CopyTask> after_rows_;
  std::vector<Table> tables_;
  std::vector<std::size_t> waiting_;  // tables with ranges that nobody has taken
  std::size_t rows_left_ = 0;         // ranges not done
  std::size_t under_way_ = 0;
  bool abandoned_ = false;
};

}  // namespace godwit::engine
