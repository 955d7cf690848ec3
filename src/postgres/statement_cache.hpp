// Which prepared statements a server has: bounded there, the least recently used goes first. Pure
// bookkeeping. What was sent may still fail or be skipped, so a statement has two states: what the
// server has said, and what it will be when everything sent has succeeded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "godwit/postgres/pipeline.hpp"

namespace godwit::postgres {

class StatementCache {
 public:
  struct Statement {
    StatementId id{};
    std::string name;  // unique in the process
    std::string sql;
    std::vector<std::uint32_t> types;
    bool confirmed = false;  // the server has it
    bool expected = false;   // it will have it
    bool forgotten = false;
    std::list<StatementId>::iterator place{};  // valid while expected
  };

  /// `capacity` statements on the server, at least 1.
  explicit StatementCache(std::size_t capacity) : capacity_(capacity == 0 ? 1 : capacity) {}

  StatementId add(std::string sql, std::span<const std::uint32_t> types);
  void forget(StatementId id);

  /// Valid until forget() or batch_ended(). Throws Error(internal) for an id that is void.
  Statement& at(StatementId id);

  struct Use {
    bool prepare = false;                // it must be prepared first
    const Statement* evicted = nullptr;  // and before that, this one be deallocated
  };
  Use use(Statement& statement);

  void prepared(StatementId id);
  void deallocated(StatementId id);
  /// Nothing is in flight any more; `failed`: something of what was sent failed or was skipped.
  void batch_ended(bool failed);

  /// Statements on the server once everything sent has succeeded.
  [[nodiscard]] std::size_t expected_count() const { return recent_.size(); }
  /// Statements whose text is kept.
  [[nodiscard]] std::size_t size() const { return statements_.size(); }

 private:
  void correct();

  std::size_t capacity_;
  std::unordered_map<StatementId, Statement> statements_;
  std::list<StatementId> recent_;  // expected ones, the most recently used first
  bool sweep_ = false;             // a forgotten statement may be gone from the server
};

}  // namespace godwit::postgres
