// The main job end to end, by the built binary: copy, verify, continue, status, dry run.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "support/migration.hpp"
#include "support/zabbix.hpp"

using godwit::test::Migration;
using godwit::test::Monolith;
using godwit::test::ProcessResult;
using nlohmann::json;

namespace {

/// All tenants of a run or a verification, by name.
std::map<std::string, json> by_tenant(const json& document) {
  std::map<std::string, json> tenants;
  for (const json& tenant : document.at("tenants"))
    tenants[tenant.at("tenant")] = tenant;
  return tenants;
}

std::uint64_t rows_of(const json& verification) {
  std::uint64_t rows = 0;
  for (const json& table : verification.at("tables")) {
    rows += table.at("source_rows").get<std::uint64_t>();
  }
  return rows;
}

}  // namespace

TEST_CASE("a monolith is copied, proven identical, and kept by the next run", "[run]") {
  const Monolith monolith("gw_run", 5);
  const Migration migration({monolith.pattern()});

  const ProcessResult checked = migration.godwit("check");
  {
    INFO(checked.out << checked.err);
    REQUIRE(checked.exit_code == 0);
  }

  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);
  REQUIRE(copied.at("tenants").size() == 5);

  const json verified = migration.verify_json();
  INFO(verified.dump(2));
  REQUIRE(verified.at("exit_code") == 0);
  const auto runs = by_tenant(copied);
  for (const auto& [tenant, result] : by_tenant(verified)) {
    CAPTURE(tenant);
    CHECK(result.at("identical") == true);
    CHECK(result.at("tables").size() >= 20);
    CHECK(rows_of(result) == runs.at(tenant).at("rows"));
    CHECK(rows_of(result) > 0);
    CHECK(godwit::test::compare_sides(tenant, tenant).empty());
    CHECK_FALSE(runs.at(tenant).at("snapshot_gtid").get<std::string>().empty());
  }

  // finished tenants are kept
  const json again = migration.copy_json();
  REQUIRE(again.at("exit_code") == 0);
  for (const json& tenant : again.at("tenants"))
    CHECK(tenant.at("kept") == true);

  // the progress row holds the snapshot; keys are valid, statistics are there
  const std::string first = monolith.databases().front();
  {
    godwit::postgres::Session target = Migration::target(first);
    CHECK(target.scalar("SELECT gtid FROM godwit.progress").value() ==
          runs.at(first).at("snapshot_gtid"));
    CHECK(target.scalar("SELECT count(*) FROM pg_constraint WHERE contype = 'f'").value() != "0");
    CHECK(target.scalar("SELECT count(*) FROM pg_constraint WHERE NOT convalidated").value() ==
          "0");
    // statistics of all tables but those that PostgreSQL itself would leave without
    CHECK(target
              .scalar("SELECT count(*) FROM pg_class, LATERAL (SELECT (xpath('/row/n/text()', "
                      "query_to_xml(format('SELECT count(*) AS n FROM %s', oid::regclass), false, "
                      "true, '')))[1]::text::bigint AS n) AS t WHERE relkind = 'r' AND "
                      "relnamespace = 'public'::regnamespace AND (reltuples >= 0) <> (n >= 50)")
              .value() == "0");
    CHECK(target
              .scalar("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND "
                      "relnamespace = 'public'::regnamespace AND reltuples >= 50")
              .value() != "0");
    CHECK(Migration::left_to_autovacuum(first).empty());
  }

  // status knows all of it
  const json status = json::parse(migration.godwit("status", {"--json"}).out);
  REQUIRE(status.at("tenants").size() == 5);
  for (const json& tenant : status.at("tenants")) {
    CHECK(tenant.at("state") == "copied");
    CHECK(tenant.at("verified") == "identical");
  }
  const ProcessResult text = migration.godwit("status", {"--tenant", first});
  CHECK(text.exit_code == 0);
  CHECK(text.out.find("Journal of") != std::string::npos);

  // a write on the target is found, with key, column and both values
  Migration::target(monolith.databases()[1])
      .execute(
          "SET session_replication_role = replica; "
          "UPDATE public.customers SET name = name || ' ' WHERE id = (SELECT min(id) FROM "
          "public.customers)");
  const ProcessResult changed = migration.verify();
  CHECK(changed.exit_code == 8);
  CHECK(changed.out.find("customers id=") != std::string::npos);
  CHECK(changed.out.find("in name") != std::string::npos);
}

