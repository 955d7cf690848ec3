#include "godwit/capture/routing_index.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::capture {
namespace {

constexpr std::size_t kCellsMin = 256;
/// Of ten cells.
constexpr std::size_t kFullMax = 7;
constexpr std::size_t kChangesMin = 64;
/// Of a parked transaction's node in its map, about.
constexpr std::uint64_t kNodeBytes = 128;
/// What a small transaction leaves of a large one's changes, in entries.
constexpr std::size_t kChangesKept = std::size_t{1} << 15U;

/// Consecutive integers, multiples of a power of two and hashes alike spread over all bits: the
/// finalizer of MurmurHash3, https://github.com/aappleby/smhasher/wiki/MurmurHash3
std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 33U;
  value *= 0xFF51AFD7ED558CCDU;
  value ^= value >> 33U;
  value *= 0xC4CEB9FE1A85EC53U;
  value ^= value >> 33U;
  return value;
}

/// "SAVEPOINT `x`" and "ROLLBACK TO `x`" → "`x`"; names don't depend on case.
std::string savepoint_name(std::string_view statement) {
  const std::size_t quote = statement.find('`');
  return lowercase_ascii(statement.substr(quote == std::string_view::npos ? 0 : quote));
}

}  // namespace

std::size_t RoutingIndex::home(std::uint32_t space, const RoutingKey& key) const {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;
  const std::uint64_t all = key.low + (key.high ^ (std::uint64_t{space} + 1) * kGolden);
  return static_cast<std::size_t>(mixed(all)) & (capacity_ - 1);
}

std::size_t RoutingIndex::locate(std::uint32_t space, const RoutingKey& key) const {
  std::size_t at = home(space, key);
  while (cells_[at].slot != kNoSlot && !(cells_[at].space == space && cells_[at].key == key))
    at = (at + 1) & (capacity_ - 1);
  return at;
}

Slot RoutingIndex::find(std::uint32_t space, const RoutingKey& key) const {
  return capacity_ == 0 ? kNoSlot : cells_[locate(space, key)].slot;
}

Slot RoutingIndex::set(std::uint32_t space, const RoutingKey& key, Slot slot) {
  if (capacity_ == 0) {
    if (slot == kNoSlot) return kNoSlot;
    grow();
  }
  std::size_t at = locate(space, key);
  const Slot before = cells_[at].slot;
  if (slot == kNoSlot) {
    if (before != kNoSlot) remove_at(at);
    return before;
  }
  if (before == kNoSlot) {
    // only what is new may need room: a change can be taken back at the limit
    if (10 * (used_ + 1) > kFullMax * capacity_) {
      grow();
      at = locate(space, key);
    }
    ++used_;
  }
  cells_[at] = {key, space, slot};
  return before;
}

/// The cells behind it move up where they may, so that no search ends too early and no mark of
/// something erased is left behind.
void RoutingIndex::remove_at(std::size_t cell) {
  const std::size_t mask = capacity_ - 1;
  std::size_t gap = cell;
  for (std::size_t at = (gap + 1) & mask; cells_[at].slot != kNoSlot; at = (at + 1) & mask) {
    const std::size_t wanted = home(cells_[at].space, cells_[at].key);
    // it may stand in the gap unless its place is behind the gap, going round
    if (((at - wanted) & mask) < ((at - gap) & mask)) continue;
    cells_[gap] = cells_[at];
    gap = at;
  }
  cells_[gap] = {};
  --used_;
}

void RoutingIndex::grow() {
  const std::size_t capacity = capacity_ == 0 ? kCellsMin : 2 * capacity_;
  require(capacity * sizeof(Cell));
  const std::size_t count = std::exchange(capacity_, capacity);
  const std::unique_ptr<Cell[]> old = std::exchange(cells_, std::make_unique<Cell[]>(capacity));
  for (std::size_t i = 0; i < count; ++i) {
    if (old[i].slot != kNoSlot) cells_[locate(old[i].space, old[i].key)] = old[i];
  }
}

