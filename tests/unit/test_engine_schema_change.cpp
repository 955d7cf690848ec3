#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "engine/schema_archive.hpp"
#include "engine/schema_change.hpp"
#include "godwit/core/error.hpp"
#include "schema_model.hpp"

using namespace godwit;
using namespace godwit::test;
using capture::read_schema_statement;
using engine::SchemaVariant;
using mariadb::Database;

namespace {

SchemaVariant variant(const Database& model) { return {"", model, target(model)}; }

Database base() {
  mariadb::Column status = text_column("status", 20);
  mariadb::Table parent = table("parent", {id_column(), text_column("name", 50)},
                                {index("PRIMARY", {"id"}), index("by_name", {"name"})});
  mariadb::Table child =
      table("child", {id_column(), column("parent_id", ColumnType::integer, "int(11)"), status},
            {index("PRIMARY", {"id"}), index("parent_id", {"parent_id"})});
  child.foreign_keys.push_back(
      {"child_ibfk_1", {"parent_id"}, "crm", "parent", {"id"}, "CASCADE", "RESTRICT"});
  return database({child, parent});
}

mariadb::Table& of(Database& model, const std::string& name) {
  for (mariadb::Table& one : model.tables) {
    if (one.name == name) return one;
  }
  throw std::logic_error("no table " + name);
}

engine::SchemaChange change(const Database& before, const Database& after,
                            const std::vector<std::string>& sql) {
  std::vector<capture::SchemaStatement> statements;
  for (const std::string& one : sql)
    statements.push_back(read_schema_statement(one, "crm", false, "crm"));
  const SchemaVariant old = variant(before);
  return engine::compare_schemas(old, variant(after), engine::said_changes(old, statements));
}

std::string text(const engine::SchemaChange& change) {
  std::string all;
  for (const std::string& sql : change.sql)
    all += sql + "\n";
  return all;
}

std::string problem(const Database& before, const Database& after,
                    const std::vector<std::string>& sql) {
  try {
    return "replayed: " + text(change(before, after, sql));
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::rejected);
    return error.what();
  }
}

mariadb::Column with_default(mariadb::Column column, const std::string& text) {
  column.default_text = text;
  return column;
}

}  // namespace

TEST_CASE("what changes nothing on the target is passed") {
  Database after = base();
  of(after, "child").auto_increment = 500;
  of(after, "child").collation = "utf8mb4_unicode_ci";
  of(after, "child").checks.push_back({"c", "`status` <> ''"});
  const engine::SchemaChange none = change(base(), after, {"ALTER TABLE child ENGINE=InnoDB"});
  CHECK(none.sql.empty());
  CHECK(none.changed.empty());
  CHECK(problem(base(), after, {"ALTER TABLE parent FORCE"}) ==
        "table child: its definition changed, of which the binlog says nothing here");
}

TEST_CASE("another tenant's model of the same schema is no difference") {
  Database other = base();
  other.name = "crm_2";
  of(other, "child").foreign_keys[0].referenced_database = "crm_2";
  Database here = base();
  of(here, "child").checks.push_back({"c", "`crm`.`f`(1)"});
  of(other, "child").checks.push_back({"c", "`crm_2`.`f`(1)"});
  CHECK(change(here, other, {"ALTER TABLE parent FORCE"}).sql.empty());
}

TEST_CASE("columns are added, wherever they stand") {
  Database after = base();
  auto& columns = of(after, "child").columns;
  mariadb::Column note = with_default(text_column("note", 10), "NULL");
  note.comment = "what's new";
  columns.insert(columns.begin() + 1, note);
  mariadb::Column count = with_default(column("count", ColumnType::integer, "int(11)"), "5");
  count.nullable = false;
  columns.push_back(count);
  const engine::SchemaChange added =
      change(base(), after, {"ALTER TABLE child ADD note VARCHAR(10) AFTER id, ADD count INT"});
  CHECK(text(added) ==
        "ALTER TABLE \"child\" ADD COLUMN \"note\" varchar(10)\n"
        "ALTER TABLE \"child\" ADD COLUMN \"count\" integer NOT NULL DEFAULT 5\n"
        "COMMENT ON COLUMN \"child\".\"note\" IS 'what''s new'\n");
  CHECK(added.changed == std::set<std::string>{"child"});
}

