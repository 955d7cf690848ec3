// The engine is killed at each failpoint of following; the next run goes on, and nothing is lost or
// doubled (I1, I2).
#include <csignal>
#include <set>

#include <catch2/catch.hpp>

#include "godwit/core/failpoint.hpp"
#include "support/following.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::SourceDatabase;
using godwit::test::until_ready;

namespace follow_crash_tests {

constexpr int kKilled = 128 + SIGKILL;

std::vector<std::string> failpoints() {
  std::vector<std::string> names;  // without that of row tenancy, see test_follow_rows.cpp
  for (const std::string_view name : godwit::failpoint::names()) {
    if (name == "follow.mid_keys") continue;
    for (const char* room : {"apply.", "capture.", "follow.", "queue."}) {
      if (name.starts_with(room)) names.emplace_back(name);
    }
  }
  return names;
}

void fill(SourceDatabase& source) {
  source.run(
      "CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE);"
      "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT, data BLOB,"
      " KEY (parent_id), FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE);"
      "CREATE TABLE bare (n INT, t TEXT);"
      "INSERT INTO parent (name) SELECT CONCAT('parent ', seq) FROM seq_1_to_50;"
      "INSERT INTO child (parent_id, data) SELECT 1 + seq % 50, 'x' FROM seq_1_to_200");
}

/// Hits every part: small and large transactions, a COPY, what goes to disk, XA, a cascade, a
/// statement, a change of the schema, and an orphan that is updated twice (whose transaction is
/// split).
void change(SourceDatabase& source, int round) {
  const std::string n = std::to_string(round);
  const std::string eighth = std::to_string(round / 8);  // not a table for every round
  source.run(
      "INSERT INTO parent (name) VALUES ('r" + n + "a'), ('r" + n +
      "b');"
      "UPDATE child SET data = 'r" +
      n +
      "' WHERE id % 7 = 0;"
      "DELETE FROM parent WHERE id = " +
      std::to_string(2 + round) +
      ";"
      "INSERT INTO bare VALUES (1, 'same'), (1, 'same'); DELETE FROM bare LIMIT 1;"
      "XA START 'c" +
      n + "'; INSERT INTO bare VALUES (" + n + ", 'xa'); XA END 'c" + n + "'; XA PREPARE 'c" + n +
      "'; XA COMMIT 'c" + n +
      "';"
      "SET foreign_key_checks = 0; BEGIN; INSERT INTO child (parent_id, data) VALUES "
      "(900000, 'orphan'); COMMIT; SET foreign_key_checks = 1;"
      "BEGIN; UPDATE child SET data = 'o1' WHERE parent_id = 900000; "
      "UPDATE child SET data = 'o2" +
      n +
      "' WHERE parent_id = 900000; COMMIT;"
      "TRUNCATE TABLE bare; INSERT INTO bare VALUES (2, 'after');"
      "CREATE TABLE IF NOT EXISTS made_" +
      eighth + " (id INT PRIMARY KEY, v TEXT); INSERT INTO made_" + eighth + " VALUES (" + n +
      ", 'made');"
      "CREATE INDEX round_" +
      n + " ON child (parent_id, id); DROP INDEX IF EXISTS round_" + std::to_string(round - 1) +
      " ON child;"
      "INSERT INTO child (parent_id, data) SELECT p.id, REPEAT('y', 2000) FROM "
      "(SELECT MAX(id) AS id FROM parent) AS p, seq_1_to_600");
}

}  // namespace follow_crash_tests
using namespace follow_crash_tests;

TEST_CASE("killed at any failpoint of following, the next run goes on", "[follow_crash]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()},
                            "follow: { memory: 1MiB, tenant_memory: 64KiB, spill: 64MiB }\n");
  REQUIRE(migration.copy().exit_code == 0);
  int round = 0;
  for (const std::string& failpoint : failpoints()) {
    for (const char* action : {"kill@1", "kill@2"}) {
      change(source, ++round);
      CAPTURE(failpoint, action);
      const ProcessResult killed =
          until_ready(migration, {{"GODWIT_FAILPOINTS", failpoint + "=" + action}});
      INFO(killed.out << killed.err);
      REQUIRE((killed.exit_code == kKilled || killed.exit_code == 0));
      if (std::string(action) == "kill@1") CHECK(killed.exit_code == kKilled);
    }
    const ProcessResult next = until_ready(migration);
    INFO(next.out << next.err);
    REQUIRE(next.exit_code == 0);
    REQUIRE(godwit::test::compare_sides(source.name(), source.name()) == "");
  }
}

TEST_CASE("an error at any failpoint of following is mended within the run", "[follow_crash]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()},
                            "follow: { memory: 1MiB, tenant_memory: 64KiB, spill: 64MiB }\n");
  REQUIRE(migration.copy().exit_code == 0);
  int round = 100;
  for (const std::string& failpoint : failpoints()) {
    change(source, ++round);
    CAPTURE(failpoint);
    const ProcessResult run =
        until_ready(migration, {{"GODWIT_FAILPOINTS", failpoint + "=error@1"}});
    INFO(run.out << run.err);
    REQUIRE(run.exit_code == 0);
    REQUIRE(godwit::test::compare_sides(source.name(), source.name()) == "");
  }
}
