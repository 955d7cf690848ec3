// The target's DDL on real servers: a schema of everything that is hard, its defaults, its keys.
#include <sstream>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "schema/collation.hpp"
#include "schema/names.hpp"
#include "support/migration.hpp"
#include "support/servers.hpp"
#include "support/target_schema.hpp"

namespace godwit::test {
namespace {

/// A source database's schema, built and applied.
struct Migrated {
  explicit Migrated(const std::string& source_name, const schema::SchemaOptions& options = {})
      : catalog(read_source(source_name)),
        schema(schema::build_target(catalog, schema::TypeMap::load(options.map), options)),
        session(target.connect()) {
    apply_schema(session, schema, catalog);
  }

  std::string value(const std::string& sql) { return session.scalar(sql).value_or("NULL"); }
  [[nodiscard]] bool found(const std::string& code) const {
    for (const Finding& finding : schema.findings) {
      if (finding.code == code) return true;
    }
    return false;
  }

  mariadb::Database catalog;
  schema::TargetSchema schema;
  TargetDatabase target;
  postgres::Session session;
};

/// Every type with a default, and names that want quoting.
constexpr const char* kDefaults = R"(
CREATE TABLE `select` (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  quoted VARCHAR(50) DEFAULT 'it''s "x"', esc VARCHAR(50) DEFAULT 'a\\b\nc\td',
  empty VARCHAR(20) DEFAULT '', word VARCHAR(20) DEFAULT 'NULL',
  latin VARCHAR(9) CHARACTER SET latin1 DEFAULT 'é€',
  tiny TINYINT DEFAULT -5, big BIGINT UNSIGNED DEFAULT 18446744073709551615,
  filled INT(6) ZEROFILL DEFAULT 42,
  price DECIMAL(10,2) DEFAULT -1.5, ratio FLOAT DEFAULT 0.1, huge DOUBLE DEFAULT 1e300,
  bits BIT(9) DEFAULT b'101', y YEAR DEFAULT 2024, y0 YEAR DEFAULT 0,
  day DATE DEFAULT '2024-02-29', zero DATE DEFAULT '0000-00-00',
  moment DATETIME(3) DEFAULT '2024-01-02 03:04:05.678',
  instant TIMESTAMP NULL DEFAULT '2024-01-02 03:04:05',
  span TIME(2) DEFAULT '-12:00:01.5', longest TIME DEFAULT '838:59:59',
  raw BINARY(4) DEFAULT 'a', varraw VARBINARY(9) DEFAULT 'xyz',
  label ENUM('a','b,c','d''e','\\x','') DEFAULT 'd''e', tags SET('x','y z') DEFAULT 'x,y z',
  doc JSON DEFAULT '{"a": "b\\n"}', u UUID DEFAULT '123e4567-e89b-12d3-a456-426614174000',
  ip INET4 DEFAULT '1.2.3.4', ip6 INET6 DEFAULT '::ffff:1.2.3.4', body TEXT DEFAULT 'abc',
  made DATETIME DEFAULT CURRENT_TIMESTAMP, made6 TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
) COMMENT 'it''s; DROP TABLE "x" -- \\ */', AUTO_INCREMENT = 42;
)";

}  // namespace

