// Consistent snapshots without locks: START TRANSACTION WITH CONSISTENT SNAPSHOT, whose binlog
// position is exactly the prefix the snapshot sees. Not for two-phase XA: see exact_snapshot.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "godwit/core/gtid.hpp"
#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

struct Snapshot {
  std::string binlog_file;
  std::uint64_t binlog_offset = 0;
  GtidList gtid;  // of (binlog_file, binlog_offset)
  bool operator==(const Snapshot&) const = default;
};

/// Opens a snapshot on the connection; it lives until the connection's transaction ends.
/// Throws Error(preflight) when the server has no binlog.
Snapshot open_snapshot(Connection& connection);

/// Opens one snapshot on each connection, all at the same position; tries up to `attempts`
/// times. Returns how many of the connections (from the front) hold it: all, or 1 when the
/// positions never met.
struct AlignedSnapshots {
  Snapshot snapshot;
  std::size_t aligned = 0;
  /// From where the binlog has to be read in order to see the rows of every transaction that the
  /// snapshot doesn't: the snapshot's position, unless XA transactions were prepared before it.
  GtidList reader_start;
};
AlignedSnapshots open_aligned_snapshots(std::span<Connection*> connections, int attempts = 20);

/// Ends the transaction and with it the snapshot.
void close_snapshot(Connection& connection);

}  // namespace godwit::mariadb
