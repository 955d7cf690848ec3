// Changes of the source's schema: before, during and after a tenant's copy.
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include <catch2/catch.hpp>

#include "godwit/control/store.hpp"
#include "support/following.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::RunningProcess;
using godwit::test::SourceDatabase;
using godwit::test::until_ready;
using godwit::test::wait_applied;
using nlohmann::json;

namespace follow_ddl_tests {

void fill(SourceDatabase& source) {
  source.run(
      "CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL,"
      " KEY by_name (name));"
      "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT, n INT,"
      " KEY (parent_id), FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE);"
      "CREATE TABLE bare (n INT, t TEXT);"
      "INSERT INTO parent (name) SELECT CONCAT('parent ', seq) FROM seq_1_to_100;"
      "INSERT INTO child (parent_id, n) SELECT 1 + seq % 100, seq FROM seq_1_to_500;"
      "INSERT INTO bare SELECT seq, 'same' FROM seq_1_to_20");
}

/// Rows of every table, in any of its forms.
void change(SourceDatabase& source) {
  source.run(
      "INSERT INTO parent (name) VALUES ('new');"
      "INSERT INTO child (parent_id, n) SELECT MAX(id), 7 FROM parent;"
      "UPDATE child SET n = n + 1 WHERE id % 10 = 0;"
      "DELETE FROM parent ORDER BY id LIMIT 1;"
      "INSERT INTO bare (n, t) VALUES (1, 'x'); DELETE FROM bare WHERE n = 5");
}

std::unique_ptr<RunningProcess> follow(const Migration& migration) {
  return std::make_unique<RunningProcess>(std::vector<std::string>{
      GODWIT_BINARY, "run", "-p", migration.plan(), "--wave", "all", "--until", "ready"});
}

ProcessResult stop(RunningProcess& run) {
  run.signal(SIGINT);
  return run.wait();
}

void require_equal(const Migration& migration, const SourceDatabase& source) {
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  REQUIRE(verified.exit_code == 0);
  REQUIRE(godwit::test::compare_sides(source.name(), source.name()) == "");
}

std::string on_target(const SourceDatabase& source, const std::string& sql) {
  return Migration::target(source.name()).scalar(sql).value_or("NULL");
}

}  // namespace follow_ddl_tests
using namespace follow_ddl_tests;

TEST_CASE("changes of the schema are replayed while the tenant follows", "[follow_ddl]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  const auto run = follow(migration);
  REQUIRE(wait_applied(migration));
  for (const char* sql : {
           "ALTER TABLE child ADD COLUMN note VARCHAR(20) NULL COMMENT 'a note'",
           "ALTER TABLE child ADD COLUMN kind ENUM('a','b') NOT NULL DEFAULT 'b' AFTER id",
           "ALTER TABLE bare ADD COLUMN amount DECIMAL(10,2) DEFAULT 1.50 FIRST",
           "CREATE INDEX by_n ON child (n)",
           "ALTER TABLE child ADD UNIQUE KEY note_and_id (note, id)",
           "DROP INDEX by_name ON parent",
           "ALTER TABLE child RENAME INDEX by_n TO n_key",
           "CREATE TABLE extra (id INT PRIMARY KEY AUTO_INCREMENT, child_id INT,"
           " word VARCHAR(20) UNIQUE, FOREIGN KEY (child_id) REFERENCES child (id)"
           " ON DELETE SET NULL)",
           "INSERT INTO extra (child_id, word) SELECT id, CONCAT('w', id) FROM child LIMIT 20",
           "RENAME TABLE extra TO other",
           "INSERT INTO other (word) VALUES ('renamed')",
           "ALTER TABLE other RENAME TO extra, ADD COLUMN more JSON",
           "ALTER TABLE child ENGINE=InnoDB",
           "ALTER TABLE child COMMENT='children', ALTER COLUMN n SET DEFAULT 3",
           "ALTER TABLE parent AUTO_INCREMENT = 5000",
       }) {
    CAPTURE(sql);
    change(source);
    source.run(sql);
    change(source);
    REQUIRE(wait_applied(migration));
    REQUIRE(godwit::test::compare_sides(source.name(), source.name()) == "");
  }
  const ProcessResult ended = stop(*run);
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 0);
  require_equal(migration, source);
  CHECK(on_target(source,
                  "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes "
                  "WHERE schemaname = 'public' AND tablename = 'child'") ==
        "child_pkey n_key note_and_id note_and_id_folded parent_id");
  CHECK(on_target(source,
                  "SELECT count(*) FROM pg_class WHERE relname IN ('extra', 'extra_pkey', "
                  "'extra_id_seq') AND relnamespace = 'public'::regnamespace") == "3");
  CHECK(on_target(source, "SELECT obj_description('public.child'::regclass)") == "children");
  CHECK(on_target(source,
                  "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") ==
        "2");
  // nothing of it is left to do
  change(source);
  const ProcessResult next = until_ready(migration);
  INFO(next.out << next.err);
  REQUIRE(next.exit_code == 0);
  require_equal(migration, source);
}

