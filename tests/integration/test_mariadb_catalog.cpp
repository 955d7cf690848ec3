#include <catch2/catch.hpp>

#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "support/servers.hpp"

using godwit::mariadb::Check;
using godwit::mariadb::CodeObject;
using godwit::mariadb::Column;
using godwit::mariadb::ColumnType;
using godwit::mariadb::Connection;
using godwit::mariadb::Database;
using godwit::mariadb::DatabaseSummary;
using godwit::mariadb::ddl_digest;
using godwit::mariadb::DdlDigest;
using godwit::mariadb::fingerprint;
using godwit::mariadb::ForeignKey;
using godwit::mariadb::Index;
using godwit::mariadb::IndexKind;
using godwit::mariadb::is_unchanged;
using godwit::mariadb::list_databases;
using godwit::mariadb::read_databases;
using godwit::mariadb::Sequence;
using godwit::mariadb::Table;
using godwit::test::servers;
using godwit::test::SourceDatabase;

namespace {

Database read(const std::string& name) {
  Connection connection(servers().source);
  const std::vector<std::string> names = {name};
  std::vector<Database> databases = read_databases(connection, names);
  REQUIRE(databases.size() == 1);
  return std::move(databases[0]);
}

const Column& column(const Table& table, const std::string& name) {
  const Column* found = table.find_column(name);
  INFO(name);
  REQUIRE(found != nullptr);
  return *found;
}

const Index& index(const Table& table, const std::string& name) {
  const auto found = std::find_if(table.indexes.begin(), table.indexes.end(),
                                  [&](const Index& candidate) { return candidate.name == name; });
  INFO(name);
  REQUIRE(found != table.indexes.end());
  return *found;
}

const CodeObject& code(const Database& database, const std::string& kind, const std::string& name) {
  const auto found = std::find_if(
      database.code.begin(), database.code.end(),
      [&](const CodeObject& object) { return object.kind == kind && object.name == name; });
  INFO(kind << " " << name);
  REQUIRE(found != database.code.end());
  return *found;
}

}  // namespace

