#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/plan.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

constexpr const char* kMinimal = R"(version: 1
source: { uri: "mariadb://godwit@localhost/?socket=/s" }
tenancy: { mode: database, databases: ["crm_%"] }
clusters: [ { name: pg-01, uri: "postgresql://godwit@pg:5432" } ]
waves: [ { name: rest, tenants: rest } ]
)";

std::string diagnostics_of(const std::string& text) {
  Diagnostics diagnostics;
  parse_plan(text, "p.yaml", diagnostics);
  return to_string(diagnostics);
}

/// The minimal plan with one line replaced; the lines are version, source, tenancy, clusters,
/// waves (1 to 5), 6 is added.
std::string with_line(int number, const std::string& line) {
  std::string text;
  std::istringstream lines(kMinimal);
  int at = 0;
  for (std::string old; std::getline(lines, old);)
    text += (++at == number ? line : old) + "\n";
  return number > at ? text + line + "\n" : text;
}

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value, 1);
  }
  ~Environment() {
    if (old_) {
      ::setenv(name_, old_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("a small plan gets the documented defaults") {
  Diagnostics diagnostics;
  const Plan plan = parse_plan(kMinimal, "plans/crm.yaml", diagnostics);
  CHECK(to_string(diagnostics).empty());
  CHECK(plan.file == "plans/crm.yaml");
  CHECK(plan.state == "plans/crm.yaml.state");
  CHECK(plan.source.uri == "mariadb://godwit@localhost/?socket=/s");
  CHECK(plan.source.endpoint.user == "godwit");
  CHECK(plan.source.endpoint.socket == "/s");
  CHECK(plan.source.readers == 4);
  CHECK(plan.source.limits == SourceLimits{});
  CHECK(plan.source.replicas.empty());
  CHECK(plan.tenancy.patterns == std::vector<std::string>{"crm_%"});
  CHECK_FALSE(plan.tenancy.directory);
  CHECK(plan.schema.map == "default");
  REQUIRE(plan.clusters.size() == 1);
  CHECK(plan.clusters[0].name == "pg-01");
  CHECK(plan.clusters[0].uri == "postgresql://godwit@pg:5432");
  CHECK(plan.clusters[0].databases == 1000);
  CHECK(plan.clusters[0].connections == 1000);
  CHECK(plan.clusters[0].engine_connections == 40);
  CHECK(plan.database_name == "{name}");
  CHECK(plan.isolation == Isolation::database);
  CHECK(shared_databases_of(plan) == 0);
  REQUIRE(plan.waves.size() == 1);
  CHECK(plan.waves[0].rest);
  CHECK(plan.waves[0].lanes == 2);
  CHECK(plan.memory_bytes == 32U << 20U);
  CHECK(plan.large_tenant_bytes == 64U << 20U);
  CHECK(plan.locked_copy_bytes == 256U << 20U);
  CHECK(plan.chunk_bytes == 8U << 20U);
}

TEST_CASE("everything that is written is read") {
  Diagnostics diagnostics;
  const Plan plan = parse_plan(R"(version: 1
source:
  uri: "mariadb://godwit@localhost:3307/"
  limits: { readers: 7, replica_lag: 10s, threads_running: 40, history_list: 1M }
  replicas: ["mariadb://localhost:3308/", "mariadb://watcher@localhost:3309/"]
tenancy:
  mode: database
  directory: { table: admin.companies, database: db_name, name: slug, where: "status <> 'x'" }
  exclude: ["crm_old_%"]
schema:
  map: compact
  columns:
    "invoices.due_on": { zero_date: null }
    "crm_1.notes.body": { nul_byte: symbol, invalid_text: bytea, type: text }
  tables:
    "imp*": { invalid_enum: empty }
  exclude_tables: ["tmp_*"]
clusters:
  - { name: a, uri: "host=a user=g", databases: 5, connections: 90, engine_connections: 9,
      bytes: 2GB }
  - { name: b, uri: "postgres://g@b", closed: true }
database_name: "crm_{name}_x"
isolation: { schema: { databases: 12, database_name: "shared{n}_x" } }
waves:
  - { name: canary, tenants: [acme, "b%"], lanes: 3, window: 09:00-17:00 UTC, order: name,
      abort_after: 1 failure }
  - { name: small, size: { above: 1MB, below: 50MB }, share: 12.5%, limit: 300 }
  - { name: rest, tenants: rest, order: smallest, abort_after: 3 failures,
      window: ["Sat-Sun 00:00-24:00 UTC", "22:00-05:00 Europe/Paris"] }
placement:
  reserve: 15%
  tenant_connections: 2
  pins: { acme: b }
  together: [[acme, bolt], [x, y, z]]
  apart: [[acme, x]]
copy: { memory: 8MiB, large_tenant: 1GB, chunk: 1MiB, locked_table: 0 }
state: var/state
)",
                               "/etc/godwit/crm.yaml", diagnostics);
  CHECK(to_string(diagnostics).empty());
  CHECK(plan.source.endpoint.port == 3307);
  CHECK(plan.source.readers == 7);
  CHECK(plan.source.limits.replica_lag == std::chrono::seconds(10));
  CHECK(plan.source.limits.threads_running == 40U);
  CHECK(plan.source.limits.history_list == 1'000'000U);
  REQUIRE(plan.source.replicas.size() == 2);
  CHECK(plan.source.replicas[0].endpoint.user == "godwit");
  CHECK(plan.source.replicas[0].endpoint.port == 3308);
  CHECK(plan.source.replicas[1].endpoint.user == "watcher");
  REQUIRE(plan.tenancy.directory);
  CHECK(plan.tenancy.directory->table == "admin.companies");
  CHECK(plan.tenancy.directory->database_column == "db_name");
  CHECK(plan.tenancy.directory->name_column == "slug");
  CHECK(plan.tenancy.directory->where == "status <> 'x'");
  CHECK(plan.tenancy.exclude == std::vector<std::string>{"crm_old_%"});
  CHECK(plan.schema.map == "compact");
  REQUIRE(plan.schema.columns.size() == 2);
  CHECK(plan.schema.columns.at("invoices.due_on").zero_date == schema::ZeroDate::null);
  CHECK_FALSE(plan.schema.columns.at("invoices.due_on").nul_byte);
  CHECK(plan.schema.columns.at("invoices.due_on").where == "/etc/godwit/crm.yaml:13:24");
  const schema::ColumnOverride& body = plan.schema.columns.at("crm_1.notes.body");
  CHECK(body.nul_byte == schema::NulByte::symbol);
  CHECK(body.invalid_text == schema::InvalidText::bytea);
  CHECK(body.type == "text");
  CHECK(plan.schema.tables.at("imp*").invalid_enum == schema::InvalidEnum::empty);
  CHECK(plan.schema.excluded_tables == std::vector<std::string>{"tmp_*"});
  REQUIRE(plan.clusters.size() == 2);
  CHECK(plan.clusters[0].uri == "host=a user=g");
  CHECK(plan.clusters[0].databases == 5);
  CHECK(plan.clusters[0].connections == 90);
  CHECK(plan.clusters[0].engine_connections == 9);
  CHECK_FALSE(plan.clusters[0].closed);
  CHECK(plan.clusters[1].closed);
  CHECK(plan.database_name == "crm_{name}_x");
  CHECK(plan.isolation == Isolation::schema);
  CHECK(shared_databases_of(plan) == 12);
  CHECK(plan.shared_databases.name == "shared{n}_x");
  CHECK(plan.clusters[0].bytes == 2'000'000'000U);
  CHECK_FALSE(plan.clusters[1].bytes);
  CHECK(plan.placement.reserve == Approx(0.15));
  CHECK(plan.placement.tenant_connections == 2);
  CHECK(plan.placement.pins == std::map<std::string, std::string>{{"acme", "b"}});
  CHECK(plan.placement.together ==
        std::vector<std::vector<std::string>>{{"acme", "bolt"}, {"x", "y", "z"}});
  CHECK(plan.placement.apart == std::vector<std::vector<std::string>>{{"acme", "x"}});
  REQUIRE(plan.waves.size() == 3);
  CHECK(plan.waves[0].tenants == std::vector<std::string>{"acme", "b%"});
  CHECK(plan.waves[0].lanes == 3);
  CHECK_FALSE(plan.waves[0].rest);
  CHECK(plan.waves[1].tenants.empty());
  CHECK(plan.waves[1].above == 1'000'000U);
  CHECK(plan.waves[1].below == 50'000'000U);
  CHECK(plan.waves[1].share == Approx(0.125));
  CHECK(plan.waves[1].limit == 300U);
  CHECK(plan.waves[2].rest);
  REQUIRE(plan.waves[0].windows.size() == 1);
  CHECK(plan.waves[0].windows[0].begin == std::chrono::hours(9));
  CHECK(plan.waves[0].order == WaveOrder::name);
  CHECK(plan.waves[0].abort_after == 1U);
  CHECK(plan.waves[1].windows.empty());
  CHECK(plan.waves[1].order == WaveOrder::largest);
  CHECK_FALSE(plan.waves[1].abort_after);
  CHECK(plan.waves[2].windows.at(1).zone == "Europe/Paris");
  CHECK(plan.waves[2].order == WaveOrder::smallest);
  CHECK(plan.waves[2].abort_after == 3U);
  CHECK(plan.memory_bytes == 8U << 20U);
  CHECK(plan.large_tenant_bytes == 1'000'000'000);
  CHECK(plan.locked_copy_bytes == 0);
  CHECK(plan.chunk_bytes == 1U << 20U);
  CHECK(plan.state == "/etc/godwit/var/state");
}

TEST_CASE("each mistake is named at its place") {
  struct Case {
    int line;
    const char* text;
    const char* message;  // the whole diagnostics
  };
  const auto c = GENERATE(values<Case>({
      {1, "version: 2", "p.yaml:1:10: error: 'version': this godwit reads plans of version 1"},
      {1, "version: [1]", "p.yaml:1:10: error: 'version': this godwit reads plans of version 1"},
      {1, "", "p.yaml:2:1: error: missing key 'version'"},
      {6, "worker: 3",
       "p.yaml:6:1: error: unknown key 'worker'; known are version, source, "
       "tenancy, schema, clusters, database_name, isolation, waves, state, copy, follow, "
       "placement, "
       "directory, "
       "cutover, rollback"},
      {6, "wave: []", "p.yaml:6:1: error: unknown key 'wave'; did you mean 'waves'?"},
      {6, "version: 1", "p.yaml:6:1: error: duplicate key 'version', first in line 1"},
      {6, "cutover: { deadline: 2s }",
       "p.yaml:6:10: error: 'cutover' is not supported by this version of godwit"},
      {6, "rollback: {}",
       "p.yaml:6:11: error: 'rollback' is not supported by this version of godwit"},
      {6, "directory: postgresql://h/d",
       "p.yaml:6:12: error: 'directory' is not supported by this version of godwit"},
      {6, "state: ''", "p.yaml:6:8: error: 'state' must not be empty"},
      // source
      {2, "source: { limits: { readers: 0 }, uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:30: error: 'source.limits.readers': expected an integer from 1 to 64, found '0'"},
      {2, "source: { limits: { readers: 65 }, uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:30: error: 'source.limits.readers': expected an integer from 1 to 64, found "
       "'65'"},
      {2, "source: { limits: { replica_lag: 10s }, uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:34: error: 'source.limits.replica_lag' needs 'source.replicas', a list of the "
       "replicas' URIs: a source doesn't know how far they are behind"},
      {2, "source: { limits: { replica_lag: 10 }, uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:34: error: 'source.limits.replica_lag': expected a time from 1s to 86400s such as "
       "10s, 5m or 2h, found '10'"},
      {2, "source: { limits: { threads_running: 0 }, uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:38: error: 'source.limits.threads_running': expected a number from 1 to 1000000 "
       "such as 40 or 10k, found '0'"},
      {2, "source: { limits: { history_list: 1MiB }, uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:35: error: 'source.limits.history_list': expected a number from 1 to "
       "1000000000000 such as 40 or 10k, found '1MiB'"},
      {2, "source: { replicas: [], uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:21: error: 'source.replicas' is empty"},
      {2, "source: { replicas: [\"mariadb://r/x\"], uri: \"mariadb://g@localhost\" }",
       "p.yaml:2:22: error: 'source.replicas[0]': source URI: it names a database, but a source is "
       "a whole server (Leave out what follows the host's '/'.)"},
      {2, "source: {}", "p.yaml:2:9: error: missing key 'uri' in 'source'"},
      // tenancy
      {3, "tenancy: { mode: datbase, databases: [a] }",
       "p.yaml:3:18: error: 'tenancy.mode': expected database | row, found 'datbase'; did you "
       "mean 'database'?"},
      {3, "tenancy: { databases: [a] }", "p.yaml:3:10: error: missing key 'mode' in 'tenancy'"},
      {3, "tenancy: { mode: database }",
       "p.yaml:3:10: error: 'tenancy' needs one of 'databases' and 'directory'"},
      {3, "tenancy: { mode: database, databases: [] }",
       "p.yaml:3:39: error: 'tenancy.databases' is empty"},
      {3, "tenancy: { mode: database, databases: crm }",
       "p.yaml:3:39: error: 'tenancy.databases': expected a list, found 'crm'"},
      {3, "tenancy: { mode: database, databases: [\"crm_*\"] }",
       "p.yaml:3:40: error: 'tenancy.databases[0]': the wildcard is % (any text), found 'crm_*'"},
      {3, "tenancy: { mode: database, databases: [a, a] }",
       "p.yaml:3:43: error: 'tenancy.databases[1]': 'a' stands twice in the list"},
      {3, "tenancy: { mode: database, databases: [\"\"] }",
       "p.yaml:3:40: error: 'tenancy.databases[0]' must not be empty"},
      {3, "tenancy: { mode: database, databases: [\"a\\x1b\"] }",
       "p.yaml:3:40: error: 'tenancy.databases[0]' holds characters that can't be printed"},
      {3, "tenancy: { mode: database, databases: [a], directory: { table: a.b, database: c } }",
       "p.yaml:3:55: error: 'tenancy.directory' conflicts with 'tenancy.databases': only one of "
       "them can say which databases are tenants"},
      {3, "tenancy: { mode: database, directory: { table: companies, database: c } }",
       "p.yaml:3:48: error: 'tenancy.directory.table': expected database.table, found "
       "'companies'"},
      {3, "tenancy: { mode: database, directory: { table: a.b.c, database: c } }",
       "p.yaml:3:48: error: 'tenancy.directory.table': expected database.table, found 'a.b.c'"},
      {3, "tenancy: { mode: database, directory: { table: a.b } }",
       "p.yaml:3:39: error: missing key 'database' in 'tenancy.directory'"},
      {3, "tenancy: { mode: database, directory: { table: a.b, database: c, key: id } }",
       "p.yaml:3:66: error: unknown key 'key' in 'tenancy.directory'; known are "
       "table, database, name, where"},
      // clusters
      {4, "clusters: []", "p.yaml:4:11: error: 'clusters' is empty"},
      {4, "clusters: { name: a }", "p.yaml:4:11: error: 'clusters': expected a list, found a map"},
      {4, "clusters: [ { name: a } ]", "p.yaml:4:13: error: missing key 'uri' in 'clusters[0]'"},
      {4, "clusters: [ { name: a, uri: \"http://x\" } ]",
       "p.yaml:4:29: error: 'clusters[0].uri': expected postgresql://USER@HOST:PORT or libpq's "
       "keyword=value form"},
      {4, "clusters: [ { name: a b, uri: \"postgresql://x\" } ]",
       "p.yaml:4:21: error: 'clusters[0].name': a name has at most 63 letters, digits, '_', '-' "
       "and '.' and starts with a letter or digit, found 'a b'"},
      {4, "clusters: [ { name: a, uri: \"postgresql://x\", databases: 0 } ]",
       "p.yaml:4:58: error: 'clusters[0].databases': expected an integer from 1 to 1000000, "
       "found '0'"},
      {4, "clusters: [ { name: a, uri: \"postgresql://x\", closed: true } ]",
       "p.yaml:4:11: error: 'clusters': all of them are closed; one must take the tenants to "
       "come"},
      {4, "clusters: [ { name: a, uri: \"postgresql://x\", connections: 30 } ]",
       "p.yaml:4:13: error: 'clusters[0]': engine_connections (40) conflicts with connections "
       "(30), of which it is a part"},
      {4,
       "clusters: [ { name: a, uri: \"postgresql://x\" }, { name: a, uri: \"postgresql://y\" } ]",
       "p.yaml:4:57: error: duplicate cluster 'a'"},
      {4,
       "clusters: [ { name: a, uri: \"postgresql://x\" }, { name: b, uri: \"postgresql://x\" } ]",
       "p.yaml:4:65: error: 'clusters[1].uri' is the uri of another cluster already"},
      // waves
      {5, "waves: []", "p.yaml:5:8: error: 'waves' is empty"},
      {5, "waves: [ { name: a, tenants: [] } ]", "p.yaml:5:30: error: 'waves[0].tenants' is empty"},
      {5, "waves: [ { name: a, tenants: all } ]",
       "p.yaml:5:30: error: 'waves[0].tenants': expected a list of tenants or the word rest"},
      {5, "waves: [ { name: a, tenants: rest, lanes: 65 } ]",
       "p.yaml:5:43: error: 'waves[0].lanes': expected an integer from 1 to 64, found '65'"},
      {5, "waves: [ { name: a, tenants: rest, lanes: '2' } ]",
       "p.yaml:5:43: error: 'waves[0].lanes': expected an integer from 1 to 64, found '2'"},
      {5, "waves: [ { name: a, tenants: rest, window: x } ]",
       "p.yaml:5:44: error: 'waves[0].window': expected [DAYS ]HH:MM-HH:MM ZONE, such as "
       "22:00-05:00 Europe/Paris or Sat-Sun 00:00-24:00 UTC, found 'x'"},
      {5, "waves: [ { name: a, tenants: rest, window: [] } ]",
       "p.yaml:5:44: error: 'waves[0].window' is empty"},
      {5,
       "waves: [ { name: a, tenants: rest, window: [ 22:00-24:00 UTC, 22:00-05:00 Nowhere/At_All ] "
       "} ]",
       "p.yaml:5:63: error: 'waves[0].window[1]': no time zone is named "
       "'Nowhere/At_All'; names are those of the IANA database, such as Europe/Paris"},
      {5, "waves: [ { name: a, tenants: rest, order: larges } ]",
       "p.yaml:5:43: error: 'waves[0].order': expected largest | smallest | name, found 'larges'; "
       "did you mean 'largest'?"},
      {5, "waves: [ { name: a, tenants: rest, abort_after: 3 } ]",
       "p.yaml:5:49: error: 'waves[0].abort_after': expected a number of failed tenants such as "
       "'3 failures', found '3'"},
      {5, "waves: [ { name: a, tenants: rest, abort_after: 0 failures } ]",
       "p.yaml:5:49: error: 'waves[0].abort_after': expected a number of failed tenants such as "
       "'3 failures', found '0 failures'"},
      {5, "waves: [ { name: a, tenants: [x] }, { name: a, tenants: [y] } ]",
       "p.yaml:5:45: error: duplicate wave 'a'"},
      {5, "waves: [ { name: a, tenants: rest }, { name: b, tenants: rest } ]",
       "p.yaml:5:58: error: the wave 'a' before this one takes the rest of the tenants: nothing "
       "is left for 'b'"},
      {5, "waves: [ { name: a, tenants: rest }, { name: b, tenants: [x] } ]",
       "p.yaml:5:58: error: the wave 'a' before this one takes the rest of the tenants: nothing "
       "is left for 'b'"},
      {5, "waves: [ { name: a, tenants: [x, y] }, { name: b, tenants: [y] } ]",
       "p.yaml:5:60: error: the tenant 'y' is named by two waves"},
      {5, "waves: [ { name: a } ]",
       "p.yaml:5:10: error: 'waves[0]' needs one of 'tenants', 'size', 'share' and 'limit' to say "
       "whom it takes"},
      {5, "waves: [ { name: a, tenants: rest, share: 5% } ]",
       "p.yaml:5:43: error: 'waves[0].share' conflicts with 'tenants: rest', which leaves nobody "
       "out"},
      {5, "waves: [ { name: a, share: 101% } ]",
       "p.yaml:5:28: error: 'waves[0].share': expected a percentage from 0% to 100%, found "
       "'101%'"},
      {5, "waves: [ { name: a, share: 0.3 } ]",
       "p.yaml:5:28: error: 'waves[0].share': expected a percentage from 0% to 100%, found '0.3'"},
      {5, "waves: [ { name: a, size: { above: 2MB, below: 1MB } } ]",
       "p.yaml:5:27: error: 'waves[0].size': no size is from 2.0 MB on and below 1.0 MB"},
      // placement
      {6, "placement: { reserve: 95% }",
       "p.yaml:6:23: error: 'placement.reserve': expected a percentage from 0% to 90%, found "
       "'95%'"},
      {6, "placement: { pins: { acme: pg-02 } }",
       "p.yaml:6:28: error: 'placement.pins.acme': there is no cluster 'pg-02'"},
      {6, "placement: { together: [[a]] }",
       "p.yaml:6:25: error: 'placement.together[0]': a list needs two tenants or more"},
      {6, "placement: { together: [[a, b], [b, c]] }",
       "p.yaml:6:34: error: 'placement.together[1][0]': 'b' stands in 'placement.together[0]' "
       "already"},
      {6, "placement: { together: [[a, b]], apart: [[b, a]] }",
       "p.yaml:6:12: error: 'placement': a and b can't be both together and apart"},
      {6, "placement: { pins: { a: pg-01, b: pg-01 }, apart: [[a, b]] }",
       "p.yaml:6:12: error: 'placement.apart' conflicts with the pins of its tenants: a and b are "
       "both pinned to pg-01"},
      // schema
      {6, "schema: { columns: { due_on: { zero_date: null } } }",
       "p.yaml:6:30: error: 'schema.columns': expected table.column or database.table.column, "
       "found 'due_on'"},
      {6, "schema: { columns: { a.b.c.d: { zero_date: null } } }",
       "p.yaml:6:31: error: 'schema.columns': expected table.column or database.table.column, "
       "found 'a.b.c.d'"},
      {6, "schema: { columns: { a..d: { zero_date: null } } }",
       "p.yaml:6:28: error: 'schema.columns': expected table.column or database.table.column, "
       "found 'a..d'"},
      {6, "schema: { columns: { a.b: { zero_date: nil } } }",
       "p.yaml:6:40: error: 'schema.columns.a.b.zero_date': expected refuse | null | "
       "minus_infinity | text, found 'nil'; did you mean 'null'?"},
      {6, "schema: { columns: { a.b: { zero_dates: null } } }",
       "p.yaml:6:29: error: unknown key 'zero_dates' in 'schema.columns.a.b'; did you mean "
       "'zero_date'?"},
      {6, "schema: { columns: { a.b: {} } }",
       "p.yaml:6:27: error: 'schema.columns.a.b' chooses nothing"},
      {6, "schema: { columns: { a.b: { nul_byte: symbol }, a.b: { nul_byte: symbol } } }",
       "p.yaml:6:49: error: duplicate key 'a.b', first in line 6"},
      // database_name and copy
      {6, "database_name: crm",
       "p.yaml:6:16: error: 'database_name' must contain {name}, the tenant's name"},
      {6, "database_name: \"{name}{name}\"",
       "p.yaml:6:16: error: 'database_name': the only placeholder is {name}, once"},
      {6, "database_name: \"{name}_{wave}\"",
       "p.yaml:6:16: error: 'database_name': the only placeholder is {name}, once"},
      {6,
       "database_name: \"0123456789012345678901234567890123456789012345678901234567890123{name}\"",
       "p.yaml:6:16: error: 'database_name' leaves no room for {name} within the 63 bytes of a "
       "PostgreSQL name"},
      // isolation
      {6, "isolation: tenant",
       "p.yaml:6:12: error: 'isolation': expected database, schema, or a map of schema"},
      {6, "isolation: [ schema ]",
       "p.yaml:6:12: error: 'isolation': expected database, schema, or a map of schema"},
      {6, "isolation: { shema: {} }",
       "p.yaml:6:12: error: missing key 'schema' in 'isolation'\n"
       "p.yaml:6:14: error: unknown key 'shema' in 'isolation'; did you mean 'schema'?"},
      {6, "isolation: { schema: { databases: 0 } }",
       "p.yaml:6:35: error: 'isolation.schema.databases': expected an integer from 1 to 1000, "
       "found '0'"},
      {6, "isolation: { schema: { count: 2 } }",
       "p.yaml:6:24: error: unknown key 'count' in 'isolation.schema'; known are databases, "
       "database_name"},
      {6, "isolation: { schema: { database_name: shared } }",
       "p.yaml:6:39: error: 'isolation.schema.database_name' must contain {n}, the number of the "
       "database"},
      {6, "isolation: { schema: { database_name: \"s{n}{n}\" } }",
       "p.yaml:6:39: error: 'isolation.schema.database_name': the only placeholder is {n}, once"},
      {6, "isolation: { schema: { database_name: \"s{n}_{name}\" } }",
       "p.yaml:6:39: error: 'isolation.schema.database_name': the only placeholder is {n}, once"},
      {6,
       "isolation: { schema: { database_name: "
       "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{n}\" } }",
       "p.yaml:6:39: error: 'isolation.schema.database_name' leaves no room for {n} within the 63 "
       "bytes of a PostgreSQL name"},
      {6, "isolation: { schema: { database_name: \"template{n}\" } }",
       "p.yaml:6:39: error: 'isolation.schema.database_name': names such as 'template{n}' are for "
       "the engine or PostgreSQL itself"},
      {6, "isolation: { schema: { database_name: \"godwit_{n}\" } }",
       "p.yaml:6:39: error: 'isolation.schema.database_name': names such as 'godwit_{n}' are for "
       "the engine or PostgreSQL itself"},
      {6, "copy: { memory: 1MiB }",
       "p.yaml:6:17: error: 'copy.memory': expected a size from 4.2 MB to 68.7 GB, found 1.0 MB"},
      {6, "copy: { memory: lots }",
       "p.yaml:6:17: error: 'copy.memory': expected a size such as 64MiB or 1GB, found 'lots'"},
  }));
  CAPTURE(c.text);
  std::string expected = c.message;
  std::string found = diagnostics_of(with_line(c.line, c.text));
  CHECK(found == expected);
}

TEST_CASE("isolation has defaults, and may be said in a word") {
  const auto read = [](const std::string& line) {
    Diagnostics diagnostics;
    Plan plan = parse_plan(with_line(6, line), "p.yaml", diagnostics);
    CHECK(to_string(diagnostics).empty());
    return plan;
  };
  CHECK(read("isolation: database").isolation == Isolation::database);
  for (const char* line : {"isolation: schema", "isolation: { schema: {} }"}) {
    const Plan plan = read(line);
    CHECK(plan.isolation == Isolation::schema);
    CHECK(plan.shared_databases.count == 8);
    CHECK(plan.shared_databases.name == "tenants_{n}");
  }
}

TEST_CASE("all mistakes are reported at once, in the order of the file") {
  const std::string found = diagnostics_of(R"(version: 3
source: { uri: "mariadb://g@localhost", passwrod_file: x }
tenancy: { mode: database, databases: [] }
waves:
  - { name: a, tenants: rest, lanes: 0 }
database_name: x
)");
  CHECK(found ==
        "p.yaml:1:1: error: missing key 'clusters'\n"
        "p.yaml:1:10: error: 'version': this godwit reads plans of version 1\n"
        "p.yaml:2:41: error: unknown key 'passwrod_file' in 'source'; did you mean "
        "'password_file'?\n"
        "p.yaml:3:39: error: 'tenancy.databases' is empty\n"
        "p.yaml:5:38: error: 'waves[0].lanes': expected an integer from 1 to 64, found '0'\n"
        "p.yaml:6:16: error: 'database_name' must contain {name}, the tenant's name");
}

TEST_CASE("a password is refused wherever it stands, and never repeated") {
  const auto text = GENERATE(
      as<std::string>{}, with_line(2, "source: { uri: \"mariadb://g:hunter2@localhost/\" }"),
      with_line(2, "source: { uri: \"mariadb://g@localhost/?password=hunter2\" }"),
      with_line(2, "source: { uri: \"mariadb://g@localhost\", password: hunter2 }"),
      with_line(2, "source: \"mariadb://g:hunter2@localhost/\""),
      with_line(2, "source: [ \"mariadb://g:hunter2@localhost/\" ]"),
      with_line(2, "source: { \"mariadb://g:hunter2@localhost/\": x }"),
      with_line(2, "source: { uri: { \"mariadb://g:hunter2@localhost/\": x } }"),
      with_line(4, "clusters: [ { name: a, uri: \"postgresql://g:hunter2@pg\" } ]"),
      with_line(4, "clusters: [ { name: a, uri: \"host=pg password=hunter2\" } ]"),
      with_line(4, "clusters: [ { name: a, uri: \"postgresql://g@pg\", password: hunter2 } ]"),
      with_line(4, "clusters: [ \"postgresql://g:hunter2@pg\" ]"),
      with_line(4, "clusters: \"host=pg password=hunter2\""),
      with_line(6, "directory: \"postgresql://g:hunter2@pg/d\""),
      with_line(6, "copy: \"postgresql://g:hunter2@pg/d\""),
      with_line(6, "copy: { memory: \"postgresql://g:hunter2@pg/d\" }"));
  CAPTURE(text);
  Diagnostics diagnostics;
  const Plan plan = parse_plan(text, "p.yaml", diagnostics);
  REQUIRE_FALSE(diagnostics.empty());
  CHECK(to_string(diagnostics).find("hunter2") == std::string::npos);
  CHECK(plan.source.uri.find("hunter2") == std::string::npos);
}

TEST_CASE("what a source URI can't be is said where it stands") {
  CHECK_THAT(diagnostics_of(with_line(2, "source: { uri: \"mariadb://g@localhost/?sockt=/s\" }")),
             Catch::StartsWith("p.yaml:2:16: error: 'source.uri': ") &&
                 Catch::Contains("id you mean 'socket'?"));
  CHECK_THAT(diagnostics_of(with_line(2, "source: { uri: \"postgresql://g@localhost\" }")),
             Catch::StartsWith("p.yaml:2:16: error: 'source.uri': "));
}

TEST_CASE("an unknown type map is named") {
  CHECK_THAT(diagnostics_of(with_line(6, "schema: { map: compct }")),
             Catch::StartsWith("p.yaml:6:16: error: 'schema.map': "));
  CHECK_THAT(diagnostics_of(with_line(6, "schema: { map: maps/none.yaml }")),
             Catch::StartsWith("p.yaml:6:16: error: 'schema.map': "));
}

TEST_CASE("not even YAML, empty, and two documents") {
  CHECK_THAT(diagnostics_of("version: [1"), Catch::StartsWith("p.yaml:"));
  CHECK_THAT(diagnostics_of(""), Catch::Contains("expected a map of keys and values"));
  CHECK_THAT(diagnostics_of("- a"), Catch::Contains("expected a map of keys and values"));
  CHECK_THAT(diagnostics_of(std::string(kMinimal) + "---\nversion: 1\n"),
             Catch::Contains("second document"));
}

TEST_CASE("the source's password comes from a file, else from the environment") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("godwit-plan-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string plan_file = (folder / "p.yaml").string();
  const std::string password_file = (folder / "source.password").string();
  std::ofstream(password_file) << "from-file\n";
  ::chmod(password_file.c_str(), 0600);
  const std::string with_file =
      with_line(2, "source: { uri: \"mariadb://g@localhost\", password_file: source.password }");
  std::ofstream(plan_file) << with_file;
  const Environment environment("GODWIT_SOURCE_PASSWORD", "from-environment");

  CHECK(load_plan(plan_file).source.endpoint.password.reveal() == "from-file");
  Diagnostics diagnostics;
  CHECK(parse_plan(kMinimal, "p.yaml", diagnostics).source.endpoint.password.reveal() ==
        "from-environment");

  std::ofstream(plan_file) << with_line(
      2,
      "source: { uri: \"mariadb://g@localhost/?defaults-file=/x\", password_file: source.password "
      "}");
  CHECK_THROWS_WITH(load_plan(plan_file), Catch::Contains("conflicts with the option file"));

  std::ofstream(plan_file) << with_file;
  ::chmod(password_file.c_str(), 0640);
  try {
    load_plan(plan_file);
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plan_invalid);
    CHECK_THAT(error.what(), Catch::StartsWith(plan_file + ":2:56: error: ") &&
                                 Catch::Contains("others than its owner") &&
                                 Catch::Contains("chmod 600"));
    CHECK_THAT(error.what(), !Catch::Contains("from-file"));
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("a plan that can't be read is named") {
  CHECK_THROWS_WITH(load_plan("/nonexistent/p.yaml"),
                    "the plan /nonexistent/p.yaml can't be read: No such file or directory");
  CHECK_THROWS_WITH(load_plan("/"), Catch::StartsWith("the plan / can't be read: "));
}
