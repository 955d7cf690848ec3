// What stops a tenant, and that a stop loses and doubles nothing.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <stop_token>
#include <string>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "support/apply_pair.hpp"

using namespace godwit;
using apply::ApplyEnd;
using test::ApplyPair;
using test::describe;

namespace {

/// Armed until it goes.
class Failpoint {
 public:
  explicit Failpoint(const std::string& text) {
    ::setenv("GODWIT_FAILPOINTS", text.c_str(), 1);
    failpoint::configure_from_environment();
  }
  ~Failpoint() {
    ::unsetenv("GODWIT_FAILPOINTS");
    failpoint::configure_from_environment();
  }
  Failpoint(const Failpoint&) = delete;
  Failpoint& operator=(const Failpoint&) = delete;
};

constexpr const char* kTable = "CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(9))";

std::string moved_row(ApplyPair& pair) {
  return pair.target_value("SELECT gtid || ' ' || epoch FROM godwit.progress");
}

}  // namespace

TEST_CASE("a row that was deleted on the target stops the tenant", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b')");
  pair.follow_exactly();
  pair.on_target("DELETE FROM t WHERE id = 1");
  pair.run(
      "INSERT INTO t VALUES (3, 3, 'c'); UPDATE t SET n = 9 WHERE id = 1;"
      "INSERT INTO t VALUES (4, 4, 'd')");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.transactions == 1);  // what came before is applied
  CHECK(pair.target_value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t") == "2 3");
  const apply::Evidence& evidence = result.evidence.value();
  CHECK(evidence.problem == "update affected 0 rows, not 1");
  CHECK(evidence.table == "t");
  CHECK(evidence.key == "id=1");
  CHECK(evidence.before == "id=1, n=1, s='a'");
  CHECK(evidence.after == "id=1, n=9, s='a'");
  CHECK(evidence.gtid.find('-') != std::string::npos);
  CHECK(evidence.position.find(':') != std::string::npos);
  CHECK(pair.follow().end == ApplyEnd::diverged);  // and again, nothing more is applied
  CHECK(pair.queue().stats().transactions == 2);
  pair.on_target("INSERT INTO t VALUES (1, 1, 'a')");
  pair.follow_exactly();
}

TEST_CASE("of rows that share a statement the one that is missing is told", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("INSERT INTO t SELECT seq, seq, 'x' FROM seq_1_to_50");
  pair.follow_exactly();
  pair.on_target("DELETE FROM t WHERE id = 30");
  pair.run(GENERATE("UPDATE t SET s = 'y'", "DELETE FROM t", "UPDATE t SET n = n + 100"));
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence.value().key == "id=30");
  CHECK(pair.target_value("SELECT count(*) FROM t WHERE s = 'x' AND n = id") == "49");
  pair.on_target("INSERT INTO t VALUES (30, 30, 'x')");
  pair.follow_exactly();
}

TEST_CASE("an update without a change needs its row", "[apply_faults]") {
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY, s SET('a','b'), at TIMESTAMP NULL)");
  pair.run("INSERT INTO t VALUES (1, 'a', '2026-01-01')");
  pair.follow_exactly();
  pair.on_target("DELETE FROM t");
  pair.run("DELETE FROM t");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence->problem == "delete affected 0 rows, not 1");
  CHECK(result.evidence->operation == "delete");
  CHECK(result.evidence->after.empty());
}

TEST_CASE("what the target refuses stops the tenant", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.on_target("INSERT INTO t VALUES (5, 5, 'hand')");
  pair.run("INSERT INTO t VALUES (4, 4, 'ok'); INSERT INTO t VALUES (6, 6, 'x'), (5, 5, 'y')");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence->sqlstate == "23505");
  CHECK(result.evidence->problem == "the target refused the insert");
  CHECK(result.evidence->key == "id=5");
  CHECK(pair.target_value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t") == "4 5");
}

TEST_CASE("a COPY that fails tells the row", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.on_target("INSERT INTO t VALUES (700, 5, 'hand')");
  pair.run("INSERT INTO t SELECT seq, seq, 'x' FROM seq_1_to_1000");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence->key == "id=700");
  CHECK(pair.target_value("SELECT count(*) FROM t") == "1");
}