TEST_CASE("every column type is read with its facts", "[mariadb_catalog]") {
  struct Case {
    const char* sql;
    ColumnType type;
    std::uint64_t length;
    std::uint64_t octets;
    int precision;
    int scale;
    int fraction;
    bool is_unsigned;
  };
  const std::vector<Case> cases = {
      {"TINYINT(1)", ColumnType::tinyint, 0, 0, 0, 0, 0, false},
      {"SMALLINT UNSIGNED", ColumnType::smallint, 0, 0, 0, 0, 0, true},
      {"MEDIUMINT", ColumnType::mediumint, 0, 0, 0, 0, 0, false},
      {"INT(6) ZEROFILL", ColumnType::integer, 0, 0, 0, 0, 0, true},
      {"BIGINT UNSIGNED", ColumnType::bigint, 0, 0, 0, 0, 0, true},
      {"DECIMAL(65,30) UNSIGNED", ColumnType::decimal, 0, 0, 65, 30, 0, true},
      {"DECIMAL", ColumnType::decimal, 0, 0, 10, 0, 0, false},
      {"FLOAT", ColumnType::float_, 0, 0, 0, -1, 0, false},
      {"FLOAT(7,3)", ColumnType::float_, 0, 0, 0, 3, 0, false},
      {"DOUBLE UNSIGNED", ColumnType::double_, 0, 0, 0, -1, 0, true},
      {"DOUBLE(10,2)", ColumnType::double_, 0, 0, 0, 2, 0, false},
      {"BIT(9)", ColumnType::bit, 9, 0, 0, 0, 0, false},
      {"YEAR", ColumnType::year, 0, 0, 0, 0, 0, false},
      {"DATE", ColumnType::date, 0, 0, 0, 0, 0, false},
      {"TIME(6)", ColumnType::time, 0, 0, 0, 0, 6, false},
      {"DATETIME", ColumnType::datetime, 0, 0, 0, 0, 0, false},
      {"TIMESTAMP(3) NULL", ColumnType::timestamp, 0, 0, 0, 0, 3, false},
      {"CHAR(5)", ColumnType::char_, 5, 20, 0, 0, 0, false},
      {"NCHAR(3)", ColumnType::char_, 3, 9, 0, 0, 0, false},
      {"VARCHAR(100)", ColumnType::varchar, 100, 400, 0, 0, 0, false},
      {"VARCHAR(100) CHARACTER SET latin1", ColumnType::varchar, 100, 100, 0, 0, 0, false},
      {"VARCHAR(100) CHARACTER SET binary", ColumnType::varbinary, 100, 100, 0, 0, 0, false},
      {"TINYTEXT", ColumnType::text, 255, 255, 0, 0, 0, false},
      {"TEXT", ColumnType::text, 65535, 65535, 0, 0, 0, false},
      {"LONGTEXT", ColumnType::text, 4294967295, 4294967295, 0, 0, 0, false},
      {"BINARY(4)", ColumnType::binary, 4, 4, 0, 0, 0, false},
      {"VARBINARY(3)", ColumnType::varbinary, 3, 3, 0, 0, 0, false},
      {"MEDIUMBLOB", ColumnType::blob, 16777215, 16777215, 0, 0, 0, false},
      {"ENUM('unsigned','b')", ColumnType::enum_, 8, 32, 0, 0, 0, false},
      {"SET('a','b')", ColumnType::set, 3, 12, 0, 0, 0, false},
      {"JSON", ColumnType::json, 4294967295, 4294967295, 0, 0, 0, false},
      {"UUID", ColumnType::uuid, 0, 0, 0, 0, 0, false},
      {"INET4", ColumnType::inet4, 0, 0, 0, 0, 0, false},
      {"INET6", ColumnType::inet6, 0, 0, 0, 0, 0, false},
      {"GEOMETRY", ColumnType::geometry, 0, 0, 0, 0, 0, false},
      {"MULTIPOLYGON", ColumnType::geometry, 0, 0, 0, 0, 0, false},
  };
  SourceDatabase source;
  std::string sql = "CREATE TABLE t (";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    sql += (i == 0 ? "c" : ",c") + std::to_string(i) + " " + cases[i].sql;
  }
  source.run(sql + ")");
  const Database database = read(source.name());
  REQUIRE(database.tables.size() == 1);
  REQUIRE(database.tables[0].columns.size() == cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Column& read = database.tables[0].columns[i];
    INFO(cases[i].sql);
    CHECK(read.name == "c" + std::to_string(i));
    CHECK(read.type == cases[i].type);
    CHECK(read.length == cases[i].length);
    CHECK(read.octet_length == cases[i].octets);
    CHECK(read.precision == cases[i].precision);
    CHECK(read.scale == cases[i].scale);
    CHECK(read.fraction == cases[i].fraction);
    CHECK(read.is_unsigned == cases[i].is_unsigned);
    CHECK(read.nullable);
  }
}

TEST_CASE("columns' attributes", "[mariadb_catalog]") {
  SourceDatabase source("CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci");
  source.run(
      "CREATE TABLE t (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'it''s \\\\ \"x\"\\n',"
      "a VARCHAR(20) NOT NULL DEFAULT 'it''s\\\\n',"
      "b INT DEFAULT NULL, c INT NOT NULL, d TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON "
      "UPDATE CURRENT_TIMESTAMP(6), e DATETIME DEFAULT (NOW() + INTERVAL 1 DAY),"
      "f INT INVISIBLE DEFAULT 3, g INT AS (b * 2) VIRTUAL, h INT AS (b * 3) STORED,"
      "i TEXT COMPRESSED, j CHAR(3) CHARACTER SET latin1 COLLATE latin1_bin, k BIT(3) DEFAULT "
      "b'101',"
      "l POINT REF_SYSTEM_ID=4326 NOT NULL, m GEOMETRY, `n``.\"x y` INT,"
      "o ENUM('a,b','it''s','x\\\\y','','COMPRESSED*/','\xe2\x82\xac','(') DEFAULT 'it''s')"
      "COMMENT 'table''s'");
  const Database database = read(source.name());
  CHECK(database.charset == "utf8mb4");
  CHECK(database.collation == "utf8mb4_general_ci");
  const Table& t = database.tables.at(0);
  CHECK(t.comment == "table's");
  CHECK(t.collation == "utf8mb4_general_ci");
  CHECK(t.engine == "InnoDB");
  CHECK(t.transactional());
  CHECK(t.auto_increment == 1);
  CHECK(column(t, "id").auto_increment);
  CHECK_FALSE(column(t, "id").nullable);
  CHECK(column(t, "id").comment == "it's \\ \"x\"\n");
  CHECK(column(t, "a").default_text == "'it''s\\\\n'");
  CHECK(column(t, "b").default_text == "NULL");
  CHECK(column(t, "c").default_text == std::nullopt);
  CHECK(column(t, "d").default_text == "current_timestamp(6)");
  CHECK(column(t, "d").on_update_now);
  CHECK(column(t, "e").default_text == "(current_timestamp() + interval 1 day)");
  CHECK_FALSE(column(t, "e").on_update_now);
  CHECK(column(t, "f").invisible);
  CHECK(column(t, "g").generation_expression == "`b` * 2");
  CHECK_FALSE(column(t, "g").stored_generated);
  CHECK(column(t, "h").generation_expression == "`b` * 3");
  CHECK(column(t, "h").stored_generated);
  CHECK(column(t, "i").compressed);
  CHECK_FALSE(column(t, "o").compressed);
  CHECK(column(t, "j").charset == "latin1");
  CHECK(column(t, "j").collation == "latin1_bin");
  CHECK(column(t, "k").default_text == "b'101'");
  CHECK(column(t, "l").srid == 4326);
  CHECK(column(t, "l").geometry_type == "point");
  CHECK(column(t, "m").srid == 0);
  CHECK(column(t, "n`.\"x y").type == ColumnType::integer);
  CHECK(column(t, "o").members ==
        std::vector<std::string>{"a,b", "it's", "x\\y", "", "COMPRESSED*/", "\xe2\x82\xac", "("});
}

