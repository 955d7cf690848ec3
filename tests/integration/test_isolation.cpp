// Tenants as schemas of databases that they share, end to end by the built binary.
#include <csignal>
#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/postgres/marked_schema.hpp"
#include "support/migration.hpp"
#include "support/row_monolith.hpp"

using godwit::postgres::quote_identifier;
using godwit::postgres::quote_literal;
using godwit::postgres::Session;
using godwit::test::Migration;
using godwit::test::Monolith;
using godwit::test::ProcessResult;
using godwit::test::RowMonolith;
using godwit::test::SourceDatabase;
using godwit::test::unique_name;
using nlohmann::json;

namespace {

constexpr int kKilled = 128 + SIGKILL;

/// Databases NAME_1, NAME_2 … of this test alone.
std::string isolation(const std::string& name, int databases = 2) {
  return "isolation: { schema: { databases: " + std::to_string(databases) + ", database_name: \"" +
         name + "_{n}\" } }\n";
}

struct Place {
  std::string database;
  std::string schema;
};

std::map<std::string, Place> places_of(const Migration& migration) {
  std::map<std::string, Place> places;
  const json status = json::parse(migration.godwit("status", {"--json"}).out);
  for (const json& tenant : status.at("tenants"))
    places[tenant.at("tenant")] = {tenant.at("target_database"), tenant.at("target_schema")};
  return places;
}

std::set<std::string> databases_of(const std::map<std::string, Place>& places) {
  std::set<std::string> databases;
  for (const auto& [tenant, place] : places)
    databases.insert(place.database);
  return databases;
}

std::string scalar(const std::string& database, const std::string& sql) {
  return Migration::target(database).scalar(sql).value_or("NULL");
}

std::string namespace_of(const Place& place) {
  return "(SELECT oid FROM pg_namespace WHERE nspname = " + quote_literal(place.schema) + ")";
}

/// What a tenant consists of: kinds of relations and constraints with their numbers.
std::string shape_of(const Place& place) {
  return scalar(place.database,
                "SELECT string_agg(what, ' ' ORDER BY what) FROM ("
                "SELECT 'relation ' || relkind::text || ' ' || count(*) AS what FROM pg_class "
                "WHERE relnamespace = " +
                    namespace_of(place) +
                    " GROUP BY relkind UNION ALL "
                    "SELECT 'constraint ' || contype::text || ' ' || convalidated || ' ' || "
                    "count(*) FROM pg_constraint WHERE connamespace = " +
                    namespace_of(place) +
                    " GROUP BY contype, convalidated UNION ALL "
                    "SELECT 'index ' || i.indisvalid || ' ' || i.indisunique || ' ' || count(*) "
                    "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                    "WHERE c.relnamespace = " +
                    namespace_of(place) + " GROUP BY i.indisvalid, i.indisunique) AS shape");
}

/// Schemas that carry a tenant's mark, in all databases.
int marked_schemas(const std::set<std::string>& databases) {
  int count = 0;
  for (const std::string& database : databases) {
    count += std::stoi(scalar(database,
                              "SELECT count(*) FROM pg_namespace WHERE "
                              "obj_description(oid, 'pg_namespace') LIKE 'godwit: tenant %'"));
  }
  return count;
}

int progress_rows(const std::set<std::string>& databases) {
  int count = 0;
  for (const std::string& database : databases)
    count += std::stoi(scalar(database, "SELECT count(*) FROM godwit.progress"));
  return count;
}

void require_success(const ProcessResult& result) {
  INFO(result.out << result.err);
  REQUIRE(result.exit_code == 0);
}

void fill(SourceDatabase& source) {
  source.run(
      "CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE);"
      "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT NOT NULL, data BLOB,"
      " KEY (parent_id), FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE);"
      "CREATE TABLE counters (id INT PRIMARY KEY, n BIGINT) ENGINE=MyISAM;"
      "INSERT INTO parent (name) SELECT CONCAT('parent ', seq) FROM seq_1_to_300;"
      "INSERT INTO child (parent_id, data) SELECT 1 + seq % 300, REPEAT(CHAR(seq % 256), 700)"
      " FROM seq_1_to_3000;"
      "INSERT INTO counters SELECT seq, seq * seq FROM seq_1_to_100;"
      "ANALYZE TABLE parent, child");
}

}  // namespace

