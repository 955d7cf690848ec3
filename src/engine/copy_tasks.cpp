#include "copy_tasks.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace godwit::engine {

CopyTasks::CopyTasks(const schema::TargetSchema& schema, std::vector<TableRanges> ranges,
                     std::size_t readers)
    : schema_(schema), readers_(readers), tables_(ranges.size()) {
  for (std::size_t table = 0; table < ranges.size(); ++table) {
    rows_left_ += ranges[table].where.size();
    tables_[table].ranges = std::move(ranges[table]);
  }
  for (std::size_t table = 0; table < tables_.size(); ++table) {
    if (tables_[table].ranges.where.empty()) {
      after_rows(table);
    } else {
      waiting_.push_back(table);
    }
  }
}

std::optional<CopyTask> CopyTasks::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return abandoned_ || !builds_.empty() || !waiting_.empty() || under_way_ == 0;
  });
  if (abandoned_ || (builds_.empty() && waiting_.empty())) return std::nullopt;
  ++under_way_;
  if (builds_.empty()) return take_range();
  CopyTask task = std::move(builds_.front());
  builds_.pop_front();
  return task;
}

std::uint64_t CopyTasks::Table::bytes_left() const {
  return ranges.bytes / ranges.where.size() * (ranges.where.size() - taken);
}

CopyTask CopyTasks::take_range() {
  std::uint64_t bytes_left = 0;
  for (const std::size_t index : waiting_)
    bytes_left += tables_[index].bytes_left();
  const std::uint64_t share = bytes_left / readers_;
  const auto rank = [&](std::size_t index) {
    const Table& table = tables_[index];
    const bool in_time = table.reading > 0 && table.bytes_left() / table.reading <= share;
    return std::tuple(!table.ranges.locked, in_time, ~(table.bytes_left() / (table.reading + 1)),
                      index);
  };
  const auto best =
      std::min_element(waiting_.begin(), waiting_.end(),
                       [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  const std::size_t index = *best;
  Table& table = tables_[index];
  CopyTask task{CopyTask::Kind::rows, index, std::move(table.ranges.where[table.taken]), 0};
  ++table.taken;
  ++table.reading;
  if (table.taken == table.ranges.where.size()) waiting_.erase(best);
  return task;
}

bool CopyTasks::done(const CopyTask& task) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  Table& table = tables_[task.table];
  bool last_rows = false;
  switch (task.kind) {
    case CopyTask::Kind::rows:
      last_rows = --rows_left_ == 0;
      if (last_rows) {
        builds_.insert(builds_.end(), after_rows_.begin(), after_rows_.end());
        after_rows_.clear();
      }
      --table.reading;
      if (table.reading == 0 && table.taken == table.ranges.where.size()) after_rows(task.table);
      break;
    case CopyTask::Kind::primary_key: after_primary_key(task.table); break;
    case CopyTask::Kind::index:
      if (--table.indexes_left == 0) add_statistics(task.table);
      break;
    case CopyTask::Kind::statistics: break;
  }
  changed_.notify_all();
  return last_rows;
}

void CopyTasks::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

bool CopyTasks::rows_left() const {
  const std::lock_guard lock(mutex_);
  return rows_left_ > 0;
}

void CopyTasks::after_rows(std::size_t table) {
  const bool has_primary =
      !schema_.tables[table].indexes.empty() && schema_.tables[table].indexes.front().primary;
  if (has_primary) {
    builds_.push_front({CopyTask::Kind::primary_key, table, "", 0});
  } else {
    after_primary_key(table);
  }
}

void CopyTasks::after_primary_key(std::size_t table) {
  // the primary key's ALTER TABLE excludes everybody, plain index builds share the table
  const std::vector<schema::TargetIndex>& indexes = schema_.tables[table].indexes;
  for (std::size_t i = indexes.size(); i-- > 0;) {
    if (indexes[i].primary) continue;
    builds_.push_front({CopyTask::Kind::index, table, "", i});
    ++tables_[table].indexes_left;
  }
  if (tables_[table].indexes_left == 0) add_statistics(table);
}

void CopyTasks::add_statistics(std::size_t table) {
  (rows_left_ > 0 ? after_rows_ : builds_).push_back({CopyTask::Kind::statistics, table, "", 0});
}

}  // namespace godwit::engine
