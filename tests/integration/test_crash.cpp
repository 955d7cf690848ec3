// The engine is killed at each of its failpoints; the next run continues, and nothing is lost,
// doubled or left behind.
#include <chrono>
#include <csignal>
#include <future>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "godwit/core/failpoint.hpp"
#include "support/migration.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::SourceDatabase;
using nlohmann::json;

namespace {

constexpr int kKilled = 128 + SIGKILL;

void fill(SourceDatabase& source) {
  source.run(
      "CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE);"
      "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT NOT NULL, data BLOB,"
      " KEY (parent_id), FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE);"
      "CREATE TABLE log (at DATETIME(6), message TEXT);"
      "CREATE TABLE counters (id INT PRIMARY KEY, n BIGINT) ENGINE=MyISAM;"
      "INSERT INTO parent (name) SELECT CONCAT('parent ', seq) FROM seq_1_to_300;"
      "INSERT INTO child (parent_id, data) SELECT 1 + seq % 300, REPEAT(CHAR(seq % 256), 700)"
      " FROM seq_1_to_3000;"
      "INSERT INTO log SELECT '2026-01-01' + INTERVAL seq SECOND, 'same' FROM seq_1_to_50;"
      "INSERT INTO log SELECT * FROM log;"
      "INSERT INTO counters SELECT seq, seq * seq FROM seq_1_to_100;"
      "ANALYZE TABLE parent, child, log");  // the size decides how it is copied
}

/// Both ways of copying: "one transaction" and "in parallel".
std::string options_for(bool parallel) {
  return parallel ? "copy: { large_tenant: 1MiB, chunk: 64KiB }\n" : "";
}

/// Those of following are met by test_follow_crash.cpp.
bool is_of_copying(std::string_view failpoint) {
  for (const char* room : {"apply.", "capture.", "follow.", "queue."}) {
    if (failpoint.starts_with(room)) return false;
  }
  return true;
}

void require_complete(const Migration& migration, const std::vector<std::string>& databases) {
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  REQUIRE(verified.exit_code == 0);
  for (const std::string& database : databases) {
    REQUIRE(Migration::target(database)
                .scalar("SELECT count(*) FROM pg_constraint WHERE NOT convalidated")
                .value() == "0");
    REQUIRE(Migration::target(database).scalar("SELECT count(*) FROM godwit.progress").value() ==
            "1");
  }
}

}  // namespace

TEST_CASE("killed at any failpoint, the next run completes the copy", "[crash]") {
  const bool parallel = GENERATE(false, true);
  SourceDatabase one;
  SourceDatabase two;
  fill(one);
  fill(two);
  std::set<std::string> hit;
  for (const std::string_view failpoint : godwit::failpoint::names()) {
    if (!is_of_copying(failpoint)) continue;
    // the first and a later hit: at the beginning and in the middle of the work
    for (const char* nth : {"1", "3"}) {
      // schemas differ from case to case, so that each makes its own template
      const Migration migration({one.name(), two.name()}, options_for(parallel));
      const std::string point = std::string(failpoint) + "=kill@" + nth;
      CAPTURE(point, parallel);
      const ProcessResult killed = migration.copy({{"GODWIT_FAILPOINTS", point}});
      INFO(killed.out << killed.err);
      REQUIRE((killed.exit_code == kKilled || killed.exit_code == 0));
      if (killed.exit_code == kKilled) hit.insert(std::string(failpoint));
      const ProcessResult next = migration.copy();
      INFO(next.out << next.err);
      REQUIRE(next.exit_code == 0);
      require_complete(migration, {one.name(), two.name()});
    }
  }
  // a template may be there already; build.mid_index needs rows before indexes
  for (const std::string_view failpoint : godwit::failpoint::names()) {
    if (!is_of_copying(failpoint)) continue;
    if (failpoint == "schema.mid_ddl" && !parallel) continue;
    if (failpoint == "build.mid_index" && !parallel) continue;
    CAPTURE(failpoint, parallel);
    CHECK(hit.contains(std::string(failpoint)));
  }
}