TEST_CASE("columns whose values in old rows aren't known are refused") {
  const auto added = [](const mariadb::Column& column) {
    Database after = base();
    of(after, "child").columns.push_back(column);
    return problem(base(), after, {"ALTER TABLE child ADD x INT"});
  };
  const mariadb::Column plain = column("x", ColumnType::integer, "int(11)");
  mariadb::Column required = plain;
  required.nullable = false;
  CHECK(added(required) ==
        "table child: column x (int(11) NOT NULL) was added: it takes no NULL and has no default");
  CHECK_THAT(added(with_default(column("x", ColumnType::datetime), "current_timestamp()")),
             Catch::Contains("which values the rows that are there got isn't known"));
  CHECK_THAT(added(with_default(plain, "(1 + 1)")), Catch::Contains("isn't known"));
  CHECK_THAT(added(with_default(column("x", ColumnType::date), "'0000-00-00'")),
             Catch::Contains("its default has no equal on the target"));
  mariadb::Column generated = plain;
  generated.generation_expression = "`id` + 1";
  CHECK_THAT(added(generated), Catch::Contains("isn't known"));
  mariadb::Column counted = required;
  counted.auto_increment = true;
  CHECK_THAT(added(counted), Catch::Contains("isn't known"));
}

TEST_CASE("columns that change or go are refused with both definitions") {
  Database after = base();
  mariadb::Column& status = of(after, "child").columns[2];
  status.declared_type = "varchar(30)";
  status.length = 30;
  CHECK(problem(base(), after, {"ALTER TABLE child MODIFY status VARCHAR(30)"}) ==
        "table child: column status was varchar(20) COLLATE utf8mb4_general_ci NULL, it is "
        "varchar(30) COLLATE utf8mb4_general_ci NULL");
  after = base();
  of(after, "child").columns[2].collation = "utf8mb4_bin";
  CHECK_THAT(problem(base(), after, {"ALTER TABLE child MODIFY status VARCHAR(20)"}),
             Catch::Contains("it is varchar(20) COLLATE utf8mb4_bin NULL"));
  after = base();
  of(after, "child").columns.pop_back();
  CHECK(problem(base(), after, {"ALTER TABLE child FORCE"}) ==
        "table child: column status (varchar(20) COLLATE utf8mb4_general_ci NULL) is gone");
  after = base();
  of(after, "child").engine = "MyISAM";
  CHECK(problem(base(), after, {"ALTER TABLE child ENGINE=MyISAM"}) ==
        "table child: the engine was InnoDB, it is MyISAM");
}

TEST_CASE("defaults and comments follow") {
  Database after = base();
  of(after, "child").columns[2].default_text = "'new'";
  of(after, "child").columns[2].comment = "c";
  of(after, "child").comment = "t";
  CHECK(text(change(base(), after, {"ALTER TABLE child COMMENT='t'"})) ==
        "ALTER TABLE \"child\" ALTER COLUMN \"status\" SET DEFAULT 'new'\n"
        "COMMENT ON TABLE \"child\" IS 't'\n"
        "COMMENT ON COLUMN \"child\".\"status\" IS 'c'\n");
  CHECK(text(change(after, base(), {"ALTER TABLE child COMMENT=''"})) ==
        "ALTER TABLE \"child\" ALTER COLUMN \"status\" DROP DEFAULT\n"
        "COMMENT ON TABLE \"child\" IS NULL\n"
        "COMMENT ON COLUMN \"child\".\"status\" IS NULL\n");
}

