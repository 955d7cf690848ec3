// The groups of a real server's binlog, as the sink of a GroupReader sees them.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "godwit/capture/group_reader.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "support/binlog_images.hpp"
#include "support/servers.hpp"

using namespace godwit;
using test::servers;
using test::SourceDatabase;

namespace {

using Lines = std::vector<std::string>;

/// Writes down the groups that concern one database, a line for each call.
class Recorder : public capture::GroupSink {
 public:
  explicit Recorder(std::string database) : database_(std::move(database)) {}

  void begin(const capture::GtidEvent& gtid, const capture::GroupPosition&) override {
    lines_.clear();
    concerned_ = false;
    std::string line = "begin";
    if (gtid.has(capture::GtidEvent::kStandalone)) line += " standalone";
    if (gtid.has(capture::GtidEvent::kDdl)) line += " ddl";
    if (gtid.xid) line += " xid " + std::string(gtid.xid->gtrid);
    lines_.push_back(line);
  }

  void rows(const std::shared_ptr<const capture::MappedTable>& table,
            const capture::RowsEvent& event) override {
    concerned_ = concerned_ || table->database == database_;
    reader_.open(event, table->columns);
    int rows = 0;
    while (reader_.next())
      ++rows;
    static constexpr const char* kNames[] = {"write ", "update ", "delete "};
    lines_.push_back(kNames[static_cast<int>(event.kind)] + table->name + " " +
                     std::to_string(rows));
  }

  void statement_end(std::span<const capture::StatementTable> tables) override {
    std::string line = "statement on";
    for (const capture::StatementTable& table : tables) {
      line += " " + table.table->name;
      if (!table.has_rows) line += "(no rows)";
      if (table.no_foreign_key_checks) line += "(unchecked)";
    }
    lines_.push_back(line);
  }

  void statement(capture::StatementKind kind, const capture::QueryEvent& query) override {
    using enum capture::StatementKind;
    concerned_ = concerned_ || query.database == database_;
    switch (kind) {
      case savepoint: lines_.emplace_back("savepoint"); break;
      case rollback_to: lines_.emplace_back("rollback to"); break;
      case xa_start: lines_.emplace_back("xa start"); break;
      case xa_end: lines_.emplace_back("xa end"); break;
      case xa_commit: lines_.emplace_back("xa commit"); break;
      case xa_rollback: lines_.emplace_back("xa rollback"); break;
      case other: lines_.emplace_back(query.sql); break;
    }
  }

  void end(capture::GroupEnd how, const capture::GroupPosition& position) override {
    static constexpr const char* kNames[] = {"committed", "rolled back", "prepared"};
    lines_.emplace_back(kNames[static_cast<int>(how)]);
    CHECK(position.offset > 0);
    CHECK_FALSE(position.file.empty());
    // an XA COMMIT names no database
    if (!concerned_ && lines_.front().find(" xid " + database_) == std::string::npos) return;
    if (lines_.size() > 1 && lines_[1].find("stop_here") != std::string::npos) complete_ = true;
    groups_.push_back(std::move(lines_));
  }

  void abandon() override { FAIL("a group without an end"); }

  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] const std::vector<Lines>& groups() const { return groups_; }

 private:
  const std::string database_;
  capture::RowReader reader_;
  Lines lines_;
  bool concerned_ = false;
  bool complete_ = false;
  std::vector<Lines> groups_;
};

/// The groups that `sql` writes, one statement after the other in one session.
std::vector<Lines> groups_of(SourceDatabase& database, const std::vector<std::string>& statements) {
  mariadb::Connection root(servers().source_root);
  mariadb::ReplicationOptions options;
  options.server_id = mariadb::choose_server_id(root);
  options.start = GtidList::parse(test::binlog_position());
  for (const std::string& sql : statements)
    database.run(sql);
  database.run("CREATE TABLE stop_here (id INT); DROP TABLE stop_here");
  mariadb::ReplicationStream stream(servers().source_root, options);
  Recorder recorder(database.name());
  capture::GroupReader reader(recorder);
  for (int heartbeats = 0; !recorder.complete();) {
    const auto packet = stream.next(std::stop_token()).value();
    heartbeats += packet[4] == std::byte{27} ? 1 : 0;
    REQUIRE(heartbeats < 10);  // the end didn't come
    reader.take(packet);
  }
  std::vector<Lines> groups = recorder.groups();
  groups.pop_back();
  return groups;
}

}  // namespace

