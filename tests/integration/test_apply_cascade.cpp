// What foreign keys did on the source, of which the binlog has nothing, happens on the target.
#include <catch2/catch.hpp>

#include <string>

#include "support/apply_pair.hpp"

using namespace godwit;
using apply::ApplyEnd;
using test::ApplyPair;
using test::describe;

TEST_CASE("the target's own keys cascade", "[apply_cascade]") {
  ApplyPair pair(
      "CREATE TABLE a (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES a (id) "
      "ON DELETE CASCADE);"
      "CREATE TABLE b (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id) "
      "ON DELETE CASCADE ON UPDATE CASCADE);"
      "CREATE TABLE c (id INT PRIMARY KEY, b INT, n INT, FOREIGN KEY (b) REFERENCES b (id) "
      "ON DELETE SET NULL);"
      "INSERT INTO a VALUES (1, NULL), (2, 1), (3, 2), (4, NULL);"
      "INSERT INTO b VALUES (10, 1), (20, 3), (30, 4); INSERT INTO c VALUES (1, 10, 1), (2, 20, "
      "2)");
  pair.run(
      "DELETE FROM a WHERE id = 1; UPDATE a SET id = 44 WHERE id = 4; INSERT INTO c VALUES "
      "(3, 30, 3); UPDATE c SET n = 5; DELETE FROM b WHERE id = 30");
  const apply::ApplyResult result = pair.follow_exactly();
  CHECK(result.unexplained_tables.empty());
  CHECK(pair.target_value("SELECT count(*) FROM c WHERE b IS NULL") == "3");
}

TEST_CASE("without checks nothing cascades, and orphans may come", "[apply_cascade]") {
  ApplyPair pair(
      "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT, n INT, "
      "FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);"
      "INSERT INTO p VALUES (1), (2), (3); INSERT INTO c VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)");
  pair.run(
      "SET foreign_key_checks = 0; DELETE FROM p WHERE id = 1; INSERT INTO c VALUES "
      "(4, 99, 4); SET foreign_key_checks = 1; DELETE FROM p WHERE id = 2; BEGIN;"
      "SET foreign_key_checks = 0; DELETE FROM p WHERE id = 3; INSERT INTO c VALUES (5, 98, 5);"
      "SET foreign_key_checks = 1; INSERT INTO p VALUES (4); INSERT INTO c VALUES (6, 4, 6);"
      "DELETE FROM p WHERE id = 4; COMMIT");
  pair.follow_exactly();
  CHECK(pair.target_value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM c") == "1 3 4 5");
}

TEST_CASE("orphans that are updated twice pass, in a batch and alone", "[apply_cascade]") {
  ApplyPair pair(
      "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT, q INT, n "
      "INT,"
      " FOREIGN KEY (p) REFERENCES p (id), FOREIGN KEY (q) REFERENCES p (id));"
      "INSERT INTO p VALUES (1); SET foreign_key_checks = 0; INSERT INTO c VALUES (1, 77, 78, 0);"
      "SET foreign_key_checks = 1");
  pair.run(
      "UPDATE c SET n = 1; UPDATE c SET n = 2; UPDATE c SET n = 3; BEGIN; UPDATE c SET n = 4;"
      "UPDATE c SET n = 5; UPDATE c SET n = 6; UPDATE c SET q = 1; COMMIT;"
      "UPDATE c SET p = 1");
  const apply::ApplyResult result = pair.follow_exactly();
  CHECK(result.transactions == 5);
}

TEST_CASE("a key that is violated in earnest stops the tenant", "[apply_cascade]") {
  ApplyPair pair(
      "CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY, p INT, "
      "FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO p VALUES (1), (2);"
      "INSERT INTO c VALUES (1, 1)");
  pair.on_target("DELETE FROM p WHERE id = 2");
  pair.run("UPDATE c SET p = 2");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence->sqlstate == "23503");
  CHECK(result.evidence->after == "id=1, p=2");
}

