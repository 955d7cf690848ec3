#include "follow_run.hpp"

#include <memory>
#include <utility>

#include "database_routing.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/log.hpp"
#include "row_routing.hpp"
#include "unit_describer.hpp"

namespace godwit::engine {
namespace {

/// Units whose catalogs are read in one question.
constexpr std::size_t kDescribedTogether = 64;
/// Tenants whose joining the control store records in one write.
constexpr std::size_t kJoinedTogether = 64;
/// A lane gives a tenant's lock back a moment after it says that the tenant is copied; a killed
/// engine's sessions, and a cluster, may take longer.
constexpr std::chrono::milliseconds kJoinPause{10};
constexpr std::chrono::seconds kJoinBudget{60};

/// What all tenants of a row tenancy share; nullopt with a database each.
std::optional<SharedSource> shared_source(const RunContext& run) {
  if (!run.plan.rows) return std::nullopt;
  mariadb::Connection catalog(run.plan.source.endpoint);
  std::optional<SharedSource> source(read_shared_source(run.plan, catalog, run.schemas));
  refuse_open_questions(*source);
  return source;
}

std::unique_ptr<Routing> make_routing(const RunContext& run,
                                      const std::optional<SharedSource>& shared,
                                      capture::Delivery& delivery,
                                      std::function<std::uint64_t()> sample) {
  if (!shared) return std::make_unique<DatabaseRouting>(delivery, std::move(sample));
  return std::make_unique<RowRouting>(run, *shared, delivery, std::move(sample));
}

bool is_followed(control::TenantState state) {
  return state == control::TenantState::copied || state == control::TenantState::catching_up ||
         state == control::TenantState::ready;
}

}  // namespace

FollowRun::FollowRun(RunContext& run)
    : run_(run),
      shared_(shared_source(run)),
      follower_(run, [this](capture::Delivery& delivery, std::function<std::uint64_t()> sample) {
        return make_routing(run_, shared_, delivery, std::move(sample));
      }) {
  run.copied = [this](const plan::Unit& unit, const SchemaVariantPtr& schema) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({{&unit, schema, {}}, {}});
    changed_.notify_all();
  };
  joiner_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

FollowRun::~FollowRun() { run_.copied = {}; }

/// On a thread of its own: the lanes go on copying, and a tenant's lock is free only when its lane
/// has let go of it.
void FollowRun::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    std::vector<Joining> joining;
    while (!waiting_.empty() && joining.size() < kJoinedTogether) {
      joining.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    joining_ = joining.size();
    lock.unlock();
    join(joining);
    if (!joining.empty()) Clock::system().sleep(kJoinPause, stop);
    lock.lock();
    // behind the others: one cluster that is away must not keep those of the others waiting
    for (Joining& again : joining)
      waiting_.push_back(std::move(again));
    joining_ = 0;
    changed_.notify_all();
  }
}

/// Leaves those that are worth another attempt.
void FollowRun::join(std::vector<Joining>& joining) {
  std::vector<Follower::Joining*> all;
  all.reserve(joining.size());
  for (Joining& one : joining)
    all.push_back(&one);
  follower_.join(all);
  std::erase_if(joining, [this](Joining& one) { return is_settled(one); });
}

/// False: it is worth another attempt.
bool FollowRun::is_settled(Joining& joining) {
  if (!joining.failure) return true;
  // the copy stands: only its following failed
  const Error error = *std::exchange(joining.failure, std::nullopt);
  const Clock::Instant now = Clock::system().now();
  if (joining.since == Clock::Instant()) joining.since = now;
  if (run_.stop.stop_requested() || error.kind() == ErrorKind::cancelled) return true;
  if (error.retryable() && now - joining.since < kJoinBudget) return false;
  fail(*joining.unit, error);
  return true;
}

void FollowRun::fail(const plan::Unit& unit, const Error& error) {
  log::event(log::Level::error, "tenant.failed",
             {{"tenant", unit.tenant}, {"kind", name(error.kind())}, {"error", error.what()}});
  const std::lock_guard lock(mutex_);
  failures_.insert_or_assign(unit.tenant, error);
}

/// What is paused or diverged stays so, and is told.
std::vector<const plan::Unit*> FollowRun::followable(const std::vector<const plan::Unit*>& kept) {
  std::vector<const plan::Unit*> followed;
  for (const plan::Unit* unit : kept) {
    const control::TenantRecord record = run_.store.find(unit->tenant).value();
    if (is_followed(record.state)) {
      followed.push_back(unit);
    } else {
      fail(*unit, Error(ErrorKind::rejected,
                        "is " + std::string(control::name(record.state)) + ": " + record.error,
                        "`godwit status --tenant " + unit->tenant + "` shows why"));
    }
  }
  return followed;
}

void FollowRun::begin(const std::vector<const plan::Unit*>& kept) {
  const std::vector<const plan::Unit*> units = followable(kept);
  if (!shared_) {
    begin_databases(units);
    return;
  }
  for (const plan::Unit* unit : units)
    run_.copied(*unit, shared_->schema_of(unit->kind));
}

void FollowRun::begin_databases(const std::vector<const plan::Unit*>& units) {
  DatabaseDescriber describer(run_, TenantSize::large);
  for (std::size_t from = 0; from < units.size(); from += kDescribedTogether) {
    const auto first = units.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last =
        first + static_cast<std::ptrdiff_t>(std::min(kDescribedTogether, units.size() - from));
    for (const DescribedUnit& described : describer.describe({first, last}, run_.stop)) {
      if (described.failure) {
        fail(*described.unit.unit, *described.failure);
      } else {
        run_.copied(*described.unit.unit, described.unit.schema);
      }
    }
  }
}

void FollowRun::wait() {
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, run_.stop, [this] { return waiting_.empty() && joining_ == 0; })) {
      return;
    }
  }
  if (!follower_.wait_ready(run_.stop)) return;
  log::event(log::Level::info, "run.ready", {});
  if (run_.options.until == RunUntil::following) {
    follower_.wait_stopped(run_.stop);
  } else {
    follower_.wait_applied(run_.stop);
  }
}

std::map<std::string, Error> FollowRun::end() {
  joiner_.request_stop();
  joiner_.join();
  follower_.stop();
  const std::lock_guard lock(mutex_);
  for (const auto& [tenant, error] : follower_.failures())
    failures_.insert_or_assign(tenant, error);
  return failures_;
}

}  // namespace godwit::engine
