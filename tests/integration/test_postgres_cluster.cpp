#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/postgres/cluster.hpp"
#include "godwit/postgres/session.hpp"
#include "support/servers.hpp"

using namespace godwit;
using Catch::Contains;
using postgres::Cluster;
using postgres::Session;

namespace {

// Drops what a test created, also when it failed.
class Database {
 public:
  explicit Database(Cluster& cluster) : cluster_(cluster) {}
  ~Database() {
    try {
      cluster_.drop_database(name);
    } catch (const std::exception&) {
      // The server goes with the test anyway.
    }
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string name = test::unique_name("gw_cluster_");

 private:
  Cluster& cluster_;
};

Session session_on(const std::string& uri, const std::string& database) {
  postgres::SessionOptions options;
  options.database = database;
  return {uri, options};
}

bool has(const Findings& findings, const std::string& code) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return finding.code == code; });
}

}  // namespace

TEST_CASE("a created database is marked, closed to others and sorts by bytes",
          "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  const Database database(cluster);
  CHECK_FALSE(cluster.database_exists(database.name));
  CHECK(cluster.owner_mark(database.name) == std::nullopt);

  cluster.create_database(database.name, "plan 'a' \\ tenant acme");
  CHECK(cluster.database_exists(database.name));
  CHECK(cluster.owner_mark(database.name) == "plan 'a' \\ tenant acme");
  cluster.set_owner_mark(database.name, "other");
  const auto owned = cluster.owned_databases();
  CHECK(std::any_of(owned.begin(), owned.end(), [&](const auto& one) {
    return one.name == database.name && one.mark == "other";
  }));

  Session session = session_on(test::servers().target_uri, database.name);
  CHECK(session.scalar("SELECT 'a' < 'B'") == "f");
  CHECK(session.scalar("SELECT lower(U&'\\00C9')") == "\xc3\xa9");
  CHECK(session.scalar("SHOW server_encoding") == "UTF8");
  CHECK(session.scalar("SELECT has_database_privilege('public', current_database(), 'CONNECT')") ==
        "f");
}

TEST_CASE("a database of somebody else's is neither taken nor dropped", "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  const test::TargetDatabase theirs;
  CHECK(cluster.owner_mark(theirs.name()) == "");
  REQUIRE_THROWS_WITH(cluster.create_database(theirs.name(), "m"),
                      Contains(theirs.name()) && Contains("is not Godwit's"));
  REQUIRE_THROWS_WITH(cluster.drop_database(theirs.name()), Contains("is not Godwit's"));
  CHECK(cluster.database_exists(theirs.name()));

  const Database database(cluster);
  cluster.create_database(database.name, "tenant 1");
  REQUIRE_THROWS_WITH(cluster.create_database(database.name, "tenant 2"), Contains("'tenant 1'"));
}

TEST_CASE("a commented database keeps its comment", "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  const test::TargetDatabase theirs;
  theirs.connect().execute("COMMENT ON DATABASE \"" + theirs.name() + "\" IS 'ours!'");
  REQUIRE_THROWS_AS(cluster.set_owner_mark(theirs.name(), "m"), Error);
  CHECK(cluster.owner_mark(theirs.name()) == "");
}

TEST_CASE("a creation that was interrupted is done again", "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  const Database database(cluster);
  Session session(test::servers().target_uri, {});
  session.execute("CREATE DATABASE \"" + database.name + "\" ALLOW_CONNECTIONS false");
  CHECK(cluster.owner_mark(database.name) == std::nullopt);
  cluster.create_database(database.name, "again");
  CHECK(cluster.owner_mark(database.name) == "again");
  CHECK(session_on(test::servers().target_uri, database.name).scalar("SELECT 1") == "1");
}

TEST_CASE("a copy of a template holds its tables but not its mark", "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  const Database original(cluster);
  const Database copy(cluster);
  cluster.create_database(original.name, "template");
  session_on(test::servers().target_uri, original.name)
      .execute("CREATE TABLE public.t AS SELECT 7 AS id");
  cluster.create_from_template(copy.name, original.name, "tenant");
  CHECK(cluster.owner_mark(copy.name) == "tenant");
  CHECK(session_on(test::servers().target_uri, copy.name).scalar("SELECT id FROM public.t") == "7");
  REQUIRE_THROWS_AS(cluster.create_from_template("gw_x", "gw_no_such_template", "m"), Error);
  cluster.drop_database(copy.name);
  CHECK_FALSE(cluster.database_exists(copy.name));
  cluster.drop_database(copy.name);
}

TEST_CASE("a superuser's passing look doesn't keep a database", "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  const Database database(cluster);
  cluster.create_database(database.name, "m");
  std::optional<Session> look(session_on(test::servers().target_super_uri, database.name));
  std::jthread leaving([&look] {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    look.reset();
  });
  cluster.drop_database(database.name);
  CHECK_FALSE(cluster.database_exists(database.name));
}

TEST_CASE("an advisory lock belongs to one engine", "[postgres_cluster]") {
  Cluster one(test::servers().target_uri);
  Cluster other(test::servers().target_uri);
  CHECK(one.try_lock("tenant a"));
  CHECK_FALSE(other.try_lock("tenant a"));
  CHECK(other.try_lock("tenant b"));
  one.unlock("tenant a");
  CHECK(other.try_lock("tenant a"));
}

TEST_CASE("a lost cluster connection doesn't come back without its locks", "[postgres_cluster]") {
  const std::string application = test::unique_name("gw_cluster_");
  Cluster cluster(test::servers().target_uri + "&application_name=" + application);
  REQUIRE(cluster.try_lock("tenant c"));
  Session killer(test::servers().target_uri, {});
  REQUIRE(killer
              .query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                     "WHERE application_name = '" +
                     application + "'")
              .size() == 1);
  try {
    (void)cluster.database_exists("postgres");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::target);
    CHECK(error.retryable());
  }
  CHECK_THROWS_AS((void)cluster.database_exists("postgres"), Error);
}

TEST_CASE("a cluster tells its capacity", "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  const auto capacity = cluster.capacity();
  CHECK(capacity.databases >= 1);
  CHECK(capacity.connections_max > 10);
  CHECK(capacity.connections_used >= 1);
}

TEST_CASE("the preflight names what a role lacks", "[postgres_cluster]") {
  Cluster cluster(test::servers().target_uri);
  CHECK_FALSE(has_errors(cluster.preflight("pg-01")));

  Session super(test::servers().target_super_uri, {});
  const std::string role = test::unique_name("gw_role_");
  super.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'x' NOCREATEDB");
  std::string uri = test::servers().target_uri;
  uri.replace(uri.find("godwit@"), 7, role + ":x@");
  {
    Cluster poor(uri);
    const Findings findings = poor.preflight("pg-01");
    CHECK(has(findings, "target-createdb"));
    CHECK(has(findings, "target-replication-role"));
    REQUIRE_THROWS_AS(poor.create_database(test::unique_name("gw_"), "m"), Error);
  }
  super.execute("DROP ROLE " + role);
  CHECK(has(Cluster(test::servers().target_super_uri).preflight("pg-01"), "target-superuser"));
}

TEST_CASE("a cluster that can't be reached is a retryable error", "[postgres_cluster]") {
  try {
    Cluster cluster("postgresql://u:hunter2@/?host=/nowhere");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::target);
    CHECK(error.retryable());
    CHECK_THAT(error.what(), Contains("/nowhere") && !Contains("hunter2"));
  }
}