TEST_CASE("transactions come statement by statement", "[capture_groups]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY, n INT); CREATE TABLE u (id INT PRIMARY KEY)");
  CHECK(groups_of(source,
                  {"BEGIN; INSERT INTO t VALUES (1, 1), (2, 2); UPDATE t SET n = n + 1; "
                   "INSERT INTO u VALUES (7); DELETE FROM t WHERE id = 1; COMMIT",
                   "INSERT INTO u VALUES (8)", "BEGIN; INSERT INTO u VALUES (9); ROLLBACK"}) ==
        std::vector<Lines>{
            {"begin", "write t 2", "statement on t", "update t 2", "statement on t", "write u 1",
             "statement on u", "delete t 1", "statement on t", "committed"},
            {"begin", "write u 1", "statement on u", "committed"}});
}

TEST_CASE("a cascade shows as tables without rows", "[capture_groups]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT, "
      "FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE); CREATE TABLE g (c INT, "
      "FOREIGN KEY (c) REFERENCES c (id) ON DELETE SET NULL); INSERT INTO p VALUES (1), (2); "
      "INSERT INTO c VALUES (10, 1), (20, 2); INSERT INTO g VALUES (10)");
  CHECK(
      groups_of(source, {"DELETE FROM p WHERE id = 1", "SET foreign_key_checks = 0",
                         "DELETE FROM p WHERE id = 2", "SET foreign_key_checks = 1"}) ==
      std::vector<Lines>{
          {"begin", "delete p 1", "statement on p c(no rows) g(no rows)", "committed"},
          {"begin", "delete p 1", "statement on p(unchecked) c(no rows) g(no rows)", "committed"}});
}

TEST_CASE("savepoints, and tables that can't roll back", "[capture_groups]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM");
  CHECK(groups_of(source, {"BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES "
                           "(2); ROLLBACK TO s; INSERT INTO t VALUES (3); COMMIT",
                           "BEGIN; INSERT INTO m VALUES (1); INSERT INTO t VALUES (4); ROLLBACK",
                           "INSERT INTO m VALUES (2)"}) ==
        std::vector<Lines>{{"begin", "write t 1", "statement on t", "savepoint", "write t 1",
                            "statement on t", "committed"},
                           {"begin", "write m 1", "statement on m", "committed"},
                           {"begin", "write m 1", "statement on m", "committed"}});
}

TEST_CASE("definitions and statements come as texts", "[capture_groups]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
  CHECK(
      groups_of(source, {"ALTER TABLE t ADD n INT", "TRUNCATE TABLE t",
                         "SET STATEMENT binlog_format = STATEMENT FOR INSERT INTO t VALUES (2, 2)",
                         "CREATE TABLE copy (id INT PRIMARY KEY) SELECT id FROM t"}) ==
      std::vector<Lines>{
          {"begin standalone ddl", "ALTER TABLE t ADD n INT", "committed"},
          {"begin standalone ddl", "TRUNCATE TABLE t", "committed"},
          {"begin", "SET STATEMENT binlog_format = STATEMENT FOR INSERT INTO t VALUES (2, 2)",
           "committed"},
          {"begin ddl", "CREATE TABLE `copy` (\n  `id` int(11) NOT NULL,\n  PRIMARY KEY (`id`)\n)",
           "write copy 1", "statement on copy", "committed"}});
}

TEST_CASE("distributed transactions are prepared, then completed", "[capture_groups]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY)");
  const std::string one = "'" + source.name() + "_1'";
  const std::string two = "'" + source.name() + "_2'";
  const std::string three = "'" + source.name() + "_3'";
  CHECK(groups_of(source, {"XA START " + one + "; INSERT INTO t VALUES (1); XA END " + one +
                               "; XA PREPARE " + one + "; XA COMMIT " + one,
                           "XA START " + two + "; INSERT INTO t VALUES (2); XA END " + two +
                               "; XA PREPARE " + two + "; XA ROLLBACK " + two,
                           "XA START " + three + "; INSERT INTO t VALUES (3); XA END " + three +
                               "; XA COMMIT " + three + " ONE PHASE"}) ==
        std::vector<Lines>{
            {"begin xid " + source.name() + "_1", "write t 1", "statement on t", "xa end",
             "prepared"},
            {"begin standalone xid " + source.name() + "_1", "xa commit", "committed"},
            {"begin xid " + source.name() + "_2", "write t 1", "statement on t", "xa end",
             "prepared"},
            {"begin standalone xid " + source.name() + "_2", "xa rollback", "committed"},
            {"begin", "write t 1", "statement on t", "committed"}});
}