TEST_CASE("tenants are schemas of shared databases, each whole and apart", "[isolation]") {
  constexpr std::size_t kTenants = 6;
  const bool large = GENERATE(false, true);
  CAPTURE(large);
  const Monolith monolith("gw_iso", kTenants);
  const std::string shared = unique_name("gw_shared");
  const std::string copy = large ? "copy: { large_tenant: 1MiB, chunk: 64KiB }\n" : "";
  const Migration migration({monolith.pattern()}, isolation(shared) + copy);
  const json planned = json::parse(migration.godwit("plan", {"--json"}).out);
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);

  const std::map<std::string, Place> places = places_of(migration);
  REQUIRE(places.size() == kTenants);
  const std::set<std::string> databases = databases_of(places);
  const std::vector<std::string> made = godwit::test::target_databases(shared);
  CHECK(std::set<std::string>(made.begin(), made.end()) == databases);
  CHECK(godwit::test::target_databases(monolith.databases().front()).empty());
  CHECK(planned.at("clusters").at(0).at("databases") == databases.size());
  CHECK(planned.at("clusters").at(0).at("tenants") == kTenants);
  for (const json& unit : planned.at("units")) {
    CHECK(unit.at("target_database") == places.at(unit.at("tenant")).database);
    CHECK(unit.at("target_schema") == places.at(unit.at("tenant")).schema);
  }

  // tables elsewhere in the database are no tenant's concern
  for (const std::string& database : databases)
    Migration::target(database).execute("CREATE TABLE public.not_a_tenants (id int)");
  const ProcessResult verified = migration.verify();
  {
    INFO(verified.out << verified.err);
    REQUIRE(verified.exit_code == 0);
  }

  // the same objects as a tenant gets that has a database
  const Migration alone({monolith.databases().front()}, copy);
  require_success(alone.copy());
  const std::string shape = shape_of({monolith.databases().front(), "public"});
  CHECK(shape.find("constraint f true") != std::string::npos);
  CHECK(shape.find("constraint f false") == std::string::npos);
  for (const json& tenant : copied.at("tenants")) {
    const Place& place = places.at(tenant.at("tenant"));
    CAPTURE(place.database, place.schema);
    CHECK(place.schema == tenant.at("tenant"));
    CHECK(godwit::test::compare_sides(place.schema, place.database, place.schema).empty());
    CHECK(shape_of(place) == shape);
    CHECK(scalar(place.database, "SELECT gtid FROM godwit.progress WHERE tenant = " +
                                     quote_literal(place.schema)) == tenant.at("snapshot_gtid"));
  }
  CHECK(progress_rows(databases) == kTenants);

  // finished tenants are kept
  const json again = migration.copy_json();
  for (const json& tenant : again.at("tenants"))
    CHECK(tenant.at("kept") == true);

  // a changed row and a table too many are found in their tenant, and only there
  const auto& [victim, place] = *places.begin();
  const std::string customers = quote_identifier(place.schema) + ".customers";
  Migration::target(place.database)
      .execute("SET session_replication_role = replica; UPDATE " + customers +
               " SET name = name || ' ' WHERE id = (SELECT min(id) FROM " + customers +
               "); CREATE TABLE " + quote_identifier(place.schema) + ".too_many (id int)");
  const json changed = migration.verify_json();
  CHECK(changed.at("exit_code") == 8);
  for (const json& tenant : changed.at("tenants")) {
    CAPTURE(tenant.at("tenant"));
    CHECK(tenant.at("identical") == (tenant.at("tenant") != victim));
  }
  CHECK(changed.dump().find("too_many") != std::string::npos);
  CHECK(changed.dump().find("not_a_tenants") == std::string::npos);
}

