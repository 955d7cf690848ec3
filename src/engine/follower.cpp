#include "follower.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "follow_record.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/retry.hpp"
#include "godwit/core/text.hpp"
#include "statement_replay.hpp"
#include "tenant_database.hpp"
#include "tenant_place.hpp"

namespace godwit::engine {
namespace {

std::size_t workers_of(const RunContext& run) { return std::max<std::size_t>(2, run.lanes); }

}  // namespace

Follower::Follower(RunContext& run, const MakeRouting& make_routing)
    : run_(run),
      spill_(run.plan.state, run.plan.follow.spill_bytes),
      memory_(run.plan.follow.memory_bytes),
      delivery_([this](const capture::Subscription& subscription) {
        pool_->schedule(*static_cast<const FollowedSubscription&>(subscription).owner);
      }),
      routing_(make_routing(delivery_, [this] { return samples_.current(); })),
      ddl_(run, delivery_, [this](const SchemaVariantPtr& schema) { return applied(schema); }),
      locks_(run) {
  std::filesystem::create_directories(run.plan.state);
  pool_.emplace(run, workers_of(run), apply_hooks());
  reader_.emplace(run.plan.source.endpoint, delivery_, *routing_, samples_, reader_hooks());
  threads_.emplace_back([this](const std::stop_token& stop) { sample(stop); });
  threads_.emplace_back([this](const std::stop_token& stop) { watch(stop); });
}

ApplyPool::Hooks Follower::apply_hooks() {
  ApplyPool::Hooks hooks;
  hooks.statement = [this](FollowedTenant& tenant, const apply::ApplyResult::Statement& statement) {
    if (changes_schema(statement)) return ddl_.replay(tenant, statement);
    return replay_sql(*tenant.schema->variant, tenant.unit->source_database, statement);
  };
  hooks.settle = [this](FollowedTenant& tenant, postgres::Session& session) {
    ddl_.settle(tenant, session);
  };
  hooks.diverged = [this](FollowedTenant& tenant, const apply::Evidence& evidence) {
    diverged(tenant, evidence);
  };
  hooks.failed = [this](FollowedTenant& tenant, const Error& error) { failed(tenant, error); };
  hooks.overrun = [this](FollowedTenant& tenant, const GtidList& position) {
    if (!tenant.rejoins.exchange(true)) overrun(tenant, position);
  };
  hooks.commits_lost = [this](FollowedTenant& tenant, const GtidList& position) {
    if (!tenant.rejoins.exchange(true)) commits_lost(tenant, position);
  };
  hooks.unexplained = [this](FollowedTenant& tenant, const std::vector<std::string>& tables) {
    record_unexplained(run_.store, tenant, tables);
  };
  hooks.counted = [this](const FollowedTenant& tenant,
                         const std::vector<apply::AppliedPolicies>& applied) {
    record_policy_counts(run_.store, tenant, applied);
  };
  return hooks;
}

BinlogReader::Hooks Follower::reader_hooks() {
  BinlogReader::Hooks hooks;
  hooks.failed = [this](const Error& error) { reader_failed(error); };
  hooks.lost = [this](FollowedTenant& tenant, const Error& error) { failed(tenant, error); };
  hooks.goes_back = [this](FollowedTenant& tenant) {
    const std::lock_guard lock(mutex_);
    tenant.reading = false;
    return *tenant.clean;
  };
  hooks.begins = [this](const GtidList& from, const std::vector<FollowedTenant*>& tenants) {
    reader_begins(from, tenants);
  };
  return hooks;
}

/// Together: whoever looks at the reader's position must know for whom it holds.
void Follower::reader_begins(const GtidList& from, const std::vector<FollowedTenant*>& tenants) {
  const std::lock_guard lock(mutex_);
  delivery_.start(from);
  samples_.went_back(from);
  for (FollowedTenant* tenant : tenants) {
    tenant->reading = true;
    tenant->rejoins = false;
  }
}

Follower::~Follower() { stop(); }

void Follower::stop() {
  if (threads_.empty()) return;
  reader_->stop();
  pool_->stop();
  threads_.clear();
  try {
    record();
  } catch (...) {
    log::event(log::Level::error, "run.record_failed", {{"error", current_error().what()}});
  }
}

AppliedSchemaPtr Follower::applied(const SchemaVariantPtr& schema) {
  const std::lock_guard lock(schemas_mutex_);
  AppliedSchemaPtr& known = schemas_[schema.get()];
  if (!known) {
    if (!charsets_) charsets_.emplace(run_.plan.source.endpoint);
    auto made = std::make_shared<AppliedSchema>();
    made->variant = schema;
    try {
      made->plan =
          std::make_shared<const apply::SchemaPlan>(schema->model, schema->target, *charsets_);
    } catch (...) {
      charsets_.reset();
      throw;
    }
    known = std::move(made);
  }
  return known;
}

/// Where the tenant has everything up to: its snapshot, or what a run has recorded since.
Follower::Start Follower::start_of(const control::TenantRecord& record) const {
  const GtidList snapshot = GtidList::parse(record.snapshot_gtid);
  for (const control::FollowRecord& following : run_.store.following()) {
    if (record.followed_by == 0 || following.run != record.followed_by) continue;
    const GtidList followed = GtidList::parse(following.followed_to);
    if (followed.covers(snapshot)) return {followed, followed};
  }
  // XA transactions that were prepared before the snapshot and not in it
  if (record.reader_start.empty()) return {snapshot, snapshot};
  return {snapshot, earlier(snapshot, GtidList::parse(record.reader_start))};
}

void Follower::lock(const plan::Unit& unit) {
  const std::lock_guard lock(locks_mutex_);
  bool locked = false;
  try {
    locked = locks_.of(unit).try_lock(lock_key(unit));
  } catch (const Error&) {
    locks_.forget(unit);  // and with the connection the locks of all its tenants
    lock_again(unit.cluster);
    locked = locks_.of(unit).try_lock(lock_key(unit));
  }
  if (!locked) throw held_by_another();
}

/// The cluster's connection that held the locks was lost. A tenant that another engine has taken
/// meanwhile shows by its epoch.
void Follower::lock_again(ClusterId cluster) {
  std::vector<const plan::Unit*> units;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, tenant] : tenants_) {
      if (!tenant->ended && tenant->unit->cluster == cluster) units.push_back(tenant->unit);
    }
  }
  for (const plan::Unit* unit : units)
    (void)locks_.of(*unit).try_lock(lock_key(*unit));
}

