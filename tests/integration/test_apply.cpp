// What happened on the source happens on the target, once: every kind of change, by every kind of
// key.
#include <catch2/catch.hpp>

#include <chrono>
#include <string>

#include "support/apply_pair.hpp"

using namespace godwit;
using apply::ApplyEnd;
using test::ApplyPair;

namespace {

std::string repeated(const std::string& sql, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += sql + ";";
  return all;
}

}  // namespace

TEST_CASE("changes follow by each kind of key", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE number (id INT PRIMARY KEY, n INT, s VARCHAR(50));"
      "CREATE TABLE word (code VARCHAR(20) PRIMARY KEY, n INT);"
      "CREATE TABLE two (a INT, b VARCHAR(10), n INT, PRIMARY KEY (a, b));"
      "CREATE TABLE later (n INT, id BIGINT UNSIGNED NOT NULL, UNIQUE (id));"
      "CREATE TABLE bytes (id BINARY(4) PRIMARY KEY, n INT);"
      "INSERT INTO number VALUES (1, 1, 'one'), (2, 2, 'two');"
      "INSERT INTO word VALUES ('a', 1), ('b', 2); INSERT INTO two VALUES (1, 'x', 1);"
      "INSERT INTO later VALUES (1, 18446744073709551615); INSERT INTO bytes VALUES ('a', 1)");
  const std::string differences = pair.differences();
  INFO(differences);
  CHECK(differences.empty());
  pair.run(
      "INSERT INTO number VALUES (3, NULL, NULL), (4, 4, ''), (-5, 5, 'five');"
      "UPDATE number SET n = n + 10; UPDATE number SET s = NULL WHERE id = 1;"
      "DELETE FROM number WHERE id = 2; UPDATE word SET n = 7 WHERE code = 'a';"
      "UPDATE word SET code = 'c' WHERE code = 'b'; DELETE FROM word WHERE code = 'a';"
      "INSERT INTO two VALUES (1, 'y', 2); UPDATE two SET b = 'z', n = 9 WHERE b = 'x';"
      "DELETE FROM two WHERE b = 'y'; UPDATE later SET n = NULL; INSERT INTO later VALUES (5, 1);"
      "UPDATE bytes SET n = 2; UPDATE bytes SET id = X'00FF'; UPDATE word SET code = 'C'");
  const apply::ApplyResult result = pair.follow_exactly();
  CHECK(result.transactions == 15);
  CHECK(result.commits == 1);
  CHECK(result.unexplained_tables.empty());
  CHECK(pair.target_value("SELECT n || s FROM number WHERE id = -5") == "15five");
}

TEST_CASE("keys and unique values move from row to row", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, s VARCHAR(9));"
      "INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')");
  pair.run(
      "UPDATE t SET id = id + 1 ORDER BY id DESC; UPDATE t SET u = u + 10 ORDER BY u DESC;"
      "BEGIN; UPDATE t SET id = 99 WHERE id = 2; UPDATE t SET id = 2 WHERE id = 3;"
      "UPDATE t SET id = 3 WHERE id = 99; COMMIT;"
      "BEGIN; UPDATE t SET u = NULL WHERE id = 2; UPDATE t SET u = 20 WHERE id = 3;"
      "UPDATE t SET u = 30 WHERE id = 2; COMMIT;"
      "REPLACE INTO t VALUES (2, 40, 'replaced'), (7, 70, 'new');"
      "INSERT INTO t VALUES (7, 71, 'x'), (8, 80, 'y') ON DUPLICATE KEY UPDATE s = 'met', u = 72;"
      "INSERT IGNORE INTO t VALUES (7, 1, 'no'), (9, 90, 'yes')");
  pair.follow_exactly();
}

