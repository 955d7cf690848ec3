// One tenant that follows its source: what the reader, the appliers and the follower share of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "godwit/apply/applier.hpp"
#include "godwit/apply/schema_plan.hpp"
#include "godwit/capture/delivery.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/ids.hpp"
#include "godwit/plan/units.hpp"
#include "godwit/postgres/session.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

/// A schema with what applying to it needs; shared by its tenants.
struct AppliedSchema {
  SchemaVariantPtr variant;
  std::shared_ptr<const apply::SchemaPlan> plan;  // points into `variant`
};
using AppliedSchemaPtr = std::shared_ptr<const AppliedSchema>;

/// A connection to the tenant's database, kept while it has work.
struct ApplyTarget {
  ApplyTarget(postgres::Session opened, std::shared_ptr<const apply::SchemaPlan> plan,
              const std::string& tenant, Epoch epoch, const apply::ApplyOptions& options)
      : session(std::move(opened)), applier(session, std::move(plan), tenant, epoch, options) {}
  postgres::Session session;
  apply::Applier applier;
};

/// A tenant's schema as the source had it for a moment.
struct SeenSchema {
  std::string gtid;          // of the statement that made us look
  GtidList before;           // the source's position when the looking began
  GtidList after;            // and when it had ended
  SchemaVariantPtr schema;   // of a tenant
  SchemaVariantPtr central;  // row tenancy, where there are central tables
};

struct FollowedTenant;

struct FollowedSubscription : capture::Subscription {
  using Subscription::Subscription;
  FollowedTenant* owner = nullptr;  // set before the reader knows of it
};

struct FollowedTenant {
  /// Whose turn it is: a tenant is in the pool's queue or with a worker at most once.
  enum class Turn : std::uint8_t { idle, queued, running, running_again };

  const plan::Unit* unit = nullptr;
  AppliedSchemaPtr schema;
  Epoch epoch;
  std::shared_ptr<FollowedSubscription> subscription;
  GtidList reader_start;  // where the reader must begin for this tenant

  std::atomic<Turn> turn{Turn::idle};
  std::atomic<bool> rejoins{false};  // its queue was overrun, and is to be filled again
  std::atomic<bool> ended{false};    // diverged, paused or failed: nothing is applied any more
  std::atomic<std::uint64_t> transactions{0};  // applied
  std::atomic<std::uint64_t> rows{0};

  // the worker's that has its turn
  std::unique_ptr<ApplyTarget> target;
  int attempts = 0;  // since the last success
  int overruns = 0;  // at the same position
  GtidList overrun_at;
  GtidList applied;     // as the target confirmed it
  std::mutex applying;  // held while the queue is read; to empty it takes this, too
  std::optional<SeenSchema> seen;
  AppliedSchemaPtr next_schema;       // the target was told to take it: whether it did, it knows
  std::set<std::string> unexplained;  // tables that are recorded; at most those of the schema

  // guarded by the follower's mutex
  bool reading = false;  // the reader is, or was, at or before reader_start
  bool ready = false;
  bool end_recorded = false;              // the control store knows that it follows no more
  std::shared_ptr<const GtidList> clean;  // everything up to there is applied
  std::uint64_t recorded_transactions = 0;
  bool recorded_idle = false;
  bool left = false;      // it has ended, and its record says so
  bool released = false;  // another engine may have it

  [[nodiscard]] std::string waits_for() const {
    const std::lock_guard lock(mutex_);
    return waits_for_;
  }
  void set_waits_for(std::string what) {
    const std::lock_guard lock(mutex_);
    waits_for_ = std::move(what);
  }

 private:
  mutable std::mutex mutex_;
  std::string waits_for_;  // guarded by mutex_
};

}  // namespace godwit::engine