/// A tenant that has ended is not ours any more: it can be copied anew while the others go on.
void Follower::release_left() {
  std::vector<const plan::Unit*> units;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, tenant] : tenants_) {
      if (tenant->left && !std::exchange(tenant->released, true)) units.push_back(tenant->unit);
    }
  }
  for (const plan::Unit* unit : units)
    unlock(*unit);
}

void Follower::unlock(const plan::Unit& unit) {
  const std::lock_guard lock(locks_mutex_);
  try {
    locks_.of(unit).unlock(lock_key(unit));
  } catch (...) {
    // a lost connection has given the lock back already
    log::event(log::Level::debug, "tenant.unlock_failed",
               {{"tenant", unit.tenant}, {"error", current_error().what()}});
  }
}

void Follower::join(const std::vector<Joining*>& joining) {
  std::vector<Taken> taken;
  std::map<std::uint32_t, Error> away;  // clusters: waited for once, not by each of their tenants
  for (Joining* one : joining) {
    const std::uint32_t cluster = one->unit->cluster.value;
    if (const auto known = away.find(cluster); known != away.end()) {
      one->failure = known->second;
      continue;
    }
    try {
      taken.push_back(take(*one));
    } catch (...) {
      const Error error = current_error();
      one->failure = error;
      if (error.kind() == ErrorKind::target && error.retryable()) away.emplace(cluster, error);
    }
  }
  if (taken.empty()) return;
  enter(taken);
  for (Taken& one : taken) {
    if (one.joining->failure) continue;
    try {
      begin(one);
    } catch (...) {
      leave_out(one, current_error());
    }
  }
}

Follower::Taken Follower::take(Joining& joining) {
  if (joining.schema->target.rows_only) {
    throw Error(ErrorKind::plan_invalid, "the plan leaves out keys (schema.indexes: false)",
                "a tenant without its keys can't follow the source");
  }
  failpoint::hit("follow.before_join");
  lock(*joining.unit);
  try {
    return take_locked(joining);
  } catch (...) {
    unlock(*joining.unit);
    throw;
  }
}

