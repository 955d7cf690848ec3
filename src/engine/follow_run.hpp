// A run's part that follows: which of its tenants join when, and what it waits for at the end.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "follower.hpp"
#include "godwit/core/error.hpp"
#include "run_context.hpp"
#include "shared_source.hpp"

namespace godwit::engine {

class FollowRun {
 public:
  /// Tenants of the run join as they are copied. Throws Error(plan_invalid) for a tenancy that can't
  /// be followed.
  explicit FollowRun(RunContext& run);
  ~FollowRun();
  FollowRun(const FollowRun&) = delete;
  FollowRun& operator=(const FollowRun&) = delete;

  /// Those that an earlier run copied go on where they are.
  void begin(const std::vector<const plan::Unit*>& kept);
  /// Until all are ready, and then, if the run is to follow, until it is stopped.
  void wait();
  /// Ends following. Returns the tenants that didn't get there.
  std::map<std::string, Error> end();

 private:
  struct Joining : Follower::Joining {
    Clock::Instant since;  // of the first failure
  };
  void work(const std::stop_token& stop);
  void join(std::vector<Joining>& joining);
  bool is_settled(Joining& joining);
  void fail(const plan::Unit& unit, const Error& error);
  std::vector<const plan::Unit*> followable(const std::vector<const plan::Unit*>& kept);

  void begin_databases(const std::vector<const plan::Unit*>& units);

  RunContext& run_;
  std::optional<SharedSource> shared_;  // row tenancy
  Follower follower_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Joining> waiting_;            // copied, not joined; guarded by mutex_
  std::size_t joining_ = 0;                // by the thread; guarded by mutex_
  std::map<std::string, Error> failures_;  // guarded by mutex_
  std::jthread joiner_;                    // last
};

}  // namespace godwit::engine
