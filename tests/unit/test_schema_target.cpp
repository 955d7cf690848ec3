// Names, keys, foreign keys, counters and findings of a target schema.
#include <chrono>
#include <set>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "schema/names.hpp"
#include "schema_model.hpp"

namespace godwit::test {
namespace {

std::vector<std::string> index_sql(const schema::TargetSchema& schema) {
  std::vector<std::string> result;
  for (const auto& index : schema.tables.front().indexes)
    result.push_back(index.sql);
  return result;
}

mariadb::ForeignKey foreign_key(const std::string& name, const std::string& column,
                                const std::string& parent, const std::string& parent_column) {
  return {name, {column}, "crm", parent, {parent_column}, "CASCADE", "CASCADE"};
}

}  // namespace

TEST_CASE("long names keep their beginning and get a hash of all of it", "[schema]") {
  const std::string a(63, 'a');
  CHECK(schema::fit_name(a) == a);
  const std::string first = schema::fit_name(a + "1");
  CHECK(first.size() == 63);
  CHECK(first.substr(0, 54) == a.substr(0, 54));
  CHECK(first != schema::fit_name(a + "2"));
  CHECK(first == schema::fit_name(a + "1"));
  std::string wide;
  for (int i = 0; i < 40; ++i)
    wide += "é";
  const std::string cut = schema::fit_name(wide);
  CHECK(cut.size() == 63);
  CHECK(cut.substr(0, 54) == wide.substr(0, 54));
  CHECK(schema::column_name("ctid") == "ctid_");
  CHECK(schema::column_name("oid") == "oid");
}

TEST_CASE("names keep their case and get out of each other's way", "[schema]") {
  auto first = table("Case", {id_column()}, {index("PRIMARY", {"id"}), index("k", {"id"})});
  auto second = table(
      "case", {id_column(), column("xmin", ColumnType::date), column("xmin_", ColumnType::date)},
      {index("k", {"id"}), index("Case", {"id"}), index("case_k", {"id"})});
  const auto schema = target(database({first, second}));
  CHECK(schema.tables[0].name == "Case");
  CHECK(schema.tables[0].indexes[0].name == "Case_pkey");
  CHECK(schema.tables[0].indexes[1].name == "Case_k");
  CHECK(schema.tables[1].indexes[0].name == "case_k");
  CHECK(schema.tables[1].indexes[1].name == "case_Case");
  CHECK(schema.tables[1].indexes[2].name.substr(0, 7) == "case_ca");
  std::set<std::string> names = {"Case", "case"};
  for (const auto& item : schema.tables) {
    for (const auto& index : item.indexes)
      CHECK(names.insert(index.name).second);
  }
  CHECK(schema.tables[1].columns[1].name == "xmin_");
  CHECK(schema.tables[1].columns[2].name.substr(0, 6) == "xmin__");
  CHECK(find_finding(schema, "identifier-renamed")->object == "crm.case.xmin");
}

TEST_CASE("the key's columns come first in COPY, the table keeps the source's order", "[schema]") {
  auto source =
      table("t", {text_column("name", 10, "ascii_nopad_bin"), id_column("b"), id_column("a")},
            {index("PRIMARY", {"a", "b"})});
  const auto schema = target(source);
  const auto& built = schema.tables.front();
  CHECK(built.columns[0].name == "a");
  CHECK(built.columns[1].name == "b");
  CHECK(built.columns[2].name == "name");
  CHECK(built.columns[0].source_index == 2);
  CHECK(built.key == std::vector<std::size_t>{0, 1});
  CHECK(built.create_sql.find("\"name\"") < built.create_sql.find("\"a\""));
  CHECK(index_sql(schema) ==
        std::vector<std::string>{
            R"(ALTER TABLE "t" ADD CONSTRAINT "t_pkey" PRIMARY KEY ("a", "b"))"});
}

TEST_CASE("a unique key of NOT NULL columns serves as key, a nullable one does not", "[schema]") {
  auto source = table("t", {column("n", ColumnType::integer, "int(11)"), id_column("u")},
                      {index("n", {"n"}, true), index("u", {"u"}, true)});
  const auto schema = target(source);
  CHECK(schema.tables.front().columns[schema.tables.front().key.at(0)].name == "u");
  source.indexes.pop_back();
  CHECK(target(source).tables.front().key.empty());
  CHECK(find_finding(target(source), "no-key") != nullptr);
}

TEST_CASE("foreign keys act as InnoDB does", "[schema]") {
  struct Case {
    const char* on_delete;
    const char* on_update;
    bool self;
    const char* expected;
  };
  const auto item = GENERATE(values<Case>({
      {"CASCADE", "SET NULL", false, " ON DELETE CASCADE ON UPDATE SET NULL"},
      {"RESTRICT", "NO ACTION", false, ""},
      {"SET DEFAULT", "RESTRICT", false, ""},
      {"SET NULL", "CASCADE", true, " ON DELETE SET NULL"},
  }));
  auto parent = table("parent", {id_column()}, {index("PRIMARY", {"id"})});
  auto child = table("child", {id_column(), column("p", ColumnType::integer, "int(11)")},
                     {index("PRIMARY", {"id"})});
  const std::string to = item.self ? "child" : "parent";
  child.foreign_keys = {foreign_key("fk", "p", to, "id")};
  child.foreign_keys[0].on_delete = item.on_delete;
  child.foreign_keys[0].on_update = item.on_update;
  const auto schema = target(database({child, parent}));
  REQUIRE(schema.tables[0].foreign_keys.size() == 1);
  const auto& key = schema.tables[0].foreign_keys[0];
  CHECK(key.add_sql == R"(ALTER TABLE "child" ADD CONSTRAINT "fk" FOREIGN KEY ("p") )"
                       R"(REFERENCES ")" +
                           to + R"(" ("id"))" + item.expected + " NOT VALID");
  CHECK(key.validate_sql == R"(ALTER TABLE "child" VALIDATE CONSTRAINT "fk")");
}

