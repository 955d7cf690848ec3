// Commits of several threads in one transaction, so that lanes that record at the same time
// share one sync of the disk. Each write is a savepoint of its own: it either is in the
// transaction as a whole or not at all, and its failure doesn't touch the others'.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

#include "sqlite.hpp"

namespace godwit::control {

/// What a power cut may take back. Killing the process takes nothing back either way.
enum class Durability {
  synced,  // on disk when the call returns, with all that was recorded before
  lazy,    // on disk with the next synced write
};

class CommitGroup {
 public:
  explicit CommitGroup(Database& database) : database_(database) {}

  /// Runs `write` within a transaction and returns when that is committed; throws what `write`
  /// threw (then nothing of it remains) or why the commit failed. `write` may run on another
  /// caller's thread and must not use the group.
  void run(const std::function<void()>& write, Durability durability = Durability::synced);

  /// Runs `read` while no write is under way.
  void read(const std::function<void()>& read);

 private:
  struct Request {
    const std::function<void()>* write = nullptr;
    Durability durability = Durability::synced;
    std::exception_ptr failure;
    bool done = false;
  };

  void commit(const std::vector<Request*>& batch) noexcept;
  void write_one(Request& request);
  void set_durability(Durability durability);

  Database& database_;
  std::mutex queue_mutex_;
  std::condition_variable finished_;
  std::vector<Request*> queue_;                 // guarded by queue_mutex_
  bool committing_ = false;                     // guarded by queue_mutex_
  std::mutex handle_mutex_;                     // one user of database_ at a time
  Durability durability_ = Durability::synced;  // of the next commit; guarded by handle_mutex_
};

}  // namespace godwit::control