TEST_CASE("a value that the policy refuses stops the tenant", "[apply_faults]") {
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY, d DATE)");
  pair.run(
      "SET sql_mode = ''; INSERT INTO t VALUES (1, '2026-01-01');"
      "INSERT INTO t VALUES (2, '0000-00-00')");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.transactions == 1);
  CHECK(result.evidence->problem.find("column d is refused: zero_date") != std::string::npos);
  CHECK(result.evidence->key == "id=2");
}

TEST_CASE("values that a policy changes are counted once", "[apply_faults]") {
  schema::SchemaOptions options;
  options.columns["t.d"].zero_date = schema::ZeroDate::null;
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY, d DATE, n INT)", options);
  pair.run(
      "SET sql_mode = ''; INSERT INTO t VALUES (1, '0000-00-00', 1), (2, '2026-01-01', 1);"
      "UPDATE t SET n = 2; UPDATE t SET d = '0000-00-00' WHERE id = 2");
  CHECK(pair.follow().end == ApplyEnd::drained);
  const auto counts = pair.applier().policy_counts();
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].columns[1][static_cast<std::size_t>(schema::Refusal::zero_date)] == 2);
}

TEST_CASE("values of rows whose COMMIT fails are not counted", "[apply_faults]") {
  schema::SchemaOptions options;
  options.columns["t.d"].zero_date = schema::ZeroDate::null;
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY, d DATE)", options);
  pair.on_target(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$BEGIN RAISE check_violation USING MESSAGE = 'not at the end'; END$$;"
      "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW WHEN (NEW.id = 3) EXECUTE FUNCTION refuse()");
  pair.run(
      "SET sql_mode = ''; INSERT INTO t VALUES (1, '0000-00-00'); INSERT INTO t VALUES (2, NULL);"
      "INSERT INTO t VALUES (3, '0000-00-00')");
  const apply::ApplyResult result = pair.follow();
  INFO(describe(result));
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.transactions == 2);
  const auto counts = pair.applier().policy_counts();
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].columns[1][static_cast<std::size_t>(schema::Refusal::zero_date)] == 1);
}

TEST_CASE("another definition than the one that was copied stops the tenant", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("ALTER TABLE t ADD more INT; INSERT INTO t VALUES (1, 1, 'a', 1)");
  REQUIRE(pair.follow().end == ApplyEnd::statement);
  pair.applier().pass_statement(pair.queue(), "");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence->problem ==
        "the table's definition in the binlog is not the one that was copied");
  CHECK(pair.target_value("SELECT count(*) FROM t") == "0");
}

TEST_CASE("an engine of an earlier epoch changes nothing", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("INSERT INTO t VALUES (1, 1, 'a')");
  pair.follow_exactly();
  pair.on_target("UPDATE godwit.progress SET epoch = 2");
  pair.run("INSERT INTO t VALUES (2, 2, 'b'); DELETE FROM t WHERE id = 1");
  try {
    pair.follow();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::held);
  }
  CHECK(pair.target_value("SELECT string_agg(id::text, ' ') FROM t") == "1");
  CHECK_THROWS_AS(pair.restart(Epoch{1}), Error);
  pair.restart(Epoch{2});
  pair.follow_exactly();
}

TEST_CASE("an engine that is behind another sees that before it judges", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("INSERT INTO t VALUES (1, 1, 'a')");
  pair.follow_exactly();
  // the other one has applied what comes
  pair.run("DELETE FROM t WHERE id = 1");
  pair.on_target("DELETE FROM t; UPDATE godwit.progress SET gtid = '0-1-999999999'");
  try {
    pair.follow();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::held);
  }
}

TEST_CASE("a lost session is worth another try", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("INSERT INTO t VALUES (1, 1, 'a')");
  pair.capture();
  pair.restart();
  pair.target_value(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
      "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  try {
    pair.follow();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::target);
    CHECK(error.retryable());
  }
  CHECK(pair.queue().stats().transactions == 1);
  pair.restart();
  pair.follow_exactly();
}

