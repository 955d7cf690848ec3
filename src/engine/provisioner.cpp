#include "provisioner.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/mariadb/catalog.hpp"

namespace godwit::engine {
namespace {

/// Catalogs are read for this many tenants at once.
constexpr std::size_t kCatalogBatch = 16;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Provisioner::Provisioner(RunContext& run, TenantPlaces& places, const WaveGate& gate,
                         const std::vector<const plan::Unit*>& units, MakeDescriber make_describer,
                         Options options)
    : run_(run),
      places_(places),
      gate_(gate),
      make_describer_(std::move(make_describer)),
      options_(options),
      lock_keepers_(run),
      waiting_(units.begin(), units.end()) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

Provisioner::~Provisioner() {
  for (std::jthread& thread : threads_)
    thread.request_stop();
  changed_.notify_all();
}

std::optional<Provisioner::Item> Provisioner::next() {
  for (;;) {
    std::optional<Item> item = next_ready();
    // a failure is told also when the gate has closed: its unit was begun before
    if (!item || item->failure) return item;
    wait_for_source(run_.stop);
    if (may_begin()) return item;
    // the empty database has its mark: who begins the unit again drops it
    unlock(*item->unit.unit);
    leave({&item->unit.unit, 1}, 1);
  }
}

std::optional<Provisioner::Item> Provisioner::next_ready() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, run_.stop, [this] {
    return !ready_.empty() ||
           (waiting_.empty() && unanswered_ == (options_.answered_later ? handed_ : 0));
  });
  if (run_.stop.stop_requested() || ready_.empty()) return std::nullopt;
  Item item = std::move(ready_.front());
  ready_.pop_front();
  ++handed_;
  changed_.notify_all();
  return item;
}

void Provisioner::finished(const plan::Unit& unit) {
  unlock(unit);
  const std::lock_guard lock(mutex_);
  --unanswered_;
  --handed_;
  changed_.notify_all();
}

void Provisioner::again(const plan::Unit& unit) {
  unlock(unit);
  const std::lock_guard lock(mutex_);
  --unanswered_;
  --handed_;
  waiting_.push_back(&unit);
  changed_.notify_all();
}

void Provisioner::discard(const plan::Unit& unit) {
  // a schema is dropped by a session of its own: nobody's lock needs to wait for that
  std::unique_lock lock(locks_mutex_, std::defer_lock);
  if (!unit.shares_database()) lock.lock();
  places_.drop(unit, lock_keepers_);
}

void Provisioner::lock(const plan::Unit& unit) {
  const std::lock_guard lock(locks_mutex_);
  if (!lock_keepers_.of(unit).try_lock(lock_key(unit))) throw held_by_another();
}

void Provisioner::unlock(const plan::Unit& unit) noexcept {
  try {
    const std::lock_guard lock(locks_mutex_);
    lock_keepers_.of(unit).unlock(lock_key(unit));
  } catch (const std::exception& error) {
    // a lost connection has given the lock back already
    log::event(log::Level::debug, "tenant.unlock_failed",
               {{"tenant", unit.tenant}, {"error", error.what()}});
  }
}

std::vector<const plan::Unit*> Provisioner::take_batch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] {
    return (!waiting_.empty() && ready_.size() < options_.ahead) ||
           (waiting_.empty() && unanswered_ == 0);
  });
  std::vector<const plan::Unit*> batch;
  if (stop.stop_requested() || run_.stop.stop_requested()) return batch;
  while (!waiting_.empty() && batch.size() < kCatalogBatch) {
    batch.push_back(waiting_.front());
    waiting_.pop_front();
  }
  unanswered_ += batch.size();
  return batch;
}

void Provisioner::hand_on(Item item, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop,
                [this] { return ready_.size() < options_.ahead || run_.stop.stop_requested(); });
  ready_.push_back(std::move(item));
  changed_.notify_all();
}

void Provisioner::leave(std::span<const plan::Unit* const> units, std::size_t handed) {
  const std::lock_guard lock(mutex_);
  left_.insert(left_.end(), units.begin(), units.end());
  unanswered_ -= units.size();
  handed_ -= handed;
  changed_.notify_all();
}

std::vector<const plan::Unit*> Provisioner::take_left() {
  const std::lock_guard lock(mutex_);
  return std::exchange(left_, {});
}

void Provisioner::wait_for_source(const std::stop_token& stop) {
  if (!options_.in_snapshot) run_.gates.begin.wait(stop);
}

void Provisioner::work(const std::stop_token& stop) {
  const std::unique_ptr<UnitDescriber> describer = make_describer_();
  ClusterConnections clusters(run_);
  for (;;) {
    const std::vector<const plan::Unit*> batch = take_batch(stop);
    if (batch.empty()) return;
    wait_for_source(stop);
    if (may_begin()) {
      provision_batch(batch, *describer, clusters, stop);
    } else {
      leave(batch);
    }
  }
}

void Provisioner::provision_batch(const std::vector<const plan::Unit*>& batch,
                                  UnitDescriber& describer, ClusterConnections& clusters,
                                  const std::stop_token& stop) {
  std::vector<Item> items;
  std::optional<Error> failure;  // of the whole batch
  try {
    items = describer.describe(batch, run_.stop);
  } catch (...) {
    failure = current_error();
    items.resize(batch.size());
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!may_begin()) {
      leave(std::span(batch).subspan(i));
      return;
    }
    Item& item = items[i];
    item.unit.unit = batch[i];
    try {
      if (run_.stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
      if (failure) throw Error(*failure);
      if (!item.failure) provision(item.unit, clusters);
    } catch (...) {
      item.failure = current_error();
    }
    hand_on(std::move(item), stop);
  }
}

void Provisioner::provision(ProvisionedUnit& made, ClusterConnections& clusters) {
  const plan::Unit& unit = *made.unit;
  made.started_at = now_seconds();
  lock(unit);
  const control::TenantRecord record = run_.store.find(unit.tenant).value();
  if (!control::begins_anew(record.state)) {
    throw Error(ErrorKind::held, "another engine has copied this tenant meanwhile",
                "nothing is to be done for it; godwit status shows it");
  }
  places_.make(made, record, clusters, options_.from_templates);
  failpoint::hit("copy.after_create");

  if (record.state != control::TenantState::provisioned) {
    run_.store.transition(
        record, control::TenantState::provisioned,
        [&](control::TenantRecord& changed) { changed.epoch.value += 1; }, "{}");
  }
}

}  // namespace godwit::engine
