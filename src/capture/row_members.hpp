// The tenants that row tenancy's changes are given to, by slot, and which of them take part in the
// group and the statement under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "godwit/capture/delivery.hpp"
#include "godwit/capture/routing_index.hpp"

namespace godwit::capture {

class RowMembers {
 public:
  explicit RowMembers(Delivery& delivery) : delivery_(delivery) {}

  Slot add(const SubscriptionPtr& subscription, bool central);
  /// kNoSlot: it isn't there. Its slot may be another's from then on.
  Slot remove(const Subscription& subscription);
  [[nodiscard]] Slot find(const Subscription& subscription) const;
  [[nodiscard]] bool empty() const { return slots_.empty(); }
  [[nodiscard]] std::string_view tenant(Slot slot) const {
    return members_[slot].subscription->tenant();
  }

  void begin();
  void end();
  void end_statement();
  /// The slot's queue, the group and the statement opened for it; nullptr: it has the group
  /// already, or was added in the midst of it. One call of the delivery for each group and slot.
  TenantQueue* open(Slot slot);

  /// For every member; central ones only, or all but these.
  enum class Which { all, tenants, central };
  template <class Do>
  void each(Which which, const Do& act) {
    for (Slot slot = 0; slot < members_.size(); ++slot) {
      const Member& member = members_[slot];
      if (!member.subscription || which == (member.central ? Which::tenants : Which::central)) {
        continue;
      }
      act(slot);
    }
  }
  /// Members that the group, or the statement, was opened for, in that order.
  [[nodiscard]] const std::vector<Slot>& of_group() const { return of_group_; }
  [[nodiscard]] const std::vector<Slot>& of_statement() const { return of_statement_; }
  [[nodiscard]] bool is_central(Slot slot) const { return members_[slot].central; }

 private:
  struct Member {
    SubscriptionPtr subscription;  // null: the slot is free
    bool central = false;
    std::uint64_t from = 0;       // the first group that it takes part in
    std::uint64_t group = 0;      // in which `queue` was asked for
    std::uint64_t statement = 0;  // the last one that it was opened for
    TenantQueue* queue = nullptr;
  };

  Delivery& delivery_;
  std::vector<Member> members_;  // by slot
  std::unordered_map<const Subscription*, Slot> slots_;
  std::vector<Slot> free_;
  bool in_group_ = false;
  std::uint64_t group_ = 1;  // no member was asked in group 0
  std::uint64_t statement_ = 1;
  std::vector<Slot> of_group_;
  std::vector<Slot> of_statement_;
};

}  // namespace godwit::capture
