// Tenants of shared tables that follow their source: each change arrives where its row belongs.
#include <csignal>

#include <catch2/catch.hpp>

#include "support/following.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::RunningProcess;
using godwit::test::SourceDatabase;
using godwit::test::until_ready;
using godwit::test::wait_applied;

namespace follow_rows_tests {

constexpr int kKilled = 128 + SIGKILL;

void fill(SourceDatabase& source) {
  source.run(
      "CREATE TABLE companies (id INT PRIMARY KEY, slug VARCHAR(30) NOT NULL);"
      "CREATE TABLE countries (code CHAR(2) PRIMARY KEY, name VARCHAR(50));"
      "CREATE TABLE users (id INT PRIMARY KEY, mail VARCHAR(50));"
      "CREATE TABLE invoices (id BIGINT AUTO_INCREMENT PRIMARY KEY, company_id INT NOT NULL,"
      " country CHAR(2), note TEXT, KEY (company_id), FOREIGN KEY (company_id) REFERENCES companies"
      " (id), FOREIGN KEY (country) REFERENCES countries (code));"
      "CREATE TABLE invoice_lines (id BIGINT AUTO_INCREMENT PRIMARY KEY, invoice_id BIGINT NOT "
      "NULL,"
      " amount DECIMAL(12,2), KEY (invoice_id), FOREIGN KEY (invoice_id) REFERENCES invoices (id)"
      " ON DELETE CASCADE);"
      "CREATE TABLE line_notes (id BIGINT AUTO_INCREMENT PRIMARY KEY, line_id BIGINT NOT NULL,"
      " note VARCHAR(50), KEY (line_id), FOREIGN KEY (line_id) REFERENCES invoice_lines (id)"
      " ON DELETE CASCADE);"
      "CREATE TABLE tags (id INT AUTO_INCREMENT PRIMARY KEY, company_id INT NOT NULL, tag TEXT,"
      " KEY (company_id));"
      "INSERT INTO companies SELECT seq, CONCAT('c', seq) FROM seq_1_to_4;"
      "INSERT INTO countries VALUES ('de', 'Germany'), ('fr', 'France');"
      "INSERT INTO users VALUES (1, 'a@x'), (2, 'b@x');"
      "INSERT INTO invoices (company_id, country, note) SELECT 1 + seq % 4, 'de', 'x' FROM "
      "seq_1_to_80;"
      "INSERT INTO invoice_lines (invoice_id, amount) SELECT 1 + seq % 80, seq FROM seq_1_to_400;"
      "INSERT INTO line_notes (line_id, note) SELECT 1 + seq % 400, 'n' FROM seq_1_to_800;"
      "INSERT INTO tags (company_id, tag) SELECT 1 + seq % 4, 't' FROM seq_1_to_40");
}

std::string tenancy(const SourceDatabase& source) {
  return "\n  mode: row\n  database: " + source.name() +
         "\n  directory: { table: companies, key: id, name: slug }\n  tables:\n"
         "    default: { owned: company_id }\n"
         "    companies: { owned: id }\n"
         "    countries: shared\n"
         "    users: central\n"
         "    invoice_lines: { inherited: [invoice_id -> invoices] }\n"
         "    line_notes: { inherited: [line_id -> invoice_lines] }\n";
}

std::string options(const SourceDatabase& source) {
  return "database_name: \"" + source.name() + "_{name}\"\n";
}

void change(SourceDatabase& source) {
  source.run(
      // parent, child and grandchild in one transaction, of two tenants
      "BEGIN; INSERT INTO invoices (company_id, country) VALUES (1, 'fr');"
      "SET @a = LAST_INSERT_ID(); INSERT INTO invoices (company_id, country) VALUES (2, 'de');"
      "SET @b = LAST_INSERT_ID(); INSERT INTO invoice_lines (invoice_id, amount) VALUES (@a, 1),"
      " (@b, 2), (@a, 3); INSERT INTO line_notes (line_id, note) SELECT id, 'fresh' FROM "
      "invoice_lines WHERE invoice_id IN (@a, @b); COMMIT;"
      // a cascade over two hops
      "DELETE FROM invoices WHERE id IN (3, 4);"
      // a row without descendants changes its tenant
      "UPDATE tags SET company_id = 3 WHERE company_id = 4 LIMIT 2;"
      // a child goes to another tenant's parent, without descendants of its own
      "INSERT INTO line_notes (line_id, note) VALUES (5, 'mover');"
      "UPDATE line_notes SET line_id = 7 WHERE note = 'mover';"
      "INSERT INTO countries (code, name) VALUES ('it', 'Italy'); UPDATE countries SET name = 'F' "
      "WHERE code = "
      "'fr'; UPDATE users SET mail = 'c@x' WHERE id = 2;"
      "UPDATE invoices SET note = CONCAT(note, '!') WHERE id % 3 = 0;"
      "BEGIN; DELETE FROM invoices WHERE id = 9; ROLLBACK;"
      "INSERT INTO line_notes (line_id, note) SELECT id, 'many' FROM invoice_lines WHERE "
      "invoice_id > 20;"
      "XA START 'r'; INSERT INTO tags (company_id, tag) VALUES (1, 'xa'), (2, 'xa'); XA END 'r';"
      "XA PREPARE 'r'; XA COMMIT 'r'");
}

/// So that change() can be repeated.
void clear(SourceDatabase& source) {
  source.run(
      "DELETE FROM countries WHERE code = 'it'; DELETE FROM line_notes WHERE "
      "note = 'mover'; UPDATE users SET mail = 'd@x' WHERE id = 2");
}

std::map<std::string, std::string> states(const Migration& migration) {
  const auto status = nlohmann::json::parse(migration.godwit("status", {"--json"}).out);
  std::map<std::string, std::string> states;
  for (const auto& tenant : status.at("tenants"))
    states[tenant.at("tenant")] = tenant.at("state");
  return states;
}

void require_equal(const Migration& migration) {
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  REQUIRE(verified.exit_code == 0);
}

}  // namespace follow_rows_tests
using namespace follow_rows_tests;