TEST_CASE("a key to values that aren't unique is followed by statements", "[apply_cascade]") {
  ApplyPair pair(
      "CREATE TABLE p (id INT PRIMARY KEY, code INT, s VARCHAR(10), KEY (code), KEY (s));"
      "CREATE TABLE del (id INT PRIMARY KEY, code INT, FOREIGN KEY (code) REFERENCES p (code) "
      "ON DELETE CASCADE ON UPDATE CASCADE);"
      "CREATE TABLE nul (id INT PRIMARY KEY, code INT, FOREIGN KEY (code) REFERENCES p (code) "
      "ON DELETE SET NULL ON UPDATE SET NULL);"
      "CREATE TABLE txt (id INT PRIMARY KEY, s VARCHAR(10), FOREIGN KEY (s) REFERENCES p (s) "
      "ON DELETE CASCADE ON UPDATE CASCADE);"
      "CREATE TABLE grand (id INT PRIMARY KEY, del INT, FOREIGN KEY (del) REFERENCES del (id) "
      "ON DELETE CASCADE);"
      "INSERT INTO p VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (4, NULL, NULL), (5, 50, "
      "'e');"
      "INSERT INTO del VALUES (1, 10), (2, 20), (3, 30), (5, 50); INSERT INTO nul SELECT * FROM "
      "del;"
      "INSERT INTO txt VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO grand VALUES (1, 1), (2, "
      "2)");
  REQUIRE(pair.schema().find_source_table("del")->foreign_keys.empty());
  pair.run(
      "DELETE FROM p WHERE id = 1; UPDATE p SET code = 21, s = 'B' WHERE id = 2;"
      "UPDATE p SET code = NULL WHERE id = 3; UPDATE p SET code = 40 WHERE id = 4;"
      "DELETE FROM p WHERE id = 4; SET foreign_key_checks = 0; DELETE FROM p WHERE id = 5");
  pair.follow_exactly();
  CHECK(pair.target_value("SELECT string_agg(id || ':' || code, ' ' ORDER BY id) FROM del") ==
        "2:21 5:50");
  CHECK(pair.target_value("SELECT count(*) FROM grand") == "1");
}

TEST_CASE("a held key that leads to one that isn't", "[apply_cascade]") {
  ApplyPair pair(
      "CREATE TABLE a (id INT PRIMARY KEY);"
      "CREATE TABLE b (id INT PRIMARY KEY, a INT, code BIGINT, KEY (code), FOREIGN KEY (a) "
      "REFERENCES a (id) ON DELETE CASCADE);"
      "CREATE TABLE c (id INT PRIMARY KEY, code BIGINT, KEY (code), FOREIGN KEY (code) REFERENCES "
      "b (code) ON DELETE CASCADE ON UPDATE CASCADE);"
      "CREATE TABLE d (id INT PRIMARY KEY, code BIGINT, FOREIGN KEY (code) REFERENCES c (code) "
      "ON DELETE SET NULL ON UPDATE CASCADE);"
      "INSERT INTO a VALUES (1), (2), (3); INSERT INTO b VALUES (1, 1, 10), (2, 2, 20), (3, 3, 30);"
      "INSERT INTO c VALUES (1, 10), (2, 20), (3, 30), (4, 10); INSERT INTO d SELECT * FROM c");
  pair.run(
      "DELETE FROM a WHERE id = 1; UPDATE b SET code = 22 WHERE id = 2;"
      "DELETE FROM b WHERE id = 3");
  pair.follow_exactly();
  CHECK(pair.target_value("SELECT count(*) FROM d WHERE code IS NULL") == "3");
}

TEST_CASE("a circle that the target can't follow stops the tenant", "[apply_cascade]") {
  ApplyPair pair(
      "CREATE TABLE t (id INT PRIMARY KEY, code INT, up INT, KEY (code), FOREIGN KEY (up) "
      "REFERENCES t (code) ON DELETE CASCADE); INSERT INTO t VALUES (1, 1, NULL), (2, 2, 1)");
  pair.run("INSERT INTO t VALUES (3, 3, 2); DELETE FROM t WHERE id = 1");
  const apply::ApplyResult result = pair.follow();
  REQUIRE(result.end == ApplyEnd::diverged);
  CHECK(result.evidence->problem.find("circle") != std::string::npos);
  CHECK(result.transactions == 1);
}
