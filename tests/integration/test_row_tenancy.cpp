// Shared tables split into tenants, end to end by the built binary: found before, copied together,
// verified, and every row of the source accounted for.
#include <chrono>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/plan/rates.hpp"

#include "support/migration.hpp"
#include "support/row_monolith.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::RowMonolith;
using godwit::test::SourceDatabase;
using nlohmann::json;

namespace {

/// A session of the DBA on the source.
class Root {
 public:
  explicit Root(const std::string& database) : connection_(godwit::test::servers().source_root) {
    connection_.execute("SET SESSION TRANSACTION READ WRITE");
    connection_.execute("USE " + godwit::mariadb::quote_identifier(database));
    connection_.execute("SET foreign_key_checks = 0");
  }
  void run(const std::string& sql) { connection_.execute(sql); }
  std::uint64_t number(const std::string& sql) {
    return std::stoull(connection_.scalar(sql).value());
  }
  godwit::mariadb::Rows query(const std::string& sql) { return connection_.query(sql); }

 private:
  godwit::mariadb::Connection connection_;
};

/// Also lets the source know the sizes of the tables.
std::string smallest_tenant(Root& root) {
  root.run("ANALYZE TABLE customers, invoices, invoice_lines, notes, documents, quotes");
  return root
      .query(
          "SELECT c.slug FROM companies c ORDER BY "
          "(SELECT COUNT(*) FROM notes n WHERE n.company_id = c.id) LIMIT 1")
      .at(0)
      .at(0)
      .value();
}

/// What the source knows of the sizes, it knows from now on.
void analyze_all(const std::string& database) {
  Root root(database);
  const auto tables = root.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
      " AND table_type = 'BASE TABLE'");
  for (const auto& row : tables)
    root.query("ANALYZE TABLE " + godwit::mariadb::quote_identifier(row.at(0).value()));
}

/// The forecast of `plan --simulate` with further arguments.
json forecast_of(const Migration& migration, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--simulate", "--json"});
  const ProcessResult planned = migration.godwit("plan", arguments);
  INFO(planned.out << planned.err);
  REQUIRE(planned.exit_code == 0);
  return json::parse(planned.out).at("forecast");
}

std::map<std::string, std::uint64_t> codes(const json& findings) {
  std::map<std::string, std::uint64_t> count;
  for (const json& finding : findings) {
    if (finding.at("severity") == "error") ++count[finding.at("code")];
  }
  return count;
}

std::string message_of(const json& findings, const std::string& code, const std::string& object) {
  for (const json& finding : findings) {
    if (finding.at("code") == code &&
        finding.at("object").get<std::string>().find(object) != std::string::npos) {
      return finding.at("message");
    }
  }
  return {};
}

}  // namespace

