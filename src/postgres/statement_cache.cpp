#include "statement_cache.hpp"

#include <atomic>
#include <iterator>
#include <utility>

#include "godwit/core/error.hpp"

namespace godwit::postgres {

StatementId StatementCache::add(std::string sql, std::span<const std::uint32_t> types) {
  // Numbers aren't used again in this process: a result that is still to come can't be taken for
  // another statement's, nor one pipeline's id or name for that of the next on the same session.
  static std::atomic<std::uint32_t> last = 0;
  const StatementId id{++last};
  Statement statement;
  statement.id = id;
  statement.name = "godwit_" + std::to_string(id.value);
  statement.sql = std::move(sql);
  statement.types.assign(types.begin(), types.end());
  statements_.emplace(id, std::move(statement));
  return id;
}

void StatementCache::forget(StatementId id) {
  const auto found = statements_.find(id);
  if (found == statements_.end()) return;
  Statement& statement = found->second;
  statement.forgotten = true;
  statement.sql = {};
  statement.types = {};
  // The next to be deallocated, when room is needed.
  if (statement.expected) recent_.splice(recent_.end(), recent_, statement.place);
  if (!statement.expected && !statement.confirmed) sweep_ = true;
}

StatementCache::Statement& StatementCache::at(StatementId id) {
  const auto found = statements_.find(id);
  if (found == statements_.end() || found->second.forgotten) {
    throw Error(ErrorKind::internal, "a statement that was never prepared, or is forgotten");
  }
  return found->second;
}

StatementCache::Use StatementCache::use(Statement& statement) {
  Use use;
  if (statement.expected) {
    recent_.splice(recent_.begin(), recent_, statement.place);
  } else {
    recent_.push_front(statement.id);
    statement.place = recent_.begin();
    statement.expected = true;
    use.prepare = true;
  }
  if (recent_.size() > capacity_) {
    Statement& evicted = statements_.at(recent_.back());
    recent_.pop_back();
    evicted.expected = false;
    use.evicted = &evicted;
  }
  return use;
}

void StatementCache::prepared(StatementId id) {
  const auto found = statements_.find(id);
  if (found != statements_.end()) found->second.confirmed = true;
}

void StatementCache::deallocated(StatementId id) {
  const auto found = statements_.find(id);
  if (found == statements_.end()) return;
  found->second.confirmed = false;
  if (found->second.forgotten) sweep_ = true;
}

void StatementCache::batch_ended(bool failed) {
  if (failed) correct();
  if (!failed && !sweep_) return;
  sweep_ = false;
  std::erase_if(statements_, [](const auto& entry) {
    const Statement& statement = entry.second;
    return statement.forgotten && !statement.confirmed && !statement.expected;
  });
}

void StatementCache::correct() {
  for (auto& [id, statement] : statements_) {
    if (statement.expected == statement.confirmed) continue;
    if (statement.confirmed) {
      recent_.push_back(id);
      statement.place = std::prev(recent_.end());
    } else {
      recent_.erase(statement.place);
    }
    statement.expected = statement.confirmed;
  }
}

}  // namespace godwit::postgres