TEST_CASE("foreign keys that PostgreSQL can't hold are findings", "[schema]") {
  auto parent = table("parent", {id_column(), text_column("code", 10)},
                      {index("PRIMARY", {"id"}), index("code", {"code"})});
  auto child = table(
      "child", {id_column(), column("p", ColumnType::integer, "int(11)"), text_column("code", 10)},
      {index("PRIMARY", {"id"})});
  schema::SchemaOptions options;
  std::string code;
  bool kept = false;
  SECTION("columns without a unique key") {
    child.foreign_keys = {foreign_key("fk", "code", "parent", "code")};
    code = "foreign-key-not-unique";
  }
  SECTION("a table of another database") {
    child.foreign_keys = {foreign_key("fk", "p", "parent", "id")};
    child.foreign_keys[0].referenced_database = "other";
    code = "foreign-key-other-database";
  }
  SECTION("an excluded table") {
    child.foreign_keys = {foreign_key("fk", "p", "parent", "id")};
    options.excluded_tables = {"crm.par*"};
    code = "foreign-key-no-table";
  }
  SECTION("types that an override drove apart") {
    parent.indexes[1].unique = true;
    child.foreign_keys = {foreign_key("fk", "code", "parent", "code")};
    options.columns["child.code"].type = "bytea";
    code = "foreign-key-types";
  }
  SECTION("text that compares otherwise") {
    parent.indexes[1].unique = true;
    child.foreign_keys = {foreign_key("fk", "code", "parent", "code")};
    code = "foreign-key-collation";
    kept = true;
  }
  const auto schema = target(database({child, parent}), options);
  CHECK(schema.find_source_table("child")->foreign_keys.size() == (kept ? 1 : 0));
  REQUIRE(find_finding(schema, code) != nullptr);
  CHECK(find_finding(schema, code)->object == "crm.child.fk");
  CHECK(has_errors(schema.findings) == (code == "foreign-key-types"));
}