TEST_CASE("changes of shared tables arrive where their rows belong", "[follow_rows]") {
  SourceDatabase source;
  fill(source);
  const Migration migration(Migration::Tenancy::as_text, tenancy(source), options(source));
  const ProcessResult copied = migration.copy();
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);
  for (int round = 0; round < 2; ++round) {
    change(source);
    const ProcessResult run = until_ready(migration);
    INFO(run.out << run.err);
    REQUIRE(run.exit_code == 0);
    require_equal(migration);
    clear(source);
  }
}

TEST_CASE("shared tables: killed while keys are read or changes applied, the next run goes on",
          "[follow_rows]") {
  SourceDatabase source;
  fill(source);
  const Migration migration(Migration::Tenancy::as_text, tenancy(source), options(source));
  REQUIRE(migration.copy().exit_code == 0);
  for (const char* point : {"follow.mid_keys=kill@3", "apply.before_commit=kill@2",
                            "follow.after_group=kill@9", "apply.after_commit=kill@3"}) {
    change(source);
    CAPTURE(point);
    const ProcessResult killed = until_ready(migration, {{"GODWIT_FAILPOINTS", point}});
    INFO(killed.out << killed.err);
    REQUIRE(killed.exit_code == kKilled);
    const ProcessResult run = until_ready(migration);
    INFO(run.out << run.err);
    REQUIRE(run.exit_code == 0);
    require_equal(migration);
    clear(source);
  }
}

TEST_CASE("a row that takes others with it to another tenant stops both", "[follow_rows]") {
  SourceDatabase source;
  fill(source);
  const Migration migration(Migration::Tenancy::as_text, tenancy(source), options(source));
  REQUIRE(migration.copy().exit_code == 0);
  source.run(
      "UPDATE invoices SET company_id = 2 WHERE id = 4; "
      "UPDATE tags SET tag = 'later' WHERE company_id = 3");
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  CHECK(run.exit_code == 7);
  const auto now = states(migration);
  // invoice 4 was of company 1
  CHECK(now.at("c1") == "paused");
  CHECK(now.at("c2") == "paused");
  CHECK(now.at("c3") == "ready");
  CHECK(now.at("c4") == "ready");
}