TEST_CASE("shared tables: faults are found, tenants copied together, each row accounted for",
          "[row_tenancy]") {
  constexpr int kTenants = 300;
  const RowMonolith monolith(kTenants, 60'000);
  Root root(monolith.database());
  root.run("CREATE TABLE imports (id INT PRIMARY KEY, company_id INT UNSIGNED NULL, line TEXT)");
  root.run(
      "INSERT INTO imports SELECT seq, IF(seq % 50 = 0, NULL, 1 + seq % 300), 'x'"
      " FROM seq_1_to_1000");
  root.run(
      "CREATE TABLE price_plans (id INT PRIMARY KEY, name VARCHAR(20), "
      "country CHAR(2) CHARACTER SET ascii, FOREIGN KEY (country) REFERENCES countries (code))");
  root.run("INSERT INTO price_plans VALUES (1, 'free', 'FR'), (2, 'pro', NULL)");
  // orphans: lines of an invoice that doesn't exist, and what hangs from one of them
  root.run(
      "INSERT INTO invoice_lines (id, invoice_id, position, description, quantity, unit_price)"
      " SELECT 90000000 + seq, 4000000000, seq, 'lost', 1, 1 FROM seq_1_to_7");
  root.run(
      "INSERT INTO line_discounts (id, invoice_line_id, percent) VALUES (90000000, 90000003, 5)");
  // customers of the first tenants that a user of the last one owns
  root.run(
      "UPDATE customers SET owner_id = (SELECT MAX(id) FROM users) WHERE company_id < 200"
      " ORDER BY id LIMIT 4");
  root.run("ANALYZE TABLE customers, invoices, invoice_lines, notes, documents");

  {
    const Migration asking(Migration::Tenancy::as_text,
                           monolith.tenancy_text("    price_plans: ask\n"));
    const ProcessResult checked = asking.godwit("check", {"--json"});
    const json report = json::parse(checked.out);
    INFO(report.at("tenants").dump(2));
    CHECK(checked.exit_code == 7);
    CHECK(codes(report.at("tenants")).at("table-undecided") == 1);
    // and nothing is copied while a question is open
    const ProcessResult copied = asking.copy();
    CHECK(copied.exit_code == 7);
    CHECK(copied.err.find("price_plans") != std::string::npos);
  }
  {
    const Migration unanswered(Migration::Tenancy::as_text,
                               monolith.tenancy_text("    price_plans: central\n"));
    const ProcessResult checked = unanswered.godwit("check", {"--json"});
    const json found = json::parse(checked.out).at("tenants");
    INFO(found.dump(2));
    CHECK(checked.exit_code == 7);
    CHECK(message_of(found, "orphans", "invoice_lines").find("invoices): 7 (") !=
          std::string::npos);
    CHECK(message_of(found, "rows-without-tenant", "imports").find(": 20 (") != std::string::npos);
    CHECK(message_of(found, "cross-tenant-reference", "customers_owner").find("users: 4 (") !=
          std::string::npos);
    const ProcessResult copied = unanswered.copy();
    INFO(copied.err);
    CHECK(copied.exit_code == 7);
    CHECK(copied.err.find("belong to no tenant") != std::string::npos);
  }

  const std::string answers =
      "    invoice_lines: { inherited: [\"invoice_id -> invoices\"], unrouted: leave }\n"
      "    line_discounts: { inherited: [\"invoice_line_id -> invoice_lines\"], unrouted: leave }\n"
      "    imports: { owned: company_id, unrouted: leave }\n"
      "    price_plans: central\n"
      "  drop_keys: [customers.customers_owner]\n";
  const std::string text = monolith.tenancy_text(answers, {"invoice_lines", "line_discounts"});
  const Migration migration(Migration::Tenancy::as_text, text);
  {
    const ProcessResult checked = migration.godwit("check");
    INFO(checked.out << checked.err);
    REQUIRE(checked.exit_code == 0);
  }
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  REQUIRE(copied.at("exit_code") == 0);
  REQUIRE(copied.at("tenants").size() == kTenants + 1);
  std::map<std::string, std::uint64_t> left;
  for (const json& table : copied.at("left_rows"))
    left[table.at("table")] = table.at("rows");
  CHECK(left == std::map<std::string, std::uint64_t>{
                    {"imports", 20}, {"invoice_lines", 7}, {"line_discounts", 1}});

  const ProcessResult verified = migration.verify();
  {
    INFO(verified.out << verified.err);
    REQUIRE(verified.exit_code == 0);
  }

  // an account of its own: both servers' counts, without Godwit
  std::map<std::string, std::uint64_t> arrived;
  std::set<std::string> databases;
  const json status = json::parse(migration.godwit("status", {"--json"}).out);
  for (const json& tenant : status.at("tenants"))
    databases.insert(tenant.at("target_database"));
  REQUIRE(databases.size() == kTenants + 1);
  const std::set<std::string> shared = {"countries", "currencies", "vat_rates", "exchange_rates"};
  for (const std::string& database : databases) {
    CHECK(Migration::left_to_autovacuum(database).empty());
    godwit::postgres::Session target = Migration::target(database);
    for (const auto& row : target.query(
             "SELECT relname, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n "
             "FROM "
             "%I.%I', 'public', relname), false, true, '')))[1]::text::bigint FROM pg_class "
             "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")) {
      const std::uint64_t rows = std::stoull(row[1].value());
      if (shared.contains(*row[0])) {
        CAPTURE(database, *row[0]);
        CHECK(rows == root.number("SELECT COUNT(*) FROM " + *row[0]));
      } else {
        arrived[*row[0]] += rows;
      }
    }
  }
  CHECK(arrived.size() >= 20);
  for (const auto& [table, rows] : arrived) {
    CAPTURE(table);
    CHECK(rows + left[table] == root.number("SELECT COUNT(*) FROM `" + table + "`"));
  }
  CHECK(Migration::target("central").scalar("SELECT count(*) FROM public.price_plans").value() ==
        "2");
}

TEST_CASE("shared tables: an engine killed anywhere goes on, tenant by tenant", "[row_tenancy]") {
  const RowMonolith monolith(6, 4'000);
  Root root(monolith.database());
  // a tenant whose rows don't wait on disk
  root.run(
      "INSERT INTO documents (company_id, customer_id, file_name, mime_type, content,"
      " uploaded_at) SELECT 1, (SELECT MIN(id) FROM customers WHERE company_id = 1), 'big',"
      " 'x/y', RANDOM_BYTES(1024), NOW() FROM seq_1_to_12000");
  root.run("ANALYZE TABLE documents");
  // its indexes are built in its transaction, or by several threads after its rows are committed
  const std::string large = GENERATE(as<std::string>{}, "64MiB", "4MiB");
  CAPTURE(large);
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text(),
                            "copy: { large_tenant: " + large + " }\n");
  const std::vector<std::string> points = {
      "copy.after_create", "copy.after_snapshot", "copy.mid_rows",     "build.before_validate",
      "build.mid_index",   "copy.before_commit",  "copy.before_copied"};
  for (const std::string& point : points) {
    CAPTURE(point);
    const ProcessResult killed = migration.copy({{"GODWIT_FAILPOINTS", point + "=kill@2"}});
    INFO(killed.err);
    CHECK(killed.exit_code == 137);
    const json status = json::parse(migration.godwit("status", {"--json"}).out);
    if (status.at("tenants").at(0).at("state") == "copied") break;
  }
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  CHECK(copied.at("exit_code") == 0);
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
}

TEST_CASE("shared tables: a tenant's own failure is its own", "[row_tenancy]") {
  const RowMonolith monolith(8, 6'000);
  Root root(monolith.database());
  root.run("SET sql_mode = ''");
  root.run("UPDATE quotes SET valid_until = '0000-00-00' WHERE company_id = 3");
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text());
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  CHECK(copied.at("exit_code") == 7);
  for (const json& tenant : copied.at("tenants")) {
    const bool refused = tenant.at("tenant").get<std::string>().ends_with("0003");
    CAPTURE(tenant.at("tenant"));
    CHECK(tenant.at("state") == (refused ? "quarantined" : "copied"));
    if (refused) {
      CHECK(tenant.at("error").at("message").get<std::string>().find("valid_until") !=
            std::string::npos);
    }
  }
}

TEST_CASE("shared tables: failures keep the rest of a wave from being begun", "[row_tenancy]") {
  const RowMonolith monolith(8, 6'000);
  Root root(monolith.database());
  root.run("SET sql_mode = ''");
  root.run("UPDATE quotes SET valid_until = '0000-00-00' WHERE company_id = 3");
  const Migration migration(
      Migration::Tenancy::as_text, monolith.tenancy_text(),
      "waves: [ { name: all, tenants: rest, lanes: 2, abort_after: 1 failure } ]\n");
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  CHECK(copied.at("exit_code") == 7);
  REQUIRE(copied.at("aborted_waves").size() == 1);
  CHECK(copied.at("aborted_waves").at(0).at("not_begun") == 7);
}

TEST_CASE("shared tables: keys of text, of several columns and along several paths",
          "[row_tenancy]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE accounts (slug VARCHAR(20) PRIMARY KEY, title TEXT);"
      "CREATE TABLE orders (id BIGINT PRIMARY KEY, account VARCHAR(20) NOT NULL, number VARCHAR(20)"
      " NOT NULL UNIQUE, KEY (account), FOREIGN KEY (account) REFERENCES accounts (slug));"
      "CREATE TABLE order_lines (order_number VARCHAR(20), line INT, what TEXT,"
      " PRIMARY KEY (order_number, line),"
      " FOREIGN KEY (order_number) REFERENCES orders (number));"
      "CREATE TABLE comments (id INT PRIMARY KEY, order_id BIGINT NULL, line_order VARCHAR(20) "
      "NULL,"
      " line_no INT NULL, body TEXT, FOREIGN KEY (order_id) REFERENCES orders (id),"
      " FOREIGN KEY (line_order, line_no) REFERENCES order_lines (order_number, line));"
      "INSERT INTO accounts VALUES ('acme', 'A'), ('béta', 'B'), ('gamma', 'C');"
      "INSERT INTO orders SELECT -seq, ELT(1 + seq % 3, 'acme', 'béta', 'gamma'), 100000 + seq"
      " FROM seq_1_to_3000;"
      "INSERT INTO order_lines SELECT 100000 + 1 + seq DIV 2, seq % 2, 'x' FROM seq_1_to_5000;"
      "INSERT INTO comments SELECT seq, IF(seq % 2, -seq, NULL), IF(seq % 2, NULL, 100000 + seq),"
      " IF(seq % 2, NULL, 1), 'y' FROM seq_1_to_2000;"
      "ANALYZE TABLE orders, order_lines, comments");
  const Migration migration(
      Migration::Tenancy::as_text,
      "{ mode: row, database: " + source.name() +
          ", directory: { table: accounts, key: slug }, tables: { default: { owned: account }, "
          "accounts: { owned: slug }, order_lines: { inherited: [order_number -> orders(number)] "
          "}, "
          "comments: { inherited: [order_id -> orders, \"line_order, line_no -> "
          "order_lines(order_number, line)\"] } } }",
      "waves: [ { name: first, tenants: [acme] }, { name: all, tenants: rest, lanes: 2 } ]\n");
  const ProcessResult checked = migration.godwit("check");
  INFO(checked.out << checked.err);
  REQUIRE(checked.exit_code == 0);
  const ProcessResult first = migration.godwit("run", {"--wave", "first", "--until", "copied"});
  INFO(first.out << first.err);
  REQUIRE(first.exit_code == 0);
  const ProcessResult rest = migration.copy();
  INFO(rest.out << rest.err);
  REQUIRE(rest.exit_code == 0);
  const ProcessResult verified = migration.godwit("verify", {"--wave", "first", "--wave", "all"});
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
  for (const char* table : {"orders", "order_lines", "comments"}) {
    CAPTURE(table);
    std::uint64_t rows = 0;
    for (const char* tenant : {"acme", "béta", "gamma"}) {
      rows += std::stoull(Migration::target(tenant)
                              .scalar(std::string("SELECT count(*) FROM public.") + table)
                              .value());
    }
    CHECK(rows == Root(source.name()).number(std::string("SELECT COUNT(*) FROM ") + table));
  }
}

TEST_CASE("shared tables: few small tenants are read by their index", "[row_tenancy]") {
  const RowMonolith monolith(40, 40'000);
  Root root(monolith.database());
  const std::string tenant = smallest_tenant(root);
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text());
  const std::uint64_t before = root.number(
      "SELECT variable_value FROM information_schema.global_status "
      "WHERE variable_name = 'HANDLER_READ_RND_NEXT'");
  const ProcessResult copied = migration.godwit("run", {"--tenant", tenant, "--until", "copied"});
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);
  const std::uint64_t scanned = root.number(
                                    "SELECT variable_value FROM information_schema.global_status "
                                    "WHERE variable_name = 'HANDLER_READ_RND_NEXT'") -
                                before;
  CHECK(scanned < root.number("SELECT COUNT(*) FROM notes") / 2 +
                      root.number("SELECT COUNT(*) FROM activity_log") +
                      root.number("SELECT COUNT(*) FROM page_views") + 5'000);
  const ProcessResult verified = migration.godwit("verify", {"--tenant", tenant});
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
}

TEST_CASE("shared tables: plan says how each wave reads each table, and why", "[row_tenancy]") {
  const RowMonolith monolith(40, 40'000);
  Root root(monolith.database());
  const std::string tenant = smallest_tenant(root);
  const Migration migration(
      Migration::Tenancy::as_text, monolith.tenancy_text(),
      "waves: [ { name: one, tenants: [\"" + tenant + "\"] }, { name: others, tenants: rest } ]\n");
  const ProcessResult planned = migration.godwit("plan", {"--json"});
  INFO(planned.out << planned.err);
  REQUIRE(planned.exit_code == 0);
  std::map<std::string, json> readings;
  const json document = json::parse(planned.out);
  for (const json& table : document.at("readings"))
    readings[table.at("table")] = table;
  CHECK(readings.size() >= 20);

  const json notes = readings.at("notes");
  CHECK(notes.at("class") == "owned");
  CHECK(notes.at("access") == "secondary");
  REQUIRE(notes.at("waves").size() == 2);
  const json& one = notes.at("waves").at(0);
  CHECK(one.at("wave") == "one");
  CHECK(one.at("by_index") == 1);
  CHECK(one.at("index_bytes") < one.at("scan_bytes"));
  const json& others = notes.at("waves").at(1);
  CHECK(others.at("by_index") == 0);
  CHECK(others.at("index_bytes") > others.at("scan_bytes"));

  CHECK(readings.at("invoice_lines").at("through") == "invoice_id -> invoices");
  CHECK(readings.at("invoice_lines").at("waves").at(0).at("by_index") == 1);
  for (const char* scanned : {"activity_log", "countries"}) {
    CAPTURE(scanned);
    CHECK(readings.at(scanned).at("access") == "none");
    CHECK(readings.at(scanned).at("waves").at(0).at("by_index") == 0);
    CHECK(readings.at(scanned).at("waves").at(0).at("index_bytes").is_null());
  }

  const ProcessResult printed = migration.godwit("plan");
  INFO(printed.out);
  CHECK(printed.out.find("invoice_id -> invoices") != std::string::npos);
  CHECK(printed.out.find("scan (index ~") != std::string::npos);
}

TEST_CASE("shared tables: DDL meanwhile begins the reading anew", "[row_tenancy]") {
  const RowMonolith monolith(3, 1'000);
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text());
  std::thread alter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(800));
    Root(monolith.database()).run("ALTER TABLE notes ADD COLUMN mood TINYINT NOT NULL DEFAULT 3");
  });
  const ProcessResult copied =
      migration.copy({{"GODWIT_FAILPOINTS", "copy.after_snapshot=delay:1600@1"}});
  alter.join();
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);
  CHECK(copied.err.find("tenant.retry") != std::string::npos);
  CHECK(migration.verify().exit_code == 0);
  const json status = json::parse(migration.godwit("status", {"--json"}).out);
  CHECK(Migration::target(status.at("tenants").at(0).at("target_database"))
            .scalar("SELECT count(mood) - count(*) FROM public.notes")
            .value() == "0");
}