TEST_CASE("AUTO_INCREMENT becomes an identity, or a sequence where it can't", "[schema]") {
  auto small = column("id", ColumnType::smallint, "smallint(6)");
  small.auto_increment = true;
  small.nullable = false;
  auto source = table("t", {small}, {index("PRIMARY", {"id"})});
  source.auto_increment = 43;
  const auto source_database = database({source});
  const auto schema = target(source_database);
  CHECK(schema.tables[0].create_sql ==
        "CREATE TABLE \"t\" (\n  \"id\" smallint NOT NULL GENERATED BY DEFAULT AS "
        "IDENTITY (SEQUENCE NAME \"t_id_seq\")\n)");
  CHECK(schema::counter_sql(schema, source_database) ==
        std::vector<std::string>{R"(SELECT setval('"t_id_seq"'::regclass, 43, false))"});

  auto full = source_database;
  full.tables[0].auto_increment = 32768;
  CHECK(schema::counter_sql(schema, full) ==
        std::vector<std::string>{R"(SELECT setval('"t_id_seq"'::regclass, 32767, true))"});

  auto large = column("id", ColumnType::bigint, "bigint(20) unsigned");
  large.auto_increment = true;
  large.nullable = false;
  source.columns = {large};
  const auto numeric = target(source);
  CHECK(numeric.tables[0].create_sql.find("CREATE SEQUENCE \"t_id_seq\";\n") == 0);
  CHECK(numeric.tables[0].columns[0].default_sql == R"(nextval('"t_id_seq"'::regclass))");

  source.auto_increment = 9'223'372'036'854'775'808U;
  const auto overflowing = database({source});
  CHECK(find_finding(target(overflowing), "identity-overflow")->severity == Severity::error);
  REQUIRE_THROWS_AS(schema::counter_sql(numeric, overflowing), Error);
}

TEST_CASE("sequences keep their options and their place", "[schema]") {
  mariadb::Database source = database({});
  source.sequences = {{"up", 10, 5, 1, 1000, 1000, true, 35},
                      {"down", -1, -1, -9, -1, 0, false, -10}};
  const auto schema = target(source);
  CHECK(schema.sequences[0].create_sql ==
        R"(CREATE SEQUENCE "up" AS bigint INCREMENT BY 5 MINVALUE 1 MAXVALUE 1000 )"
        "START WITH 10 CACHE 1 CYCLE");
  CHECK(schema::counter_sql(schema, source) ==
        std::vector<std::string>{R"(SELECT setval('"up"'::regclass, 35, false))",
                                 R"(SELECT setval('"down"'::regclass, -9, true))"});
}

TEST_CASE("policies change the column that they need", "[schema]") {
  schema::SchemaOptions options;
  auto day = column("day", ColumnType::date);
  day.nullable = false;
  auto state = column("state", ColumnType::enum_, "enum('a')");
  state.charset = "utf8mb4";
  state.members = {"a"};
  state.nullable = false;
  options.columns["t.day"].zero_date = schema::ZeroDate::null;
  options.columns["*.state"].invalid_enum = schema::InvalidEnum::empty;
  options.tables["crm.t"].nul_byte = schema::NulByte::bytea;
  const auto source = table("t", {day, state, text_column("note", 9)});
  const auto schema = target(source, options);
  CHECK(schema.tables[0].create_sql ==
        "CREATE TABLE \"t\" (\n  \"day\" date,\n  \"state\" text NOT NULL CONSTRAINT "
        "\"state_check\" CHECK (\"state\" IN ('a', '')),\n  \"note\" bytea\n)");
  CHECK(find_finding(schema, "not-null-dropped")->object == "crm.t.day");

  auto keyed = source;
  keyed.indexes = {index("PRIMARY", {"day"})};
  CHECK(find_finding(target(keyed, options), "policy-null-in-key")->severity == Severity::error);

  options.columns["t.dya"].where = "plan.yaml:7:3";
  CHECK(find_finding(target(source, options), "override-unused")->message.find("plan.yaml:7:3") ==
        0);
  options.columns["t.day"].type = "moment";
  CHECK(find_finding(target(source, options), "type-alternative-unknown")->fix ==
        "choose one of: text");
}

