// From the reader's groups to tenants' queues: what both ways of routing share. A router (by
// database, or by the rows' tenant) says whose a change is; the delivery keeps which tenants take
// part in the group under way, skips what a tenant has already, and ends the group for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/capture/group_reader.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/gtid.hpp"

namespace godwit::capture {

/// A tenant that is followed. Made by the engine, shared with the routers; the queue's writer is
/// the reader's thread alone.
class Subscription {
 public:
  Subscription(std::string tenant, GtidList floor, QueueMemory& memory, std::size_t memory_max,
               SpillFile& spill)
      : tenant_(std::move(tenant)), queue_(memory, memory_max, spill), floor_(std::move(floor)) {}

  [[nodiscard]] const std::string& tenant() const { return tenant_; }
  [[nodiscard]] TenantQueue& queue() { return queue_; }
  [[nodiscard]] const TenantQueue& queue() const { return queue_; }

  /// The tenant has everything up to there: such groups aren't queued. Any thread.
  void raise_floor(const GtidList& position);
  /// What lies behind `position` is to come again, although it was delivered.
  void reset_floor(const GtidList& position);
  [[nodiscard]] GtidList floor() const;
  /// Whether a group with this GTID is above the floor.
  [[nodiscard]] bool wants(const Gtid& gtid) const;
  /// The group is queued, if it concerns the tenant. Raises the floor; the reader's thread.
  void delivered(const Gtid& gtid);

 private:
  const std::string tenant_;
  TenantQueue queue_;
  mutable std::mutex mutex_;
  GtidList floor_;  // guarded by mutex_
};
using SubscriptionPtr = std::shared_ptr<Subscription>;

/// Used by the reader's thread, position() and parked_since() by any.
class Delivery {
 public:
  /// `committed` is called when a queue got a transaction.
  explicit Delivery(std::function<void(const Subscription&)> committed = {})
      : committed_(std::move(committed)) {}

  void begin(const GtidEvent& gtid, const GroupPosition& position);
  /// Opens the group for this tenant if it isn't yet; nullptr: the tenant has the group already.
  /// Changes go to the queue that is returned.
  TenantQueue* open(const SubscriptionPtr& subscription);
  /// SAVEPOINT and ROLLBACK TO, for all tenants of the group: also those that it is opened for
  /// later, which had nothing to take back before.
  void savepoint(const StatementChange& statement);
  void rollback_to(const StatementChange& statement);
  /// Whether the group was opened for the tenant.
  [[nodiscard]] bool is_open(const Subscription& subscription) const;
  /// The tenants that the group was opened for.
  [[nodiscard]] const std::vector<SubscriptionPtr>& opened() const { return opened_; }
  /// The group ends for all tenants that it was opened for. `sample`: see TransactionHead.
  void end(GroupEnd how, const GroupPosition& position, std::uint64_t sample);
  void abandon();
  /// XA COMMIT or ROLLBACK of an earlier group, which this group's GTID names. To be called before
  /// end() of the group that says so.
  void complete_xa(bool committed);

  /// Behind the last complete group, of the domains seen or given to start().
  [[nodiscard]] GtidList position() const;
  /// A new connection of the reader begins behind `position`.
  void start(const GtidList& position);
  /// Behind which position the reader has to begin in order to see all groups that are parked now;
  /// nullopt: none is.
  [[nodiscard]] std::optional<GtidList> parked_since() const;
  /// A tenant that is no longer followed: its parked groups are forgotten.
  void forget(const Subscription& subscription);

 private:
  struct Parked {
    std::vector<SubscriptionPtr> subscriptions;
    GtidList since;
  };
  [[nodiscard]] TransactionHead head(const GroupPosition& position, std::uint64_t sample) const;
  void park();
  void finish_parked(bool commits, const TransactionHead& end);
  void committed(const Subscription& subscription) const {
    if (committed_) committed_(subscription);
  }

  /// Whoever reads the queue finds out what became of it.
  void tell_overrun(const Subscription& subscription) const {
    if (subscription.queue().overrun()) committed(subscription);
  }

  const std::function<void(const Subscription&)> committed_;

  Gtid gtid_;
  std::string xid_;                      // of the group under way; empty: it has none
  bool prepares_ = false;                // the group under way ends with XA PREPARE
  std::vector<std::string> savepoints_;  // texts, of the group under way
  std::vector<SubscriptionPtr> opened_;  // by the group under way
  std::optional<bool> xa_committed_;
  mutable std::mutex mutex_;
  GtidList position_;                     // guarded by mutex_
  std::map<std::string, Parked> parked_;  // by XID; guarded by mutex_
};

}  // namespace godwit::capture
