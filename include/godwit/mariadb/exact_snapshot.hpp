// Snapshots that are exact under XA, too. By itself a snapshot may miss the rows of an XA COMMIT
// whose binlog position it includes: the server writes it to the binlog first and makes it visible
// afterwards, without the order that it keeps for ordinary commits. And an XA transaction that is
// prepared before the snapshot and committed behind it has its rows in the binlog before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "godwit/mariadb/connection.hpp"
#include "godwit/mariadb/snapshot.hpp"

namespace godwit::mariadb {

/// Statements of the server that have begun, whether they succeed or not.
/// Source: https://mariadb.com/kb/en/server-status-variables/#com_xa_prepare
struct XaStatements {
  std::uint64_t prepares = 0;
  std::uint64_t ends = 0;  // XA COMMIT, also in one phase, and XA ROLLBACK
  bool operator==(const XaStatements&) const = default;
};

/// Opens exact snapshots, one after the other. One for each thread: it remembers what it saw of the
/// server, so that later snapshots need not wait for it.
class ExactSnapshots {
 public:
  static constexpr std::chrono::seconds kPatience{5};

  explicit ExactSnapshots(std::chrono::milliseconds patience = kPatience) : patience_(patience) {}

  /// Opens the same snapshot on as many of the connections as possible (from the front, the first
  /// at least) at a moment when no XA transaction is being prepared or completed:
  /// - no XA statement has begun since some time and none is prepared: nothing is waited for;
  /// - else, with RELOAD, all commits of the server are held up for some milliseconds by BACKUP
  ///   STAGE on `other`, which must have no transaction; one second at most until it begins.
  /// `reader_start` of the result is the snapshot's position, or lies before it, before every XA
  /// PREPARE of a transaction that was open at the snapshot.
  ///
  /// Tries as long as `patience` says, then throws Error(source, retryable): a prepared transaction doesn't
  /// go; XA is never quiet and the account lacks RELOAD; a backup or DDL doesn't let the stage in.
  AlignedSnapshots open(std::span<Connection*> readers, Connection& other);

 private:
  using Clock = std::chrono::steady_clock;
  struct Search;

  [[nodiscard]] bool settled(const XaStatements& now);
  std::optional<AlignedSnapshots> open_when_quiet(std::span<Connection*> readers);
  std::optional<AlignedSnapshots> open_under_block(std::span<Connection*> readers,
                                                   Connection& other, Search& search);
  bool may_block(Connection& other);

  std::chrono::milliseconds patience_;
  std::optional<XaStatements> seen_;
  Clock::time_point seen_at_;  // when `seen_` was first seen
  std::optional<bool> may_block_;
};

}  // namespace godwit::mariadb