TEST_CASE("an exact key beats a pattern, and a column a table", "[schema]") {
  schema::SchemaOptions options;
  options.columns["t.*"].zero_date = schema::ZeroDate::text;
  options.columns["crm.t.day"].zero_date = schema::ZeroDate::minus_infinity;
  options.tables["t"].zero_date = schema::ZeroDate::null;
  const auto schema = target(
      table("t", {column("day", ColumnType::date), column("due", ColumnType::date)}), options);
  CHECK(schema.tables[0].columns[0].policies.zero_date == schema::ZeroDate::minus_infinity);
  CHECK(schema.tables[0].columns[0].type == "date");
  CHECK(schema.tables[0].columns[1].type == "text");
}

TEST_CASE("what can't or won't be migrated is said", "[schema]") {
  auto source = table("t", {id_column(), text_column("c", 9)});
  source.checks = {{"positive", "`id` > 0"}};
  source.columns[1].on_update_now = true;
  source.columns[1].invisible = true;
  source.columns[1].generation_expression = "upper(`x`)";
  auto federated = table("f", {id_column()});
  federated.engine = "FEDERATED";
  federated.system_versioned = true;
  federated.partitioned = true;
  auto memory = table("m", {id_column()});
  memory.engine = "MEMORY";
  auto all = database({source, federated, memory});
  all.code = {{"view", "v", "", "select 1"},
              {"trigger", "tr", "t", "set @a = 1"},
              {"procedure", "p", "", ""},
              {"event", "e", "", "delete from t"}};
  const auto schema = target(all);
  struct Expected {
    const char* code;
    Severity severity;
    const char* object;
    const char* text;
  };
  for (const Expected& expected :
       std::vector<Expected>{{"check-constraint", Severity::degraded, "crm.t.positive", "`id` > 0"},
                             {"generated-column", Severity::degraded, "crm.t.c", "upper(`x`)"},
                             {"on-update-now", Severity::silent, "crm.t.c", ""},
                             {"invisible-column", Severity::info, "crm.t.c", ""},
                             {"text-comparison", Severity::silent, "crm.t", ""},
                             {"engine-unsupported", Severity::error, "crm.f", ""},
                             {"system-versioned", Severity::error, "crm.f", ""},
                             {"partitions", Severity::info, "crm.f", ""},
                             {"engine-non-transactional", Severity::info, "crm.m", ""},
                             {"view", Severity::degraded, "crm.v", "select 1"},
                             {"trigger", Severity::degraded, "crm.t.tr", "set @a = 1"},
                             {"routine", Severity::degraded, "crm.p", ""},
                             {"event", Severity::degraded, "crm.e", "delete from t"}}) {
    INFO(expected.code);
    const Finding* finding = find_finding(schema, expected.code);
    REQUIRE(finding != nullptr);
    CHECK(finding->severity == expected.severity);
    CHECK(finding->object == expected.object);
    CHECK(finding->source_text == expected.text);
    CHECK_FALSE(finding->message.empty());
  }
  for (const Finding& finding : schema.findings) {
    INFO(finding.code);
    CHECK((finding.severity == Severity::info || !finding.fix.empty()));
  }
}