void RoutingIndex::put(std::uint32_t space, const RoutingKey& key, Slot slot) {
  const Slot before = find(space, key);
  if (before == slot) return;
  record({key, space, before, slot});
  set(space, key, slot);
}

void RoutingIndex::load(std::uint32_t space, const RoutingKey& key, Slot slot) {
  set(space, key, slot);
}

void RoutingIndex::record(const Change& change) {
  if (changes_.size() == changes_.capacity()) {
    const std::size_t capacity = std::max(kChangesMin, 2 * changes_.capacity());
    require(capacity * sizeof(Change));
    changes_.reserve(capacity);
  }
  changes_.push_back(change);
}

void RoutingIndex::commit() {
  marks_.clear();
  if (changes_.capacity() > kChangesKept) {
    changes_ = Changes();  // {} would keep the memory
  } else {
    changes_.clear();
  }
}

void RoutingIndex::roll_back() {
  take_back(0);
  commit();
}

/// To where there were so many changes.
void RoutingIndex::take_back(std::size_t count) {
  // what was there before has its room
  while (changes_.size() > count) {
    const Change last = changes_.back();
    changes_.pop_back();
    set(last.space, last.key, last.before);
  }
}

void RoutingIndex::mark(std::string_view savepoint) {
  const std::string name = savepoint_name(savepoint);
  std::erase_if(marks_, [&](const Mark& mark) { return mark.name == name; });
  marks_.push_back({name, changes_.size()});
}

void RoutingIndex::roll_back_to(std::string_view statement) {
  const std::string name = savepoint_name(statement);
  for (auto mark = marks_.begin(); mark != marks_.end(); ++mark) {
    if (mark->name != name) continue;
    take_back(mark->changes);
    marks_.erase(std::next(mark), marks_.end());
    return;
  }
}

void RoutingIndex::park(const std::string& xid) {
  require(changes_.size() * sizeof(Change));
  Changes changes = changes_;  // no longer than it needs to be
  roll_back();
  if (changes.empty()) return;
  // the reader went back and the group came again: the same changes, and those of new tenants
  complete_parked(xid, false);
  parked_bytes_ += kNodeBytes + xid.size() + changes.capacity() * sizeof(Change);
  parked_.emplace(xid, std::move(changes));
}

void RoutingIndex::complete_parked(const std::string& xid, bool commits) {
  const auto parked = parked_.find(xid);
  if (parked == parked_.end()) return;
  if (commits) {
    for (const Change& change : parked->second)
      put(change.space, change.key, change.after);
  }
  parked_bytes_ -= kNodeBytes + xid.size() + parked->second.capacity() * sizeof(Change);
  parked_.erase(parked);
}

void RoutingIndex::drop(Slot slot) {
  const auto forget = [slot](Changes& changes) {
    for (Change& change : changes) {
      if (change.before == slot) change.before = kNoSlot;
      if (change.after == slot) change.after = kNoSlot;
    }
  };
  forget(changes_);
  for (auto& [xid, changes] : parked_)
    forget(changes);
  for (std::size_t at = 0; at < capacity_; ++at) {
    // removing moves another one up into this cell, or into one that is still to come
    while (cells_[at].slot == slot)
      remove_at(at);
  }
}

std::uint64_t RoutingIndex::bytes() const {
  return capacity_ * sizeof(Cell) + changes_.capacity() * sizeof(Change) + parked_bytes_;
}

void RoutingIndex::require(std::uint64_t more) const {
  const std::uint64_t needed = bytes() + more;
  if (needed <= bytes_max_) return;
  throw Error(ErrorKind::rejected,
              "the keys that inherited tables are routed by need " + human_bytes(needed) +
                  " of memory, and follow.routing allows " + human_bytes(bytes_max_),
              "raise follow.routing, or follow fewer tenants at once");
}

}  // namespace godwit::capture
