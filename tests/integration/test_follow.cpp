// Tenants that follow their source, as their user sees them: run --until ready.
#include <chrono>
#include <csignal>
#include <thread>

#include <catch2/catch.hpp>

#include "support/following.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::RunningProcess;
using godwit::test::SourceDatabase;
using godwit::test::until_ready;
using godwit::test::wait_applied;
using nlohmann::json;

namespace follow_tests {

void fill(SourceDatabase& source) {
  source.run(
      "CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE);"
      "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT NOT NULL, data BLOB,"
      " KEY (parent_id), FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE"
      " ON UPDATE CASCADE);"
      "CREATE TABLE log (at DATETIME(6), message TEXT);"
      "CREATE TABLE emptied (id INT PRIMARY KEY, n BIGINT);"
      "CREATE TABLE counters (n INT) ENGINE=MyISAM;"
      "INSERT INTO parent (name) SELECT CONCAT('parent ', seq) FROM seq_1_to_100;"
      "INSERT INTO child (parent_id, data) SELECT 1 + seq % 100, REPEAT(CHAR(seq % 256), 70)"
      " FROM seq_1_to_1000;"
      "INSERT INTO log SELECT '2026-01-01' + INTERVAL seq SECOND, 'same' FROM seq_1_to_50;"
      "INSERT INTO log SELECT * FROM log;"
      "INSERT INTO emptied SELECT seq, seq FROM seq_1_to_20");
}

/// One of everything.
void change(SourceDatabase& source) {
  source.run(
      "BEGIN; INSERT INTO parent (name) VALUES ('new'); INSERT INTO child (parent_id, data) "
      "VALUES (LAST_INSERT_ID(), 'x'); COMMIT;"
      "UPDATE parent SET name = CONCAT(name, '!') WHERE id % 3 = 0;"
      "UPDATE child SET data = 'changed' WHERE id < 50;"
      "DELETE FROM parent WHERE id BETWEEN 10 AND 20;"
      "UPDATE parent SET id = 1000 WHERE id = 30;"
      "DELETE FROM log WHERE at < '2026-01-01 00:00:10' LIMIT 7;"
      "UPDATE log SET message = 'other' LIMIT 3;"
      "BEGIN; DELETE FROM child WHERE id = 60; SAVEPOINT s; DELETE FROM child WHERE id = 61;"
      " ROLLBACK TO s; COMMIT;"
      "BEGIN; DELETE FROM child; ROLLBACK;"
      // with a table that can't roll back the binlog has what was rolled back, too
      "BEGIN; INSERT INTO counters VALUES (1); DELETE FROM child WHERE id = 70; SAVEPOINT `A b`;"
      " DELETE FROM child WHERE id = 71; INSERT INTO counters VALUES (2); ROLLBACK TO `a B`;"
      " DELETE FROM child WHERE id = 72; COMMIT;"
      "TRUNCATE TABLE emptied; INSERT INTO emptied VALUES (7, 7);"
      "INSERT INTO child (parent_id, data) SELECT 1000, 'many' FROM seq_1_to_900;"
      "XA START 'gw'; INSERT INTO emptied VALUES (8, 8); XA END 'gw'; XA PREPARE 'gw'; "
      "XA COMMIT 'gw'");
}

void require_equal(const Migration& migration, const std::vector<std::string>& databases) {
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  REQUIRE(verified.exit_code == 0);
  for (const std::string& database : databases)
    REQUIRE(godwit::test::compare_sides(database, database) == "");
}

json status(const Migration& migration) {
  return json::parse(migration.godwit("status", {"--json"}).out);
}

}  // namespace follow_tests
using namespace follow_tests;