TEST_CASE("rows without a key are told apart by all their bytes", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE t (n INT, s VARCHAR(20), f FLOAT, d DOUBLE, j JSON, b BLOB, at DATETIME(6),"
      " m DECIMAL(10,2));"
      "INSERT INTO t VALUES (1, 'same', 1.5, 2.5, '{\"a\": 1}', 'x', '2026-01-01', 1.10),"
      "(1, 'same', 1.5, 2.5, '{\"a\": 1}', 'x', '2026-01-01', 1.10),"
      "(1, 'same', 1.5, 2.5, '{\"a\":  1}', 'x', '2026-01-01', 1.10),"
      "(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL, NULL, "
      "NULL, "
      "NULL), (2, 'A', -1e-60, 0, '[]', '', NULL, 0), (2, 'a', 0, 0, '[]', '', NULL, 0)");
  pair.run(
      "DELETE FROM t WHERE s = 'same' LIMIT 1; UPDATE t SET n = 5 WHERE n IS NULL LIMIT 1;"
      "UPDATE t SET s = 'b' WHERE s = BINARY 'A'; INSERT INTO t (n) VALUES (9), (9), (9);"
      "DELETE FROM t WHERE n = 9 LIMIT 2; UPDATE t SET j = '{}' WHERE n = 1 LIMIT 1;"
      "DELETE FROM t WHERE n IS NULL; UPDATE t SET f = f");
  pair.follow_exactly();
}

TEST_CASE("row images hold more or less", "[apply]") {
  const std::string image = GENERATE("FULL", "NOBLOB", "MINIMAL");
  CAPTURE(image);
  ApplyPair pair(
      "SET sql_mode = ''; "
      "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT DEFAULT 5, s VARCHAR(20) NOT NULL "
      "DEFAULT 'q', t TEXT, z INT NOT NULL, e ENUM('x','y') NOT NULL, w VARCHAR(9) NOT NULL);"
      "CREATE TABLE u (a INT NOT NULL, b INT, c TEXT, UNIQUE (a));"
      "INSERT INTO t (n) VALUES (1), (2), (3); INSERT INTO u VALUES (1, 1, 'c')");
  pair.run("SET binlog_row_image = " + image +
           "; SET sql_mode = ''; INSERT INTO t (n) VALUES (7); INSERT INTO t (t) VALUES ('text');"
           "UPDATE t SET n = 8 WHERE id = 1; UPDATE t SET t = 'changed' WHERE id = 2;"
           "UPDATE t SET id = 50 WHERE id = 3; DELETE FROM t WHERE n = 7;"
           "UPDATE t SET t = NULL, s = 'x'; INSERT INTO u (a) VALUES (2); UPDATE u SET b = 9;"
           "UPDATE u SET a = 5 WHERE a = 1; DELETE FROM u WHERE a = 2");
  pair.follow_exactly();
}

TEST_CASE("a table with a hidden column of its long unique key", "[apply]") {
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY, b BLOB, UNIQUE (b))");
  pair.run("INSERT INTO t VALUES (1, 'x'), (2, 'y'); UPDATE t SET b = 'z' WHERE id = 1");
  pair.follow_exactly();
}

TEST_CASE("generated columns are as on the source", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE t (id INT PRIMARY KEY, n INT, v INT AS (n + 1) VIRTUAL, s INT AS (n * 2) "
      "STORED)");
  pair.run("INSERT INTO t (id, n) VALUES (1, 1), (2, 2); UPDATE t SET n = 5 WHERE id = 1");
  pair.follow_exactly();
}

TEST_CASE("savepoints, tables that can't roll back, distributed transactions", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM");
  const std::string xid = "'" + pair.model().name + "'";
  pair.run(
      "BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s;"
      "INSERT INTO t VALUES (3); COMMIT; BEGIN; INSERT INTO m VALUES (1); INSERT INTO t VALUES (4);"
      "ROLLBACK; XA START " +
      xid + "; INSERT INTO t VALUES (5); XA END " + xid + "; XA PREPARE " + xid);
  CHECK(pair.follow().transactions == 2);
  CHECK(pair.target_value("SELECT count(*) FROM t") == "2");
  pair.run("XA COMMIT " + xid);
  CHECK(pair.follow_exactly().transactions == 1);
}

TEST_CASE("a thousand transactions in few target transactions", "[apply]") {
  ApplyPair pair("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)");
  pair.run(repeated("INSERT INTO t (n) VALUES (1); UPDATE t SET n = n + 1 WHERE id = 1", 500));
  pair.options.operations_max = 300;
  const apply::ApplyResult result = pair.follow_exactly();
  CHECK(result.transactions == 1000);
  CHECK(result.operations == 1000);
  CHECK(result.commits == 4);
}

