#include "follower.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "follow_record.hpp"
#include "godwit/capture/statement_text.hpp"
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
/// Of one transaction; by then it has been tried for minutes.
constexpr int kOverrunsMax = 8;
constexpr std::chrono::milliseconds kOverrunPause{500};
constexpr int kDoublingsMax = 6;

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

/// Of two positions of one source, of which one covers the other.
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
  const bool known = record.schema_fingerprint == schema->target.fingerprint;
  auto tenant = std::make_unique<FollowedTenant>();
  tenant->unit = &unit;
  tenant->schema = applied(known ? schema : ddl_.schema_to_follow(unit, record, schema));
  const auto [start, reader_start] = start_of(record);
  tenant->reader_start = reader_start;
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
        if (!other->end_recorded) recorded = earlier(recorded, *other->clean);
      }
      // before the store knows: from then on it must count, whatever fails
      tenants_.insert_or_assign(unit.tenant, std::move(tenant));
    }
    joined.epoch = run_.store.follow(record, run_.run, recorded.to_string());
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
  // while the reader is back for another tenant, one that was ready has what it had
  const double reader = tenant.ready ? samples_.furthest_lag(now) : samples_.reader_lag(now);
  if (!oldest || reader < 0) return reader;
  const double queued = samples_.age(*oldest, now);
  return queued < 0 ? queued : std::max(reader, queued);
}

/// Whether the tenant is to be ready, where that is another thing than it is.
std::optional<bool> Follower::judge(const FollowedTenant& tenant, Clock::Instant now) const {
  const double lag = lag_of(tenant, now);
  // a source that is away makes nobody less ready than he was
  if (lag < 0 && tenant.ready) return std::nullopt;
  const bool reads = tenant.reading && !tenant.subscription->queue().overrun();
  const bool ready = reads && lag >= 0 && lag < (tenant.ready ? kNotReadySeconds : kReadySeconds);
  if (ready == tenant.ready) return std::nullopt;
  return ready;
}

void Follower::judge_all() {
  struct Verdict {
    FollowedTenant* tenant = nullptr;
    bool ready = false;
    double lag = 0;
  };
  std::vector<Verdict> verdicts;
  const Clock::Instant now = Clock::system().now();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, tenant] : tenants_) {
      if (tenant->ended) continue;
      if (const auto ready = judge(*tenant, now)) {
        verdicts.push_back({tenant.get(), *ready, lag_of(*tenant, now)});
      }
    }
    changed_.notify_all();
  }
  for (const Verdict& verdict : verdicts) {
    const std::string& name = verdict.tenant->unit->tenant;
    failpoint::hit("follow.before_ready");
    try {
      run_.store.transition(run_.store.find(name).value(),
                            verdict.ready ? TenantState::ready : TenantState::catching_up, {},
                            "{}");
    } catch (...) {
      // it may have ended meanwhile; else the next look tries again
      log::event(log::Level::debug, "tenant.record_failed",
                 {{"tenant", name}, {"error", current_error().what()}});
      continue;
    }
    if (verdict.ready) {
      log::event(log::Level::info, "tenant.ready",
                 {{"tenant", name}, {"lag_seconds", verdict.lag}});
    } else {
      log::event(log::Level::warn, "tenant.behind",
                 {{"tenant", name}, {"lag_seconds", verdict.lag}});
    }
    const std::lock_guard lock(mutex_);
    verdict.tenant->ready = verdict.ready;
    changed_.notify_all();
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
      judge_all();
      record_endings();
      release_left();
    } catch (...) {
      log::event(log::Level::error, "run.record_failed", {{"error", current_error().what()}});
    }
  }
}

