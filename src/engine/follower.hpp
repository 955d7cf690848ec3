// Tenants that follow their source: they join when they are copied, catch up, and stay ready until
// the run ends. Puts together the reader, the queues and the appliers; keeps the tenants' states and
// the record of how far they have come.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "apply_pool.hpp"
#include "binlog_reader.hpp"
#include "cluster_connections.hpp"
#include "ddl_replay.hpp"
#include "followed_tenant.hpp"
#include "godwit/capture/delivery.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "position_samples.hpp"
#include "routing.hpp"
#include "run_context.hpp"

namespace godwit::engine {

/// Of two positions of one source, of which one covers the other.
inline GtidList earlier(const GtidList& one, const GtidList& other) {
  return other.covers(one) ? one : other;
}

class Follower {
 public:
  /// `make_routing` is given the delivery and the samples' current().
  using MakeRouting = std::function<std::unique_ptr<Routing>(
      capture::Delivery&, std::function<std::uint64_t()> sample)>;

  Follower(RunContext& run, const MakeRouting& make_routing);
  ~Follower();  // stops
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// A tenant that is copied, and is to follow from its snapshot, or from where an earlier run left
  /// it.
  struct Joining {
    const plan::Unit* unit = nullptr;
    SchemaVariantPtr schema;
    /// Error(held) when another engine has it, Error(target), Error(internal).
    std::optional<Error> failure;
  };
  /// One synced write of the control store for all of them: thousands join when a run goes on.
  /// Sets the failures of those that can't; the others follow.
  void join(const std::vector<Joining*>& joining);
  /// Waits until every tenant that joined has been ready once or has ended; false: stopped.
  bool wait_ready(const std::stop_token& stop);
  /// Waits until every tenant has what the source has now, or has ended; false: stopped.
  bool wait_applied(const std::stop_token& stop);
  /// Waits until the run is stopped, or no tenant is left to follow.
  void wait_stopped(const std::stop_token& stop);
  /// Ends all threads; what is applied is recorded.
  void stop();

  /// Of tenants that have ended: diverged, paused, failed.
  [[nodiscard]] std::map<std::string, Error> failures() const;

 private:
  using Tenants = std::map<std::string, std::unique_ptr<FollowedTenant>, std::less<>>;

  AppliedSchemaPtr applied(const SchemaVariantPtr& schema);
  struct Start {
    GtidList floor;
    GtidList reader;  // where the reader must begin
  };
  [[nodiscard]] Start start_of(const control::TenantRecord& record) const;
  void lock(const plan::Unit& unit);
  void lock_again(ClusterId cluster);
  void unlock(const plan::Unit& unit);
  void release_left();
  /// One that has its lock.
  struct Taken {
    Joining* joining = nullptr;
    control::TenantRecord record;
    std::unique_ptr<FollowedTenant> made;  // until it is among tenants_
    FollowedTenant* tenant = nullptr;
  };
  Taken take(Joining& joining);
  Taken take_locked(Joining& joining);
  void enter(std::vector<Taken>& taken);
  GtidList count_in(std::vector<Taken>& taken);
  void record_join(const std::vector<Taken*>& taken, const GtidList& from);
  void begin(Taken& taken);
  void leave_out(Taken& taken, const Error& error);
  void watch(const std::stop_token& stop);
  void sample(const std::stop_token& stop);
  std::uint64_t take_sample(mariadb::Connection& connection);
  [[nodiscard]] bool is_applied(const FollowedTenant& tenant, std::uint64_t sample) const;
  void record();
  GtidList followed_to(const GtidList& reached);
  [[nodiscard]] std::optional<bool> judge(const FollowedTenant& tenant, Clock::Instant now) const;
  void judge_all();
  void overrun(FollowedTenant& tenant, const GtidList& position);
  void commits_lost(FollowedTenant& tenant, const GtidList& position);
  [[nodiscard]] double lag_of(const FollowedTenant& tenant, Clock::Instant now) const;
  void diverged(FollowedTenant& tenant, const apply::Evidence& evidence);
  void failed(FollowedTenant& tenant, const Error& error);
  void end(FollowedTenant& tenant, control::TenantState state, const Error& error,
           const std::string& evidence);
  struct Ending {
    FollowedTenant* tenant = nullptr;
    control::TenantState state = control::TenantState::paused;
    Error error;
    std::string evidence;
  };
  void record_endings();
  void reader_failed(const Error& error);
  void reader_begins(const GtidList& from, const std::vector<FollowedTenant*>& tenants);
  BinlogReader::Hooks reader_hooks();
  ApplyPool::Hooks apply_hooks();

  RunContext& run_;
  capture::SpillFile spill_;
  capture::QueueMemory memory_;
  PositionSamples samples_;
  capture::Delivery delivery_;
  std::unique_ptr<Routing> routing_;
  DdlReplay ddl_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Tenants tenants_;  // by name; guarded by mutex_, never shrinks
  /// What the run's record says, or what it is about to say: no tenant's place is before it. Guarded
  /// by mutex_.
  std::optional<GtidList> recorded_;
  std::map<std::string, Error> failures_;  // guarded by mutex_
  std::optional<Error> reader_failure_;    // guarded by mutex_
  std::vector<Ending> endings_;            // to be recorded; guarded by mutex_

  std::mutex record_mutex_;  // one at a time: what is recorded must hold every tenant's place
  std::mutex schemas_mutex_;
  std::map<const SchemaVariant*, AppliedSchemaPtr> schemas_;  // guarded by schemas_mutex_
  std::optional<mariadb::Connection> charsets_;               // guarded by schemas_mutex_
  std::mutex locks_mutex_;
  ClusterConnections locks_;  // holds the tenants' locks; guarded by locks_mutex_

  std::optional<ApplyPool> pool_;
  std::optional<BinlogReader> reader_;
  std::vector<std::jthread> threads_;  // last
};

}  // namespace godwit::engine
