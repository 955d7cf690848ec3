// Snapshots while XA transactions are prepared and completed without a pause, against what the
// binlog says of their positions.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "godwit/capture/group_reader.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/exact_snapshot.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "support/servers.hpp"

using namespace godwit;
using mariadb::AlignedSnapshots;
using mariadb::Connection;
using mariadb::ExactSnapshots;

namespace {

/// A server for these tests alone: XA without a pause would keep others from their snapshots.
class XaSource {
 public:
  XaSource() : servers_("") {
    Connection root = connect_root();
    root.execute("CREATE DATABASE gw_xa");
    root.execute("CREATE TABLE gw_xa.t (id INT PRIMARY KEY)");
    root.execute("CREATE USER patient@localhost IDENTIFIED BY 'secret'");
    root.execute("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO patient@localhost");
    root.execute("GRANT SELECT ON gw_xa.* TO patient@localhost");
    root.execute("GRANT RELOAD ON *.* TO " + account());
  }

  [[nodiscard]] Connection connect_root() const {
    Connection root(servers_.get().source_root);
    root.execute("SET tx_read_only = 0");
    return root;
  }
  /// The engine's account, with RELOAD.
  [[nodiscard]] Connection connect() const { return Connection(servers_.get().source); }
  /// An account without RELOAD.
  [[nodiscard]] Connection connect_patient() const {
    mariadb::Endpoint endpoint = servers_.get().source;
    endpoint.user = "patient";
    endpoint.password = Secret("secret");
    return Connection(endpoint);
  }
  [[nodiscard]] mariadb::Endpoint root_endpoint() const { return servers_.get().source_root; }
  [[nodiscard]] GtidList position() const {
    return GtidList::parse(connect_root().scalar("SELECT @@GLOBAL.gtid_binlog_pos").value());
  }

 private:
  [[nodiscard]] std::string account() const { return servers_.get().source.user + "@localhost"; }

  test::PrivateServers servers_;
};

const XaSource& source() {
  static const XaSource kSource;
  return kSource;
}

std::string xid(int id) { return "'gw_" + std::to_string(id) + "'"; }

void insert(Connection& connection, int id) {
  connection.execute("INSERT INTO gw_xa.t VALUES (" + std::to_string(id) + ")");
}

void prepare(Connection& connection, int id) {
  connection.execute("XA START " + xid(id));
  insert(connection, id);
  connection.execute("XA END " + xid(id));
  connection.execute("XA PREPARE " + xid(id));
}

/// Sessions that write one row a transaction: most by XA, some of these rolled back or committed in
/// one phase, some without XA. An id is used once.
class Load {
 public:
  static constexpr int kWriters = 4;
  static constexpr int kIdsEach = 10'000'000;
  using Ids = std::array<int, kWriters>;