TEST_CASE("members of an ENUM with every awkward byte", "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE t (a ENUM(X'6E5C30', X'610A62', X'610D62', X'610962', X'2761', X'611A79',"
      "X'6122', '%_', X'610062', X'5C5C'))");
  CHECK(read(source.name()).tables.at(0).columns.at(0).members ==
        std::vector<std::string>{"n\\0", "a\nb", "a\rb", "a\tb", "'a", "a\x1ay", "a\"", "%_",
                                 std::string("a\0b", 3), "\\\\"});
}

TEST_CASE("JSON is told by its own check", "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE t (a JSON, b LONGTEXT, `c``d` JSON, e LONGTEXT CHECK (JSON_VALID(b)),"
      "f TEXT CHECK (JSON_VALID(f)), g LONGTEXT, CONSTRAINT g CHECK (JSON_VALID(g)),"
      "h LONGTEXT CHECK (JSON_VALID(h) AND h <> ''))");
  const Table table = read(source.name()).tables.at(0);
  CHECK(column(table, "a").type == ColumnType::json);
  CHECK(column(table, "c`d").type == ColumnType::json);
  for (const char* name : {"b", "e", "f", "g", "h"}) {
    INFO(name);
    CHECK(column(table, name).type == ColumnType::text);
  }
  std::vector<std::string> checks;
  for (const Check& check : table.checks)
    checks.push_back(check.name + ": " + check.expression);
  std::sort(checks.begin(), checks.end());
  CHECK(checks == std::vector<std::string>{"e: json_valid(`b`)", "f: json_valid(`f`)",
                                           "g: json_valid(`g`)",
                                           "h: json_valid(`h`) and `h` <> ''"});
}

TEST_CASE("indexes of every kind", "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE t (a INT, b VARCHAR(100), c TEXT, d POINT NOT NULL, e LONGTEXT, f INT,"
      "KEY plain (b, a DESC), UNIQUE KEY uniq (f), KEY prefixed (c(20), b(5)) COMMENT 'it''s',"
      "KEY hidden (f, a) IGNORED, FULLTEXT KEY words (c), SPATIAL KEY place (d), UNIQUE KEY hashed "
      "(e), PRIMARY KEY (b, a))");
  const Table table = read(source.name()).tables.at(0);
  REQUIRE(table.indexes.size() == 8);
  CHECK(table.indexes[0].name == "PRIMARY");
  REQUIRE(table.primary_key() != nullptr);
  CHECK(table.primary_key()->parts[0].column == "b");
  CHECK(table.primary_key()->parts[1].column == "a");
  CHECK(table.primary_key()->unique);
  CHECK_FALSE(index(table, "plain").unique);
  CHECK_FALSE(index(table, "plain").parts[0].descending);
  CHECK(index(table, "plain").parts[1].descending);
  CHECK(index(table, "uniq").unique);
  CHECK_FALSE(index(table, "uniq").primary);
  CHECK(index(table, "prefixed").parts[0].prefix == 20U);
  CHECK(index(table, "prefixed").parts[1].prefix == 5U);
  CHECK(index(table, "prefixed").comment == "it's");
  CHECK(index(table, "hidden").ignored);
  CHECK_FALSE(index(table, "plain").ignored);
  CHECK(index(table, "words").kind == IndexKind::fulltext);
  CHECK(index(table, "place").kind == IndexKind::spatial);
  CHECK_FALSE(index(table, "place").parts[0].prefix.has_value());
  CHECK(index(table, "hashed").kind == IndexKind::hash);
  CHECK(index(table, "hashed").unique);
}