TEST_CASE("shared tables: a refused tenant's database of a killed run goes, too", "[row_tenancy]") {
  const RowMonolith monolith(4, 4'000);
  Root root(monolith.database());
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text(),
                            "waves: [ { name: all, tenants: rest, lanes: 1 } ]\n");
  const ProcessResult killed = migration.copy({{"GODWIT_FAILPOINTS", "copy.after_create=kill@1"}});
  INFO(killed.err);
  REQUIRE(killed.exit_code == 137);
  std::string key;
  std::string tenant;
  for (const godwit::mariadb::Row& row : root.query("SELECT id, slug FROM companies")) {
    if (godwit::test::target_databases(row.at(1).value()).empty()) continue;
    key = row.at(0).value();
    tenant = row.at(1).value();
  }
  REQUIRE_FALSE(tenant.empty());
  REQUIRE(root.number("SELECT COUNT(*) FROM quotes WHERE company_id = " + key) > 0);
  root.run("SET sql_mode = ''");
  root.run("UPDATE quotes SET valid_until = '0000-00-00' WHERE company_id = " + key);
  const json copied = migration.copy_json();
  INFO(copied.dump(2));
  CHECK(copied.at("exit_code") == 7);
  for (const json& outcome : copied.at("tenants")) {
    const bool refused = outcome.at("tenant") == tenant;
    CHECK(outcome.at("state") == (refused ? "quarantined" : "copied"));
  }
  CHECK(godwit::test::target_databases(tenant).empty());
}

