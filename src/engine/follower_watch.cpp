// What a follower sees: the source's positions, the tenants' lag, and how far all have come.
#include "follower.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "godwit/core/clock.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"

namespace godwit::engine {
namespace {

using control::TenantState;

constexpr std::chrono::milliseconds kSampleEvery{200};
constexpr std::chrono::milliseconds kWatchEvery{200};
constexpr std::chrono::milliseconds kRecordEvery{1'000};
/// A tenant with less is ready; with more than the second it is no longer.
constexpr double kReadySeconds = 2;
constexpr double kNotReadySeconds = 30;
/// A source that says nothing for so long has an unknown position.
constexpr double kSilenceSeconds = 5;
}  // namespace

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
        record_endings();
      }
      judge_all();
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
    recorded_ = followed_to(parked ? earlier(reader, *parked) : reader);
    following.followed_to = recorded_->to_string();
    for (const auto& [name, tenant] : tenants_) {
      const capture::QueueStats stats = tenant->subscription->queue().stats();
      const std::uint64_t transactions = tenant->transactions;
      const bool idle = stats.transactions == 0 && tenant->waits_for().empty();
      if (transactions == tenant->recorded_transactions && idle && tenant->recorded_idle) {
        continue;  // it costs nothing, and is as far behind as the reader
      }
      tenant->recorded_transactions = transactions;
      tenant->recorded_idle = idle;
      control::FollowActivity& activity = activities.emplace_back();
      activity.tenant = name;
      activity.at = following.at;
      activity.lag_seconds = tenant->ended ? -1 : lag_of(*tenant, now);
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

}  // namespace godwit::engine
