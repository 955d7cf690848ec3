// From the keys of rows to the tenants that own them: how a row of an inherited table, of which the
// binlog has its own columns only, finds its tenant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace godwit::capture {

/// A tenant among those that are followed.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xFFFFFFFF;

/// A key's value: of one integer column the number (`high` is 0, or all ones below zero), else the
/// 128-bit hash (XXH3) of its fields.
struct RoutingKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const RoutingKey&) const = default;
};

/// (space, key) → slot, where a space is a unique key of one table. Exact but for the hash: of 2^40
/// keys two collide with a probability of 2^-49.
///
/// What a transaction changes is visible at once, for its own later rows, and is taken back when it
/// comes to nothing. A prepared XA transaction's changes are put aside with its XID, and made when
/// it commits: until then nobody else sees its rows.
///
/// Memory: 24 bytes an entry at a load between 0.35 and 0.7 (35 to 69 bytes a key), while it grows
/// half as much again, and 32 bytes for each change of the transaction under way and of those put
/// aside; together never above the limit. Not for several threads.
class RoutingIndex {
 public:
  explicit RoutingIndex(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// kNoSlot: no such key.
  [[nodiscard]] Slot find(std::uint32_t space, const RoutingKey& key) const;

  /// As changes of the transaction under way; a slot of kNoSlot erases. Throw Error(rejected) above
  /// the limit.
  void put(std::uint32_t space, const RoutingKey& key, Slot slot);
  void erase(std::uint32_t space, const RoutingKey& key) { put(space, key, kNoSlot); }

  /// As if it had always been so: no transaction's change.
  void load(std::uint32_t space, const RoutingKey& key, Slot slot);

  /// How the transaction under way ends: its changes stay, or are taken back, or wait.
  void commit();
  void roll_back();
  /// Within it: SAVEPOINT, and ROLLBACK TO, by their texts ("SAVEPOINT `x`", "ROLLBACK TO `x`").
  void mark(std::string_view savepoint);
  void roll_back_to(std::string_view statement);
  void park(const std::string& xid);
  /// Of a transaction that was parked; nothing when there is none of this name.
  void complete_parked(const std::string& xid, bool commits);

  /// Forgets every entry of a slot, also in what is put aside or could be taken back. Linear.
  void drop(Slot slot);

  [[nodiscard]] std::size_t size() const { return used_; }
  /// That it holds now.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct Cell {
    RoutingKey key;
    std::uint32_t space = 0;
    Slot slot = kNoSlot;  // kNoSlot: empty
  };
  struct Change {
    RoutingKey key;
    std::uint32_t space = 0;
    Slot before = kNoSlot;
    Slot after = kNoSlot;
  };
  using Changes = std::vector<Change>;

  [[nodiscard]] std::size_t home(std::uint32_t space, const RoutingKey& key) const;
  /// Of the key's cell, or of the empty one where it would be; there must be cells.
  [[nodiscard]] std::size_t locate(std::uint32_t space, const RoutingKey& key) const;
  /// Returns what was there.
  Slot set(std::uint32_t space, const RoutingKey& key, Slot slot);
  void remove_at(std::size_t cell);
  void grow();
  void record(const Change& change);
  void require(std::uint64_t more) const;

  const std::uint64_t bytes_max_;
  std::unique_ptr<Cell[]> cells_;
  std::size_t capacity_ = 0;  // cells; a power of two
  std::size_t used_ = 0;
  void take_back(std::size_t count);

  struct Mark {
    std::string name;
    std::size_t changes = 0;  // before it
  };
  Changes changes_;                        // of the transaction under way, in order
  std::vector<Mark> marks_;                // within these
  std::map<std::string, Changes> parked_;  // by XID
  std::uint64_t parked_bytes_ = 0;
};

}  // namespace godwit::capture
