#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "godwit/mariadb/snapshot.hpp"
#include "support/servers.hpp"

using godwit::GtidList;
using godwit::mariadb::close_snapshot;
using godwit::mariadb::Connection;
using godwit::mariadb::open_aligned_snapshots;
using godwit::mariadb::open_snapshot;
using godwit::mariadb::Snapshot;
using godwit::test::servers;
using godwit::test::SourceDatabase;

namespace {

/// Commits one row after the other until it goes.
class Writer {
 public:
  explicit Writer(SourceDatabase& database)
      : thread_([&] {
          while (!stop_)
            database.run("INSERT INTO t VALUES ()");
        }) {}
  ~Writer() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::string gtid_of_file(Connection& root, const Snapshot& snapshot) {
  return root
      .scalar("SELECT BINLOG_GTID_POS('" + snapshot.binlog_file + "'," +
              std::to_string(snapshot.binlog_offset) + ")")
      .value();
}

}  // namespace

TEST_CASE("a snapshot sees exactly the prefix of its position", "[mariadb_snapshot]") {
  SourceDatabase database;
  database.run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)");
  Connection reader(servers().source);
  Connection other(servers().source);
  const std::string count = "SELECT COUNT(*) FROM `" + database.name() + "`.t";

  const Snapshot empty = open_snapshot(reader);
  CHECK_FALSE(empty.gtid.empty());
  database.run("INSERT INTO t VALUES ()");
  CHECK(reader.scalar(count) == "0");
  const Snapshot one = open_snapshot(other);
  CHECK(other.scalar(count) == "1");
  CHECK(one.gtid.covers(empty.gtid));
  CHECK_FALSE(empty.gtid.covers(one.gtid));
  CHECK(one.gtid.entries().back().sequence == empty.gtid.entries().back().sequence + 1);
  close_snapshot(reader);
  CHECK(reader.scalar(count) == "1");
}

TEST_CASE("the GTID is that of the position, while others write", "[mariadb_snapshot]") {
  SourceDatabase database;
  database.run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)");
  Connection reader(servers().source);
  Connection root(servers().source_root);
  const GtidList before = open_snapshot(reader).gtid;
  const Writer writer(database);
  for (int round = 0; round < 200; ++round) {
    const Snapshot snapshot = open_snapshot(reader);
    // Each row is one transaction of its own, and nobody else writes rows here.
    const auto rows =
        std::stoull(*reader.scalar("SELECT COUNT(*) FROM `" + database.name() + "`.t"));
    CAPTURE(round, snapshot.binlog_file, snapshot.binlog_offset);
    REQUIRE(snapshot.gtid.to_string() == gtid_of_file(root, snapshot));
    REQUIRE(snapshot.gtid.entries().back().sequence == before.entries().back().sequence + rows);
  }
}

TEST_CASE("the GTID is right at the start of a binlog file", "[mariadb_snapshot]") {
  SourceDatabase database;
  database.run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES ()");
  Connection reader(servers().source);
  const GtidList before = open_snapshot(reader).gtid;
  database.run("FLUSH BINARY LOGS");
  CHECK(open_snapshot(reader).gtid == before);
  database.run("INSERT INTO t VALUES ()");
  CHECK(open_snapshot(reader).gtid.entries().back().sequence ==
        before.entries().back().sequence + 1);
}

TEST_CASE("aligned snapshots see the same", "[mariadb_snapshot]") {
  SourceDatabase database;
  database.run("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)");
  std::vector<Connection> connections;
  std::vector<Connection*> pointers;
  connections.reserve(4);
  pointers.reserve(4);
  for (int i = 0; i < 4; ++i)
    connections.emplace_back(servers().source);
  for (Connection& connection : connections)
    pointers.push_back(&connection);
  const std::string count = "SELECT COUNT(*) FROM `" + database.name() + "`.t";
  const Writer writer(database);
  Connection root(servers().source_root);
  for (int round = 0; round < 50; ++round) {
    const auto [snapshot, aligned, reader_start] = open_aligned_snapshots(pointers, 100);
    REQUIRE(reader_start == snapshot.gtid);
    REQUIRE((aligned == 4 || aligned == 1));
    REQUIRE(snapshot.gtid.to_string() == gtid_of_file(root, snapshot));
    const auto expected = connections[0].scalar(count);
    for (std::size_t i = 1; i < aligned; ++i)
      REQUIRE(connections[i].scalar(count) == expected);
  }
}

TEST_CASE("without further attempts one snapshot remains", "[mariadb_snapshot]") {
  Connection first(servers().source);
  Connection second(servers().source);
  std::vector<Connection*> pointers = {&first, &second};
  const auto result = open_aligned_snapshots(pointers, 0);
  CHECK(result.aligned == 1);
  CHECK_FALSE(result.snapshot.binlog_file.empty());
  CHECK(second.scalar("SELECT @@in_transaction") == "0");
  CHECK(first.scalar("SELECT @@in_transaction") == "1");
  CHECK(open_aligned_snapshots({}, 5).aligned == 0);
}