/// Every tenant has everything up to there.
GtidList Follower::followed_to(const GtidList& reached) {
  const auto position = std::make_shared<const GtidList>(reached);
  GtidList followed = reached;
  for (const auto& [name, tenant] : tenants_) {
    if (tenant->end_recorded) continue;
    const bool moves = !tenant->ended && tenant->reading && reached.covers(*tenant->clean);
    const capture::TenantQueue& queue = tenant->subscription->queue();
    if (moves && queue.stats().transactions == 0 && !queue.overrun()) {
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
    const GtidList reader = delivery_.position();
    const std::optional<GtidList> parked = delivery_.parked_since();
    following.reader_position = reader.to_string();
    // a prepared transaction is in no queue yet: nobody's place passes where it is read
    following.followed_to = followed_to(parked ? earlier(reader, *parked) : reader).to_string();
    for (const auto& [name, tenant] : tenants_) {
      const capture::QueueStats stats = tenant->subscription->queue().stats();
      const std::uint64_t transactions = tenant->transactions;
      const double lag = tenant->ended ? -1 : lag_of(*tenant, now);
      const bool idle = stats.transactions == 0 && tenant->waits_for().empty();
      if (transactions == tenant->recorded_transactions && idle && tenant->recorded_idle) {
        continue;  // it costs nothing, and is as far behind as the reader
      }
      tenant->recorded_transactions = transactions;
      tenant->recorded_idle = idle;
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
  {
    const std::lock_guard lock(mutex_);
    failures_.insert_or_assign(name, error);
    endings_.push_back({&tenant, state, error, evidence});
  }
  record_endings();
}

/// Until it is recorded that a tenant has ended, its place counts: another run would go on there.
void Follower::record_endings() {
  std::vector<Ending> endings;
  {
    const std::lock_guard lock(mutex_);
    endings.swap(endings_);
  }
  for (Ending& ending : endings) {
    const std::string& name = ending.tenant->unit->tenant;
    try {
      run_.store.transition(
          run_.store.find(name).value(), ending.state,
          [&](control::TenantRecord& record) {
            record.error = ending.error.what();
            record.error_kind = godwit::name(ending.error.kind());
            record.evidence = ending.evidence;
            record.followed_by = 0;  // what the run records from now on doesn't hold for it
          },
          "{}");
    } catch (...) {
      log::event(log::Level::error, "tenant.record_failed",
                 {{"tenant", name}, {"error", current_error().what()}});
      const std::lock_guard lock(mutex_);
      endings_.push_back(std::move(ending));
      continue;
    }
    const std::lock_guard lock(mutex_);
    ending.tenant->left = true;
    ending.tenant->end_recorded = true;
    changed_.notify_all();
  }
}

/// It has what was queued before; the reader goes back for the rest. What never fits would make it
/// go back for ever, and every other tenant wait for it.
void Follower::overrun(FollowedTenant& tenant, const GtidList& position) {
  const std::string reason = tenant.subscription->queue().overrun_reason();
  log::event(log::Level::warn, "follow.overrun",
             {{"tenant", tenant.unit->tenant}, {"reason", reason}});
  tenant.overruns = position == tenant.overrun_at ? tenant.overruns + 1 : 0;
  tenant.overrun_at = position;
  if (tenant.overruns >= kOverrunsMax) {
    failed(tenant,
           Error(ErrorKind::rejected,
                 "a transaction of the tenant finds no room to wait in: " + reason,
                 "raise follow.spill in the plan, then " + recopy_hint(tenant.unit->tenant)));
    return;
  }
  reader_->join_again(tenant, position,
                      kOverrunPause * ((1 << std::min(tenant.overruns, kDoublingsMax)) - 1));
}

void Follower::commits_lost(FollowedTenant& tenant, const GtidList& position) {
  log::event(log::Level::error, "follow.commits_lost",
             {{"tenant", tenant.unit->tenant},
              {"applied", tenant.applied.to_string()},
              {"found", position.to_string()}});
  tenant.applied = position;
  {
    const std::lock_guard lock(mutex_);
    tenant.clean = std::make_shared<const GtidList>(earlier(*tenant.clean, position));
    tenant.reading = false;
  }
  reader_->join_again(tenant, position, {});
}

void Follower::reader_failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  reader_failure_ = error;
  changed_.notify_all();
}

}  // namespace godwit::engine
