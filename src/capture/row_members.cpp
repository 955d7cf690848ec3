#include "row_members.hpp"

#include "godwit/core/error.hpp"

namespace godwit::capture {

Slot RowMembers::add(const SubscriptionPtr& subscription, bool central) {
  if (slots_.contains(subscription.get())) {
    throw Error(ErrorKind::internal, "the tenant " + subscription->tenant() + " is followed twice");
  }
  Slot slot = static_cast<Slot>(members_.size());
  if (free_.empty()) {
    members_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Member& member = members_[slot];
  member = {};
  member.subscription = subscription;
  member.central = central;
  // half a transaction is none
  member.from = in_group_ ? group_ + 1 : group_;
  slots_.emplace(subscription.get(), slot);
  return slot;
}

Slot RowMembers::remove(const Subscription& subscription) {
  const auto found = slots_.find(&subscription);
  if (found == slots_.end()) return kNoSlot;
  const Slot slot = found->second;
  slots_.erase(found);
  members_[slot] = {};
  free_.push_back(slot);
  std::erase(of_group_, slot);
  std::erase(of_statement_, slot);
  return slot;
}

Slot RowMembers::find(const Subscription& subscription) const {
  const auto found = slots_.find(&subscription);
  return found == slots_.end() ? kNoSlot : found->second;
}

void RowMembers::begin() {
  end();
  in_group_ = true;
}

void RowMembers::end() {
  end_statement();
  of_group_.clear();
  if (in_group_) ++group_;
  in_group_ = false;
}

void RowMembers::end_statement() {
  of_statement_.clear();
  ++statement_;
}

TenantQueue* RowMembers::open(Slot slot) {
  Member& member = members_[slot];
  if (member.from > group_) return nullptr;
  if (member.group != group_) {
    member.group = group_;
    member.queue = delivery_.open(member.subscription);
    if (member.queue != nullptr) of_group_.push_back(slot);
  }
  if (member.queue != nullptr && member.statement != statement_) {
    member.statement = statement_;
    of_statement_.push_back(slot);
  }
  return member.queue;
}

}  // namespace godwit::capture
