#include "commit_group.hpp"

#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"

namespace godwit::control {

void CommitGroup::run(const std::function<void()>& write, Durability durability) {
  Request request;
  request.write = &write;
  request.durability = durability;
  std::unique_lock lock(queue_mutex_);
  queue_.push_back(&request);
  // While one thread commits, the others queue up; the first to find the place free commits for
  // all that have queued meanwhile.
  while (!request.done) {
    if (committing_) {
      finished_.wait(lock);
      continue;
    }
    committing_ = true;
    std::vector<Request*> batch;
    batch.swap(queue_);
    lock.unlock();
    commit(batch);
    lock.lock();
    for (Request* finished : batch)
      finished->done = true;
    committing_ = false;
    finished_.notify_all();
  }
  lock.unlock();
  if (request.failure) std::rethrow_exception(request.failure);
}

void CommitGroup::read(const std::function<void()>& read) {
  const std::scoped_lock lock(handle_mutex_);
  read();
}

void CommitGroup::commit(const std::vector<Request*>& batch) noexcept {
  const std::scoped_lock lock(handle_mutex_);
  const bool lazy = std::all_of(batch.begin(), batch.end(), [](const Request* request) {
    return request->durability == Durability::lazy;
  });
  try {
    set_durability(lazy ? Durability::lazy : Durability::synced);
    database_.execute("BEGIN IMMEDIATE");
    for (Request* request : batch)
      write_one(*request);
    database_.execute("COMMIT");
  } catch (...) {
    // Nothing of the transaction is on disk: it failed for everybody in it.
    for (Request* request : batch) {
      if (!request->failure) request->failure = std::current_exception();
    }
    try {
      if (!database_.in_autocommit()) database_.execute("ROLLBACK");
    } catch (const Error& error) {
      log::event(log::Level::error, "control.rollback", {{"error", error.what()}});
    }
  }
}

// In WAL mode NORMAL leaves the sync out; the next FULL commit syncs the whole log up to itself.
void CommitGroup::set_durability(Durability durability) {
  if (durability == durability_) return;
  database_.execute(durability == Durability::lazy ? "PRAGMA synchronous = NORMAL"
                                                   : "PRAGMA synchronous = FULL");
  durability_ = durability;
}

void CommitGroup::write_one(Request& request) {
  database_.execute("SAVEPOINT one");
  try {
    (*request.write)();
  } catch (...) {
    request.failure = std::current_exception();
    // A full disk may have ended the whole transaction already; then this throws for the batch.
    database_.execute("ROLLBACK TO one");
  }
  database_.execute("RELEASE one");
}

}  // namespace godwit::control