TEST_CASE("shared tables: a tenant that leaves the directory meanwhile is refused alone",
          "[row_tenancy]") {
  const RowMonolith monolith(4, 4'000);
  // whether its rows go to it as they are read, or wait in the spill
  const bool large = GENERATE(false, true);
  CAPTURE(large);
  if (large) {
    Root(monolith.database())
        .run(
            "INSERT INTO documents (company_id, customer_id, file_name, mime_type, content,"
            " uploaded_at) SELECT 3, (SELECT MIN(id) FROM customers WHERE company_id = 3), 'big',"
            " 'x/y', RANDOM_BYTES(1024), NOW() FROM seq_1_to_12000");
    Root(monolith.database()).query("ANALYZE TABLE documents");
  }
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text());
  std::thread leave([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    Root(monolith.database()).run("DELETE FROM companies WHERE id = 3");
  });
  const ProcessResult result =
      migration.godwit("run", {"--wave", "all", "--until", "copied", "--json"},
                       {{"GODWIT_FAILPOINTS", "copy.before_snapshot=delay:3500@1"}});
  leave.join();
  INFO(result.out << result.err);
  CHECK(result.exit_code == 7);
  const json copied = json::parse(result.out);
  REQUIRE(copied.at("tenants").size() == 4);
  for (const json& tenant : copied.at("tenants")) {
    const bool gone = tenant.at("tenant").get<std::string>().ends_with("0003");
    CAPTURE(tenant.at("tenant"));
    CHECK(tenant.at("state") == (gone ? "quarantined" : "copied"));
    if (!gone) continue;
    CHECK(tenant.at("error").at("message").get<std::string>().find(
              "companies.id has no row with its key 3 any more") != std::string::npos);
    CHECK(godwit::test::target_databases(tenant.at("tenant").get<std::string>()).empty());
  }
}