TEST_CASE("a limit ends a call, the next goes on", "[apply]") {
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY)");
  pair.run(
      "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO t VALUES (3);"
      "INSERT INTO t VALUES (4); INSERT INTO t VALUES (5)");
  const apply::ApplyResult first = pair.follow(3);
  CHECK(first.transactions == 3);
  CHECK(first.more);
  CHECK(pair.target_value("SELECT max(id) FROM t") == "3");
  CHECK(pair.follow_exactly().transactions == 2);
}

TEST_CASE("rows that share a statement end as each by itself", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE t (id INT PRIMARY KEY, n INT, s VARCHAR(9), u INT UNIQUE, INDEX (n));"
      "CREATE TABLE word (code VARCHAR(20) PRIMARY KEY, n INT);"
      "CREATE TABLE two (a INT, b VARCHAR(10), n DECIMAL(9,2), PRIMARY KEY (a, b));"
      "CREATE TABLE tree (id INT PRIMARY KEY, parent INT, n INT,"
      "  FOREIGN KEY (parent) REFERENCES tree (id) ON DELETE CASCADE);"
      "INSERT INTO t SELECT seq, seq, 'x', seq FROM seq_1_to_3000;"
      "INSERT INTO two SELECT seq, CONCAT('b', seq), 1 FROM seq_1_to_10;"
      "INSERT INTO word VALUES ('a', 1), ('b', 2), ('c', 3)");
  pair.run(
      "UPDATE t SET n = n + 1, s = NULL; UPDATE t SET u = u + 1 ORDER BY u DESC;"
      "UPDATE t SET n = NULL, s = IF(id % 2, 'odd', s) WHERE id < 20;"
      "DELETE FROM t WHERE id % 3 = 0;"
      // the same rows again and again, within a transaction and out of order
      "BEGIN; UPDATE t SET n = 1 WHERE id < 9; UPDATE t SET n = 2 WHERE id < 9 ORDER BY id DESC;"
      "UPDATE t SET n = n * 10 WHERE id IN (1, 2); DELETE FROM t WHERE id IN (1, 2, 4);"
      "INSERT INTO t VALUES (1, 7, 'new', -1), (2, 8, 'new', -2); UPDATE t SET n = n + 1;"
      "DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (1, 9, 'newer', -3); COMMIT;"
      "UPDATE word SET n = n + 1; UPDATE word SET code = UPPER(code);"
      "UPDATE word SET n = NULL; DELETE FROM word WHERE code IN ('a', 'c');"
      "UPDATE two SET n = n + 0.5; DELETE FROM two WHERE a > 7;"
      "UPDATE two SET b = CONCAT(b, 'x'), n = 3 WHERE a < 4;"
      "BEGIN; INSERT INTO tree VALUES (1, NULL, 1), (2, 1, 2), (3, 2, 3), (4, NULL, 4), (5, 4, 5);"
      "UPDATE tree SET n = n + 1; UPDATE tree SET parent = 4 WHERE id IN (2, 3); COMMIT;"
      "DELETE FROM tree WHERE id > 1 ORDER BY id; INSERT INTO tree VALUES (6, 1, 6), (7, 6, 7);"
      "DELETE FROM tree WHERE n > 0");
  const apply::ApplyResult result = pair.follow_exactly();
  CHECK(result.transactions == 16);
}

TEST_CASE("statements that were planned for a tiny table serve a large one", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1);"
      "CREATE TABLE two (a INT, b INT, n INT, PRIMARY KEY (a, b)); INSERT INTO two VALUES (1, 1, "
      "1)");
  pair.on_target("ANALYZE");
  pair.run(
      "BEGIN; INSERT INTO t VALUES (2, 2), (3, 3); INSERT INTO two VALUES (1, 2, 2), (1, 3, 3);"
      "UPDATE t SET n = 0; UPDATE two SET n = 0; DELETE FROM t WHERE id > 1;"
      "DELETE FROM two WHERE b > 1; COMMIT;"
      "BEGIN; INSERT INTO t SELECT seq, seq FROM seq_2_to_40000;"
      "INSERT INTO two SELECT 1, seq, seq FROM seq_2_to_40000; UPDATE t SET n = n + 1;"
      "UPDATE two SET n = n + 1; DELETE FROM t WHERE id > 9; DELETE FROM two WHERE b > 9; COMMIT");
  const auto began = std::chrono::steady_clock::now();
  pair.follow_exactly();
  // minutes, when each set walks over the whole table
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
}