TEST_CASE("defaults give the same values on the target", "[schema]") {
  SourceDatabase source;
  source.run("SET sql_mode='', time_zone='+00:00'");
  source.run(kDefaults);
  Migrated migrated(source.name());
  CHECK_FALSE(has_errors(migrated.schema.findings));
  migrated.session.execute("INSERT INTO public.\"select\" DEFAULT VALUES");
  struct Expected {
    const char* sql;
    const char* value;
  };
  for (const Expected& expected : std::vector<Expected>{
           {"id", "42"},
           {"quoted", "it's \"x\""},
           {"esc", "a\\b\nc\td"},
           {"empty", ""},
           {"word", "NULL"},
           {"latin", "é€"},
           {"tiny", "-5"},
           {"big", "18446744073709551615"},
           {"filled", "42"},
           {"price", "-1.50"},
           {"ratio", "0.1"},
           {"huge", "1e+300"},
           {"bits", "000000101"},
           {"y", "2024"},
           {"y0", "0"},
           {"day", "2024-02-29"},
           {"coalesce(zero::text, '(none)')", "(none)"},
           {"moment", "2024-01-02 03:04:05.678"},
           {"instant", "2024-01-02 03:04:05+00"},
           {"span", "-12:00:01.5"},
           {"longest", "838:59:59"},
           {"raw", "\\x61000000"},
           {"varraw", "\\x78797a"},
           {"label", "d'e"},
           {"tags", "x,y z"},
           {"doc", "{\"a\": \"b\\n\"}"},
           {"u", "123e4567-e89b-12d3-a456-426614174000"},
           {"ip", "1.2.3.4"},
           {"ip6", "::ffff:1.2.3.4"},
           {"body", "abc"},
           {"made <= localtimestamp AND made > localtimestamp - interval '5 min'", "t"},
           {"made = date_trunc('second', made)", "t"},
           {"made6 <= current_timestamp", "t"}}) {
    INFO(expected.sql);
    CHECK(migrated.value(std::string("SELECT ") + expected.sql + " FROM public.\"select\"") ==
          expected.value);
  }
  CHECK(migrated.value("SELECT obj_description('public.\"select\"'::regclass)") ==
        "it's; DROP TABLE \"x\" -- \\ */");
}

TEST_CASE("no table takes the name of one of the server's catalog", "[schema]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT)");
  Migrated migrated(source.name(), {});
  std::istringstream names(
      migrated.value("SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = "
                     "'pg_catalog'::regnamespace AND relkind IN ('r', 'v')"));
  std::size_t count = 0;
  for (std::string name; names >> name; ++count) {
    INFO(name);
    CHECK(schema::relation_name(name) == name + "_");
  }
  CHECK(count > 100);
  CHECK(schema::relation_name("pg_classes") == "pg_classes");
}

TEST_CASE("hard names, keys and indexes are accepted by PostgreSQL", "[schema]") {
  SourceDatabase source;
  const std::string name_64(64, 'n');
  source.run("CREATE TABLE pg_class (ctid INT PRIMARY KEY, `a.b` INT, `c``\"d` INT, `" + name_64 +
             "` INT, KEY k (`a.b` DESC), KEY pg_class (`c``\"d`), KEY `" + name_64 + "` (`" +
             name_64 + "`)) COMMENT='x'");
  source.run(
      "CREATE TABLE `Case Table` (id INT PRIMARY KEY, k INT, KEY k (k), "
      "CONSTRAINT f FOREIGN KEY (k) REFERENCES pg_class (ctid) ON DELETE SET NULL)");
  source.run(
      "CREATE TABLE keys_of_text (id INT PRIMARY KEY, name VARCHAR(768), body TEXT, words TEXT,"
      " data BLOB, place POINT NOT NULL, doc JSON, tag VARCHAR(20), wide VARCHAR(700),"
      " KEY name (name), KEY body (body(20), data(8)), UNIQUE u_body (body(10)), UNIQUE u_tag "
      "(tag),"
      " UNIQUE u_long (words) USING HASH, KEY two (tag, wide), FULLTEXT w (words, tag),"
      " SPATIAL s (place), KEY doc (doc(30)), UNIQUE u_wide (id, wide))");
  source.run(
      "CREATE TABLE node (id INT PRIMARY KEY, up INT, CONSTRAINT g FOREIGN KEY (up) "
      "REFERENCES node (id) ON DELETE CASCADE ON UPDATE CASCADE)");
  source.run("CREATE TABLE ps (t TEXT NOT NULL, PRIMARY KEY (t(20)))");
  source.run("CREATE SEQUENCE numbers START 5 MINVALUE -10 MAXVALUE 100 INCREMENT 3 CYCLE");
  source.run("SELECT NEXTVAL(numbers)");
  const std::string map = GENERATE("default", "compact");
  schema::SchemaOptions options;
  options.map = map;
  Migrated migrated(source.name(), options);
  CHECK_FALSE(has_errors(migrated.schema.findings));
  CHECK(migrated.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                       "AND relkind = 'r'") == "5");
  CHECK(migrated.value("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") ==
        "2");
  // under its own name statements would find the catalog's
  CHECK(migrated.value("SELECT to_regclass('public.pg_class_') IS NOT NULL") == "t");
  CHECK(migrated.value(
            "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE "
            "c.relnamespace = 'public'::regnamespace AND NOT (indisvalid AND indisready)") == "0");
  CHECK(migrated.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = "
                       "'public.node'::regclass AND contype = 'f'") ==
        "FOREIGN KEY (up) REFERENCES public.node(id) ON DELETE CASCADE");
  // the source had given one number and cached up to 1,000
  CHECK(std::stoi(migrated.value("SELECT nextval('public.numbers')")) != 5);
}