  Load() {
    for (int writer = 0; writer < kWriters; ++writer)
      threads_.emplace_back([this, writer] { write(writer); });
  }
  ~Load() { stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  [[nodiscard]] bool failed() const { return failed_; }
  /// Of each writer a row whose transaction was over some time ago.
  [[nodiscard]] Ids done() const {
    Ids ids{};
    for (int writer = 0; writer < kWriters; ++writer)
      ids[writer] = writer * kIdsEach + std::max(last_[writer] - kTail, 0);
    return ids;
  }

 private:
  static constexpr int kTail = 20;

  void write(int writer) {
    try {
      Connection connection = source().connect_root();
      for (int i = 1; !stop_ && i < kIdsEach; ++i) {
        last_[writer] = i;
        one_transaction(connection, writer * kIdsEach + i, i % 10);
      }
    } catch (const std::exception&) {
      failed_ = true;
    }
  }

  static void one_transaction(Connection& connection, int id, int kind) {
    if (kind == 0) return insert(connection, id);
    if (kind == 1) {
      connection.execute("XA START " + xid(id));
      insert(connection, id);
      connection.execute("XA END " + xid(id));
      return connection.execute("XA COMMIT " + xid(id) + " ONE PHASE");
    }
    prepare(connection, id);
    connection.execute((kind == 2 ? "XA ROLLBACK " : "XA COMMIT ") + xid(id));
  }

  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  std::array<std::atomic<int>, kWriters> last_{};
  std::vector<std::thread> threads_;
};

/// Where a row's transaction stands in the binlog, in sequence numbers of its one domain; 0: it
/// doesn't.
struct Written {
  std::uint64_t prepared = 0;
  std::uint64_t committed = 0;
  std::uint64_t rolled_back = 0;
};

/// What the binlog says of each row of gw_xa.t, up to the table stop_here.
class Ledger : public capture::GroupSink {
 public:
  void begin(const capture::GtidEvent& gtid, const capture::GroupPosition&) override {
    sequence_ = gtid.gtid.sequence;
    xid_ = gtid.xid ? std::string(gtid.xid->gtrid) : std::string();
    ids_.clear();
    commits_.reset();
  }
  void rows(const std::shared_ptr<const capture::MappedTable>& table,
            const capture::RowsEvent& event) override {
    if (table->database != "gw_xa" || table->name != "t") return;
    reader_.open(event, table->columns);
    while (reader_.next()) {
      int id = 0;
      if (reader_.after().values[0].size != sizeof id) FAIL("not an INT");
      std::memcpy(&id, reader_.after().values[0].data, sizeof id);
      ids_.push_back(id);
    }
  }
  void statement_end(std::span<const capture::StatementTable>) override {}
  void statement(capture::StatementKind kind, const capture::QueryEvent& query) override {
    if (kind == capture::StatementKind::xa_commit) commits_ = true;
    if (kind == capture::StatementKind::xa_rollback) commits_ = false;
    if (query.sql.find("stop_here") != std::string_view::npos) complete_ = true;
  }
  void end(capture::GroupEnd how, const capture::GroupPosition&) override {
    if (how == capture::GroupEnd::prepared) {
      open_[xid_] = ids_;
      for (const int id : ids_)
        written_[id].prepared = sequence_;
    } else if (commits_) {
      for (const int id : open_.at(xid_)) {
        (*commits_ ? written_[id].committed : written_[id].rolled_back) = sequence_;
      }
      open_.erase(xid_);
    } else if (how == capture::GroupEnd::committed) {
      for (const int id : ids_)
        written_[id].committed = sequence_;
    }
  }
  void abandon() override { FAIL("a group without an end"); }

  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] const std::map<int, Written>& written() const { return written_; }