TEST_CASE("periods without overlaps are not taken for plain unique keys", "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE a (id INT, s DATE, e DATE, PERIOD FOR p (s, e),"
      "UNIQUE KEY k (id, p WITHOUT OVERLAPS), CONSTRAINT z CHECK (s < e));"
      "CREATE TABLE b (id INT, s DATE NOT NULL, e DATE NOT NULL, UNIQUE KEY k (id, e, s),"
      "CONSTRAINT p CHECK (s < e))");
  const Database database = read(source.name());
  CHECK(index(*database.find_table("a"), "k").without_overlaps);
  CHECK_FALSE(index(*database.find_table("b"), "k").without_overlaps);
  CHECK(database.find_table("a")->checks.at(0).expression == "`s` < `e`");
}

TEST_CASE("foreign keys", "[mariadb_catalog]") {
  SourceDatabase other;
  other.run("CREATE TABLE shared (id INT PRIMARY KEY)");
  SourceDatabase source;
  source.run(
      "CREATE TABLE parent (a INT, b INT, PRIMARY KEY (a, b));"
      "CREATE TABLE child (x INT, y INT, z INT, self INT, id INT PRIMARY KEY,"
      "CONSTRAINT two FOREIGN KEY (y, x) REFERENCES parent (a, b) ON DELETE CASCADE ON UPDATE SET "
      "NULL, CONSTRAINT abroad FOREIGN KEY (z) REFERENCES `" +
      other.name() +
      "`.shared (id), CONSTRAINT self FOREIGN KEY (self) REFERENCES child (id) ON DELETE NO "
      "ACTION)");
  const Database database = read(source.name());
  const Table& child = *database.find_table("child");
  REQUIRE(child.foreign_keys.size() == 3);
  for (const ForeignKey& key : child.foreign_keys) {
    if (key.name == "two") {
      CHECK(key.columns == std::vector<std::string>{"y", "x"});
      CHECK(key.referenced_columns == std::vector<std::string>{"a", "b"});
      CHECK(key.referenced_database == source.name());
      CHECK(key.referenced_table == "parent");
      CHECK(key.on_delete == "CASCADE");
      CHECK(key.on_update == "SET NULL");
    } else if (key.name == "abroad") {
      CHECK(key.referenced_database == other.name());
      CHECK(key.referenced_table == "shared");
      CHECK(key.on_delete == "RESTRICT");
    } else {
      CHECK(key.name == "self");
      CHECK(key.referenced_table == "child");
      CHECK(key.on_delete == "NO ACTION");
    }
  }
  CHECK(database.find_table("parent")->foreign_keys.empty());
}

TEST_CASE("sequences are no tables", "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE SEQUENCE `s``1` START WITH 10 INCREMENT BY -2 MINVALUE -100 MAXVALUE 100 CACHE 5 "
      "CYCLE;"
      "CREATE SEQUENCE s2; SELECT NEXTVAL(s2)");
  const Database database = read(source.name());
  CHECK(database.tables.empty());
  REQUIRE(database.sequences.size() == 2);
  const Sequence& first = database.sequences[0];
  CHECK(first.name == "s2");
  CHECK(first.next_not_cached == 1001);
  CHECK(first.cache == 1000);
  CHECK(first.maximum == 9223372036854775806);
  const Sequence& second = database.sequences[1];
  CHECK(second.name == "s`1");
  CHECK(second.start == 10);
  CHECK(second.increment == -2);
  CHECK(second.minimum == -100);
  CHECK(second.maximum == 100);
  CHECK(second.cache == 5);
  CHECK(second.cycle);
  CHECK(second.next_not_cached == 10);
}