TEST_CASE("killed while schemas are made and filled, the next run completes", "[isolation]") {
  const bool parallel = GENERATE(false, true);
  SourceDatabase one;
  SourceDatabase two;
  fill(one);
  fill(two);
  std::set<std::string> hit;
  const std::vector<std::string> points = {
      "schema.mid_ddl=kill@1",     "schema.mid_ddl=kill@6",   "copy.after_create=kill@1",
      "copy.mid_rows=kill@1",      "build.mid_index=kill@2",  "build.before_validate=kill@1",
      "copy.before_commit=kill@2", "copy.after_commit=kill@1"};
  for (const std::string& point : points) {
    CAPTURE(point, parallel);
    const std::string shared = unique_name("gw_shared");
    const Migration migration(
        {one.name(), two.name()},
        isolation(shared) + (parallel ? "copy: { large_tenant: 1MiB, chunk: 64KiB }\n" : ""));
    const ProcessResult killed = migration.copy({{"GODWIT_FAILPOINTS", point}});
    INFO(killed.out << killed.err);
    REQUIRE((killed.exit_code == kKilled || killed.exit_code == 0));
    if (killed.exit_code == kKilled) hit.insert(point);
    require_success(migration.copy());
    require_success(migration.verify());
    const std::set<std::string> databases = databases_of(places_of(migration));
    CHECK(marked_schemas(databases) == 2);
    CHECK(progress_rows(databases) == 2);
    for (const std::string& database : databases) {
      CHECK(scalar(database, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated") == "0");
    }
  }
  for (const std::string& point : points) {
    if (point.starts_with("build.mid_index") && !parallel) continue;  // rows before indexes only
    CAPTURE(point, parallel);
    CHECK(hit.contains(point));
  }
}

TEST_CASE("a schema whose DDL or rows fail is gone, and its progress row", "[isolation]") {
  SourceDatabase good;
  SourceDatabase bad;
  fill(good);
  fill(bad);
  bad.run(
      "SET sql_mode = ''; CREATE TABLE days (id INT PRIMARY KEY, day DATE);"
      "INSERT INTO days VALUES (1, '2024-02-29'), (2, '0000-00-00')");
  const std::string shared = unique_name("gw_shared");
  const Migration migration({good.name(), bad.name()}, isolation(shared, 1));
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  CHECK(copied.at("exit_code") == 7);
  for (const json& tenant : copied.at("tenants"))
    CHECK(tenant.at("state") == (tenant.at("tenant") == good.name() ? "copied" : "quarantined"));
  CHECK(marked_schemas({shared + "_1"}) == 1);
  CHECK(progress_rows({shared + "_1"}) == 1);

  bad.run("DELETE FROM days WHERE id = 2");
  const ProcessResult failed =
      migration.copy({{"GODWIT_FAILPOINTS", "schema.mid_ddl=exception@6"}});
  INFO(failed.out << failed.err);
  CHECK(failed.exit_code == 1);
  CHECK(marked_schemas({shared + "_1"}) == 1);
  require_success(migration.copy());
  require_success(migration.verify());
  CHECK(progress_rows({shared + "_1"}) == 2);
}

TEST_CASE("schemas and databases that aren't the engine's are refused, untouched", "[isolation]") {
  SourceDatabase first;
  SourceDatabase second;
  fill(first);
  fill(second);
  const std::string shared = unique_name("gw_shared");
  const std::string database = shared + "_1";
  Session engine(godwit::test::servers().target_uri, {.database = "postgres"});
  const Migration migration({first.name(), second.name()}, isolation(shared, 1));

  engine.execute("CREATE DATABASE " + database);
  const ProcessResult occupied = migration.copy();
  INFO(occupied.err);
  CHECK(occupied.exit_code == 7);
  CHECK(occupied.out.find("exists and is not one that tenants share") != std::string::npos);
  CHECK(scalar(database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'godwit'") == "0");
  engine.execute("DROP DATABASE " + database);

  require_success(migration.godwit("run", {"--tenant", first.name(), "--until", "copied"}));
  const std::string mine = quote_identifier(second.name());
  Migration::target(database).execute("CREATE SCHEMA " + mine + "; CREATE TABLE " + mine +
                                      ".mine AS SELECT 42 AS answer");
  const ProcessResult refused = migration.copy();
  INFO(refused.out << refused.err);
  CHECK(refused.exit_code == 7);
  CHECK(refused.out.find("exists and is not this tenant's") != std::string::npos);
  CHECK(scalar(database, "SELECT answer FROM " + mine + ".mine") == "42");
  CHECK(progress_rows({database}) == 1);

  // not even with a mark that is another tenant's
  Migration::target(database).execute("COMMENT ON SCHEMA " + mine + " IS 'godwit: tenant other'");
  CHECK(migration.copy().exit_code == 7);
  CHECK(scalar(database, "SELECT answer FROM " + mine + ".mine") == "42");

  Migration::target(database).execute("DROP SCHEMA " + mine + " CASCADE");
  require_success(migration.copy());
  require_success(migration.verify());

  // another plan's tenant of the same name would lose its progress row
  const Migration renamed({second.name()}, isolation(shared, 1) + "database_name: \"x_{name}\"\n");
  const ProcessResult twice = renamed.copy();
  INFO(twice.out << twice.err);
  CHECK(twice.exit_code == 7);
  CHECK(twice.out.find("is marked as this tenant's") != std::string::npos);
  CHECK(progress_rows({database}) == 2);
}

TEST_CASE("names of tables may be those of types, and of schemas anything", "[isolation]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE `date` (id INT AUTO_INCREMENT PRIMARY KEY, day DATE DEFAULT '2024-02-29',"
      " `text` TEXT);"
      "CREATE TABLE `text` (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, day DATE,"
      " body MEDIUMTEXT, raw BLOB, doc JSON, u UUID, ip INET6, KEY (body(20)));"
      "CREATE TABLE bytea (id INT PRIMARY KEY, `date` INT,"
      " FOREIGN KEY (`date`) REFERENCES `date` (id));"
      "INSERT INTO `date` (`text`) VALUES ('a'), ('b');"
      "INSERT INTO `text` (day, body, raw, doc, u, ip) VALUES ('2024-01-01', 'é', 'x', '{}',"
      " '123e4567-e89b-12d3-a456-426614174000', '::1');"
      "INSERT INTO bytea VALUES (1, 2)");
  const std::string shared = unique_name("gw_shared");
  const Migration migration(
      {source.name()}, isolation(shared, 1) + "database_name: \"O'Brien \\\\ \\\"&\\\" {name}\"\n");
  require_success(migration.copy());
  require_success(migration.verify());
  const Place place = places_of(migration).begin()->second;
  CHECK(place.schema == "O'Brien \\ \"&\" " + source.name());
  CHECK(scalar(place.database, "SELECT day FROM " + quote_identifier(place.schema) +
                                   ".\"date\" WHERE id = 2") == "2024-02-29");
  Session tenant(godwit::test::servers().target_uri,
                 {.database = place.database, .schema = place.schema});
  CHECK(tenant.scalar("INSERT INTO \"date\" DEFAULT VALUES RETURNING id") == "3");
}

TEST_CASE("a schema of hundreds of tables is dropped, one without the mark never", "[isolation]") {
  using namespace godwit::postgres;
  const godwit::test::TargetDatabase database;
  Session session = database.connect();
  session.execute(create_schema_sql("big", "tenant x"));
  session.execute(
      "DO $$ BEGIN FOR i IN 1..250 LOOP EXECUTE format("
      "'CREATE TABLE big.t%s (id int PRIMARY KEY, up int REFERENCES big.t1)', i); "
      "END LOOP; END $$");
  session.execute("CREATE SCHEMA mine; CREATE TABLE mine.t (id int)");
  CHECK(schema_mark(session, "big") == "tenant x");
  CHECK(schema_mark(session, "mine") == "");
  CHECK(other_schema_of_mark(session, "tenant x", "other") == "big");
  CHECK_FALSE(other_schema_of_mark(session, "tenant x", "big"));

  // a session that an engine left, in the middle of its work
  Session left = database.connect();
  left.execute("BEGIN; LOCK TABLE big.t7");
  drop_schema(session, "big");
  CHECK_FALSE(schema_mark(session, "big"));
  CHECK_THROWS_AS(left.execute("SELECT 1"), godwit::Error);

  CHECK_THROWS_WITH(drop_schema(session, "mine"), Catch::Contains("is not Godwit's"));
  CHECK(session.scalar("SELECT count(*) FROM mine.t") == "0");
  CHECK_NOTHROW(drop_schema(session, "big"));
}

TEST_CASE("a schema is dropped by an engine that takes another role", "[isolation]") {
  using namespace godwit::postgres;
  const godwit::test::TargetDatabase database;
  const godwit::test::Servers& servers = godwit::test::servers();
  Session super(servers.target_super_uri, {.database = database.name()});
  const std::string role = unique_name("gw_owner");
  const std::string login = database.connect().scalar("SELECT session_user").value();
  super.execute("CREATE ROLE " + role + " NOLOGIN");
  super.execute("GRANT " + role + " TO " + quote_identifier(login));
  super.execute("GRANT CREATE ON DATABASE " + quote_identifier(database.name()) + " TO " + role);

  const SessionOptions as_owner{.database = database.name(), .settings = {{"role", role}}};
  Session session(servers.target_uri, as_owner);
  session.execute(create_schema_sql("tenant", "tenant x"));
  session.execute("CREATE TABLE tenant.t (id int)");
  Session left(servers.target_uri, as_owner);
  left.execute("BEGIN; LOCK TABLE tenant.t");
  drop_schema(session, "tenant");
  CHECK_FALSE(schema_mark(session, "tenant"));
  CHECK_THROWS_AS(left.execute("SELECT 1"), godwit::Error);
  CHECK(session.scalar("SELECT current_user") == role);

  super.execute("DROP OWNED BY " + role);
  super.execute("DROP ROLE " + role);
}

TEST_CASE("two engines make a shared database at the same time", "[isolation]") {
  SourceDatabase first;
  SourceDatabase second;
  fill(first);
  fill(second);
  const std::string shared = unique_name("gw_shared");
  const Migration one({first.name()}, isolation(shared, 1));
  const Migration two({second.name()}, isolation(shared, 1));
  auto other = std::async(std::launch::async, [&] { return two.copy(); });
  const ProcessResult mine = one.copy();
  require_success(other.get());
  require_success(mine);
  require_success(one.verify());
  require_success(two.verify());
  CHECK(marked_schemas({shared + "_1"}) == 2);
  CHECK(progress_rows({shared + "_1"}) == 2);
}

TEST_CASE("tenants of shared tables go to schemas of shared databases", "[isolation]") {
  const RowMonolith monolith(12, 5'000);
  const std::string shared = unique_name("gw_shared");
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text(),
                            isolation(shared, 3));
  const ProcessResult killed = migration.copy({{"GODWIT_FAILPOINTS", "copy.before_commit=kill@3"}});
  INFO(killed.err);
  CHECK(killed.exit_code == kKilled);
  require_success(migration.copy());
  require_success(migration.verify());

  const std::map<std::string, Place> places = places_of(migration);
  REQUIRE(places.size() == 12);
  CHECK(marked_schemas(databases_of(places)) == 12);
  CHECK(progress_rows(databases_of(places)) == 12);
  godwit::mariadb::Connection root(godwit::test::servers().source_root);
  for (const std::string table : {"companies", "customers", "invoice_lines", "line_discounts"}) {
    std::uint64_t rows = 0;
    for (const auto& [tenant, place] : places) {
      rows += std::stoull(scalar(
          place.database, "SELECT count(*) FROM " + quote_identifier(place.schema) + "." + table));
    }
    CAPTURE(table);
    CHECK(rows ==
          std::stoull(
              root.scalar("SELECT COUNT(*) FROM " + monolith.database() + "." + table).value()));
  }
}