TEST_CASE("indexes are made, dropped, replaced and renamed") {
  Database after = base();
  auto& indexes = of(after, "child").indexes;
  indexes.push_back(index("by_status", {"status"}));
  const engine::SchemaChange added =
      change(base(), after, {"CREATE INDEX by_status ON child (status)"});
  CHECK(text(added) == "CREATE INDEX \"by_status\" ON \"child\" (\"status\")\n");
  CHECK(added.changed.empty());  // rows of before fit
  CHECK(text(change(after, base(), {"DROP INDEX by_status ON child"})) ==
        "DROP INDEX \"by_status\"\n");

  Database renamed = after;
  of(renamed, "child").indexes.back().name = "status_key";
  CHECK(text(change(after, renamed, {"ALTER TABLE child RENAME KEY by_status TO status_key"})) ==
        "ALTER INDEX \"by_status\" RENAME TO \"status_key\"\n");

  Database replaced = after;
  of(replaced, "child").indexes.back().parts.push_back({"id", std::nullopt, false});
  CHECK(text(change(after, replaced, {"ALTER TABLE child DROP KEY by_status, ADD KEY x (a)"})) ==
        "DROP INDEX \"by_status\"\n"
        "CREATE INDEX \"by_status\" ON \"child\" (\"status\", \"id\")\n");

  Database unique = base();
  of(unique, "child").indexes.push_back(index("u", {"parent_id"}, true));
  CHECK(change(base(), unique, {"ALTER TABLE child ADD UNIQUE u (parent_id)"}).changed ==
        std::set<std::string>{"child"});

  Database ignored = after;
  of(ignored, "child").indexes.back().ignored = true;
  CHECK(text(change(after, ignored, {"ALTER TABLE child ALTER INDEX by_status IGNORED"})) ==
        "DROP INDEX \"by_status\"\n");
}

TEST_CASE("an index's name that two tables have now is told apart on the target") {
  Database after = base();
  of(after, "child").indexes.push_back(index("by_name", {"status"}));
  CHECK(text(change(base(), after, {"CREATE INDEX by_name ON child (status)"})) ==
        "ALTER INDEX \"by_name\" RENAME TO \"parent_by_name\"\n"
        "CREATE INDEX \"child_by_name\" ON \"child\" (\"status\")\n");
}

TEST_CASE("keys that rows or foreign keys stand on stay") {
  Database before = base();
  of(before, "parent").indexes.push_back(index("id_too", {"id"}, true));
  CHECK_THAT(problem(before, base(), {"DROP INDEX id_too ON parent"}),
             Catch::Contains("index id_too is gone, and a foreign key"));
  Database keyless = base();
  of(keyless, "child").indexes.erase(of(keyless, "child").indexes.begin());
  CHECK(problem(base(), keyless, {"ALTER TABLE child FORCE"}) ==
        "table child: the key that tells its rows apart changed");
  Database free = base();
  of(free, "child").foreign_keys.clear();
  CHECK(problem(base(), free, {"ALTER TABLE child FORCE"}) ==
        "table child: foreign key child_ibfk_1 is gone or changed");
  CHECK(problem(free, base(), {"ALTER TABLE child FORCE"}) ==
        "table child: foreign key child_ibfk_1 was added");
}

TEST_CASE("a table is made with its keys") {
  Database after = base();
  mariadb::Table extra =
      table("extra", {id_column(), column("child_id", ColumnType::integer, "int(11)")},
            {index("PRIMARY", {"id"}), index("child_id", {"child_id"})});
  extra.foreign_keys.push_back(
      {"extra_ibfk_1", {"child_id"}, "crm", "child", {"id"}, "SET NULL", "RESTRICT"});
  after.tables.insert(after.tables.begin() + 1, extra);
  const engine::SchemaChange made =
      change(base(), after, {"CREATE TABLE extra (id INT PRIMARY KEY, child_id INT)"});
  REQUIRE(made.sql.size() == 5);
  CHECK_THAT(made.sql[0], Catch::StartsWith("CREATE TABLE \"extra\""));
  CHECK_THAT(made.sql[1], Catch::Contains("PRIMARY KEY (\"id\")"));
  CHECK_THAT(made.sql[3], Catch::Contains("NOT VALID"));
  CHECK_THAT(made.sql[4], Catch::Contains("VALIDATE CONSTRAINT"));
  CHECK(made.changed.empty());
  CHECK(problem(base(), after, {"ALTER TABLE child FORCE"}) ==
        "table extra: it is there now, of which the binlog says nothing here");
  CHECK(problem(after, base(), {"ALTER TABLE child FORCE"}) == "table extra: it is gone");
  CHECK(problem(after, base(), {"DROP TABLE extra"}) == "this can't be replayed: DROP TABLE");
}

