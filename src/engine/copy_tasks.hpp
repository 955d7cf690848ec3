// The work of copying one large tenant as a queue that its readers share: key ranges of tables,
// then each table's keys, indexes and statistics as soon as its last range is in, while other
// tables are still being read.
#pragma once

#include <condition_variable>
#include <cstddef>
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

class CopyTasks {
 public:
  /// `ranges[t]` are the WHERE clauses of table t, `order` the tables in the order of reading.
  CopyTasks(const schema::TargetSchema& schema, std::vector<std::vector<std::string>> ranges,
            const std::vector<std::size_t>& order);

  /// The next task, waiting for one that others' work may still bring; nullopt at the end.
  std::optional<CopyTask> take();
  /// True when it was the last one that reads rows.
  bool done(const CopyTask& task);
  /// Another reader failed: everybody stops taking.
  void abandon();
  [[nodiscard]] bool rows_left() const;

 private:
  struct Table {
    std::size_t ranges_left = 0;
    std::size_t indexes_left = 0;
  };
  void after_rows(std::size_t table);
  void after_primary_key(std::size_t table);

  const schema::TargetSchema& schema_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<CopyTask> ready_;  // guarded by mutex_, like all below
  std::vector<Table> tables_;
  std::size_t rows_left_ = 0;  // tasks
  std::size_t under_way_ = 0;
  bool abandoned_ = false;
};

}  // namespace godwit::engine