TEST_CASE("a large tenant is read by several readers, indexes after rows", "[run]") {
  const Monolith monolith("gw_large", 2, "11");
  // every tenant counts as large, and tables are split into many ranges
  const Migration migration({monolith.pattern()}, "copy: { large_tenant: 1MiB, chunk: 64KiB }\n");
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
  for (const std::string& database : monolith.databases()) {
    CHECK(godwit::test::compare_sides(database, database).empty());
    CHECK(Migration::target(database)
              .scalar("SELECT count(*) FROM pg_constraint WHERE NOT convalidated")
              .value() == "0");
    // statistics, and a visibility map as far as index builds beside the VACUUM let it see
    const std::string user_tables =
        "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    CHECK(Migration::target(database)
              .scalar("SELECT count(*) " + user_tables + " AND reltuples < 0")
              .value() == "0");
    CHECK(Migration::target(database)
              .scalar("SELECT sum(relallvisible) > 0 " + user_tables)
              .value() == "t");
    CHECK(Migration::left_to_autovacuum(database).empty());
  }
}

TEST_CASE("--dry-run prints DDL that PostgreSQL accepts, and changes nothing", "[run]") {
  const Monolith monolith("gw_dry", 2);
  const Migration migration({monolith.pattern()});
  const json dry = json::parse(
      migration.godwit("run", {"--wave", "all", "--until", "copied", "--dry-run", "--json"}).out);
  REQUIRE(dry.at("schemas").size() == 1);
  CHECK(dry.at("schemas")[0].at("tenants").size() == 2);
  CHECK(godwit::test::target_databases(monolith.databases().front()).empty());
  CHECK(json::parse(migration.godwit("status", {"--json"}).out).at("tenants").empty());

  const godwit::test::TargetDatabase database;
  godwit::postgres::Session session = database.connect();
  session.execute("SET search_path = public");
  for (const std::string statement : dry.at("schemas")[0].at("statements")) {
    CAPTURE(statement);
    REQUIRE_NOTHROW(session.execute(statement));
  }
}

TEST_CASE("a tenant without tables is copied too", "[run]") {
  const godwit::test::SourceDatabase empty;
  const Migration migration({empty.name()});
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);
  CHECK(migration.verify().exit_code == 0);
}

TEST_CASE("a table that can't be opened is refused; excluded, it is not in the way", "[run]") {
  godwit::test::SourceDatabase source;
  source.run(
      "CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (1); CREATE TABLE lost (a INT) "
      "ENGINE=MyISAM; CREATE TABLE merged (a INT) ENGINE=MERGE UNION=(lost); DROP TABLE lost");
  const Migration refused({source.name()});
  const ProcessResult checked = refused.godwit("check");
  CHECK(checked.exit_code == 7);
  CHECK(checked.out.find("table-unreadable") != std::string::npos);

  const Migration migration({source.name()}, "schema: { exclude_tables: [merged] }\n");
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);
  // how the table without a key was compared is said, though all is well
  const json verified = migration.verify_json();
  INFO(verified.dump(2));
  REQUIRE(verified.at("exit_code") == 0);
  const json& table = verified.at("tenants").at(0).at("tables").at(0);
  CHECK(table.at("by_key") == false);
  CHECK(table.at("note") == "no key: compared as a multiset");
  CHECK(migration.verify().out.find("note: t: no key: compared as a multiset (" + source.name() +
                                    ")\n") != std::string::npos);
}

TEST_CASE("DDL during a copy discards it, and the next attempt is of the new schema", "[run]") {
  godwit::test::SourceDatabase source;
  source.run(
      "CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1);"
      "CREATE TABLE u (id INT PRIMARY KEY)");
  const Migration migration({source.name()});
  // the engine waits after its snapshot, before it touches a table
  std::thread alter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    source.run("ALTER TABLE t ADD COLUMN b INT NOT NULL DEFAULT 7");
  });
  const ProcessResult result =
      migration.copy({{"GODWIT_FAILPOINTS", "copy.after_snapshot=delay:1500@1"}});
  alter.join();
  INFO(result.out << result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.find("tenant.retry") != std::string::npos);
  CHECK(migration.verify().exit_code == 0);
  CHECK(Migration::target(source.name()).scalar("SELECT b FROM public.t").value() == "7");
}

TEST_CASE("a large tenant's DDL since its catalog was read begins its copy anew", "[run]") {
  godwit::test::SourceDatabase source;
  source.run(
      "CREATE TABLE t (id INT PRIMARY KEY, data BLOB);"
      "INSERT INTO t SELECT seq, REPEAT('x', 1000) FROM seq_1_to_3000;"
      "CREATE TABLE u (id INT PRIMARY KEY); CREATE TABLE m (id INT) ENGINE=MyISAM;"
      "ANALYZE TABLE t");
  const Migration migration({source.name()}, "copy: { large_tenant: 1MiB, chunk: 64KiB }\n");

  SECTION("a table or a column that is gone is no lasting failure") {
    const std::string statement = GENERATE(as<std::string>{}, "DROP TABLE m", "DROP TABLE u",
                                           "ALTER TABLE t RENAME COLUMN id TO n");
    CAPTURE(statement);
    std::thread alter([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(700));
      source.run(statement);
    });
    const ProcessResult result =
        migration.copy({{"GODWIT_FAILPOINTS", "copy.after_create=delay:1500@1"}});
    alter.join();
    INFO(result.out << result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(result.err.find("tenant.retry") != std::string::npos);
    CHECK(migration.verify().exit_code == 0);
  }
  SECTION("not a row is read for nothing") {
    ProcessResult result;
    {
      const std::jthread ddl([&](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
          source.run("ALTER TABLE u COMMENT '" + std::to_string(i) + "'");
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
      });
      // the process would be gone with the first rows
      result =
          migration.copy({{"GODWIT_FAILPOINTS", "copy.after_create=delay:400;copy.mid_rows=kill"}});
    }
    INFO(result.out << result.err);
    CHECK(result.exit_code == 5);
    CHECK((result.out + result.err).find("the schema changed") != std::string::npos);
  }
}