TEST_CASE("unique keys of text refuse what the source refuses", "[schema]") {
  struct Case {
    const char* collation;
    const char* accepted;  // beside 'a', as SQL literals
    const char* refused;
  };
  const Case item = GENERATE(values<Case>({
      {"utf8mb4_general_ci", "'b'", "'A'"},
      {"utf8mb4_general_ci", "'ab'", "'á'"},
      {"utf8mb4_general_ci", "' a'", "'a  '"},
      {"utf8mb4_unicode_nopad_ci", "'a '", "'Á'"},
      {"utf8mb4_uca1400_as_ci", "'á'", "'A'"},
      {"utf8mb4_uca1400_as_cs", "'A'", "'a '"},
      {"utf8mb4_uca1400_ai_cs", "'A'", "'á'"},
      {"utf8mb4_bin", "'A'", "'a '"},
      {"utf8mb4_nopad_bin", "'a '", "'a'"},
      {"latin1_swedish_ci", "'ä'", "'A'"},
      {"latin1_general_ci", "'á'", "'A '"},
  }));
  INFO(item.collation << " " << item.accepted << " " << item.refused);
  SourceDatabase source;
  const bool latin = std::string(item.collation).find("latin1") == 0;
  source.run(std::string("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, c VARCHAR(20) "
                         "CHARACTER SET ") +
             (latin ? "latin1" : "utf8mb4") + " COLLATE " + item.collation +
             ", UNIQUE u (c)) ENGINE=InnoDB");
  Migrated migrated(source.name());
  const auto insert = [](const std::string& literal) {
    return "INSERT INTO t (c) VALUES (" + literal + ")";
  };
  const auto target_insert = [](const std::string& literal) {
    return "INSERT INTO public.t (c) VALUES (" + literal + ")";
  };
  source.run("SET NAMES utf8mb4");
  for (const char* literal : {"'a'", item.accepted}) {
    source.run(insert(literal));
    CHECK_NOTHROW(migrated.session.execute(target_insert(literal)));
  }
  REQUIRE_THROWS_WITH(source.run(insert(item.refused)), Catch::Contains("Duplicate entry"));
  REQUIRE_THROWS_WITH(migrated.session.execute(target_insert(item.refused)),
                      Catch::Contains("duplicate key"));
}

TEST_CASE("long unique values are refused by what is equal, too", "[schema]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE t (id INT PRIMARY KEY, n INT, c VARCHAR(768), b BLOB, d VARCHAR(700) "
      "COLLATE utf8mb4_bin, UNIQUE c (c), UNIQUE b (b), UNIQUE d (n, d))");
  Migrated migrated(source.name());
  auto& session = migrated.session;
  session.execute(
      "INSERT INTO public.t SELECT 1, 1, repeat('é', 768), convert_to(repeat('x', "
      "9000), 'UTF8'), repeat('ß', 700)");
  REQUIRE_THROWS_WITH(session.execute("INSERT INTO public.t (id, c) SELECT 2, repeat('E', 768)"),
                      Catch::Contains("exclusion constraint"));
  REQUIRE_THROWS_WITH(session.execute("INSERT INTO public.t (id, b) SELECT 3, "
                                      "convert_to(repeat('x', 9000), 'UTF8')"),
                      Catch::Contains("duplicate key"));
  REQUIRE_THROWS_WITH(session.execute("INSERT INTO public.t (id, n, d) SELECT 4, 1, "
                                      "repeat('ß', 700) || ''"),
                      Catch::Contains("duplicate key"));
  CHECK_NOTHROW(session.execute("INSERT INTO public.t (id, c) SELECT 5, repeat('f', 768)"));
  CHECK_NOTHROW(session.execute("INSERT INTO public.t (id, n, d) SELECT 6, 2, repeat('ß', 700)"));
}

