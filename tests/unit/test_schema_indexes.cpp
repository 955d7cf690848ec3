// Indexes and unique keys of a target schema.
#include <catch2/catch.hpp>

#include "schema/collation.hpp"
#include "schema_model.hpp"

namespace godwit::test {
namespace {

std::vector<std::string> index_sql(const schema::TargetSchema& schema) {
  std::vector<std::string> result;
  for (const auto& index : schema.tables.front().indexes)
    result.push_back(index.sql);
  return result;
}

}  // namespace

TEST_CASE("unique keys of text keep what their collation takes for equal", "[schema]") {
  struct Case {
    const char* collation;
    const char* folded;  // empty: no second index
    const char* finding;
  };
  const auto item = GENERATE(values<Case>({
      {"utf8mb4_general_ci", R"((rtrim("c", ' ') COLLATE godwit."und-u-ks-level1"))",
       "unique-case-insensitive"},
      {"utf8mb4_nopad_bin", "", ""},
      {"utf8mb4_bin", R"((rtrim("c", ' ')))", "unique-pad-space"},
      {"utf8mb4_unicode_nopad_ci", R"(("c" COLLATE godwit."und-u-ks-level1"))",
       "unique-case-insensitive"},
      {"utf8mb4_uca1400_as_ci", R"((rtrim("c", ' ') COLLATE godwit."und-u-ks-level2"))",
       "unique-case-insensitive"},
      {"utf8mb4_swedish_ci", R"((rtrim("c", ' ') COLLATE godwit."sv-u-ks-level1"))",
       "unique-case-insensitive"},
  }));
  INFO(item.collation);
  const auto schema =
      target(table("t", {text_column("c", 20, item.collation)}, {index("u", {"c"}, true)}));
  std::vector<std::string> expected = {R"(CREATE UNIQUE INDEX "u" ON "t" ("c"))"};
  if (*item.folded != '\0') {
    expected.push_back(std::string(R"(CREATE UNIQUE INDEX "u_folded" ON "t" ()") + item.folded +
                       ")");
    REQUIRE(find_finding(schema, item.finding) != nullptr);
    CHECK(find_finding(schema, item.finding)->object == "crm.t.u");
  }
  CHECK(index_sql(schema) == expected);
  const bool icu = std::string(item.folded).find("COLLATE") != std::string::npos;
  CHECK(schema.prelude_sql.size() == (icu ? 2 : 0));
}

TEST_CASE("collations are told apart by their names", "[schema]") {
  using schema::collation_rule;
  CHECK(collation_rule("utf8mb4_bin").icu_locale.empty());
  CHECK(collation_rule("utf8mb4_bin").pad_space);
  CHECK(collation_rule("latin1_nopad_bin").exact());
  CHECK(collation_rule("binary").exact());
  CHECK(collation_rule("").exact());
  CHECK(schema::create_icu_collation("und-u-ks-level1") ==
        R"(CREATE COLLATION IF NOT EXISTS godwit."und-u-ks-level1" )"
        "(provider = icu, locale = 'und@colStrength=primary', deterministic = false)");
  CHECK(schema::create_icu_collation("und-u-kc-ks-level1")
            .find("'und@colCaseLevel=yes;colStrength=primary'") != std::string::npos);
  CHECK(schema::create_icu_collation("de-u-co-phonebk-ks-level2")
            .find("'de@collation=phonebook;colStrength=secondary'") != std::string::npos);
  CHECK(schema::create_icu_collation("es-u-co-trad-ks-level3")
            .find("'es@collation=traditional;colStrength=tertiary'") != std::string::npos);
  CHECK(collation_rule("latin1_swedish_ci").icu_locale == "sv-u-ks-level1");
  CHECK(collation_rule("latin1_german2_ci").icu_locale == "de-u-co-phonebk-ks-level1");
  CHECK(collation_rule("latin1_general_ci").icu_locale == "und-u-ks-level2");
  CHECK(collation_rule("latin1_general_cs").icu_locale == "und-u-ks-level3");
  CHECK(collation_rule("utf8mb4_uca1400_ai_cs").icu_locale == "und-u-kc-ks-level1");
  CHECK(collation_rule("utf8mb4_uca1400_nopad_as_cs").icu_locale == "und-u-ks-level3");
  CHECK_FALSE(collation_rule("utf8mb4_uca1400_nopad_as_cs").pad_space);
  CHECK(collation_rule("uca1400_spanish2_as_ci").icu_locale == "es-u-co-trad-ks-level2");
  CHECK(collation_rule("utf8mb3_thai_520_w2").icu_locale == "und-u-ks-level2");
}

TEST_CASE("indexes on the beginning of a column", "[schema]") {
  auto body = column("body", ColumnType::text, "text");
  body.octet_length = 65535;
  body.charset = "utf8mb4";
  body.collation = "utf8mb4_nopad_bin";
  auto blob = column("data", ColumnType::blob, "blob");
  blob.octet_length = 65535;
  auto secondary = index("k", {"body", "data"});
  secondary.parts[0].prefix = 20;
  secondary.parts[1].prefix = 8;
  auto unique = secondary;
  unique.name = "u";
  unique.unique = true;
  auto whole = index("w", {"name"});
  whole.parts[0].prefix = 10;
  const auto schema = target(table("t", {body, blob, text_column("name", 100, "utf8mb4_bin")},
                                   {secondary, unique, whole}));
  const std::string parts = R"(((left("body", 20)), (substring("data" FROM 1 FOR 8))))";
  CHECK(index_sql(schema) == std::vector<std::string>{R"(CREATE INDEX "k" ON "t" )" + parts,
                                                      R"(CREATE UNIQUE INDEX "u" ON "t" )" + parts,
                                                      R"(CREATE INDEX "w" ON "t" ("name"))"});
  CHECK(find_finding(schema, "index-prefix")->object == "crm.t.k");
}

TEST_CASE("index entries never exceed a B-tree's limit", "[schema]") {
  SECTION("a secondary index is cut at its last columns") {
    const auto schema = target(
        table("t", {text_column("a", 255), text_column("b", 500)}, {index("k", {"a", "b"})}));
    CHECK(index_sql(schema).front() == R"(CREATE INDEX "k" ON "t" ("a", (left("b", 417))))");
    CHECK(find_finding(schema, "index-cut") != nullptr);
  }
  SECTION("a unique one is hashed") {
    const auto schema = target(table("t", {id_column("n"), text_column("b", 768, "utf8mb4_bin")},
                                     {index("u", {"n", "b"}, true)}));
    CHECK(index_sql(schema) ==
          std::vector<std::string>{
              R"(CREATE UNIQUE INDEX "u" ON "t" ("n", (md5(rtrim("b", ' ')))))"});
    CHECK(find_finding(schema, "unique-hashed") != nullptr);
    CHECK(find_finding(schema, "unique-long-case-insensitive") == nullptr);
  }
  SECTION("a unique one of one folded column is excluded by hash") {
    const auto schema = target(table("t", {text_column("b", 768)}, {index("u", {"b"}, true)}));
    CHECK(index_sql(schema).front() ==
          R"(ALTER TABLE "t" ADD CONSTRAINT "u" EXCLUDE USING hash )"
          R"(((rtrim("b", ' ') COLLATE godwit."und-u-ks-level1") WITH =))");
  }
  SECTION("several folded columns lose the folding, and say so") {
    const auto schema =
        target(table("t", {id_column("n"), text_column("b", 768)}, {index("u", {"n", "b"}, true)}));
    CHECK(find_finding(schema, "unique-long-case-insensitive")->severity == Severity::silent);
  }
  SECTION("a primary key stays") {
    auto wide = text_column("b", 768, "utf8mb4_nopad_bin");
    wide.nullable = false;
    const auto schema = target(table("t", {wide}, {index("PRIMARY", {"b"})}));
    CHECK(index_sql(schema).front().find("PRIMARY KEY (\"b\")") != std::string::npos);
    CHECK(find_finding(schema, "key-too-wide") != nullptr);
  }
}

TEST_CASE("other kinds of indexes", "[schema]") {
  auto words = index("words", {"a", "b"});
  words.kind = mariadb::IndexKind::fulltext;
  auto place = index("place", {"g"});
  place.kind = mariadb::IndexKind::spatial;
  auto ignored = index("ignored", {"n"});
  ignored.ignored = true;
  auto descending = index("desc", {"n", "a"});
  descending.parts[0].descending = true;
  descending.comment = "it's";
  auto json = index("j", {"j"});
  json.parts[0].prefix = 10;
  const auto schema =
      target(table("t",
                   {text_column("a", 20), text_column("b", 20), id_column("n"),
                    column("g", ColumnType::geometry), column("j", ColumnType::json)},
                   {words, place, ignored, descending, json}));
  CHECK(index_sql(schema) ==
        std::vector<std::string>{
            R"(CREATE INDEX "words" ON "t" USING gin (to_tsvector('simple'::regconfig, )"
            R"(left(coalesce("a"::text, '') || ' ' || coalesce("b"::text, ''), 200000))))",
            R"(CREATE INDEX "desc" ON "t" ("n" DESC, "a"))",
            R"(CREATE INDEX "j" ON "t" ((left(("j"::text), 10))))"});
  CHECK(schema.tables.front().comment_sql ==
        std::vector<std::string>{R"(COMMENT ON INDEX "desc" IS 'it''s')"});
  CHECK(find_finding(schema, "index-fulltext")->severity == Severity::degraded);
  CHECK(find_finding(schema, "index-spatial")->severity == Severity::degraded);
  CHECK(find_finding(schema, "index-ignored")->severity == Severity::info);
}

TEST_CASE("a key WITHOUT OVERLAPS is no unique key on the target", "[schema]") {
  auto start = column("s", ColumnType::date);
  auto end = column("e", ColumnType::date);
  start.nullable = end.nullable = false;
  const bool primary = GENERATE(false, true);
  auto key = index(primary ? "PRIMARY" : "k", {"id", "e", "s"}, true);
  key.without_overlaps = true;
  auto parent = table("t", {id_column(), start, end}, {key});
  parent.checks = {{"p", "`s` < `e`"}};
  auto child = table("u", {id_column(), start, end});
  child.foreign_keys = {
      {"fk", {"id", "e", "s"}, "crm", "t", {"id", "e", "s"}, "RESTRICT", "RESTRICT"}};
  const auto schema = target(database({parent, child}));
  const std::string name = primary ? "t_pkey" : "k";
  REQUIRE(schema.tables[0].indexes.size() == 1);
  const schema::TargetIndex& built = schema.tables[0].indexes[0];
  CHECK(built.sql == "CREATE INDEX \"" + name + R"(" ON "t" ("id", "e", "s"))");
  CHECK_FALSE(built.primary);
  CHECK_FALSE(built.unique);
  CHECK(schema.tables[0].key.size() == 3);  // what identifies a row on the source still does
  const Finding* finding = find_finding(schema, "without-overlaps");
  REQUIRE(finding != nullptr);
  CHECK(finding->severity == Severity::degraded);
  CHECK(finding->object == "crm.t." + key.name);
  CHECK(finding->source_text == "PERIOD FOR `p` (`s`, `e`), " +
                                    std::string(primary ? "PRIMARY KEY" : "UNIQUE KEY `k`") +
                                    " (`id`,`p` WITHOUT OVERLAPS)");
  CHECK(finding->fix.find(R"(EXCLUDE USING gist ("id" WITH =, daterange("s", "e") WITH &&))") !=
        std::string::npos);
  CHECK(schema.find_source_table("u")->foreign_keys.empty());
  CHECK(find_finding(schema, "foreign-key-not-unique") != nullptr);
}

}  // namespace godwit::test