TEST_CASE("killed while the template is made, the next run makes it again", "[crash]") {
  SourceDatabase source;
  // a schema that no other test has
  source.run("CREATE TABLE " + godwit::test::unique_name("only_here_") +
             " (id INT PRIMARY KEY, v INT); CREATE TABLE b (id INT PRIMARY KEY)");
  const Migration migration({source.name()});
  const ProcessResult killed = migration.copy({{"GODWIT_FAILPOINTS", "schema.mid_ddl=kill@2"}});
  REQUIRE(killed.exit_code == kKilled);
  const ProcessResult next = migration.copy();
  INFO(next.out << next.err);
  REQUIRE(next.exit_code == 0);
  require_complete(migration, {source.name()});
}

TEST_CASE("a large tenant whose DDL fails leaves no database behind", "[crash]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()}, options_for(true));
  const ProcessResult run = migration.copy({{"GODWIT_FAILPOINTS", "schema.mid_ddl=exception@2"}});
  INFO(run.out << run.err);
  CHECK(run.exit_code == 1);
  CHECK(godwit::test::target_databases(source.name()).empty());
  const ProcessResult next = migration.copy();
  INFO(next.out << next.err);
  REQUIRE(next.exit_code == 0);
  require_complete(migration, {source.name()});
}

TEST_CASE("an error at a failpoint is retried within the run", "[crash]") {
  SourceDatabase source;
  fill(source);
  for (const char* failpoint : {"copy.after_snapshot", "copy.mid_rows", "copy.before_commit"}) {
    const Migration migration({source.name()});
    const ProcessResult run =
        migration.copy({{"GODWIT_FAILPOINTS", std::string(failpoint) + "=error@1"}});
    CAPTURE(failpoint);
    INFO(run.out << run.err);
    REQUIRE(run.exit_code == 0);
    CHECK(run.err.find("tenant.retry") != std::string::npos);
    require_complete(migration, {source.name()});
  }
}

TEST_CASE("an exception of a library fails its tenant and no other", "[crash]") {
  SourceDatabase first;
  SourceDatabase second;
  fill(first);
  fill(second);
  for (const char* failpoint : {"copy.after_create", "copy.after_snapshot", "copy.before_copied"}) {
    const Migration migration({first.name(), second.name()});
    const ProcessResult run =
        migration.copy({{"GODWIT_FAILPOINTS", std::string(failpoint) + "=exception@1"}});
    CAPTURE(failpoint);
    INFO(run.out << run.err);
    CHECK(run.exit_code == 1);
    CHECK(run.out.find("1 tenant copied") != std::string::npos);
    const ProcessResult next = migration.copy();
    INFO(next.out << next.err);
    REQUIRE(next.exit_code == 0);
    require_complete(migration, {first.name(), second.name()});
  }
}

TEST_CASE("stopped by SIGINT, the run ends with 10 and the next one continues", "[crash]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  const ProcessResult stopped = godwit::test::run_process(
      {"/usr/bin/timeout", "--foreground", "--signal=INT", "0.7", GODWIT_BINARY, "run", "-p",
       migration.plan(), "--wave", "all", "--until", "copied"},
      {{"GODWIT_FAILPOINTS", "copy.mid_rows=delay:2000"}});
  INFO(stopped.out << stopped.err);
  // timeout itself answers 124 when it had to send the signal; the engine's own code is in its text
  REQUIRE(stopped.exit_code == 124);
  CHECK(stopped.out.find("cancelled") != std::string::npos);
  const ProcessResult next = migration.copy();
  INFO(next.out << next.err);
  REQUIRE(next.exit_code == 0);
  require_complete(migration, {source.name()});
}

TEST_CASE("an engine that waited for another doesn't copy again what that one copied", "[crash]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  std::future<ProcessResult> first = std::async(std::launch::async, [&] {
    return migration.copy({{"GODWIT_FAILPOINTS", "copy.before_commit=delay:1300"}});
  });
  // before the first one's copy is complete, so that it is not kept from before
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  const ProcessResult second = migration.copy();
  const ProcessResult copied = first.get();
  INFO(copied.err << second.out << second.err);
  CHECK(copied.exit_code == 0);
  CHECK((second.exit_code == 11 || second.exit_code == 0));
  const json status =
      json::parse(migration.godwit("status", {"--tenant", source.name(), "--json"}).out);
  std::size_t copies = 0;
  for (const json& entry : status.at("tenants")[0].at("journal"))
    copies += entry.at("event") == "database.create" ? 1U : 0U;
  CHECK(copies == 1);
  require_complete(migration, {source.name()});
}