TEST_CASE("a renamed table takes its indexes, keys and references along") {
  Database after = base();
  mariadb::Table& owner = of(after, "parent");
  owner.name = "owner";
  of(after, "child").foreign_keys[0].referenced_table = "owner";
  const engine::SchemaChange renamed = change(base(), after, {"RENAME TABLE parent TO owner"});
  CHECK(text(renamed) ==
        "ALTER TABLE \"parent\" RENAME TO \"owner\"\n"
        "ALTER INDEX \"parent_pkey\" RENAME TO \"owner_pkey\"\n");
  CHECK(renamed.changed == std::set<std::string>{"owner", "parent"});

  Database kid = base();
  of(kid, "child").name = "kid";
  of(kid, "kid").foreign_keys[0].name = "kid_ibfk_1";
  CHECK_THAT(text(change(base(), kid, {"ALTER TABLE child RENAME TO kid"})),
             Catch::Contains("ALTER TABLE \"kid\" RENAME CONSTRAINT \"child_ibfk_1\" TO "
                             "\"kid_ibfk_1\"\n"));
}

TEST_CASE("tables that swap their names go by other ones") {
  Database before = database({table("a", {id_column()}, {index("PRIMARY", {"id"})}),
                              table("b", {id_column()}, {index("PRIMARY", {"id"})})});
  const engine::SchemaChange swapped =
      change(before, before, {"RENAME TABLE a TO tmp, b TO a, tmp TO b"});
  REQUIRE(swapped.sql.size() == 8);
  CHECK(swapped.sql[0] == "ALTER TABLE \"a\" RENAME TO \"godwit_moved_0\"");
  CHECK(swapped.sql[4] == "ALTER TABLE \"godwit_moved_0\" RENAME TO \"b\"");
  CHECK(swapped.sql[7] == "ALTER INDEX \"godwit_moved_3\" RENAME TO \"a_pkey\"");
  const std::string swap = "RENAME TABLE a TO tmp, b TO a, tmp TO b";
  const engine::SchemaChange twice = change(before, before, {swap, swap});
  CHECK(twice.sql.empty());
  CHECK(twice.changed == std::set<std::string>{"a", "b", "tmp"});  // rows between would go wrong
}

TEST_CASE("rows between several changes must not see the difference") {
  Database after = base();
  of(after, "child").columns.push_back(with_default(text_column("note", 10), "NULL"));
  after.tables.push_back(table("z", {id_column()}, {index("PRIMARY", {"id"})}));
  const std::vector<std::string> sql = {"ALTER TABLE child ADD note VARCHAR(10)",
                                        "CREATE TABLE y (id INT PRIMARY KEY)",
                                        "RENAME TABLE y TO z"};
  const engine::SchemaChange made = change(base(), after, sql);
  const SchemaVariant old = variant(base());
  const SchemaVariant now = variant(after);
  CHECK(engine::keeps_rows_between("parent", old, now, made));
  CHECK_FALSE(engine::keeps_rows_between("child", old, now, made));
  CHECK_FALSE(engine::keeps_rows_between("y", old, now, made));
  CHECK_FALSE(engine::keeps_rows_between("z", old, now, made));
  CHECK_FALSE(engine::keeps_rows_between("", old, now, made));
  CHECK_THAT(problem(base(), after, {sql[0], "ALTER TABLE child MODIFY status VARCHAR(20)"}),
             Catch::Contains("was defined anew among other changes"));
}

TEST_CASE("a kept schema comes back as it was") {
  Database model = base();
  of(model, "child").columns[2].default_text = "'it''s'";
  of(model, "child").columns[2].members = {"ä", "b"};
  of(model, "child").auto_increment = 18'446'744'073'709'551'615ULL;
  of(model, "parent").indexes[1].parts[0].prefix = 7;
  model.sequences.push_back({"s", 1, 2, -5, 9'223'372'036'854'775'806, 4, true, 7});
  model.code.push_back({"view", "v", "", "SELECT 1"});
  const Database back = engine::parse_schema(engine::schema_text(model));
  CHECK(mariadb::fingerprint(back) == mariadb::fingerprint(model));
  CHECK(back.tables[0].auto_increment == model.tables[0].auto_increment);
  CHECK(engine::schema_text(back) == engine::schema_text(model));
  CHECK_THROWS_AS(engine::parse_schema("{\"name\": 1}"), Error);
  CHECK_THROWS_AS(engine::parse_schema(""), Error);
}
