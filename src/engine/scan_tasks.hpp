// The order in which the tables of a shared scan are read: parents before the tables that inherit
// from them, otherwise the most bytes first, so that the readers end together.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace godwit::engine {

struct ScanTask {
  std::size_t table = 0;
  std::string where;  // empty: the whole table
};

class ScanTasks {
 public:
  struct Table {
    std::vector<std::string> where;    // at least one range
    std::uint64_t bytes = 0;           // estimated, of all ranges
    std::vector<std::size_t> parents;  // must be complete before
    bool locked = false;               // writes to it wait until it is read: it goes first
  };
  explicit ScanTasks(std::vector<Table> tables);

  /// The next range, waiting for the parents of what is left; nullopt at the end.
  std::optional<ScanTask> take();
  /// True when it was the table's last range.
  bool done(const ScanTask& task);
  /// A reader failed: everybody stops taking.
  void abandon();

 private:
  struct State {
    Table table;
    std::size_t taken = 0;
    std::size_t done = 0;
    bool has_children = false;
  };
  [[nodiscard]] std::optional<std::size_t> best() const;
  [[nodiscard]] bool complete(std::size_t table) const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<State> states_;  // guarded by mutex_
  std::size_t untaken_ = 0;    // ranges; guarded by mutex_
  bool abandoned_ = false;     // guarded by mutex_
};

}  // namespace godwit::engine
