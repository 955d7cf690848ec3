#include <catch2/catch.hpp>

#include <functional>

#include "godwit/mariadb/catalog.hpp"

using godwit::mariadb::Column;
using godwit::mariadb::ColumnType;
using godwit::mariadb::Database;
using godwit::mariadb::fingerprint;
using godwit::mariadb::Index;
using godwit::mariadb::Table;

namespace {

Database make_database(const std::string& name) {
  Database database;
  database.name = name;
  database.charset = "utf8mb4";
  Table table;
  table.name = "invoices";
  table.engine = "InnoDB";
  Column id;
  id.name = "id";
  id.type = ColumnType::integer;
  id.declared_type = "int(11)";
  id.auto_increment = true;
  Column text;
  text.name = "note";
  text.type = ColumnType::text;
  text.declared_type = "longtext";
  text.charset = "utf8mb4";
  text.default_text = "nextval(`" + name + "`.`s`)";
  table.columns = {id, text};
  Index index;
  index.name = "PRIMARY";
  index.primary = index.unique = true;
  index.parts = {{"id", std::nullopt, false}};
  table.indexes = {index};
  table.foreign_keys = {{"fk", {"id"}, name, "customers", {"id"}, "RESTRICT", "RESTRICT"}};
  table.checks = {{"positive", "`id` > 0"}};
  database.tables = {table};
  database.sequences.resize(1);
  database.sequences[0].name = "s";
  database.code = {{"view", "v", "", "select 1 from `" + name + "`.`invoices`"}};
  return database;
}

}  // namespace

TEST_CASE("databases of the same schema have one fingerprint") {
  const std::string expected = fingerprint(make_database("crm_0001"));
  CHECK(expected.size() == 32);
  Database other = make_database("crm_0002");
  other.tables[0].auto_increment = 42;
  other.tables[0].row_estimate = 1000;
  other.tables[0].data_bytes = 1 << 20;
  other.tables[0].index_bytes = 1 << 20;
  other.sequences[0].next_not_cached = 1001;
  CHECK(fingerprint(other) == expected);
}

TEST_CASE("every property that decides the target's schema is in the fingerprint") {
  using Change = std::function<void(Database&)>;
  const std::vector<std::pair<const char*, Change>> changes = {
      {"table name", [](Database& d) { d.tables[0].name = "x"; }},
      {"engine", [](Database& d) { d.tables[0].engine = "MyISAM"; }},
      {"table comment", [](Database& d) { d.tables[0].comment = "x"; }},
      {"partitioned", [](Database& d) { d.tables[0].partitioned = true; }},
      {"versioned", [](Database& d) { d.tables[0].system_versioned = true; }},
      {"another table", [](Database& d) { d.tables.push_back(d.tables[0]); }},
      {"column name", [](Database& d) { d.tables[0].columns[0].name = "x"; }},
      {"json", [](Database& d) { d.tables[0].columns[1].type = ColumnType::json; }},
      {"type", [](Database& d) { d.tables[0].columns[0].declared_type = "bigint(20)"; }},
      {"nullable", [](Database& d) { d.tables[0].columns[0].nullable = true; }},
      {"charset", [](Database& d) { d.tables[0].columns[1].charset = "latin1"; }},
      {"collation", [](Database& d) { d.tables[0].columns[1].collation = "utf8mb4_bin"; }},
      {"default", [](Database& d) { d.tables[0].columns[1].default_text = "''"; }},
      {"no default", [](Database& d) { d.tables[0].columns[1].default_text.reset(); }},
      {"empty default", [](Database& d) { d.tables[0].columns[0].default_text = ""; }},
      {"auto_increment", [](Database& d) { d.tables[0].columns[0].auto_increment = false; }},
      {"on update", [](Database& d) { d.tables[0].columns[0].on_update_now = true; }},
      {"invisible", [](Database& d) { d.tables[0].columns[0].invisible = true; }},
      {"generated", [](Database& d) { d.tables[0].columns[0].generation_expression = "1"; }},
      {"srid", [](Database& d) { d.tables[0].columns[0].srid = 4326; }},
      {"comment", [](Database& d) { d.tables[0].columns[0].comment = "x"; }},
      {"column order",
       [](Database& d) { std::swap(d.tables[0].columns[0], d.tables[0].columns[1]); }},
      {"index name", [](Database& d) { d.tables[0].indexes[0].name = "x"; }},
      {"unique", [](Database& d) { d.tables[0].indexes[0].unique = false; }},
      {"prefix", [](Database& d) { d.tables[0].indexes[0].parts[0].prefix = 5; }},
      {"descending", [](Database& d) { d.tables[0].indexes[0].parts[0].descending = true; }},
      {"ignored", [](Database& d) { d.tables[0].indexes[0].ignored = true; }},
      {"overlaps", [](Database& d) { d.tables[0].indexes[0].without_overlaps = true; }},
      {"foreign key rule", [](Database& d) { d.tables[0].foreign_keys[0].on_delete = "CASCADE"; }},
      {"foreign database",
       [](Database& d) { d.tables[0].foreign_keys[0].referenced_database = "shared"; }},
      {"check", [](Database& d) { d.tables[0].checks[0].expression = "`id` > 1"; }},
      {"sequence", [](Database& d) { d.sequences[0].increment = 2; }},
      {"view", [](Database& d) { d.code[0].text = "select 2"; }},
  };
  const std::string expected = fingerprint(make_database("crm_0001"));
  for (const auto& [what, change] : changes) {
    Database database = make_database("crm_0001");
    change(database);
    INFO(what);
    CHECK(fingerprint(database) != expected);
  }
}

TEST_CASE("fields of the fingerprint can't run into each other") {
  Database a = make_database("crm");
  Database b = a;
  a.tables[0].columns[0].name = "ab";
  a.tables[0].columns[0].comment = "c";
  b.tables[0].columns[0].name = "a";
  b.tables[0].columns[0].comment = "bc";
  CHECK(fingerprint(a) != fingerprint(b));
}