TEST_CASE("a foreign key to text that ignores case holds by its plain index", "[schema]") {
  SourceDatabase source;
  source.run("CREATE TABLE p (code VARCHAR(10) NOT NULL, UNIQUE u (code)) ENGINE=InnoDB");
  source.run(
      "CREATE TABLE c (id INT PRIMARY KEY, code VARCHAR(10), "
      "FOREIGN KEY (code) REFERENCES p (code) ON UPDATE CASCADE) ENGINE=InnoDB");
  Migrated migrated(source.name());
  CHECK(migrated.found("foreign-key-collation"));
  migrated.session.execute(
      "INSERT INTO public.p VALUES ('a'); INSERT INTO public.c VALUES (1, 'a')");
  REQUIRE_THROWS_WITH(migrated.session.execute("INSERT INTO public.c VALUES (2, 'A')"),
                      Catch::Contains("foreign key"));
  REQUIRE_THROWS_WITH(migrated.session.execute("INSERT INTO public.p VALUES ('A ')"),
                      Catch::Contains("duplicate key"));
}

TEST_CASE("a collation means what its tag says, whatever its spelling", "[schema]") {
  TargetDatabase database;
  postgres::Session session = database.connect();
  session.execute("CREATE SCHEMA godwit; SET search_path = public");
  // one and two letters, with and without accents, and what languages treat their own way
  session.execute(
      "CREATE TABLE word AS SELECT chr(a) || b AS x FROM "
      "(SELECT generate_series(65, 125) UNION SELECT generate_series(192, 382)) AS first (a), "
      "unnest(array['', 'a', 'A', 'ä', 'e', 'h']) AS b UNION SELECT unnest(array['ll', 'lz', 'ae', "
      "'ss', 'ß', 'ue', 'ü', 'dž', 'Qa' || chr(776)])");
  for (const std::string tag :
       {"und-u-ks-level1", "und-u-ks-level2", "und-u-ks-level3", "und-u-kc-ks-level1",
        "sv-u-ks-level1", "de-u-co-phonebk-ks-level1", "es-u-co-trad-ks-level2"}) {
    CAPTURE(tag);
    session.execute(schema::create_icu_collation(tag));
    session.execute("CREATE COLLATION \"" + tag + "\" (provider = icu, locale = '" + tag +
                    "', deterministic = false)");
    const std::string ours = " COLLATE " + schema::icu_collation(tag);
    const std::string plain = " COLLATE \"" + tag + "\"";
    CHECK(session
              .scalar("SELECT count(*) FROM word AS a, word AS b WHERE (a.x = b.x" + ours +
                      ") <> (a.x = b.x" + plain + ") OR (a.x < b.x" + ours + ") <> (a.x < b.x" +
                      plain + ")")
              .value() == "0");
    CHECK(
        session
            .scalar("SELECT count(*) > 0 FROM word AS a, word AS b WHERE a.x <> b.x AND a.x = b.x" +
                    ours)
            .value() == "t");
  }
}

TEST_CASE("counters go on where the source stands", "[schema]") {
  SourceDatabase source;
  source.run(
      "CREATE TABLE t (id TINYINT AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (5), (-3)");
  source.run("CREATE TABLE u (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT=900");
  source.run(
      "CREATE TABLE f (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO f VALUES (2147483647)");
  Migrated migrated(source.name());
  CHECK(migrated.value("INSERT INTO public.t DEFAULT VALUES RETURNING id") == "6");
  CHECK(migrated.value("INSERT INTO public.u DEFAULT VALUES RETURNING id") == "900");
  REQUIRE_THROWS_AS(migrated.session.execute("INSERT INTO public.f DEFAULT VALUES; "
                                             "INSERT INTO public.f DEFAULT VALUES"),
                    Error);
}

TEST_CASE("the monolith's schema is accepted under both maps", "[schema]") {
  const Monolith monolith(unique_name("gw_schema") + "_", 1);
  for (const char* map : {"default", "compact"}) {
    INFO(map);
    schema::SchemaOptions options;
    options.map = map;
    Migrated migrated(monolith.databases().at(0), options);
    CHECK_FALSE(has_errors(migrated.schema.findings));
    CHECK(migrated.schema.tables.size() >= 20);
    CHECK(migrated.found("view"));
    CHECK(migrated.found("trigger"));
  }
}

}  // namespace godwit::test
