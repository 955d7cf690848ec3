#include "copy_tasks.hpp"

namespace godwit::engine {

CopyTasks::CopyTasks(const schema::TargetSchema& schema,
                     std::vector<std::vector<std::string>> ranges,
                     const std::vector<std::size_t>& order)
    : schema_(schema), tables_(schema.tables.size()) {
  for (const std::size_t table : order) {
    tables_[table].ranges_left = ranges[table].size();
    rows_left_ += ranges[table].size();
    for (std::string& where : ranges[table]) {
      ready_.push_back({CopyTask::Kind::rows, table, std::move(where), 0});
    }
  }
}

std::optional<CopyTask> CopyTasks::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return abandoned_ || !ready_.empty() || under_way_ == 0; });
  if (abandoned_ || ready_.empty()) return std::nullopt;
  CopyTask task = std::move(ready_.front());
  ready_.pop_front();
  ++under_way_;
  return task;
}

bool CopyTasks::done(const CopyTask& task) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  bool last_rows = false;
  switch (task.kind) {
    case CopyTask::Kind::rows:
      last_rows = --rows_left_ == 0;
      if (--tables_[task.table].ranges_left == 0) after_rows(task.table);
      break;
    case CopyTask::Kind::primary_key: after_primary_key(task.table); break;
    case CopyTask::Kind::index:
      if (--tables_[task.table].indexes_left == 0) {
        ready_.push_front({CopyTask::Kind::statistics, task.table, "", 0});
      }
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
  // in front of the ranges of other tables: index builds are the longer half of the work
  const bool has_primary =
      !schema_.tables[table].indexes.empty() && schema_.tables[table].indexes.front().primary;
  if (has_primary) {
    ready_.push_front({CopyTask::Kind::primary_key, table, "", 0});
  } else {
    after_primary_key(table);
  }
}

void CopyTasks::after_primary_key(std::size_t table) {
  // the primary key's ALTER TABLE excludes everybody, plain index builds share the table
  const std::vector<schema::TargetIndex>& indexes = schema_.tables[table].indexes;
  for (std::size_t i = indexes.size(); i-- > 0;) {
    if (indexes[i].primary) continue;
    ready_.push_front({CopyTask::Kind::index, table, "", i});
    ++tables_[table].indexes_left;
  }
  if (tables_[table].indexes_left == 0) {
    ready_.push_front({CopyTask::Kind::statistics, table, "", 0});
  }
}

}  // namespace godwit::engine