TEST_CASE("changes of shared tables' schema are replayed for every tenant", "[follow_rows]") {
  SourceDatabase source;
  fill(source);
  const Migration migration(Migration::Tenancy::as_text, tenancy(source), options(source));
  REQUIRE(migration.copy().exit_code == 0);
  RunningProcess run(
      {GODWIT_BINARY, "run", "-p", migration.plan(), "--wave", "all", "--until", "ready"});
  REQUIRE(wait_applied(migration));
  for (const char* sql : {
           "ALTER TABLE invoices ADD COLUMN total DECIMAL(10,2) DEFAULT 1.50",
           "UPDATE invoices SET total = id",
           "INSERT INTO invoices (company_id, country, total) VALUES (3, 'de', 7.25)",
           "CREATE INDEX by_amount ON invoice_lines (amount)",
           "ALTER TABLE tags ADD COLUMN at DATETIME NULL, ADD COLUMN n INT NOT NULL DEFAULT 5",
           "UPDATE tags SET n = id; INSERT INTO tags (company_id, tag, n) VALUES (2, 'last', -1)",
           "DROP INDEX by_amount ON invoice_lines",
           "ALTER TABLE users ADD COLUMN phone VARCHAR(20)",
           "UPDATE users SET phone = '123'",
           "ALTER TABLE countries ADD COLUMN region VARCHAR(20) NULL",
           "UPDATE countries SET region = 'Europe'",
           "ALTER TABLE invoices COMMENT = 'bills', ALTER COLUMN note SET DEFAULT 'none'",
       }) {
    CAPTURE(sql);
    change(source);
    source.run(sql);
    clear(source);
    REQUIRE(wait_applied(migration));
  }
  run.signal(SIGINT);
  const ProcessResult ended = run.wait();
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 0);
  require_equal(migration);
  for (const char* name : {"c1", "c2", "c3", "c4"}) {
    CAPTURE(name);
    auto target = Migration::target(source.name() + "_" + name);
    CHECK(target.scalar("SELECT count(*) FROM information_schema.columns WHERE table_schema = "
                        "'public' AND column_name IN ('total', 'at', 'n', 'region')") == "4");
    CHECK(target.scalar("SELECT count(*) FROM public.invoices WHERE total <> 1.5") != "0");
  }
}

TEST_CASE("shared tables: who is behind a change of the schema goes on from there",
          "[follow_rows]") {
  SourceDatabase source;
  fill(source);
  const Migration migration(Migration::Tenancy::as_text, tenancy(source), options(source));
  REQUIRE(migration.copy().exit_code == 0);
  change(source);
  clear(source);
  source.run(
      "ALTER TABLE invoices ADD COLUMN total INT DEFAULT 1; CREATE INDEX by_total ON invoices "
      "(total); UPDATE invoices SET total = id");
  change(source);
  clear(source);
  const ProcessResult killed = until_ready(
      migration,
      {{"GODWIT_FAILPOINTS", GENERATE("follow.before_ddl=kill@2", "follow.after_ddl=kill@3",
                                      "apply.before_statement=kill@2")}});
  INFO(killed.out << killed.err);
  REQUIRE(killed.exit_code == kKilled);
  source.run("UPDATE invoices SET total = total + 1 WHERE id % 3 = 0");
  const ProcessResult run = until_ready(migration);
  INFO(run.out << run.err);
  REQUIRE(run.exit_code == 0);
  require_equal(migration);
}

TEST_CASE("shared tables: a change of the schema that can't be followed pauses whom it concerns",
          "[follow_rows]") {
  SourceDatabase source;
  fill(source);
  const Migration migration(Migration::Tenancy::as_text, tenancy(source), options(source));
  REQUIRE(migration.copy().exit_code == 0);
  const std::string sql = GENERATE(
      as<std::string>(), "ALTER TABLE invoices ADD COLUMN early INT FIRST",
      "ALTER TABLE invoices ADD COLUMN total INT, DROP COLUMN note",
      "ALTER TABLE invoices MODIFY note LONGTEXT AFTER id",
      "CREATE TABLE more (id INT PRIMARY KEY, company_id INT NOT NULL)",
      "RENAME TABLE tags TO labels", "ALTER TABLE tags ADD COLUMN x INT, RENAME TO labels");
  CAPTURE(sql);
  RunningProcess run(
      {GODWIT_BINARY, "run", "-p", migration.plan(), "--wave", "all", "--until", "ready"});
  REQUIRE(wait_applied(migration));
  source.run(sql +
             "; INSERT INTO invoices (company_id, country) VALUES (1, 'de');"
             "UPDATE users SET mail = 'later@x' WHERE id = 1");
  REQUIRE(wait_applied(migration));
  run.signal(SIGINT);
  const ProcessResult ended = run.wait();
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 7);
  const auto now = states(migration);
  for (const char* name : {"c1", "c2", "c3", "c4"})
    CHECK(now.at(name) == "paused");
  // it has none of these tables
  CHECK(now.at("central") == "ready");
}
