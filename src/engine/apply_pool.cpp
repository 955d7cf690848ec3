#include "apply_pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {
namespace {

using Turn = FollowedTenant::Turn;

/// Source transactions that a worker applies before others get their turn.
constexpr std::uint64_t kTurnTransactions = 2'000;
constexpr std::chrono::milliseconds kFirstDelay{200};
constexpr std::chrono::milliseconds kDelayMax{10'000};
constexpr int kDoublingsMax = 6;
/// After a connection to a cluster failed; and while one tenant tries it again.
constexpr std::chrono::milliseconds kSilence{1'000};
constexpr std::chrono::milliseconds kProbe{15'000};

/// A new owner writes under its own epoch; an older engine that still lives finds that out at its
/// next commit.
std::string take_over_sql(const std::string& tenant, Epoch epoch) {
  const std::string number = std::to_string(epoch.value);
  return "UPDATE godwit.progress SET epoch = " + number +
         " WHERE tenant = " + postgres::quote_literal(tenant) + " AND epoch < " + number;
}

}  // namespace

ApplyPool::ApplyPool(const RunContext& run, std::size_t workers, Hooks hooks)
    : run_(run), workers_(workers), hooks_(std::move(hooks)) {
  for (std::size_t i = 0; i < workers; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

ApplyPool::~ApplyPool() { stop(); }

void ApplyPool::stop() {
  for (std::jthread& thread : threads_)
    thread.request_stop();
  threads_.clear();
  while (!open_.empty())
    close(*open_.front());
}

void ApplyPool::schedule(FollowedTenant& tenant) {
  Turn turn = tenant.turn.load();
  for (;;) {
    if (turn == Turn::queued || turn == Turn::running_again) return;
    const Turn next = turn == Turn::idle ? Turn::queued : Turn::running_again;
    if (!tenant.turn.compare_exchange_weak(turn, next)) continue;
    if (next == Turn::running_again) return;
    break;
  }
  const std::lock_guard lock(mutex_);
  ready_.push_back(&tenant);
  changed_.notify_one();
}

FollowedTenant* ApplyPool::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stop.stop_requested()) return nullptr;
    while (!later_.empty() && later_.begin()->first <= Clock::system().now()) {
      ready_.push_back(later_.begin()->second);
      later_.erase(later_.begin());
    }
    put_off();
    if (!ready_.empty()) break;
    if (later_.empty()) {
      changed_.wait(lock, stop, [this] { return !ready_.empty() || !later_.empty(); });
    } else {
      const Clock::Instant next = later_.begin()->first;
      changed_.wait_until(lock, stop, next, [this] { return !ready_.empty(); });
    }
  }
  FollowedTenant* tenant = ready_.front();
  ready_.pop_front();
  tenant->turn = Turn::running;
  return tenant;
}

/// A cluster that didn't answer is tried by one tenant at a time, for its others would keep all
/// workers waiting. Moves on what waits for such a cluster.
void ApplyPool::put_off() {
  const Clock::Instant now = Clock::system().now();
  while (!ready_.empty()) {
    FollowedTenant* tenant = ready_.front();
    const auto silent = silent_until_.find(tenant->unit->cluster.value);
    if (tenant->target || silent == silent_until_.end()) return;
    if (silent->second <= now) {
      silent->second = now + kProbe;  // this one tries
      return;
    }
    ready_.pop_front();
    later_.emplace(now + kSilence, tenant);
  }
}

void ApplyPool::work(const std::stop_token& stop) {
  while (FollowedTenant* tenant = take(stop))
    run(*tenant);
}

void ApplyPool::run(FollowedTenant& tenant) {
  try {
    apply(tenant);
  } catch (...) {
    const Error error = current_error();
    close(tenant);
    if (error.kind() == ErrorKind::cancelled) {
      tenant.turn = Turn::idle;  // the run ends: nobody takes it again
    } else if (error.retryable() || error.kind() == ErrorKind::target) {
      // a full disk or a server that fails over passes; what is wrong with the data is told apart
      again_later(tenant, error);
    } else {
      tenant.ended = true;
      hooks_.failed(tenant, error);
      give_back(tenant, false);
    }
  }
}

void ApplyPool::apply(FollowedTenant& tenant) {
  if (tenant.ended) {
    close(tenant);
    give_back(tenant, false);
    return;
  }
  if (tenant.rejoins) {  // what it missed comes first
    give_back(tenant, false);
    return;
  }
  if (tenant.target) {
    touch(tenant);
  } else {
    open(tenant);
    if (!tenant.target->applier.position().covers(tenant.applied)) {
      hooks_.commits_lost(tenant, tenant.target->applier.position());
      give_back(tenant, false);
      return;
    }
  }
  failpoint::hit("follow.before_apply");
  capture::TenantQueue& queue = tenant.subscription->queue();
  std::unique_lock applying(tenant.applying);
  const apply::ApplyResult result = tenant.target->applier.apply(queue, kTurnTransactions);
  tenant.transactions += result.transactions;
  tenant.rows += result.operations;
  tenant.applied = tenant.target->applier.position();
  if (std::exchange(tenant.attempts, 0) > 0) tenant.set_waits_for("");
  if (!result.unexplained_tables.empty()) hooks_.unexplained(tenant, result.unexplained_tables);
  switch (result.end) {
    case apply::ApplyEnd::drained:
      if (!result.more && queue.overrun() && queue.stats().transactions == 0) {
        applying.unlock();
        hooks_.overrun(tenant, tenant.target->applier.position());
      }
      give_back(tenant, result.more);
      return;
    case apply::ApplyEnd::diverged:
      tenant.ended = true;
      applying.unlock();
      close(tenant);
      hooks_.diverged(tenant, result.evidence.value());
      give_back(tenant, false);
      return;
    case apply::ApplyEnd::statement:
      pass_statement(tenant, *result.statement);
      give_back(tenant, true);
      return;
  }
}

void ApplyPool::pass_statement(FollowedTenant& tenant,
                               const apply::ApplyResult::Statement& statement) {
  const std::string sql = hooks_.statement(tenant, statement);
  try {
    tenant.target->applier.pass_statement(tenant.subscription->queue(), sql);
  } catch (const Error& error) {
    throw error.within("the source's statement at " + statement.position);
  }
  if (tenant.next_schema) {
    failpoint::hit("follow.after_ddl");
    hooks_.settle(tenant, tenant.target->session);
    close(tenant);  // what was prepared is for the schema before
  }
  tenant.transactions += 1;
  tenant.attempts = 0;
  tenant.set_waits_for("");
}

void ApplyPool::give_back(FollowedTenant& tenant, bool more) {
  Turn turn = Turn::running;
  if (!more && tenant.turn.compare_exchange_strong(turn, Turn::idle)) return;
  tenant.turn = Turn::queued;
  const std::lock_guard lock(mutex_);
  ready_.push_back(&tenant);
  changed_.notify_one();
}

void ApplyPool::again_later(FollowedTenant& tenant, const Error& error) {
  tenant.attempts += 1;
  tenant.set_waits_for(error.what());
  if (tenant.attempts == 1) {
    log::event(log::Level::warn, "follow.apply_retry",
               {{"tenant", tenant.unit->tenant}, {"error", error.what()}});
  }
  const auto delay =
      std::min(kDelayMax, kFirstDelay * (1 << std::min(tenant.attempts - 1, kDoublingsMax)));
  tenant.turn = Turn::queued;
  const std::lock_guard lock(mutex_);
  later_.emplace(Clock::system().now() + delay, &tenant);
  changed_.notify_one();
}

std::size_t ApplyPool::connections_max(ClusterId cluster) const {
  // the copiers' connections come out of the same share
  const auto share =
      static_cast<std::size_t>(run_.plan.clusters.at(cluster.value).engine_connections);
  return std::max(workers_, share / 2);
}

/// Ends the connection of the tenant that had no work for longest, where the cluster's share is in
/// use.
void ApplyPool::open(FollowedTenant& tenant) {
  const ClusterId cluster = tenant.unit->cluster;
  const FollowedTenant* left = nullptr;
  std::unique_ptr<ApplyTarget> ended;
  {
    const std::lock_guard lock(mutex_);
    if (connections_[cluster.value] >= connections_max(cluster)) {
      const auto idle = std::find_if(open_.begin(), open_.end(), [&](const FollowedTenant* other) {
        if (other->unit->cluster != cluster) return false;
        const Turn turn = other->turn.load();
        // a tenant in the queue gets its worker only under this mutex
        return turn == Turn::idle || turn == Turn::queued;
      });
      if (idle != open_.end()) {
        left = *idle;
        ended = std::move((*idle)->target);
        open_.erase(idle);
        connections_[cluster.value] -= 1;
      }
    }
    connections_[cluster.value] += 1;
    open_.push_back(&tenant);
  }
  if (left != nullptr) finish(*left, std::move(ended));
  postgres::Session session = connect(tenant);
  session.execute(take_over_sql(tenant.unit->tenant, tenant.epoch));
  failpoint::hit("follow.after_take_over");
  if (tenant.next_schema) hooks_.settle(tenant, session);
  apply::ApplyOptions options;
  options.stop = run_.stop;
  tenant.target = std::make_unique<ApplyTarget>(std::move(session), tenant.schema->plan,
                                                tenant.unit->tenant, tenant.epoch, options);
}

postgres::Session ApplyPool::connect(const FollowedTenant& tenant) {
  const std::uint32_t cluster = tenant.unit->cluster.value;
  try {
    postgres::Session session = open_tenant(run_, *tenant.unit);
    const std::lock_guard lock(mutex_);
    silent_until_.erase(cluster);
    return session;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    silent_until_[cluster] = Clock::system().now() + kSilence;
    throw;
  }
}

void ApplyPool::touch(FollowedTenant& tenant) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find(open_.begin(), open_.end(), &tenant);
  if (known != open_.end()) open_.splice(open_.end(), open_, known);
}

/// None: the connection could not be made.
void ApplyPool::finish(const FollowedTenant& tenant, std::unique_ptr<ApplyTarget> target) const {
  if (!target) return;
  const std::vector<apply::AppliedPolicies> applied = target->applier.policy_counts();
  if (!applied.empty()) hooks_.counted(tenant, applied);
}

void ApplyPool::close(FollowedTenant& tenant) {
  finish(tenant, std::move(tenant.target));
  const std::lock_guard lock(mutex_);
  const auto known = std::find(open_.begin(), open_.end(), &tenant);
  if (known == open_.end()) return;
  open_.erase(known);
  connections_[tenant.unit->cluster.value] -= 1;
}

}  // namespace godwit::engine