TEST_CASE("long runs of inserts go by COPY", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(200), p INT);"
      "CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1);"
      "ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES p (id)");
  pair.run(
      "BEGIN; INSERT INTO p VALUES (2); INSERT INTO t SELECT seq, REPEAT('x', 150), 2 FROM "
      "seq_1_to_5000; UPDATE t SET s = 'y' WHERE id % 100 = 0; INSERT INTO t VALUES (6000, NULL, "
      "1);"
      "COMMIT; INSERT INTO t SELECT seq, NULL, NULL FROM seq_7001_to_7100;"
      "SET foreign_key_checks = 0; INSERT INTO t SELECT seq, 'orphan', 77 FROM seq_8001_to_8300;"
      "INSERT INTO t VALUES (9001, 'orphan', 78); SET foreign_key_checks = 1;"
      "INSERT INTO p VALUES (5)");
  pair.options.copy_rows_min = GENERATE(200, 1, 1'000'000);
  CAPTURE(pair.options.copy_rows_min);
  const apply::ApplyResult result = pair.follow_exactly();
  CHECK(result.operations == 5000 + 50 + 2 + 100 + 301 + 1);
}

TEST_CASE("one transaction larger than a batch", "[apply]") {
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY, b LONGBLOB)");
  pair.run(
      "INSERT INTO t VALUES (1, 'before'); BEGIN;"
      "INSERT INTO t SELECT seq, REPEAT(CHAR(seq % 256), 100000) FROM seq_2_to_100;"
      "UPDATE t SET b = REPEAT('z', 3000000) WHERE id = 50; COMMIT; INSERT INTO t VALUES (0, '')");
  pair.options.bytes_max = 1U << 20U;
  CHECK(pair.follow_exactly().commits == 3);
}

TEST_CASE("a statement stops before its transaction", "[apply]") {
  ApplyPair pair("CREATE TABLE t (id INT PRIMARY KEY, n INT)");
  pair.run(
      "INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (2, 2); TRUNCATE TABLE t;"
      "INSERT INTO t VALUES (3, 3)");
  const apply::ApplyResult stopped = pair.follow();
  REQUIRE(stopped.end == ApplyEnd::statement);
  CHECK(stopped.transactions == 2);
  CHECK(stopped.statement->sql == "TRUNCATE TABLE t");
  CHECK_FALSE(stopped.statement->gtid.empty());
  CHECK(pair.target_value("SELECT count(*) FROM t") == "2");
  CHECK(pair.follow().end == ApplyEnd::statement);  // nothing moved
  pair.applier().pass_statement(pair.queue(), "TRUNCATE t; ANALYZE t");
  CHECK(pair.follow_exactly().transactions == 1);
  CHECK(pair.target_value("SELECT count(*) FROM t") == "1");
}

TEST_CASE("what a trigger or a join only opens doesn't stop the tenant", "[apply]") {
  ApplyPair pair(
      "CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE b (id INT PRIMARY KEY, n INT);"
      "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1)");
  pair.run("UPDATE a JOIN b USING (id) SET a.n = 2, b.n = 1");
  CHECK(pair.follow_exactly().unexplained_tables == std::vector<std::string>{"b"});
  pair.run("UPDATE a JOIN b USING (id) SET a.n = 3, b.n = 1");
  pair.options.unexplained_tables_stop = true;
  pair.restart();
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence->table == "b");
}

TEST_CASE("an excluded table's rows are passed over", "[apply]") {
  schema::SchemaOptions options;
  options.excluded_tables = {"no"};
  ApplyPair pair("CREATE TABLE yes (id INT PRIMARY KEY); CREATE TABLE no (id INT PRIMARY KEY)",
                 options);
  pair.run(
      "BEGIN; INSERT INTO no VALUES (1); INSERT INTO yes VALUES (1); COMMIT;"
      "INSERT INTO no VALUES (2)");
  const apply::ApplyResult result = pair.follow();
  CHECK(result.end == ApplyEnd::drained);
  CHECK(result.transactions == 2);
  CHECK(pair.target_value("SELECT count(*) FROM yes") == "1");
}
