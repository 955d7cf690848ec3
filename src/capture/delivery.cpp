#include "godwit/capture/delivery.hpp"

#include <algorithm>

#include "godwit/core/failpoint.hpp"

namespace godwit::capture {
namespace {

bool covers(const GtidList& position, const Gtid& gtid) {
  for (const Gtid& entry : position.entries()) {
    if (entry.domain == gtid.domain) return entry.sequence >= gtid.sequence;
  }
  return false;
}

/// A domain that isn't there was never written: nothing of it is covered.
void advance(GtidList& position, const Gtid& gtid) {
  if (!covers(position, gtid)) position.advance(gtid);
}

std::string text_of(const Xid& xid) {
  // lengths first: the parts may hold any bytes
  std::string text = std::to_string(xid.format) + ":" + std::to_string(xid.gtrid.size()) + ":";
  text.append(xid.gtrid);
  text.append(xid.bqual);
  return text;
}

}  // namespace

void Subscription::raise_floor(const GtidList& position) {
  const std::lock_guard lock(mutex_);
  for (const Gtid& entry : position.entries())
    advance(floor_, entry);
}

void Subscription::reset_floor(const GtidList& position) {
  const std::lock_guard lock(mutex_);
  floor_ = position;
}

GtidList Subscription::floor() const {
  const std::lock_guard lock(mutex_);
  return floor_;
}

bool Subscription::wants(const Gtid& gtid) const {
  const std::lock_guard lock(mutex_);
  return !covers(floor_, gtid);
}

void Subscription::delivered(const Gtid& gtid) {
  const std::lock_guard lock(mutex_);
  advance(floor_, gtid);
}

void Delivery::begin(const GtidEvent& gtid, const GroupPosition&) {
  failpoint::hit("capture.begin");
  gtid_ = gtid.gtid;
  xid_ = gtid.xid ? text_of(*gtid.xid) : std::string();
  prepares_ = gtid.has(GtidEvent::kPreparedXa);
}

TenantQueue* Delivery::open(const SubscriptionPtr& subscription) {
  // the last one first: changes of a transaction are mostly one tenant's
  if (std::find(opened_.rbegin(), opened_.rend(), subscription) != opened_.rend()) {
    return &subscription->queue();
  }
  if (prepares_) {
    // wanted below the floor too: what counts is whether its XA COMMIT is above
    if (subscription->queue().has_parked(xid_)) return nullptr;
  } else if (!subscription->wants(gtid_)) {
    return nullptr;
  }
  opened_.push_back(subscription);
  for (const std::string& savepoint : savepoints_) {
    StatementChange statement;
    statement.sql = savepoint;
    subscription->queue().statement(statement);
  }
  return &subscription->queue();
}

void Delivery::savepoint(const StatementChange& statement) {
  std::erase(savepoints_, statement.sql);
  savepoints_.emplace_back(statement.sql);
  for (const SubscriptionPtr& subscription : opened_)
    subscription->queue().statement(statement);
}

void Delivery::rollback_to(const StatementChange& statement) {
  for (const SubscriptionPtr& subscription : opened_)
    subscription->queue().statement(statement);
}

bool Delivery::is_open(const Subscription& subscription) const {
  return std::any_of(opened_.begin(), opened_.end(),
                     [&](const SubscriptionPtr& opened) { return opened.get() == &subscription; });
}

TransactionHead Delivery::head(const GroupPosition& position, std::uint64_t sample) const {
  TransactionHead head;
  head.gtid = gtid_;
  head.timestamp = position.timestamp;
  head.sample = sample;
  head.file = position.file;
  head.offset = position.offset;
  return head;
}

void Delivery::complete_xa(bool committed) { xa_committed_ = committed; }

void Delivery::end(GroupEnd how, const GroupPosition& position, std::uint64_t sample) {
  failpoint::hit("capture.before_deliver");
  const TransactionHead end = head(position, sample);
  if (xa_committed_) {
    finish_parked(*xa_committed_, end);
  } else if (how == GroupEnd::prepared) {
    park();
  } else {
    for (const SubscriptionPtr& subscription : opened_) {
      if (how == GroupEnd::committed) {
        subscription->queue().commit(end);
        committed(*subscription);
      } else {
        subscription->queue().abandon();
      }
      tell_overrun(*subscription);
      subscription->delivered(gtid_);
    }
  }
  opened_.clear();
  savepoints_.clear();
  xa_committed_.reset();
  const std::lock_guard lock(mutex_);
  // GTIDs may come again after the reader went back: the position is where the reader is
  advance(position_, gtid_);
}

void Delivery::park() {
  failpoint::hit("capture.before_park");
  Parked parked;
  {
    const std::lock_guard lock(mutex_);
    parked.since = position_;
  }
  for (const SubscriptionPtr& subscription : opened_) {
    subscription->queue().park(xid_);
    tell_overrun(*subscription);
    subscription->delivered(gtid_);
  }
  parked.subscriptions = opened_;
  if (opened_.empty()) return;
  const std::lock_guard lock(mutex_);
  Parked& known = parked_.try_emplace(xid_).first->second;
  // the reader went back: some tenants had the group already, and keep theirs
  if (known.subscriptions.empty() || known.since.covers(parked.since)) {
    known.since = parked.since;
  }
  for (const SubscriptionPtr& subscription : parked.subscriptions) {
    if (std::find(known.subscriptions.begin(), known.subscriptions.end(), subscription) ==
        known.subscriptions.end()) {
      known.subscriptions.push_back(subscription);
    }
  }
}

void Delivery::finish_parked(bool commits, const TransactionHead& end) {
  failpoint::hit("capture.before_xa_commit");
  std::vector<SubscriptionPtr> subscriptions;
  {
    const std::lock_guard lock(mutex_);
    const auto parked = parked_.find(xid_);
    if (parked == parked_.end()) return;
    subscriptions = parked->second.subscriptions;
  }
  for (const SubscriptionPtr& subscription : subscriptions) {
    // below the floor: the tenant's copy has it, or it got it before the reader went back
    if (commits && subscription->wants(gtid_)) {
      subscription->queue().commit_parked(xid_, end);
      committed(*subscription);
    } else {
      subscription->queue().drop_parked(xid_);
    }
    subscription->delivered(gtid_);
  }
  const std::lock_guard lock(mutex_);
  parked_.erase(xid_);
}

void Delivery::abandon() {
  for (const SubscriptionPtr& subscription : opened_)
    subscription->queue().abandon();
  opened_.clear();
  savepoints_.clear();
  xa_committed_.reset();
}

GtidList Delivery::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

void Delivery::start(const GtidList& position) {
  const std::lock_guard lock(mutex_);
  position_ = position;
}

std::optional<GtidList> Delivery::parked_since() const {
  const std::lock_guard lock(mutex_);
  std::optional<GtidList> oldest;
  for (const auto& [xid, parked] : parked_) {
    // one reader, one order: of two positions one covers the other
    if (!oldest || oldest->covers(parked.since)) oldest = parked.since;
  }
  return oldest;
}

void Delivery::forget(const Subscription& subscription) {
  const std::lock_guard lock(mutex_);
  for (auto parked = parked_.begin(); parked != parked_.end();) {
    std::erase_if(parked->second.subscriptions,
                  [&](const SubscriptionPtr& one) { return one.get() == &subscription; });
    parked = parked->second.subscriptions.empty() ? parked_.erase(parked) : std::next(parked);
  }
}

}  // namespace godwit::capture
