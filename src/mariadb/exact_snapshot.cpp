// Why a quiet snapshot is exact: both counters grow when a statement begins, so between two equal
// readings none begins.
// - An XA COMMIT at or before the snapshot's position that the snapshot doesn't see began before the
//   first reading and was under way when the snapshot was opened. XA RECOVER lists its transaction
//   until it is through, so the list between first reading and snapshot was not empty.
// - An XA transaction that is prepared at the snapshot and ends behind it is in the list, too, but
//   for the instant between its group in the binlog and its entry in the list. Its XA PREPARE would
//   have begun before the first reading; that one counts only if no statement has begun for
//   kSettled, which is very long for that instant; nothing else guards against it.
// BACKUP STAGE BLOCK_COMMIT lets XA PREPARE, XA COMMIT and XA ROLLBACK neither begin nor be under
// way: the list is exact there, and so is the snapshot.
#include "godwit/mariadb/exact_snapshot.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "account.hpp"

#include "godwit/core/error.hpp"

namespace godwit::mariadb {

namespace {

constexpr std::chrono::milliseconds kPause{10};
constexpr std::chrono::milliseconds kSettled{100};

using XidSet = std::set<std::string>;

std::uint64_t to_count(const std::string& text) {
  std::uint64_t count = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

XaStatements read_statements(Connection& connection) {
  XaStatements statements;
  for (const Row& row : connection.query(
           "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_xa_prepare','Com_xa_commit',"
           "'Com_xa_rollback')")) {
    const std::uint64_t count = to_count(row.at(1).value_or(""));
    (row.at(0) == "Com_xa_prepare" ? statements.prepares : statements.ends) += count;
  }
  return statements;
}

/// The names of the transactions that XA RECOVER lists, each with its format and lengths.
XidSet prepared(Connection& connection) {
  XidSet xids;
  for (const Row& row : connection.query("XA RECOVER")) {
    std::string xid;
    for (const auto& field : row)
      xid += field.value_or("") + "/";
    xids.insert(std::move(xid));
  }
  return xids;
}

XidSet both(const XidSet& a, const XidSet& b) {
  XidSet common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(common, common.end()));
  return common;
}

void close_all(std::span<Connection*> readers) {
  for (Connection* reader : readers)
    close_snapshot(*reader);
}

/// Holds up all commits of the server, XA PREPARE and XA ROLLBACK among them, while it lives.
/// Source: https://mariadb.com/kb/en/backup-stage/
class CommitBlock {
 public:
  explicit CommitBlock(Connection& connection) : connection_(connection) {
    timeout_ = connection.scalar("SELECT @@SESSION.wait_timeout").value_or("DEFAULT");
    // should this process be stopped or its network fail now, the server ends the session soon,
    // and the stage with it
    connection.execute("SET SESSION wait_timeout = 5");
    try {
      connection.execute("SET STATEMENT lock_wait_timeout = 1 FOR BACKUP STAGE START");
      begun_ = true;
      connection.execute("SET STATEMENT lock_wait_timeout = 1 FOR BACKUP STAGE BLOCK_COMMIT");
    } catch (...) {
      release();
      throw;
    }
  }
  CommitBlock(const CommitBlock&) = delete;
  CommitBlock& operator=(const CommitBlock&) = delete;
  ~CommitBlock() { release(); }

 private:
  void release() noexcept {
    try {
      if (begun_) connection_.execute("BACKUP STAGE END");
      connection_.execute("SET SESSION wait_timeout = " + timeout_);
    } catch (const std::exception&) {
      connection_.cancel();  // whatever it was: without its connection the stage ends
    }
  }

  Connection& connection_;
  std::string timeout_;
  bool begun_ = false;
};

}  // namespace

/// What the attempts of one snapshot have found out so far.
struct ExactSnapshots::Search {
  /// A position, and which of the transactions that were prepared there have not ended since.
  struct Floor {
    GtidList position;
    XidSet open;
  };
  std::optional<Floor> floor;
  std::optional<XidSet> standing;  // prepared at every look
  std::optional<Error> refusal;    // of the last attempt to hold up commits

  void look(Connection& connection) {
    const XidSet now = prepared(connection);
    standing = standing ? both(*standing, now) : now;
    if (floor) floor->open = both(floor->open, now);
  }

  [[noreturn]] void give_up(Connection& other) const {
    if (!standing->empty() || (floor && !floor->open.empty())) {
      throw Error(ErrorKind::source,
                  "a prepared XA transaction stands on the source, so that no exact snapshot can "
                  "be taken",
                  "XA RECOVER lists it; commit or roll it back", true);
    }
    const std::string busy =
        "XA transactions follow each other on the source without a pause, so that no exact "
        "snapshot can be taken";
    if (!refusal) {
      throw Error(ErrorKind::source, busy,
                  "GRANT RELOAD ON *.* TO " + current_account(other) +
                      "; with it commits are held up for the moment of the snapshot",
                  true);
    }
    throw Error(refusal->kind(), busy + ": commits can't be held up: " + refusal->what(),
                "a backup, DDL or a long commit may be in the way: SHOW PROCESSLIST", true);
  }
};

bool ExactSnapshots::settled(const XaStatements& now) {
  if (seen_ != now) {
    seen_ = now;
    seen_at_ = Clock::now();
  }
  return now.prepares == 0 || Clock::now() - seen_at_ >= kSettled;
}

std::optional<AlignedSnapshots> ExactSnapshots::open_when_quiet(std::span<Connection*> readers) {
  Connection& connection = *readers.front();
  const XaStatements before = read_statements(connection);
  if (!settled(before) || !prepared(connection).empty()) return std::nullopt;
  AlignedSnapshots opened = open_aligned_snapshots(readers);
  const bool none_prepared = prepared(connection).empty();
  if (none_prepared && settled(read_statements(connection)) && seen_ == before) return opened;
  close_all(readers);
  return std::nullopt;
}

std::optional<AlignedSnapshots> ExactSnapshots::open_under_block(std::span<Connection*> readers,
                                                                 Connection& other,
                                                                 Search& search) {
  std::optional<CommitBlock> block;
  try {
    block.emplace(other);
  } catch (const Error& error) {
    if (!error.retryable()) throw;
    search.refusal = error;
    return std::nullopt;
  }
  AlignedSnapshots opened = open_aligned_snapshots(readers);
  // behind the snapshots: that it is answered says that the block held until here
  XidSet open = prepared(other);
  if (open.empty()) return opened;
  if (search.floor && search.floor->open.empty()) {
    opened.reader_start = search.floor->position;
    return opened;
  }
  block.reset();
  close_all(readers);
  if (!search.floor) search.floor = Search::Floor{opened.snapshot.gtid, std::move(open)};
  return std::nullopt;
}

bool ExactSnapshots::may_block(Connection& other) {
  if (!may_block_) may_block_ = read_grants(other, false).has_global("RELOAD");
  return *may_block_;
}

AlignedSnapshots ExactSnapshots::open(std::span<Connection*> readers, Connection& other) {
  if (readers.empty()) return {};
  const Clock::time_point deadline = Clock::now() + patience_;
  Search search;
  for (;;) {
    if (auto opened = open_when_quiet(readers)) return *opened;
    search.look(*readers.front());
    const bool worth_it = !search.floor || search.floor->open.empty();
    if (worth_it && may_block(other)) {
      if (auto opened = open_under_block(readers, other, search)) return *opened;
    }
    if (Clock::now() >= deadline) search.give_up(other);
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace godwit::mariadb