TEST_CASE("what is written after the copy arrives, also by a later run", "[follow]") {
  SourceDatabase one;
  SourceDatabase two;
  fill(one);
  fill(two);
  const Migration migration({one.name(), two.name()});
  REQUIRE(migration.copy().exit_code == 0);
  change(one);
  const ProcessResult first = until_ready(migration);
  INFO(first.out << first.err);
  REQUIRE(first.exit_code == 0);
  require_equal(migration, {one.name(), two.name()});
  change(two);
  one.run("DELETE FROM parent WHERE id = 2");
  const ProcessResult second = until_ready(migration);
  INFO(second.out << second.err);
  REQUIRE(second.exit_code == 0);
  require_equal(migration, {one.name(), two.name()});
  const json after = status(migration);
  for (const json& tenant : after.at("tenants"))
    CHECK(tenant.at("state") == "ready");
}

TEST_CASE("a run copies, and follows until it is stopped", "[follow]") {
  SourceDatabase one;
  SourceDatabase two;
  fill(one);
  fill(two);
  const Migration migration({one.name(), two.name()});
  RunningProcess run(
      {GODWIT_BINARY, "run", "-p", migration.plan(), "--wave", "all", "--until", "ready"});
  REQUIRE(wait_applied(migration));
  change(one);
  change(two);
  REQUIRE(wait_applied(migration));
  one.run("DELETE FROM parent WHERE id = 3");
  REQUIRE(wait_applied(migration));
  require_equal(migration, {one.name(), two.name()});
  run.signal(SIGINT);
  const ProcessResult ended = run.wait();
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 0);
  require_equal(migration, {one.name(), two.name()});
}

TEST_CASE("a row that somebody changed on the target stops its tenant alone", "[follow]") {
  SourceDatabase one;
  SourceDatabase two;
  fill(one);
  fill(two);
  const Migration migration({one.name(), two.name()});
  REQUIRE(migration.copy().exit_code == 0);
  Migration::target(one.name()).execute("DELETE FROM public.emptied WHERE id = 5");
  one.run("UPDATE emptied SET n = 50 WHERE id = 5; UPDATE emptied SET n = 60 WHERE id = 6");
  change(two);
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  CHECK(run.exit_code == 7);
  CHECK(run.out.find("emptied") != std::string::npos);
  const json after = status(migration);
  for (const json& tenant : after.at("tenants"))
    CHECK(tenant.at("state") == (tenant.at("tenant") == one.name() ? "diverged" : "ready"));
  // nothing of it, and nothing behind it, was applied
  CHECK(Migration::target(one.name())
            .scalar("SELECT string_agg(n::text, ' ' ORDER BY id) FROM public.emptied WHERE n > 20")
            .value_or("") == "");
  CHECK(godwit::test::compare_sides(two.name(), two.name()) == "");
  // it stays so
  CHECK(until_ready(migration).exit_code == 7);
}

TEST_CASE("DDL pauses its tenant and says where", "[follow]") {
  SourceDatabase one;
  SourceDatabase two;
  fill(one);
  fill(two);
  const Migration migration({one.name(), two.name()});
  REQUIRE(migration.copy().exit_code == 0);
  // while it follows: a later run would see it in the catalog
  RunningProcess run(
      {GODWIT_BINARY, "run", "-p", migration.plan(), "--wave", "all", "--until", "ready"});
  REQUIRE(wait_applied(migration));
  one.run(
      "INSERT INTO emptied VALUES (100, 1); ALTER TABLE emptied MODIFY n INT; "
      "INSERT INTO emptied VALUES (101, 1)");
  change(two);
  REQUIRE(wait_applied(migration));
  run.signal(SIGINT);
  const ProcessResult ended = run.wait();
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 7);
  CHECK(ended.out.find("ALTER TABLE emptied MODIFY n INT") != std::string::npos);
  CHECK(Migration::target(one.name()).scalar("SELECT max(id) FROM public.emptied").value() ==
        "100");
  CHECK(godwit::test::compare_sides(two.name(), two.name()) == "");
}

TEST_CASE("a transaction of many times the memory passes", "[follow]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY, data MEDIUMTEXT)");
  const Migration migration({source.name()}, "follow: { memory: 16MiB, tenant_memory: 4MiB }");
  REQUIRE(migration.copy().exit_code == 0);
  source.run(
      "BEGIN; INSERT INTO t SELECT seq, REPEAT('0123456789abcdef', 8000) FROM seq_1_to_1800;"
      "UPDATE t SET data = 'short' WHERE id % 4 = 0; INSERT INTO t VALUES (0, 'after'); COMMIT");
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(run.peak_kb < 130'000);  // of 230 MB
#endif
  require_equal(migration, {});
}