TEST_CASE("shared tables: a spill that reaches its limit is told", "[row_tenancy]") {
  const RowMonolith monolith(4, 8'000);
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text(),
                            "copy: { spill: 1MiB }\n");
  const ProcessResult copied = migration.copy();
  INFO(copied.err);
  CHECK(copied.exit_code == 1);
  CHECK(copied.err.find("reaches its limit of") != std::string::npos);
}

TEST_CASE("shared tables: a reading is measured, and forecast once for all that it serves",
          "[row_tenancy]") {
  constexpr int kRows = 60'000;
  const RowMonolith monolith(12, kRows);
  analyze_all(monolith.database());
  const Migration migration(Migration::Tenancy::as_text, monolith.tenancy_text());
  const std::string forecast_file = migration.folder().path() + "/forecast.json";
  const json guessed = forecast_of(migration, {"--write-forecast", forecast_file});
  CHECK(guessed.at("waves").at(0).at("readings") == 1);
  const ProcessResult copied = migration.copy();
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);

  const std::string rates_file = migration.folder().path() + "/rates.yaml";
  const json measured = forecast_of(migration, {"--measured", "--write-rates", rates_file});
  const godwit::plan::Rates rates = godwit::plan::load_rates(rates_file);
  CHECK(rates.scan_mb_s > 0);
  CHECK(rates.scan_mb_s != godwit::plan::Rates{}.scan_mb_s);
  REQUIRE(rates.measured);
  CHECK(rates.measured->tenants == 12);
  const json& wave = measured.at("waves").at(0);
  CHECK(wave.at("readings") == 1);
  const double reading_seconds = wave.at("reading_seconds");
  CHECK(reading_seconds > 0);
  CHECK(wave.at("work_seconds").get<double>() > 0);
  CHECK(wave.at("spill_bytes").get<std::uint64_t>() > 0);

  const json status =
      json::parse(migration.godwit("status", {"--forecast", forecast_file, "--json"}).out);
  const json& fact = status.at("forecast").at("waves").at(0);
  INFO(fact.dump(2));
  CHECK(fact.at("tenants_done") == 12);
  CHECK(fact.at("fact_seconds").get<double>() > 0);
  CHECK(fact.at("expected_seconds") == fact.at("forecast_seconds"));

  // three tenants at a time: four readings
  const Migration in_groups(Migration::Tenancy::as_text, monolith.tenancy_text(),
                            "copy: { together: 3 }\n");
  CHECK(forecast_of(in_groups, {"--rates", rates_file}).at("waves").at(0).at("readings") == 4);

  // the same rows of twice the tenants are read in about the same time
  const RowMonolith twice(24, kRows);
  analyze_all(twice.database());
  const Migration other(Migration::Tenancy::as_text, twice.tenancy_text());
  const json of_twice = forecast_of(other, {"--rates", rates_file});
  CHECK(of_twice.at("waves").at(0).at("tenants") == 24);
  CHECK(of_twice.at("waves").at(0).at("readings") == 1);
  CHECK(of_twice.at("waves").at(0).at("reading_seconds").get<double>() ==
        Approx(reading_seconds).epsilon(0.4));
  const ProcessResult printed = other.godwit("plan", {"--simulate", "--rates", rates_file});
  CHECK(printed.out.find("waits on disk") != std::string::npos);
  CHECK(printed.out.find("spill-too-small") == std::string::npos);

  const Migration narrow(Migration::Tenancy::as_text, twice.tenancy_text(),
                         "copy: { spill: 1MiB }\n");
  const json warned = forecast_of(narrow, {"--rates", rates_file});
  REQUIRE(warned.at("findings").size() == 1);
  CHECK(warned.at("findings").at(0).at("code") == "spill-too-small");
}
