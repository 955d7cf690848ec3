// What following a tenant adds to its report: values that policies changed, tables to be verified.
#include <string>

#include <catch2/catch.hpp>

#include "godwit/control/store.hpp"
#include "support/migration.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::SourceDatabase;
using nlohmann::json;

namespace follow_policies_tests {

json follow(const Migration& migration) {
  const ProcessResult run =
      migration.godwit("run", {"--wave", "all", "--until", "ready", "--no-follow", "--json"});
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  return json::parse(run.out);
}

}  // namespace follow_policies_tests
using namespace follow_policies_tests;

TEST_CASE("values that a policy changes while following are counted", "[follow_policies]") {
  SourceDatabase source;
  source.run(
      "SET sql_mode = ''; CREATE TABLE invoices (id INT PRIMARY KEY, due_on DATE, paid_on DATE);"
      "INSERT INTO invoices VALUES (1, '2026-01-31', NULL), (2, '0000-00-00', NULL)");
  const Migration migration({source.name()},
                            "schema: { columns: { invoices.due_on: { zero_date: null },"
                            " invoices.paid_on: { zero_date: null } } }\n");
  REQUIRE(migration.copy().exit_code == 0);
  source.run(
      "INSERT INTO invoices VALUES (3, '0000-00-00', '0000-00-00'), (4, '0000-00-00', NULL),"
      " (5, '2026-02-28', NULL)");
  const json first = follow(migration).at("policy_counts");
  INFO(first.dump(2));
  REQUIRE(first.size() == 2);
  CHECK(first[0].at("tenant") == source.name());
  CHECK(first[0].at("table") == "invoices");
  CHECK(first[0].at("column") == "due_on");
  CHECK(first[0].at("policy") == "zero_date: null");
  CHECK(first[0].at("values") == 3);  // one of the copy
  CHECK(first[1].at("column") == "paid_on");
  CHECK(first[1].at("values") == 1);
  source.run("INSERT INTO invoices VALUES (6, '0000-00-00', NULL)");
  const json second = follow(migration).at("policy_counts");
  INFO(second.dump(2));
  REQUIRE(second.size() == 2);
  CHECK(second[0].at("values") == 4);
  CHECK(second[1].at("values") == 1);
  CHECK(migration.verify().exit_code == 0);
}

TEST_CASE("a table that was opened without a row is told once", "[follow_policies]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE b (id INT PRIMARY KEY, n INT);"
      "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1)");
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  source.run(
      "UPDATE a JOIN b USING (id) SET a.n = 2, b.n = 1;"
      "UPDATE a JOIN b USING (id) SET a.n = 3, b.n = 1");
  const ProcessResult run =
      migration.godwit("run", {"--wave", "all", "--until", "ready", "--no-follow"});
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  const std::size_t logged = run.err.find("follow.unexplained_table");
  REQUIRE(logged != std::string::npos);
  CHECK(run.err.find("follow.unexplained_table", logged + 1) == std::string::npos);
  const auto store = godwit::control::Store::open_existing(migration.plan() + ".state");
  REQUIRE(store);
  std::size_t recorded = 0;
  for (const godwit::control::JournalEntry& entry : store->journal(source.name())) {
    if (entry.event != "table.unexplained") continue;
    CHECK(entry.phase == "done");
    CHECK(json::parse(entry.detail).at("table") == "b");
    ++recorded;
  }
  CHECK(recorded == 1);
  CHECK(migration.verify().exit_code == 0);
}