TEST_CASE("an XA transaction that is prepared across a restart is applied when it commits",
          "[follow]") {
  SourceDatabase one;
  fill(one);
  const Migration migration({one.name()});
  REQUIRE(migration.copy().exit_code == 0);
  {
    SourceDatabase other;  // a session of its own
    other.run("USE " + one.name() +
              "; XA START 'held'; INSERT INTO emptied VALUES (500, 5); XA END 'held'; "
              "XA PREPARE 'held'");
    one.run("INSERT INTO emptied VALUES (501, 5)");
    REQUIRE(until_ready(migration).exit_code == 0);
    CHECK(Migration::target(one.name())
              .scalar("SELECT count(*) FROM public.emptied WHERE id IN (500, 501)")
              .value() == "1");
    other.run("XA COMMIT 'held'");
  }
  // committed and read, recorded how far, and killed before it is applied
  const ProcessResult killed = until_ready(
      migration, {{"GODWIT_FAILPOINTS", "follow.before_apply=delay:2500;apply.before_begin=kill"}});
  REQUIRE(killed.exit_code == 128 + SIGKILL);
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  require_equal(migration, {one.name()});
}

TEST_CASE("changes that don't fit into memory wait on disk", "[follow]") {
  SourceDatabase one;
  fill(one);
  const Migration migration({one.name()},
                            "follow: { memory: 1MiB, tenant_memory: 64KiB, spill: 64MiB }\n");
  REQUIRE(migration.copy().exit_code == 0);
  one.run(
      "INSERT INTO child (parent_id, data) SELECT 1 + seq % 100, REPEAT('x', 900) "
      "FROM seq_1_to_20000");
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  require_equal(migration, {one.name()});
}

TEST_CASE("what the disk limit kept out is read again", "[follow]") {
  SourceDatabase one;
  fill(one);
  const Migration migration({one.name()},
                            "follow: { memory: 1MiB, tenant_memory: 64KiB, spill: 1MiB }\n");
  REQUIRE(migration.copy().exit_code == 0);
  for (int i = 0; i < 30; ++i) {
    one.run(
        "INSERT INTO child (parent_id, data) SELECT 1 + seq % 100, REPEAT('x', 900) "
        "FROM seq_1_to_500");
  }
  const ProcessResult run =
      until_ready(migration, {{"GODWIT_FAILPOINTS", "follow.before_apply=delay:500"}});
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(run.err.find("follow.overrun") != std::string::npos);
  require_equal(migration, {one.name()});
}

TEST_CASE("a tenant that can't join is told, and nobody waits for it", "[follow]") {
  SourceDatabase one;
  fill(one);
  const Migration migration({one.name()});
  REQUIRE(migration.copy().exit_code == 0);
  for (const char* point : {"follow.before_record=exception", "follow.after_record=exception"}) {
    CAPTURE(point);
    const ProcessResult run = until_ready(migration, {{"GODWIT_FAILPOINTS", point}});
    INFO(run.out << run.err);
    CHECK(run.exit_code == 1);
  }
  change(one);
  REQUIRE(until_ready(migration).exit_code == 0);
  require_equal(migration, {one.name()});
}

TEST_CASE("emptying an excluded table leaves another of a similar name alone", "[follow]") {
  SourceDatabase one;
  fill(one);
  one.run("CREATE TABLE Emptied (id INT PRIMARY KEY)");
  const Migration migration({one.name()}, "schema: { exclude_tables: [Emptied] }\n");
  REQUIRE(migration.copy().exit_code == 0);
  // this server tells names apart by case: the excluded table's is passed over, as it is known
  one.run("TRUNCATE TABLE Emptied; INSERT INTO emptied VALUES (700, 7)");
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(Migration::target(one.name()).scalar("SELECT count(*) FROM public.emptied").value() ==
        "21");
}