TEST_CASE("a tenant whose tables come and go fails alone, and is copied in a quiet hour", "[run]") {
  godwit::test::SourceDatabase busy;
  const std::vector<godwit::test::SourceDatabase> quiet(5);
  std::vector<std::string> names{busy.name()};
  for (const godwit::test::SourceDatabase& source : quiet)
    names.push_back(source.name());
  // The window of tables moves towards smaller names: whoever lists it and then asks for each in
  // alphabetical order comes too late for the last ones.
  constexpr int kWindow = 200;
  const auto table = [](int number) { return "t" + std::to_string(900'000 - number); };
  int newest = 0;
  const auto move_window = [&] {
    busy.run("CREATE TABLE " + table(newest) + " (id INT) ENGINE=MyISAM");
    if (newest >= kWindow) busy.run("DROP TABLE " + table(newest - kWindow));
    ++newest;
  };
  while (newest < kWindow)
    move_window();

  const Migration migration(names);
  {
    json copied;
    {
      const std::jthread ddl([&](const std::stop_token& stop) {
        while (!stop.stop_requested())
          move_window();
      });
      copied = migration.copy_json();
    }
    INFO(copied.dump(2));
    CHECK(copied.at("exit_code") != 0);
    for (const auto& [tenant, result] : by_tenant(copied)) {
      CAPTURE(tenant);
      CHECK((result.at("state") == "copied") == (tenant != busy.name()));
    }
  }
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  CHECK(copied.at("exit_code") == 0);
  CHECK(migration.verify().exit_code == 0);
}

TEST_CASE("the Zabbix server's own database is copied and proven identical", "[run]") {
  const godwit::test::SourceDatabase source("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  godwit::test::load_zabbix_source(source.name(), true);
  const Migration migration({source.name()});
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);
  CHECK(copied.at("tenants")[0].at("rows").get<std::uint64_t>() > 1000);
  const json verified = migration.verify_json();
  INFO(verified.dump(2));
  REQUIRE(verified.at("exit_code") == 0);
  CHECK(verified.at("tenants")[0].at("tables").size() == 173);
  CHECK(godwit::test::compare_sides(source.name(), source.name()).empty());
}

TEST_CASE("a copy that the control store doesn't know of is never dropped", "[run]") {
  godwit::test::SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  Migration::target(source.name()).execute("INSERT INTO public.t VALUES (2)");
  std::filesystem::remove_all(migration.plan() + ".state");
  const ProcessResult again = migration.copy();
  CHECK(again.exit_code == 7);
  CHECK_THAT(again.out + again.err, Catch::Contains("is marked as this tenant's") &&
                                        Catch::Contains("doesn't know of it") &&
                                        Catch::Contains("state folder"));
  CHECK(Migration::target(source.name()).scalar("SELECT count(*) FROM public.t") == "2");
}

TEST_CASE("a tenant stays where it was begun, whatever the plan says later", "[run]") {
  godwit::test::SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
  const Migration migration({source.name()});
  const bool killed = GENERATE(false, true);
  if (killed) {
    // of a database that was only just made, too
    CHECK(migration.copy({{"GODWIT_FAILPOINTS", "copy.after_create=kill"}}).exit_code != 0);
  } else {
    REQUIRE(migration.copy().exit_code == 0);
  }
  std::ifstream file(migration.plan());
  const std::string before{std::istreambuf_iterator<char>(file), {}};
  const auto replan = [&](std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    std::ofstream(migration.plan()) << text.replace(at, from.size(), to);
  };

  replan(before, "version: 1", "version: 1\ndatabase_name: \"other_{name}\"");
  if (!killed) CHECK(migration.verify().exit_code == 0);
  CHECK(migration.copy().exit_code == 0);
  CHECK(migration.verify().exit_code == 0);
  CHECK(godwit::test::target_databases("other_" + source.name()).empty());

  replan(before, "name: pg,", "name: pg_two,");
  const ProcessResult lost = migration.verify();
  CHECK(lost.exit_code == 3);
  CHECK_THAT(lost.err, Catch::Contains("the cluster 'pg', which the plan doesn't have any more"));
  CHECK(migration.copy().exit_code == 3);
}