TEST_CASE("several changes at once are replayed together", "[follow_ddl]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  const auto run = follow(migration);
  REQUIRE(wait_applied(migration));
  source.run(
      "ALTER TABLE child ADD COLUMN a INT; ALTER TABLE child ADD COLUMN b INT DEFAULT 4 FIRST;"
      "CREATE TABLE fresh (id INT PRIMARY KEY, v TEXT); INSERT INTO fresh VALUES (1, 'seed');"
      "INSERT INTO parent (name) VALUES ('between'); TRUNCATE TABLE bare;"
      "CREATE INDEX v ON fresh (v(20)); RENAME TABLE child TO kids;"
      "INSERT INTO kids (parent_id, a, b) SELECT MAX(id), 1, 2 FROM parent;"
      "INSERT INTO fresh VALUES (2, 'more')");
  REQUIRE(wait_applied(migration));
  const ProcessResult ended = stop(*run);
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 0);
  require_equal(migration, source);
}

TEST_CASE("tables that swap their names keep their rows", "[follow_ddl]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE a (id INT PRIMARY KEY, v INT); CREATE TABLE b LIKE a;"
      "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (2, 2)");
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  const auto run = follow(migration);
  REQUIRE(wait_applied(migration));
  const std::string swap = "RENAME TABLE a TO tmp, b TO a, tmp TO b;";
  source.run(swap + "INSERT INTO a VALUES (3, 3)");
  REQUIRE(wait_applied(migration));
  // together with others, which the first one is replayed with
  source.run("CREATE TABLE c (id INT PRIMARY KEY);" + swap + "CREATE INDEX v ON b (v);" +
             "INSERT INTO a VALUES (4, 4)");
  REQUIRE(wait_applied(migration));
  source.run(swap + swap + "INSERT INTO a VALUES (5, 5)");
  REQUIRE(wait_applied(migration));
  const ProcessResult ended = stop(*run);
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 0);
  require_equal(migration, source);
}

TEST_CASE("the schema may change before the copy and between copy and following", "[follow_ddl]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  source.run("ALTER TABLE child ADD COLUMN early INT; RENAME TABLE bare TO nude");
  source.run("RENAME TABLE nude TO bare");
  REQUIRE(migration.copy().exit_code == 0);
  change(source);
  source.run("ALTER TABLE child ADD COLUMN late INT DEFAULT 9, ADD KEY (late)");
  change(source);
  const ProcessResult first = until_ready(migration);
  INFO(first.out << first.err);
  REQUIRE(first.exit_code == 0);
  require_equal(migration, source);
  // and while no engine runs
  change(source);
  source.run("CREATE TABLE fresh (id INT PRIMARY KEY); ALTER TABLE parent ADD COLUMN x INT");
  source.run("INSERT INTO fresh VALUES (1)");
  change(source);
  const ProcessResult second = until_ready(migration);
  INFO(second.out << second.err);
  REQUIRE(second.exit_code == 0);
  require_equal(migration, source);
}

