#include "scan_tasks.hpp"

#include <algorithm>
#include <tuple>

namespace godwit::engine {

ScanTasks::ScanTasks(std::vector<Table> tables) {
  for (Table& table : tables) {
    untaken_ += table.where.size();
    states_.emplace_back().table = std::move(table);
  }
  for (const State& state : states_) {
    for (const std::size_t parent : state.table.parents)
      states_[parent].has_children = true;
  }
}

std::optional<ScanTask> ScanTasks::take() {
  std::unique_lock lock(mutex_);
  std::optional<std::size_t> table;
  changed_.wait(lock, [&] {
    table = best();
    return abandoned_ || untaken_ == 0 || table;
  });
  if (abandoned_ || !table) return std::nullopt;
  State& state = states_[*table];
  --untaken_;
  return ScanTask{*table, std::move(state.table.where[state.taken++])};
}

bool ScanTasks::done(const ScanTask& task) {
  const std::lock_guard lock(mutex_);
  State& state = states_[task.table];
  ++state.done;
  changed_.notify_all();
  return complete(task.table);
}

void ScanTasks::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

bool ScanTasks::complete(std::size_t table) const {
  return states_[table].done == states_[table].table.where.size();
}

std::optional<std::size_t> ScanTasks::best() const {
  std::optional<std::size_t> best;
  const auto rank = [this](std::size_t index) {
    const State& state = states_[index];
    const std::size_t ranges = state.table.where.size();
    const std::uint64_t left = state.table.bytes / ranges * (ranges - state.taken);
    return std::tuple(state.table.locked, state.has_children,
                      left / (state.taken - state.done + 1));
  };
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.taken == state.table.where.size()) continue;
    const bool ready = std::all_of(state.table.parents.begin(), state.table.parents.end(),
                                   [this](std::size_t parent) { return complete(parent); });
    if (ready && (!best || rank(i) > rank(*best))) best = i;
  }
  return best;
}

}  // namespace godwit::engine
