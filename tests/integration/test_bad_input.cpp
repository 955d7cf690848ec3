// Wrong input gets a clear error with its own exit code, and leaves nothing half done.
#include <sys/stat.h>
#include <chrono>
#include <thread>

#include <catch2/catch.hpp>

#include "support/migration.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::run_godwit;
using godwit::test::SourceDatabase;
using nlohmann::json;

namespace {

constexpr const char* kCanary = "canary-password-7f3a";

bool mentions(const ProcessResult& result, const std::string& text) {
  return (result.out + result.err).find(text) != std::string::npos;
}

std::string plan_with(const std::string& source_uri, const std::string& target_uri) {
  return "version: 1\nsource: { uri: \"" + source_uri +
         "\" }\ntenancy: { mode: database, databases: [\"gw_%\"] }\nclusters: [ { name: pg, uri: "
         "\"" +
         target_uri + "\" } ]\nwaves: [ { name: all, tenants: rest } ]\n";
}

}  // namespace

TEST_CASE("the command line is checked", "[bad_input]") {
  struct Case {
    std::vector<std::string> arguments;
    std::string expected;
  };
  const std::vector<Case> cases{
      {{"ruN"}, "did you mean 'run'?"},
      {{"run", "--wave", "all", "--until", "copied"}, "-p plan.yaml"},
      {{"run", "-p", "x.yaml", "--until", "done"}, "--until copied or --until ready"},
      {{"run", "-p", "x.yaml", "--until", "copied", "--no-follow"}, "--no-follow"},
      {{"run", "-p", "x.yaml", "--until", "copied", "stray"}, "positional"},
      {{"run", "-p", "x.yaml", "--unt", "copied"}, "--unt"},
      {{"init"}, "--source"},
      {{"status", "-p", "x.yaml", "--log-level", "loud"}, "loud"},
      {{"verify", "-p", "x.yaml", "--lanes", "many"}, "many"},
  };
  for (const Case& each : cases) {
    const ProcessResult result = run_godwit(each.arguments);
    CAPTURE(each.arguments, result.err);
    CHECK(result.exit_code == 2);
    CHECK(mentions(result, each.expected));
  }
  CHECK(run_godwit({}).exit_code == 2);
  CHECK(run_godwit({"--help"}).exit_code == 0);
  for (const char* command : {"init", "check", "plan", "run", "verify", "status", "version"}) {
    const ProcessResult help = run_godwit({command, "--help"});
    CAPTURE(command);
    CHECK(help.exit_code == 0);
    CHECK(help.out.find("Usage: godwit " + std::string(command)) != std::string::npos);
  }
}

TEST_CASE("an option may come from the environment", "[bad_input]") {
  const ProcessResult result = run_godwit({"version"}, {{"GODWIT_JSON", "1"}});
  CHECK(result.exit_code == 0);
  CHECK(json::parse(result.out).at("command") == "version");
}

TEST_CASE("a plan's mistakes are shown all at once, with their places", "[bad_input]") {
  const godwit::test::TemporaryFolder folder;
  const std::string plan = folder.write("p.yaml",
                                        "version: 1\nsuorce: { uri: x }\nwaves:\n"
                                        "  - { name: a, tenants: rest, lanes: none }\n");
  const ProcessResult result = run_godwit({"plan", "-p", plan});
  CHECK(result.exit_code == 3);
  CHECK(mentions(result, plan + ":2:1: error:"));
  CHECK(mentions(result, "did you mean 'source'?"));
  CHECK(mentions(result, plan + ":4:"));
  CHECK(run_godwit({"plan", "-p", folder.path() + "/missing.yaml"}).exit_code == 3);
}

TEST_CASE("servers that refuse or aren't there", "[bad_input]") {
  const auto& servers = godwit::test::servers();
  const godwit::test::TemporaryFolder folder;
  const std::string good =
      folder.write("good.yaml", plan_with(servers.source_uri, servers.target_uri));
  SECTION("wrong source password") {
    const ProcessResult result =
        run_godwit({"plan", "-p", good}, {{"GODWIT_SOURCE_PASSWORD", kCanary}});
    CHECK(result.exit_code == 5);
    CHECK(mentions(result, "Access denied"));
    CHECK(mentions(result, "hint:"));
    CHECK_FALSE(mentions(result, kCanary));
  }
  SECTION("wrong target password") {
    const std::string pgpass = folder.write("pgpass", std::string("*:*:*:*:") + kCanary + "\n");
    chmod(pgpass.c_str(), 0600);
    const SourceDatabase source;
    const ProcessResult result = run_godwit({"check", "-p", good}, {{"PGPASSFILE", pgpass}});
    CHECK(result.exit_code == 6);
    CHECK_FALSE(mentions(result, kCanary));
  }
  SECTION("no source server") {
    const std::string plan = folder.write(
        "p.yaml",
        plan_with("mariadb://godwit@localhost/?socket=/nowhere/x.sock", servers.target_uri));
    const ProcessResult result = run_godwit({"plan", "-p", plan, "--json"});
    CHECK(result.exit_code == 5);
    CHECK(json::parse(result.out).at("error").at("kind") == "source");
  }
  SECTION("no target server") {
    const SourceDatabase source;
    const std::string plan = folder.write(
        "p.yaml", plan_with(servers.source_uri, "postgresql://godwit@/postgres?host=/nowhere"));
    const ProcessResult result = run_godwit({"check", "-p", plan});
    CHECK(result.exit_code == 6);
    CHECK(mentions(result, "/nowhere"));
  }
}