Follower::Taken Follower::take_locked(Joining& joining) {
  const plan::Unit& unit = *joining.unit;
  Taken taken;
  taken.joining = &joining;
  taken.record = run_.store.find(unit.tenant).value();
  const bool known = taken.record.schema_fingerprint == joining.schema->target.fingerprint;
  auto tenant = std::make_unique<FollowedTenant>();
  tenant->unit = &unit;
  tenant->schema =
      applied(known ? joining.schema : ddl_.schema_to_follow(unit, taken.record, joining.schema));
  const auto [start, reader_start] = start_of(taken.record);
  tenant->reader_start = reader_start;
  tenant->subscription = std::make_shared<FollowedSubscription>(
      unit.tenant, start, memory_, run_.plan.follow.tenant_memory_bytes, spill_);
  tenant->subscription->owner = tenant.get();
  tenant->clean = std::make_shared<const GtidList>(tenant->reader_start);
  taken.tenant = tenant.get();
  taken.made = std::move(tenant);
  return taken;
}

/// Has the store know of them: all together, or, when that fails, each alone, for one of them may be
/// the reason.
void Follower::enter(std::vector<Taken>& taken) {
  const std::lock_guard recording(record_mutex_);
  const GtidList from = count_in(taken);
  std::vector<Taken*> all;
  all.reserve(taken.size());
  for (Taken& one : taken)
    all.push_back(&one);
  try {
    record_join(all, from);
  } catch (...) {
    if (all.size() == 1) {
      leave_out(*all.front(), current_error());
      return;
    }
    for (Taken* one : all) {
      try {
        record_join({one}, from);
      } catch (...) {
        leave_out(*one, current_error());
      }
    }
  }
}

/// Before the store knows of them: from then on they must count, whatever fails. Returns how far the
/// run has followed with them.
GtidList Follower::count_in(std::vector<Taken>& taken) {
  const std::lock_guard lock(mutex_);
  for (Taken& one : taken) {
    const GtidList& start = one.tenant->reader_start;
    recorded_ = recorded_ ? earlier(*recorded_, start) : start;
    tenants_.insert_or_assign(one.joining->unit->tenant, std::move(one.made));
  }
  return *recorded_;
}

void Follower::record_join(const std::vector<Taken*>& taken, const GtidList& from) {
  std::vector<control::TenantRecord> records;
  records.reserve(taken.size());
  for (const Taken* one : taken)
    records.push_back(one->record);
  const std::vector<Epoch> epochs = run_.store.follow(records, run_.run, from.to_string());
  for (std::size_t i = 0; i < taken.size(); ++i)
    taken[i]->tenant->epoch = epochs[i];
}

void Follower::begin(Taken& taken) {
  failpoint::hit("follow.after_join");
  const GtidList start = taken.tenant->subscription->floor();
  reader_->join(*taken.tenant);
  log::event(log::Level::info, "tenant.following",
             {{"tenant", taken.joining->unit->tenant}, {"from", start.to_string()}});
}

/// Nobody waits for it; its place counts on, for the store may know of it already.
void Follower::leave_out(Taken& taken, const Error& error) {
  taken.joining->failure = error;
  {
    const std::lock_guard lock(mutex_);
    taken.tenant->ended = true;
  }
  unlock(*taken.joining->unit);
}

bool Follower::wait_ready(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [this] {
    return reader_failure_ || std::all_of(tenants_.begin(), tenants_.end(), [](const auto& entry) {
             return entry.second->ended || entry.second->ready;
           });
  });
}

bool Follower::wait_applied(const std::stop_token& stop) {
  std::uint64_t now = 0;
  retry("position", {}, Clock::system(), stop, [&] {
    mariadb::Connection connection(run_.plan.source.endpoint);
    now = take_sample(connection);
  });
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [&] {
    return reader_failure_ || std::all_of(tenants_.begin(), tenants_.end(), [&](const auto& entry) {
             return entry.second->ended || is_applied(*entry.second, now);
           });
  });
}

/// What the source had at a sample.
bool Follower::is_applied(const FollowedTenant& tenant, std::uint64_t sample) const {
  const capture::TenantQueue& queue = tenant.subscription->queue();
  if (!tenant.reading || queue.overrun() || samples_.current() < sample) return false;
  const std::optional<std::uint64_t> oldest = queue.oldest_sample();
  return !oldest || *oldest >= sample;
}

void Follower::wait_stopped(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] {
    return reader_failure_ || std::all_of(tenants_.begin(), tenants_.end(), [](const auto& entry) {
             return entry.second->ended.load();
           });
  });
}

std::map<std::string, Error> Follower::failures() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Error> failures = failures_;
  if (reader_failure_) {
    for (const auto& [name, tenant] : tenants_)
      failures.try_emplace(name, *reader_failure_);
  }
  return failures;
}

}  // namespace godwit::engine
