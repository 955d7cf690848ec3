// Makes tenants' databases (or schemas) ahead of the lanes that fill them. A small pool of threads
// takes the units in order, has them described in batches, locks each tenant against other engines,
// creates its place and hands it on. When the wave's gate closes, units that no lane has begun are
// left.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "cluster_connections.hpp"
#include "godwit/core/error.hpp"
#include "run_context.hpp"
#include "tenant_place.hpp"
#include "unit_describer.hpp"
#include "wave_gate.hpp"

namespace godwit::engine {

class Provisioner {
 public:
  using Item = DescribedUnit;  // with a failure the unit has no database

  struct Options {
    std::size_t threads = 1;
    std::size_t ahead = 1;        // databases that wait for a lane, at most
    bool from_templates = false;  // else the DDL runs in each database
    /// The units' rows are read already: they are under way, and windows no longer concern them.
    bool begun = false;
    /// The units' snapshot is open: its end must not wait for the source to be less busy.
    bool in_snapshot = false;
    /// Nobody answers before next() has given out everything.
    bool answered_later = false;
  };

  /// Starts the threads; each makes a describer for itself.
  Provisioner(RunContext& run, TenantPlaces& places, const WaveGate& gate,
              const std::vector<const plan::Unit*>& units, MakeDescriber make_describer,
              Options options);
  ~Provisioner();  // stops the threads; ends the locks that are left
  Provisioner(const Provisioner&) = delete;
  Provisioner& operator=(const Provisioner&) = delete;

  /// The next database, waiting for it; nullopt when there is none to come or the run is stopped.
  /// Every item must be answered by exactly one of finished() and again().
  std::optional<Item> next();
  /// The lane is done with the unit, well or not: its lock goes.
  void finished(const plan::Unit& unit);
  /// Drops a database that a failed copy left half filled.
  void discard(const plan::Unit& unit);
  /// The unit is to be provisioned once more, after the ones still waiting.
  void again(const plan::Unit& unit);
  /// What the gate kept from being begun. To be asked when the lanes have ended.
  std::vector<const plan::Unit*> take_left();

 private:
  [[nodiscard]] bool may_begin() const { return options_.begun ? !gate_.aborted() : gate_.open(); }
  /// Returns when the source may be burdened with another tenant.
  void wait_for_source(const std::stop_token& stop);
  void work(const std::stop_token& stop);
  std::vector<const plan::Unit*> take_batch(const std::stop_token& stop);
  std::optional<Item> next_ready();
  void hand_on(Item item, const std::stop_token& stop);
  void provision_batch(const std::vector<const plan::Unit*>& batch, UnitDescriber& describer,
                       ClusterConnections& clusters, const std::stop_token& stop);
  void leave(std::span<const plan::Unit* const> units, std::size_t handed = 0);
  void provision(ProvisionedUnit& made, ClusterConnections& clusters);
  void lock(const plan::Unit& unit);
  void unlock(const plan::Unit& unit) noexcept;

  RunContext& run_;
  TenantPlaces& places_;
  const WaveGate& gate_;
  const MakeDescriber make_describer_;
  const Options options_;

  std::mutex locks_mutex_;
  ClusterConnections lock_keepers_;  // hold the tenants' locks; guarded by locks_mutex_

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<const plan::Unit*> waiting_;  // guarded by mutex_
  std::deque<Item> ready_;                 // guarded by mutex_
  std::vector<const plan::Unit*> left_;    // guarded by mutex_
  std::size_t unanswered_ = 0;             // taken from waiting_, not finished; guarded by mutex_
  std::size_t handed_ = 0;                 // of these, given out by next(); guarded by mutex_
  std::vector<std::jthread> threads_;      // last: joined before the rest goes
};

}  // namespace godwit::engine
