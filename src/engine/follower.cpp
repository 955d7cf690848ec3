#include "follower.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "godwit/capture/statement_text.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "statement_replay.hpp"
#include "tenant_database.hpp"
#include "tenant_place.hpp"

namespace godwit::engine {
namespace {

using control::TenantState;
using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kSampleEvery{200};
constexpr std::chrono::milliseconds kWatchEvery{200};
constexpr std::chrono::milliseconds kRecordEvery{1'000};
/// A tenant with less is ready; with more than the second it is no longer.
constexpr double kReadySeconds = 2;
constexpr double kNotReadySeconds = 30;
/// A source that says nothing for so long has an unknown position.
constexpr double kSilenceSeconds = 5;

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string evidence_json(const apply::Evidence& evidence) {
  return text({{"problem", evidence.problem},
               {"operation", evidence.operation},
               {"table", evidence.table},
               {"key", evidence.key},
               {"before", evidence.before},
               {"after", evidence.after},
               {"gtid", evidence.gtid},
               {"position", evidence.position},
               {"sqlstate", evidence.sqlstate},
               {"message", evidence.message}});
}

/// The greater of two positions of one source, of which one covers the other.
GtidList later(const GtidList& one, const GtidList& other) {
  return other.covers(one) ? other : one;
}

GtidList earlier(const GtidList& one, const GtidList& other) {
  return other.covers(one) ? one : other;
}

std::string recopy_hint(const std::string& tenant) {
  return "`godwit recopy --tenant " + printable(tenant) + "` and run again";
}

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
      locks_(run) {
  std::filesystem::create_directories(run.plan.state);
  pool_.emplace(run, workers_of(run), apply_hooks());
  reader_.emplace(run.plan.source.endpoint, delivery_, *routing_, samples_, reader_hooks());
  threads_.emplace_back([this](const std::stop_token& stop) { sample(stop); });
  threads_.emplace_back([this](const std::stop_token& stop) { watch(stop); });
}

ApplyPool::Hooks Follower::apply_hooks() {
  ApplyPool::Hooks hooks;
  hooks.statement = [](FollowedTenant& tenant, const apply::ApplyResult::Statement& statement) {
    return replay_sql(*tenant.schema->variant, tenant.unit->source_database, statement);
  };
  hooks.diverged = [this](FollowedTenant& tenant, const apply::Evidence& evidence) {
    diverged(tenant, evidence);
  };
  hooks.failed = [this](FollowedTenant& tenant, const Error& error) { failed(tenant, error); };
  hooks.overrun = [this](FollowedTenant& tenant, const GtidList& position) {
    if (tenant.rejoins.exchange(true)) return;
    log::event(log::Level::warn, "follow.overrun",
               {{"tenant", tenant.unit->tenant},
                {"reason", tenant.subscription->queue().overrun_reason()}});
    reader_->join_again(tenant, position);
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
GtidList Follower::start_of(const control::TenantRecord& record) const {
  GtidList start = GtidList::parse(record.snapshot_gtid);
  if (record.followed_by == 0) return start;
  for (const control::FollowRecord& following : run_.store.following()) {
    if (following.run == record.followed_by && !following.followed_to.empty()) {
      start = later(start, GtidList::parse(following.followed_to));
    }
  }
  return start;
}

void Follower::lock(const plan::Unit& unit) {
  const std::lock_guard lock(locks_mutex_);
  if (!locks_.of(unit).try_lock(lock_key(unit))) throw held_by_another();
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

void Follower::join(const plan::Unit& unit, const SchemaVariantPtr& schema) {
  if (schema->target.rows_only) {
    throw Error(ErrorKind::plan_invalid, "the plan leaves out keys (schema.indexes: false)",
                "a tenant without its keys can't follow the source");
  }
  failpoint::hit("follow.before_join");
  lock(unit);
  try {
    join_locked(unit, schema);
  } catch (...) {
    unlock(unit);
    throw;
  }
}

void Follower::join_locked(const plan::Unit& unit, const SchemaVariantPtr& schema) {
  const control::TenantRecord record = run_.store.find(unit.tenant).value();
  if (record.schema_fingerprint != schema->target.fingerprint) {
    throw Error(ErrorKind::rejected,
                "the schema on the source is not the one that was copied any more",
                recopy_hint(unit.tenant));
  }
  auto tenant = std::make_unique<FollowedTenant>();
  tenant->unit = &unit;
  tenant->schema = applied(schema);
  const GtidList start = start_of(record);
  tenant->reader_start = start;
  if (record.followed_by == 0 && !record.reader_start.empty()) {
    tenant->reader_start = earlier(start, GtidList::parse(record.reader_start));
  }
  tenant->subscription = std::make_shared<FollowedSubscription>(
      unit.tenant, start, memory_, run_.plan.follow.tenant_memory_bytes, spill_);
  tenant->subscription->owner = tenant.get();
  tenant->clean = std::make_shared<const GtidList>(tenant->reader_start);
  FollowedTenant& joined = *tenant;
  {
    const std::lock_guard recording(record_mutex_);
    GtidList recorded = tenant->reader_start;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [name, other] : tenants_) {
        if (!other->ended) recorded = earlier(recorded, *other->clean);
      }
    }
    run_.store.follow(record, run_.run, recorded.to_string());
    joined.epoch = run_.store.find(unit.tenant).value().epoch;
    const std::lock_guard lock(mutex_);
    tenants_.insert_or_assign(unit.tenant, std::move(tenant));
  }
  failpoint::hit("follow.after_join");
  reader_->join(joined);
  log::event(log::Level::info, "tenant.following",
             {{"tenant", unit.tenant}, {"from", start.to_string()}});
}

std::uint64_t Follower::take_sample(mariadb::Connection& connection) {
  const Clock::Instant asked = Clock::system().now();
  return samples_.add(
      GtidList::parse(connection.scalar("SELECT @@GLOBAL.gtid_binlog_pos").value_or("")), asked);
}

void Follower::sample(const std::stop_token& stop) {
  std::optional<mariadb::Connection> connection;
  do {
    try {
      if (!connection) connection.emplace(run_.plan.source.endpoint);
      take_sample(*connection);
    } catch (...) {
      connection.reset();  // the reader says what is wrong with the source
    }
  } while (Clock::system().sleep(kSampleEvery, stop));
}

double Follower::lag_of(const FollowedTenant& tenant, Clock::Instant now) const {
  if (samples_.silence(now) > kSilenceSeconds) return -1;
  const std::optional<std::uint64_t> oldest = tenant.subscription->queue().oldest_sample();
  const double reader = samples_.reader_lag(now);
  return oldest ? std::max(reader, samples_.age(*oldest, now)) : reader;
}

void Follower::judge(FollowedTenant& tenant, Clock::Instant now) {
  const double lag = lag_of(tenant, now);
  const bool ready = tenant.ready ? lag >= 0 && lag < kNotReadySeconds
                                  : tenant.reading && lag >= 0 && lag < kReadySeconds &&
                                        !tenant.subscription->queue().overrun();
  if (ready == tenant.ready) return;
  // a source that is away makes nobody less ready than he was
  if (!ready && lag < 0) return;
  failpoint::hit("follow.before_ready");
  tenant.ready = ready;
  run_.store.transition(run_.store.find(tenant.unit->tenant).value(),
                        ready ? TenantState::ready : TenantState::catching_up, {}, "{}");
  if (ready) {
    log::event(log::Level::info, "tenant.ready",
               {{"tenant", tenant.unit->tenant}, {"lag_seconds", lag}});
  } else {
    log::event(log::Level::warn, "tenant.behind",
               {{"tenant", tenant.unit->tenant}, {"lag_seconds", lag}});
  }
}

void Follower::watch(const std::stop_token& stop) {
  Clock::Instant recorded = Clock::system().now();
  while (Clock::system().sleep(kWatchEvery, stop)) {
    try {
      const Clock::Instant now = Clock::system().now();
      if (now - recorded >= kRecordEvery) {
        record();
        recorded = now;
      }
      {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, tenant] : tenants_) {
          if (!tenant->ended) judge(*tenant, now);
        }
        changed_.notify_all();
      }
      release_left();
    } catch (...) {
      log::event(log::Level::error, "run.record_failed", {{"error", current_error().what()}});
    }
  }
}

/// Every tenant has everything up to there.
GtidList Follower::followed_to(const GtidList& reader) {
  const auto position = std::make_shared<const GtidList>(reader);
  GtidList followed = reader;
  for (const auto& [name, tenant] : tenants_) {
    if (tenant->ended) continue;
    const bool reached = tenant->reading && reader.covers(*tenant->clean);
    const capture::TenantQueue& queue = tenant->subscription->queue();
    if (reached && queue.stats().transactions == 0 && !queue.overrun()) {
      tenant->clean = position;
    }
    followed = earlier(followed, *tenant->clean);
  }
  return followed;
}

void Follower::record() {
  const std::lock_guard recording(record_mutex_);
  control::FollowRecord following;
  std::vector<control::FollowActivity> activities;
  const Clock::Instant now = Clock::system().now();
  following.at = utc_timestamp();
  {
    const std::lock_guard lock(mutex_);
    if (tenants_.empty()) return;
    // before the queues are looked at: what is up to there has been put into them
    const std::optional<GtidList> parked = delivery_.parked_since();
    const GtidList reader = delivery_.position();
    following.reader_position = reader.to_string();
    GtidList followed = followed_to(reader);
    if (parked) followed = earlier(followed, *parked);
    following.followed_to = followed.to_string();
    for (const auto& [name, tenant] : tenants_) {
      const capture::QueueStats stats = tenant->subscription->queue().stats();
      const std::uint64_t transactions = tenant->transactions;
      const double lag = tenant->ended ? -1 : lag_of(*tenant, now);
      if (transactions == tenant->recorded_transactions && stats.transactions == 0 &&
          lag == tenant->recorded_lag) {
        continue;  // an idle one costs nothing
      }
      tenant->recorded_transactions = transactions;
      tenant->recorded_lag = lag;
      control::FollowActivity& activity = activities.emplace_back();
      activity.tenant = name;
      activity.at = following.at;
      activity.lag_seconds = lag;
      activity.transactions = transactions;
      activity.rows = tenant->rows;
      activity.queued_transactions = stats.transactions;
      activity.queued_bytes = stats.bytes;
      activity.spilled_bytes = stats.spilled_bytes;
      activity.waits_for = tenant->waits_for();
    }
  }
  following.run = run_.run;
  following.reader_lag_seconds =
      samples_.silence(now) > kSilenceSeconds ? -1 : samples_.reader_lag(now);
  following.waits_for = reader_->waits_for();
  failpoint::hit("follow.before_position");
  run_.store.record_following(following, activities);
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
  mariadb::Connection connection(run_.plan.source.endpoint);
  const std::uint64_t now = take_sample(connection);
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

void Follower::diverged(FollowedTenant& tenant, const apply::Evidence& evidence) {
  end(tenant, TenantState::diverged,
      Error(ErrorKind::rejected,
            "diverged at " + evidence.position + " (" + evidence.gtid + "), table " +
                printable(evidence.table) + ": " + evidence.problem,
            "`godwit status --tenant " + printable(tenant.unit->tenant) +
                "` shows the row; find out who wrote to the target, then " +
                recopy_hint(tenant.unit->tenant)),
      evidence_json(evidence));
}

void Follower::failed(FollowedTenant& tenant, const Error& error) {
  // another engine's tenant is not ours to change
  if (error.kind() == ErrorKind::held) {
    const std::lock_guard lock(mutex_);
    tenant.ended = true;
    tenant.left = true;
    failures_.insert_or_assign(tenant.unit->tenant, error);
    reader_->leave(tenant);
    return;
  }
  end(tenant, TenantState::paused, error,
      text({{"problem", error.what()}, {"hint", error.hint()}}));
}

void Follower::end(FollowedTenant& tenant, TenantState state, const Error& error,
                   const std::string& evidence) {
  tenant.ended = true;
  reader_->leave(tenant);
  const std::string& name = tenant.unit->tenant;
  log::event(log::Level::error, "tenant.ended",
             {{"tenant", name}, {"state", control::name(state)}, {"error", error.what()}});
  const std::lock_guard lock(mutex_);
  failures_.insert_or_assign(name, error);
  try {
    run_.store.transition(
        run_.store.find(name).value(), state,
        [&](control::TenantRecord& record) {
          record.error = error.what();
          record.error_kind = godwit::name(error.kind());
          record.evidence = evidence;
        },
        "{}");
  } catch (...) {
    log::event(log::Level::error, "tenant.record_failed",
               {{"tenant", name}, {"error", current_error().what()}});
  }
  tenant.left = true;
  changed_.notify_all();
}

void Follower::reader_failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  reader_failure_ = error;
  changed_.notify_all();
}

}  // namespace godwit::engine