TEST_CASE("a stop is obeyed before anything is sent", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("INSERT INTO t VALUES (1, 1, 'a')");
  std::stop_source stop;
  pair.options.stop = stop.get_token();
  pair.restart();
  stop.request_stop();
  try {
    pair.follow();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::cancelled);
  }
  CHECK(pair.queue().stats().transactions == 1);
  pair.options.stop = {};
  pair.restart();
  pair.follow_exactly();
}

TEST_CASE("a new epoch takes the row over", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.restart(Epoch{3});
  CHECK(pair.target_value("SELECT epoch FROM godwit.progress") == "3");
  pair.on_target("DELETE FROM godwit.progress");
  try {
    pair.restart(Epoch{3});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::rejected);
  }
}

TEST_CASE("transactions that were applied before are passed over", "[apply_faults]") {
  ApplyPair pair(kTable);
  pair.run("INSERT INTO t VALUES (1, 1, 'a'); INSERT INTO t VALUES (2, 2, 'b')");
  pair.capture();
  pair.restart();
  const std::string before = moved_row(pair);
  CHECK(pair.applier().apply(pair.queue(), 1).transactions == 1);
  CHECK(moved_row(pair) != before);
  // as after a crash: the queue begins again where the target was
  capture::TransactionHead head;
  head.gtid = pair.applier().position().entries().front();
  pair.run("INSERT INTO t VALUES (3, 3, 'c')");
  pair.follow_exactly();
  pair.queue().touched(std::make_shared<const capture::MappedTable>());
  pair.queue().commit(head);
  const apply::ApplyResult again = pair.follow();
  CHECK(again.skipped == 1);
  CHECK(again.transactions == 0);
  CHECK(pair.queue().stats().transactions == 0);
}

TEST_CASE("whatever breaks off, nothing is lost or doubled", "[apply_faults]") {
  const std::string point =
      GENERATE("apply.before_begin", "apply.mid_transaction", "apply.before_progress",
               "apply.before_commit", "apply.after_commit", "apply.before_release",
               "apply.before_copy", "apply.mid_copy", "apply.split", "apply.before_statement");
  const std::string hit = GENERATE("@1", "@2");
  CAPTURE(point, hit);
  ApplyPair pair(
      "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT, s VARCHAR(200));"
      "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE q (id INT PRIMARY KEY);"
      "CREATE TABLE c (id INT PRIMARY KEY, p INT, n INT, FOREIGN KEY (p) REFERENCES p (id))");
  pair.options.operations_max = 3;
  // orphans that are updated twice fail in a batch and in a transaction of their own: a split
  pair.run(
      "INSERT INTO t (n) VALUES (1); INSERT INTO t (n) VALUES (2); UPDATE t SET n = n + 1;"
      "INSERT INTO t (n, s) SELECT seq, REPEAT('x', 190) FROM seq_1_to_3000; DELETE FROM t LIMIT 1;"
      "SET foreign_key_checks = 0; INSERT INTO c VALUES (1, 7, 1), (2, 8, 2);"
      "SET foreign_key_checks = 1; BEGIN; UPDATE c SET n = 5; UPDATE c SET n = 6; COMMIT;"
      "TRUNCATE TABLE q; INSERT INTO q VALUES (1); INSERT INTO t (n) VALUES (9)");
  pair.capture();
  int errors = 0;
  {
    const Failpoint armed(point + "=error" + hit);
    for (bool done = false; !done;) {
      REQUIRE(errors < 5);
      try {
        pair.restart();
        apply::ApplyResult result = pair.applier().apply(pair.queue(), 1000);
        INFO(describe(result));
        REQUIRE(result.end != ApplyEnd::diverged);
        done = result.end == ApplyEnd::drained;
        if (!done) pair.applier().pass_statement(pair.queue(), "DELETE FROM q");
      } catch (const Error& error) {
        CHECK(error.retryable());
        ++errors;
      }
    }
  }
  // a second hit may not come
  CHECK(errors <= 1);
  if (hit == "@1") CHECK(errors == 1);
  CHECK(pair.queue().stats().transactions == 0);
  const std::string differences = pair.differences();
  INFO(differences);
  CHECK(differences.empty());
}