TEST_CASE("kinds of tables", "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE m (a INT) ENGINE=MyISAM; CREATE TABLE p (a INT) PARTITION BY HASH (a) "
      "PARTITIONS 3;"
      "CREATE TABLE v (a INT) WITH SYSTEM VERSIONING;"
      "CREATE TABLE w (a INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6)"
      "GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING;"
      "CREATE TABLE `Case` (a INT); CREATE TABLE `case` (b INT)");
  const Database database = read(source.name());
  CHECK(database.tables.size() == 6);
  CHECK_FALSE(database.find_table("m")->transactional());
  CHECK(database.find_table("p")->partitioned);
  CHECK_FALSE(database.find_table("p")->system_versioned);
  CHECK(database.find_table("v")->system_versioned);
  CHECK(database.find_table("v")->columns.size() == 1);
  CHECK(column(*database.find_table("w"), "rs").generation_expression == "ROW START");
  CHECK(column(*database.find_table("w"), "re").generation_expression == "ROW END");
  CHECK(database.find_table("Case")->columns[0].name == "a");
  CHECK(database.find_table("case")->columns[0].name == "b");
}

TEST_CASE("code is listed with its text", "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE t (a INT); CREATE VIEW v AS SELECT a + 1 AS b FROM t;"
      "CREATE TABLE gone (a INT); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;"
      "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 42;"
      "CREATE PROCEDURE p() SELECT 43; CREATE FUNCTION f() RETURNS INT RETURN 44;"
      "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM t WHERE a = 45");
  const Database database = read(source.name());
  CHECK(database.tables.size() == 1);
  CHECK(database.code.size() == 6);
  CHECK_THAT(code(database, "view", "v").text, Catch::Contains("+ 1"));
  code(database, "view", "broken");
  CHECK(code(database, "trigger", "tr").table == "t");
  CHECK(code(database, "trigger", "tr").text == "BEFORE INSERT ON `t` FOR EACH ROW SET NEW.a = 42");
  CHECK_THAT(code(database, "procedure", "p").text, Catch::Contains("43"));
  CHECK_THAT(code(database, "function", "f").text, Catch::Contains("44"));
  CHECK_THAT(code(database, "event", "e").text, Catch::Contains("45"));
}

TEST_CASE("databases are read in the order asked for, those that exist", "[mariadb_catalog]") {
  SourceDatabase a;
  SourceDatabase b;
  SourceDatabase empty;
  a.run("CREATE TABLE t (a INT)");
  b.run("CREATE TABLE t (b INT)");
  Connection connection(servers().source);
  const std::vector<std::string> names = {b.name(), "gw_missing", empty.name(), a.name(), "mysql"};
  const auto databases = read_databases(connection, names);
  REQUIRE(databases.size() >= 3);
  CHECK(databases[0].name == b.name());
  CHECK(databases[0].tables.at(0).columns.at(0).name == "b");
  CHECK(databases[1].name == empty.name());
  CHECK(databases[1].tables.empty());
  CHECK(databases[2].name == a.name());
  CHECK(read_databases(connection, {}).empty());

  const auto summaries = list_databases(connection);
  const auto find = [&](const std::string& name) {
    return std::find_if(summaries.begin(), summaries.end(),
                        [&](const DatabaseSummary& summary) { return summary.name == name; });
  };
  REQUIRE(find(a.name()) != summaries.end());
  CHECK(find(a.name())->tables == 1);
  REQUIRE(find(empty.name()) != summaries.end());
  CHECK(find(empty.name())->tables == 0);
  CHECK(find("information_schema") == summaries.end());
}

TEST_CASE("more databases than one batch", "[mariadb_catalog]") {
  std::vector<std::unique_ptr<SourceDatabase>> sources;
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) {
    sources.push_back(std::make_unique<SourceDatabase>());
    sources.back()->run("CREATE TABLE t" + std::to_string(i) + " (a INT)");
    names.push_back(sources.back()->name());
  }
  std::reverse(names.begin(), names.end());
  Connection connection(servers().source);
  const auto databases = read_databases(connection, names);
  REQUIRE(databases.size() == 60);
  for (std::size_t i = 0; i < 60; ++i) {
    CHECK(databases[i].name == names[i]);
    CHECK(databases[i].tables.at(0).name == "t" + std::to_string(59 - i));
  }
}