TEST_CASE("the schema may change during the copy", "[follow_ddl]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  RunningProcess copying(
      {GODWIT_BINARY, "run", "-p", migration.plan(), "--wave", "all", "--until", "copied"},
      {{"GODWIT_FAILPOINTS", "copy.mid_rows=delay:2000@1"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  source.run(
      "CREATE TABLE fresh (id INT PRIMARY KEY); INSERT INTO fresh VALUES (1);"
      "ALTER TABLE bare ADD COLUMN during INT DEFAULT 2");
  change(source);
  const ProcessResult copied = copying.wait();
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  require_equal(migration, source);
}

TEST_CASE("a change that can't be replayed pauses its tenant alone and says why", "[follow_ddl]") {
  struct Case {
    const char* sql;
    const char* said;
  };
  const std::vector<Case> cases = {
      {"DROP TABLE bare", "DROP TABLE"},
      {"CREATE OR REPLACE TABLE bare (n INT, t TEXT)", "CREATE OR"},
      {"ALTER TABLE child DROP COLUMN n", "ALTER TABLE … DROP COLUMN"},
      {"ALTER TABLE child MODIFY n BIGINT",
       "table child: column n was int(11) NULL DEFAULT NULL, it is bigint(20) NULL DEFAULT NULL"},
      {"ALTER TABLE child RENAME COLUMN n TO m", "RENAME COLUMN"},
      {"ALTER TABLE child ADD COLUMN required INT NOT NULL",
       "column required (int(11) NOT NULL) was added: it takes no NULL and has no default"},
      {"ALTER TABLE child ADD COLUMN at DATETIME DEFAULT CURRENT_TIMESTAMP",
       "which values the rows that are there got isn't known"},
      {"ALTER TABLE parent CONVERT TO CHARACTER SET latin1", "CONVERT"},
      {"ALTER TABLE bare ADD PRIMARY KEY (n)", "ADD PRIMARY"},
      {"ALTER TABLE child DROP FOREIGN KEY child_ibfk_1", "DROP FOREIGN"},
      {"ALTER TABLE bare ENGINE=MyISAM", "the engine was InnoDB, it is MyISAM"},
      {"CREATE TABLE filled AS SELECT * FROM parent", "its transaction holds rows as well"},
  };
  std::vector<std::unique_ptr<SourceDatabase>> sources;
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= cases.size(); ++i) {
    sources.push_back(std::make_unique<SourceDatabase>());
    fill(*sources.back());
    names.push_back(sources.back()->name());
  }
  SourceDatabase& bystander = *sources.back();
  const Migration migration(names);
  REQUIRE(migration.copy().exit_code == 0);
  const auto run = follow(migration);
  REQUIRE(wait_applied(migration));
  for (std::size_t i = 0; i < cases.size(); ++i)
    sources[i]->run(cases[i].sql);
  change(bystander);
  bystander.run("ALTER TABLE child ADD COLUMN fine INT");
  change(bystander);
  REQUIRE(wait_applied(migration));
  const ProcessResult ended = stop(*run);
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 7);
  REQUIRE(godwit::test::compare_sides(bystander.name(), bystander.name()) == "");
  const json after = json::parse(migration.godwit("status", {"--json"}).out);
  const auto store = godwit::control::Store::open_existing(migration.plan() + ".state");
  for (const json& tenant : after.at("tenants")) {
    const std::string name = tenant.at("tenant");
    CHECK(tenant.at("state") == (name == bystander.name() ? "ready" : "paused"));
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string error = store->find(names[i]).value().error;
    CAPTURE(cases[i].sql);
    CHECK_THAT(error, Catch::Contains("the source's schema changed"));
    CHECK_THAT(error, Catch::Contains(cases[i].said));
  }
}

TEST_CASE("rows that see a difference between two changes pause the tenant", "[follow_ddl]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  source.run(
      "ALTER TABLE child ADD COLUMN a INT; INSERT INTO child (n, a) VALUES (1, 1);"
      "ALTER TABLE child ADD COLUMN b INT");
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  CHECK(run.exit_code == 7);
  const auto store = godwit::control::Store::open_existing(migration.plan() + ".state");
  CHECK_THAT(store->find(source.name()).value().error,
             Catch::Contains("2 changes of the schema wait, and between them rows of table child"));
}