 private:
  capture::RowReader reader_;
  std::uint64_t sequence_ = 0;
  std::string xid_;
  std::vector<int> ids_;
  std::optional<bool> commits_;
  std::map<std::string, std::vector<int>> open_;
  std::map<int, Written> written_;
  bool complete_ = false;
};

std::map<int, Written> read_binlog(const GtidList& start) {
  Connection root = source().connect_root();
  root.execute("CREATE TABLE gw_xa.stop_here (id INT)");
  root.execute("DROP TABLE gw_xa.stop_here");
  mariadb::ReplicationOptions options;
  options.server_id = mariadb::choose_server_id(root);
  options.start = start;
  mariadb::ReplicationStream stream(source().root_endpoint(), options);
  Ledger ledger;
  capture::GroupReader reader(ledger);
  for (int heartbeats = 0; !ledger.complete();) {
    const auto packet = stream.next(std::stop_token()).value();
    heartbeats += packet[4] == std::byte{27} ? 1 : 0;
    if (heartbeats == 10) FAIL("the end didn't come");
    reader.take(packet);
  }
  return ledger.written();
}

struct Seen {
  std::uint64_t position = 0;
  std::uint64_t reader_start = 0;
  Load::Ids from{};  // of each writer only rows from here on are looked at
  std::set<int> ids;
};

std::uint64_t sequence_of(const GtidList& position) {
  REQUIRE(position.entries().size() == 1);
  return position.entries().front().sequence;
}

std::set<int> visible_ids(Connection& reader, const Load::Ids& from) {
  std::set<int> ids;
  for (const int first : from) {
    const std::string end =
        std::to_string(first / Load::kIdsEach * Load::kIdsEach + Load::kIdsEach);
    for (const mariadb::Row& row : reader.query(
             "SELECT id FROM gw_xa.t WHERE id >= " + std::to_string(first) + " AND id < " + end)) {
      ids.insert(std::stoi(row.at(0).value()));
    }
  }
  return ids;
}

bool visible(Connection& reader, int id) {
  return reader.scalar("SELECT id FROM gw_xa.t WHERE id = " + std::to_string(id)).has_value();
}

/// Whether the row would be lost, or be written twice, by a copy of what the snapshot sees and the
/// binlog behind its position, with the XA transactions whose rows the reader meets behind
/// reader_start.
bool is_wrong(const Seen& seen, int id, const Written& row) {
  const bool committed = row.committed != 0 && row.committed <= seen.position;
  if (committed != (seen.ids.count(id) > 0)) return true;
  const std::uint64_t ended = row.committed + row.rolled_back;  // one of them is 0
  const bool open = row.prepared != 0 && row.prepared <= seen.position && ended > seen.position;
  return open && row.prepared <= seen.reader_start;
}

int rows_wrong(const Seen& seen, const std::map<int, Written>& written) {
  int wrong = 0;
  for (const int first : seen.from) {
    const int end = first / Load::kIdsEach * Load::kIdsEach + Load::kIdsEach;
    for (auto row = written.lower_bound(first); row != written.end() && row->first < end; ++row)
      wrong += is_wrong(seen, row->first, row->second) ? 1 : 0;
  }
  return wrong;
}

}  // namespace

TEST_CASE("under XA load a snapshot and its binlog lose no row", "[xa_snapshot]") {
  constexpr std::size_t kSnapshots = 400;
  constexpr std::size_t kSnapshotsMin = 50;  // on a machine that hardly gets on
  constexpr std::chrono::seconds kLoadMax{8};
  const GtidList start = source().position();
  std::array<Connection, 2> readers = {source().connect(), source().connect()};
  std::array<Connection*, 2> pointers = {&readers[0], &readers[1]};
  Connection other = source().connect();
  ExactSnapshots snapshots;
  std::vector<Seen> all_seen;
  std::size_t later_than_start = 0;
  Load load;
  const auto begun = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::steady_clock::now() - begun; };
  while (all_seen.size() < kSnapshotsMin ||
         (all_seen.size() < kSnapshots && elapsed() < kLoadMax)) {
    const Load::Ids from = load.done();
    const AlignedSnapshots opened = snapshots.open(pointers, other);
    Seen seen{sequence_of(opened.snapshot.gtid), sequence_of(opened.reader_start), from,
              visible_ids(readers[0], from)};
    if (opened.aligned == 2) CHECK(visible_ids(readers[1], from) == seen.ids);
    later_than_start += seen.position > seen.reader_start ? 1 : 0;
    all_seen.push_back(std::move(seen));
    for (Connection& reader : readers)
      mariadb::close_snapshot(reader);
  }
  load.stop();
  REQUIRE_FALSE(load.failed());

  const std::map<int, Written> written = read_binlog(start);
  CHECK(all_seen.size() >= kSnapshotsMin);
  CHECK(written.size() > all_seen.size());
  CHECK(later_than_start > 0);  // or the load never had a transaction prepared
  int wrong = 0;
  for (const Seen& seen : all_seen) {
    CHECK(seen.reader_start <= seen.position);
    wrong += rows_wrong(seen, written);
  }
  CAPTURE(all_seen.size(), written.size(), later_than_start);
  CHECK(wrong == 0);
}

