#include "godwit/mariadb/snapshot.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "godwit/core/error.hpp"

namespace godwit::mariadb {

namespace {

/// How often a snapshot is opened anew in the hope of a quiet moment, before its GTID is found by
/// reading the binlog file.
constexpr int kQuietAttempts = 3;

std::uint64_t to_offset(const std::string& text, const Connection& connection) {
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw Error(ErrorKind::source,
                "source " + connection.where() + ": not a binlog offset: '" + text + "'");
  }
  return offset;
}

[[noreturn]] void throw_no_binlog(const Connection& connection) {
  throw Error(ErrorKind::preflight,
              "source " + connection.where() + ": the server writes no binlog",
              "Set log_bin in the server's configuration and restart it.");
}

/// Opens the snapshot and reads its position in the binlog, not yet its GTID.
Snapshot open_without_gtid(Connection& connection) {
  connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  Snapshot snapshot;
  for (const Row& row : connection.query("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'")) {
    const std::string& name = row.at(0).value();
    const std::string& value = row.at(1).value();
    if (name == "Binlog_snapshot_file") snapshot.binlog_file = value;
    if (name == "Binlog_snapshot_position" && !value.empty()) {
      snapshot.binlog_offset = to_offset(value, connection);
    }
  }
  if (snapshot.binlog_file.empty()) throw_no_binlog(connection);
  return snapshot;
}

/// The GTID position of the snapshot when nothing was written to the binlog since; else nullopt.
///
/// Why it is right: the server gives a group its GTID and appends the whole group to the binlog
/// under one lock, LOCK_log, that SHOW MASTER STATUS takes to read the end of the binlog. Let P be
/// the snapshot's position and E that end, read after the GTIDs. Every group up to P had its GTID
/// before the snapshot existed, so the list holds them all. A group in the list beyond P had its
/// GTID before the list was read, so it was complete in the binlog before SHOW MASTER STATUS got
/// the lock, hence E > P. Thus E = P means the list is exactly the groups up to P. Comparing the
/// lists before and after the snapshot would not do: a group gets its GTID before its commit
/// becomes visible to snapshots, so both lists may hold one that the snapshot does not see.
std::optional<GtidList> gtid_of_quiet_binlog(Connection& connection, const Snapshot& snapshot) {
  const auto gtids = connection.scalar("SELECT @@GLOBAL.gtid_binlog_pos");
  const Rows status = connection.query("SHOW MASTER STATUS");
  if (status.empty()) throw_no_binlog(connection);
  const bool quiet = status[0].at(0) == snapshot.binlog_file &&
                     to_offset(status[0].at(1).value_or(""), connection) == snapshot.binlog_offset;
  if (!quiet) return std::nullopt;
  return GtidList::parse(gtids.value_or(""));
}

/// Reads the binlog file up to the snapshot's position: about 0.3 s for a gigabyte.
GtidList gtid_of_position(Connection& connection, const Snapshot& snapshot) {
  const auto gtids =
      connection.scalar("SELECT BINLOG_GTID_POS(" + quote_literal(snapshot.binlog_file) + "," +
                        std::to_string(snapshot.binlog_offset) + ")");
  if (!gtids) {
    throw Error(
        ErrorKind::position_lost,
        "source " + connection.where() + ": binlog file " + snapshot.binlog_file + " is gone",
        "Keep the binlog longer: binlog_expire_logs_seconds, expire_logs_days.");
  }
  return GtidList::parse(*gtids);
}

bool same_position(const Snapshot& a, const Snapshot& b) {
  return a.binlog_file == b.binlog_file && a.binlog_offset == b.binlog_offset;
}

}  // namespace

Snapshot open_snapshot(Connection& connection) {
  Snapshot snapshot;
  for (int attempt = 0; attempt < kQuietAttempts; ++attempt) {
    snapshot = open_without_gtid(connection);
    if (auto gtid = gtid_of_quiet_binlog(connection, snapshot)) {
      snapshot.gtid = std::move(*gtid);
      return snapshot;
    }
  }
  snapshot.gtid = gtid_of_position(connection, snapshot);
  return snapshot;
}

AlignedSnapshots open_aligned_snapshots(std::span<Connection*> connections, int attempts) {
  if (connections.empty()) return {};
  Snapshot common;
  bool equal = false;
  for (int attempt = 0; attempt < attempts && !equal; ++attempt) {
    // All anew: the moments of opening must be as near to each other as possible.
    common = open_without_gtid(*connections.front());
    equal = true;
    for (Connection* other : connections.subspan(1)) {
      if (!same_position(open_without_gtid(*other), common)) {
        equal = false;
        break;
      }
    }
  }
  if (!equal) {
    for (Connection* other : connections.subspan(1))
      close_snapshot(*other);
    common = open_snapshot(*connections.front());
    return {common, 1, common.gtid};
  }
  const auto quiet = gtid_of_quiet_binlog(*connections.front(), common);
  common.gtid = quiet ? *quiet : gtid_of_position(*connections.front(), common);
  return {common, connections.size(), common.gtid};
}

void close_snapshot(Connection& connection) { connection.execute("ROLLBACK"); }

}  // namespace godwit::mariadb