TEST_CASE("a missing grant is named with the statement that gives it", "[bad_input]") {
  const SourceDatabase source;
  godwit::mariadb::Connection root(godwit::test::servers().source_root);
  root.execute("SET SESSION TRANSACTION READ WRITE");
  const std::string user = godwit::test::unique_name("poor");
  root.execute("CREATE USER '" + user + "'@'localhost' IDENTIFIED BY '" + kCanary + "'");
  root.execute("GRANT SELECT ON `" + source.name() + "`.* TO '" + user + "'@'localhost'");
  std::string uri = godwit::test::servers().source_uri;
  uri.replace(uri.find("godwit@"), 7, user + "@");
  const godwit::test::TemporaryFolder folder;
  const std::string plan =
      folder.write("p.yaml", plan_with(uri, godwit::test::servers().target_uri));
  const ProcessResult result =
      run_godwit({"check", "-p", plan}, {{"GODWIT_SOURCE_PASSWORD", kCanary}});
  CHECK(result.exit_code == 4);
  CHECK(mentions(result, "GRANT"));
  CHECK(mentions(result, "BINLOG MONITOR"));
  CHECK(mentions(result, "LOCK TABLES"));
  CHECK_FALSE(mentions(result, kCanary));
  root.execute("DROP USER '" + user + "'@'localhost'");
}

TEST_CASE("tenants and waves that don't exist", "[bad_input]") {
  const SourceDatabase source;
  const Migration migration({source.name()});
  const ProcessResult tenant =
      migration.godwit("run", {"--tenant", source.name() + "x", "--until", "copied"});
  CHECK(tenant.exit_code == 2);
  CHECK(mentions(tenant, "did you mean '" + source.name() + "'?"));
  const ProcessResult wave = migration.godwit("run", {"--wave", "al", "--until", "copied"});
  CHECK(wave.exit_code == 2);
  CHECK(mentions(wave, "did you mean 'all'?"));
  CHECK(migration.godwit("run", {"--until", "copied"}).exit_code == 2);
  CHECK(migration.godwit("verify", {"--tenant", source.name()}).exit_code == 2);
}

TEST_CASE("a target database that isn't Godwit's is left alone", "[bad_input]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
  const godwit::test::TargetDatabase occupied;
  occupied.connect().execute("CREATE TABLE public.mine AS SELECT 42 AS answer");
  const std::string rename = "ALTER DATABASE " + occupied.name() + " RENAME TO ";
  Migration::target("postgres").execute(rename + "\"taken_" + source.name() + "\"");
  const Migration migration({source.name()}, "database_name: \"taken_{name}\"\n");
  const ProcessResult result = migration.copy();
  INFO(result.out << result.err);
  CHECK(result.exit_code == 7);
  CHECK(mentions(result, "taken_" + source.name()));
  CHECK(Migration::target("taken_" + source.name()).scalar("SELECT answer FROM public.mine") ==
        "42");
  Migration::target("postgres").execute("DROP DATABASE \"taken_" + source.name() + "\"");
}

TEST_CASE("a value that the policy refuses names its place and the choices", "[bad_input]") {
  SourceDatabase source;
  source.run(
      "SET sql_mode = ''; CREATE TABLE invoices (id INT PRIMARY KEY, due_on DATE);"
      "INSERT INTO invoices VALUES (1, '2026-01-31'), (42, '0000-00-00')");
  const Migration refusing({source.name()});
  const ProcessResult refused = refusing.copy();
  INFO(refused.out << refused.err);
  CHECK(refused.exit_code == 7);
  CHECK(mentions(refused, source.name()));
  CHECK(mentions(refused, "invoices"));
  CHECK(mentions(refused, "due_on"));
  CHECK(mentions(refused, "id=42"));
  CHECK(mentions(refused, "zero_date"));
  CHECK(mentions(refused, "minus_infinity"));
  // nothing half done
  CHECK(godwit::test::target_databases(source.name()).empty());
  CHECK(json::parse(refusing.godwit("status", {"--json"}).out).at("tenants")[0].at("state") ==
        "quarantined");

  const Migration accepting({source.name()},
                            "schema: { columns: { invoices.due_on: { zero_date: null } } }\n");
  const json copied = accepting.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);
  REQUIRE(copied.at("policy_counts").size() == 1);
  CHECK(copied.at("policy_counts")[0].at("policy") == "zero_date: null");
  CHECK(copied.at("policy_counts")[0].at("values") == 1);
  CHECK(accepting.verify().exit_code == 0);
}

TEST_CASE("two engines don't work on one tenant", "[bad_input]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
  const Migration first({source.name()});
  const Migration second({source.name()});
  ProcessResult slow;
  std::thread running([&] {
    slow = first.copy({{"GODWIT_FAILPOINTS", "copy.after_snapshot=delay:6000"}});
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  const ProcessResult held = second.copy();
  running.join();
  INFO(held.out << held.err);
  CHECK(held.exit_code == 11);
  CHECK(mentions(held, "another engine"));
  INFO(slow.out << slow.err);
  CHECK(slow.exit_code == 0);
  CHECK(first.verify().exit_code == 0);
}

TEST_CASE("a tenant with an error doesn't stop the others", "[bad_input]") {
  SourceDatabase good;
  SourceDatabase bad;
  good.run("CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'fine')");
  bad.run("CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a\\0b')");
  const Migration migration({good.name(), bad.name()});
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  CHECK(copied.at("exit_code") == 7);
  for (const json& tenant : copied.at("tenants")) {
    const bool is_good = tenant.at("tenant") == good.name();
    CHECK(tenant.at("state") == (is_good ? "copied" : "quarantined"));
    CHECK(tenant.at("exit_code") == (is_good ? 0 : 7));
  }
  // mended on the source, the next run takes it
  bad.run("UPDATE t SET v = 'ab'");
  const ProcessResult next = migration.copy();
  INFO(next.out << next.err);
  CHECK(next.exit_code == 0);
  CHECK(migration.verify().exit_code == 0);
}
