// The threads that apply: each takes a tenant with waiting transactions, applies for a while, and
// gives it back, so that none delays another. Connections to targets are kept, within the clusters'
// limits, for the tenants that had work last.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "followed_tenant.hpp"
#include "godwit/core/error.hpp"
#include "run_context.hpp"

namespace godwit::engine {

class ApplyPool {
 public:
  struct Hooks {
    /// The applier can't go on: what the statement is to do on the target, or an exception to end
    /// the tenant. Called by a worker.
    std::function<std::string(FollowedTenant&, const apply::ApplyResult::Statement&)> statement;
    /// For a tenant with a next_schema: to find out which one the target has.
    std::function<void(FollowedTenant&, postgres::Session&)> settle;
    std::function<void(FollowedTenant&, const apply::Evidence&)> diverged;
    /// A failure that another attempt won't mend.
    std::function<void(FollowedTenant&, const Error&)> failed;
    /// The tenant's queue was overrun, and what it held is applied up to there.
    std::function<void(FollowedTenant&, const GtidList& position)> overrun;
    /// The target came back without commits that it had confirmed, which have left the queue.
    std::function<void(FollowedTenant&, const GtidList& position)> commits_lost;
    /// Applied; tables that the source may have changed without saying so. Must not throw.
    std::function<void(FollowedTenant&, const std::vector<std::string>& tables)> unexplained;
    /// An applier's end, if policies changed values since its beginning. Must not throw.
    std::function<void(const FollowedTenant&, const std::vector<apply::AppliedPolicies>&)> counted;
  };

  ApplyPool(const RunContext& run, std::size_t workers, Hooks hooks);
  ~ApplyPool();  // stops the workers
  ApplyPool(const ApplyPool&) = delete;
  ApplyPool& operator=(const ApplyPool&) = delete;

  /// The tenant has transactions; any thread.
  void schedule(FollowedTenant& tenant);
  /// Waits for the workers' current work, ends their connections, and ends.
  void stop();

 private:
  void work(const std::stop_token& stop);
  FollowedTenant* take(const std::stop_token& stop);
  void run(FollowedTenant& tenant);
  void apply(FollowedTenant& tenant);
  void pass_statement(FollowedTenant& tenant, const apply::ApplyResult::Statement& statement);
  void give_back(FollowedTenant& tenant, bool more);
  void again_later(FollowedTenant& tenant, const Error& error);
  void put_off();
  void open(FollowedTenant& tenant);
  postgres::Session connect(const FollowedTenant& tenant);
  void touch(FollowedTenant& tenant);
  void close(FollowedTenant& tenant);
  void finish(const FollowedTenant& tenant, std::unique_ptr<ApplyTarget> target) const;
  std::size_t connections_max(ClusterId cluster) const;

  const RunContext& run_;
  const std::size_t workers_;
  const Hooks hooks_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<FollowedTenant*> ready_;                     // guarded by mutex_
  std::multimap<Clock::Instant, FollowedTenant*> later_;  // guarded by mutex_
  std::list<FollowedTenant*> open_;                       // by last use; guarded by mutex_
  std::map<std::uint32_t, std::size_t> connections_;      // by cluster; guarded by mutex_
  std::map<std::uint32_t, Clock::Instant> silent_until_;  // by cluster; guarded by mutex_
  std::vector<std::jthread> threads_;                     // last
};

}  // namespace godwit::engine