TEST_CASE("a table that the source can't open is refused, and that alone is said", "[schema]") {
  auto broken = table("b", {text_column("c", 9)});
  broken.engine.clear();
  broken.comment = "Table 'crm.b' doesn't exist in engine";
  auto without_columns = table("e", {});
  without_columns.engine.clear();
  schema::SchemaOptions options;
  const auto source = database({broken, without_columns, table("t", {id_column()})});
  const auto schema = target(source, options);
  REQUIRE(schema.findings.size() == 3);
  CHECK(schema.findings[0].code == "table-unreadable");
  CHECK(schema.findings[0].severity == Severity::error);
  CHECK(schema.findings[0].object == "crm.b");
  CHECK(schema.findings[0].source_text == broken.comment);
  CHECK(schema.findings[1].code == "table-unreadable");
  CHECK(schema.findings[1].object == "crm.e");
  CHECK(schema.findings[2].code == "no-key");
  options.excluded_tables = {"crm.b", "e"};
  CHECK_FALSE(has_errors(target(source, options).findings));
}

TEST_CASE("rows that don't fit a page are foreseen", "[schema]") {
  auto wide = table("t", {});
  for (int i = 0; i < 600; ++i) {
    wide.columns.push_back(column("c" + std::to_string(i), ColumnType::time, "time"));
  }
  CHECK(find_finding(target(wide), "row-may-be-too-wide") != nullptr);
  CHECK_FALSE(has_errors(target(wide).findings));
  for (auto& item : wide.columns)
    item.nullable = false;
  CHECK(find_finding(target(wide), "row-too-wide")->severity == Severity::error);
  CHECK(find_finding(target(table("e", {})), "no-columns")->severity == Severity::error);
}

TEST_CASE("the fingerprint follows what decides the target, and nothing else", "[schema]") {
  const auto source = database({table("t", {id_column(), column("d", ColumnType::date)})});
  const std::string base = target(source).fingerprint;
  CHECK(base.size() == 32);
  auto renamed = source;
  renamed.name = "crm_2";
  renamed.tables[0].auto_increment = 99;
  CHECK(target(renamed).fingerprint == base);
  schema::SchemaOptions options;
  options.columns["other.d"].zero_date = schema::ZeroDate::null;
  CHECK(target(source, options).fingerprint == base);
  options.columns["crm.t.d"].zero_date = schema::ZeroDate::null;
  CHECK(target(source, options).fingerprint != base);
  CHECK(target(renamed, options).fingerprint == base);
  schema::SchemaOptions compact;
  compact.map = "compact";
  CHECK(target(source, compact).fingerprint != base);
  auto changed = source;
  changed.tables[0].columns[1].nullable = false;
  CHECK(target(changed).fingerprint != base);
}

TEST_CASE("a schema of 173 tables is built within 20 ms", "[schema]") {
  std::vector<mariadb::Table> tables;
  for (int i = 0; i < 173; ++i) {
    std::vector<mariadb::Column> columns = {id_column()};
    for (int c = 0; c < 12; ++c)
      columns.push_back(text_column("c" + std::to_string(c), 255));
    tables.push_back(
        table("t" + std::to_string(i), columns,
              {index("PRIMARY", {"id"}), index("u", {"c1"}, true), index("k", {"c2"})}));
    if (i > 0) tables.back().foreign_keys = {foreign_key("fk", "id", "t0", "id")};
  }
  const auto source = database(std::move(tables));
  const auto map = schema::TypeMap::load("default");
  double best_ms = 1e9;
  for (int round = 0; round < 5; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(schema::build_target(source, map, {}).tables.size() == 173);
    const std::chrono::duration<double, std::milli> spent =
        std::chrono::steady_clock::now() - begin;
    best_ms = std::min(best_ms, spent.count());
  }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(best_ms < 20);
#endif
}

TEST_CASE("a plan may leave keys and indexes out", "[schema]") {
  schema::SchemaOptions options;
  options.indexes = false;
  const auto source = table("t", {id_column()}, {index("PRIMARY", {"id"})});
  const auto schema = target(source, options);
  CHECK(schema.tables[0].indexes.empty());
  CHECK(schema.tables[0].key.size() == 1);
  CHECK(find_finding(schema, "indexes-left-out") != nullptr);
  CHECK(schema.fingerprint != target(source).fingerprint);
}

}  // namespace godwit::test