TEST_CASE("without XA the binlog is read from the snapshot on", "[xa_snapshot]") {
  Connection reader = source().connect_patient();
  Connection other = source().connect_patient();
  Connection* pointer = &reader;
  Connection root = source().connect_root();
  prepare(root, 100'000'001);
  root.execute("XA COMMIT " + xid(100'000'001));
  ExactSnapshots snapshots;
  const AlignedSnapshots opened = snapshots.open({&pointer, 1}, other);
  CHECK(opened.aligned == 1);
  CHECK(opened.reader_start == opened.snapshot.gtid);
  CHECK(opened.snapshot.gtid == source().position());
  CHECK(visible(reader, 100'000'001));
}

TEST_CASE("a transaction that was prepared at the snapshot is behind the reader's start",
          "[xa_snapshot]") {
  constexpr int kFirst = 100'000'002;
  constexpr int kSecond = 100'000'003;
  Connection reader = source().connect();
  Connection other = source().connect();
  Connection* pointer = &reader;
  Connection first = source().connect_root();
  Connection second = source().connect_root();
  ExactSnapshots snapshots(std::chrono::seconds(30));
  prepare(first, kFirst);
  auto opening = std::async(std::launch::async, [&] {
    return snapshots.open({&pointer, 1}, other);
  });
  // as long as the first one is prepared there is no start that is known to lie before it
  CHECK(opening.wait_for(std::chrono::milliseconds(500)) == std::future_status::timeout);
  const GtidList between = source().position();
  prepare(second, kSecond);
  CHECK(opening.wait_for(std::chrono::milliseconds(200)) == std::future_status::timeout);
  first.execute("XA COMMIT " + xid(kFirst));
  const AlignedSnapshots opened = opening.get();
  CHECK(visible(reader, kFirst));
  CHECK_FALSE(visible(reader, kSecond));
  second.execute("XA COMMIT " + xid(kSecond));
  CHECK(between.covers(opened.reader_start));
  CHECK(opened.snapshot.gtid.covers(between));
  CHECK(opened.snapshot.gtid != opened.reader_start);
  CHECK(other.scalar("SELECT @@SESSION.wait_timeout") == "86400");
}

TEST_CASE("a prepared transaction that stays is named, with RELOAD and without", "[xa_snapshot]") {
  Connection root = source().connect_root();
  prepare(root, 100'000'004);
  for (const bool patient : {false, true}) {
    Connection reader = patient ? source().connect_patient() : source().connect();
    Connection other = patient ? source().connect_patient() : source().connect();
    Connection* pointer = &reader;
    ExactSnapshots snapshots(std::chrono::milliseconds(300));
    try {
      (void)snapshots.open({&pointer, 1}, other);
      FAIL("a snapshot that may lose a row");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::source);
      CHECK(error.retryable());
      CHECK_THAT(error.what(), Catch::Contains("a prepared XA transaction stands on the source"));
    }
    CHECK(reader.scalar("SELECT @@in_transaction") == "0");
  }
  root.execute("XA ROLLBACK " + xid(100'000'004));
}

TEST_CASE("XA without a pause and without RELOAD is refused, and the grant named",
          "[xa_snapshot]") {
  Connection reader = source().connect_patient();
  Connection other = source().connect_patient();
  Connection* pointer = &reader;
  ExactSnapshots snapshots(std::chrono::milliseconds(0));  // one attempt, right behind an XA COMMIT
  Connection root = source().connect_root();
  prepare(root, 100'000'005);
  root.execute("XA COMMIT " + xid(100'000'005));
  try {
    (void)snapshots.open({&pointer, 1}, other);
    FAIL("a snapshot that may lose a row");
  } catch (const Error& error) {
    CHECK(error.retryable());
    CHECK_THAT(error.hint(), Catch::StartsWith("GRANT RELOAD ON *.* TO `patient`@`localhost`"));
  }
}