TEST_CASE("tenants of one schema have one fingerprint", "[mariadb_catalog]") {
  const std::string ddl =
      "CREATE SEQUENCE s; CREATE TABLE p (id INT PRIMARY KEY);"
      "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, p INT REFERENCES p (id),"
      "n INT DEFAULT (NEXTVAL(s))); CREATE VIEW v AS SELECT * FROM t";
  SourceDatabase a;
  SourceDatabase b;
  a.run(ddl);
  b.run(ddl + "; INSERT INTO t (id) VALUES (42)");
  CHECK(fingerprint(read(a.name())) == fingerprint(read(b.name())));
  b.run("ALTER TABLE t MODIFY n BIGINT DEFAULT (NEXTVAL(s))");
  CHECK(fingerprint(read(a.name())) != fingerprint(read(b.name())));
}

TEST_CASE("the digest tells DDL from rows", "[mariadb_catalog]") {
  const std::vector<std::string> statements = {
      "ALTER TABLE t ADD b INT",
      "CREATE TABLE x (a INT)",
      "DROP TABLE u",
      "RENAME TABLE t TO x, u TO t, x TO u",
      "ALTER TABLE t COMMENT ' AUTO_INCREMENT=8'",
      "ALTER TABLE t ADD b INT; ALTER TABLE t DROP b",
      "CREATE INDEX i ON t (a)",
      "ALTER TABLE t RENAME COLUMN a TO b",
      "ALTER TABLE t ALTER a SET DEFAULT 5",
      "ALTER TABLE c ADD FOREIGN KEY (t_id) REFERENCES t (id)",
      "ALTER TABLE m COMMENT 'x'",
      "ALTER TABLE p COALESCE PARTITION 1",
  };
  std::vector<SourceDatabase> sources(statements.size());
  for (SourceDatabase& source : sources) {
    source.run(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT) COMMENT ' AUTO_INCREMENT=7';"
        "CREATE TABLE u LIKE t; CREATE SEQUENCE s; CREATE VIEW v AS SELECT 1 AS x;"
        "CREATE TABLE m (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=MyISAM;"
        "CREATE TABLE c (t_id INT); CREATE TABLE p (a INT) PARTITION BY HASH (a) PARTITIONS 3");
  }
  // a definition that is old enough is known by its time, another by its text
  sources.back().run(GENERATE("DO SLEEP(1.1)", "DO SLEEP(3.1)"));
  Connection connection(servers().source);
  for (std::size_t i = 0; i < statements.size(); ++i) {
    CAPTURE(statements[i]);
    SourceDatabase& source = sources[i];
    const DdlDigest before = ddl_digest(connection, source.name());
    CHECK(before.hash.size() == 32);
    source.run(
        "INSERT INTO t (a) VALUES (1), (2); INSERT INTO m VALUES (), (); SELECT NEXTVAL(s);"
        "INSERT INTO p VALUES (1), (2); FLUSH TABLES t, m, p; ANALYZE TABLE t");
    CHECK(is_unchanged(connection, source.name(), before));
    source.run(statements[i]);
    CHECK_FALSE(is_unchanged(connection, source.name(), before));
  }
}

TEST_CASE("a table that can't be opened has no engine, and a digest all the same",
          "[mariadb_catalog]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE lost (id INT) ENGINE=MyISAM;"
      "CREATE TABLE merged (id INT) ENGINE=MERGE UNION=(lost)");
  Connection connection(servers().source);
  const DdlDigest before = ddl_digest(connection, source.name());
  source.run("DROP TABLE lost");
  const Database database = read(source.name());
  const Table* table = database.find_table("merged");
  REQUIRE(table != nullptr);
  CHECK(table->engine.empty());
  CHECK(table->comment.find("Unable to open underlying table") == 0);
  CHECK_FALSE(is_unchanged(connection, source.name(), before));
  const DdlDigest broken = ddl_digest(connection, source.name());
  CHECK(is_unchanged(connection, source.name(), broken));
  source.run("ALTER TABLE a ADD b INT");
  CHECK_FALSE(is_unchanged(connection, source.name(), broken));
}
