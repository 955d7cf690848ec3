// Literal defaults of every type, from MariaDB's catalog to the target's SQL.
#include <catch2/catch.hpp>

#include "schema/default_literal.hpp"
#include "schema/default_sql.hpp"
#include "schema_model.hpp"

namespace godwit::test {
namespace {

struct Default {
  const char* declared;
  ColumnType type;
  const char* printed;   // by information_schema
  const char* expected;  // empty: none
  const char* code = "";
};

mariadb::Column sized(const Default& item) {
  auto result = column("c", item.type, item.declared);
  const std::string declared = item.declared;
  if (const auto open = declared.find('('); open != std::string::npos) {
    const auto number = std::stoul(declared.substr(open + 1));
    result.length = number;
    result.precision = static_cast<int>(number);
    result.fraction = static_cast<int>(number);
  }
  result.default_text = item.printed;
  if (item.type == ColumnType::varchar || item.type == ColumnType::enum_ ||
      item.type == ColumnType::set) {
    result.charset = "utf8mb3";
    result.collation = "utf8mb3_bin";
    result.members = {"a", "b,c", "d'e"};
  }
  return result;
}

void check(const Default& item, const schema::SchemaOptions& options = {}) {
  INFO(item.declared << " DEFAULT " << item.printed);
  const auto schema = target(table("t", {sized(item)}), options);
  REQUIRE(schema.tables.front().columns.size() == 1);
  CHECK(schema.tables.front().columns.front().default_sql == item.expected);
  if (*item.code != '\0') {
    const Finding* finding = find_finding(schema, item.code);
    REQUIRE(finding != nullptr);
    CHECK(finding->source_text == item.printed);
    CHECK_FALSE(finding->fix.empty());
  } else {
    for (const Finding& finding : schema.findings) {
      CHECK(finding.code.find("default") == std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("numbers, bits and years as defaults", "[schema]") {
  check(GENERATE(values<Default>({
      {"int(11)", ColumnType::integer, "NULL", ""},
      {"int(11)", ColumnType::integer, "42", "42"},
      {"int(11)", ColumnType::integer, "-5", "-5"},
      {"int(6) unsigned zerofill", ColumnType::integer, "000042", "42"},
      {"int(6) unsigned zerofill", ColumnType::integer, "000000", "0"},
      {"bigint(20) unsigned", ColumnType::bigint, "18446744073709551615", "'18446744073709551615'"},
      {"decimal(10)", ColumnType::decimal, "1.50", "'1.50'"},
      {"decimal(10)", ColumnType::decimal, "-0.50", "'-0.50'"},
      {"decimal(10)", ColumnType::decimal, "000.50", "'0.50'"},
      {"float", ColumnType::float_, "1e-10", "'1e-10'"},
      {"double", ColumnType::double_, "1.7976931348623157e308", "'1.7976931348623157e308'"},
      {"bit(9)", ColumnType::bit, "b'101'", "B'000000101'"},
      {"bit(1)", ColumnType::bit, "b'1'", "B'1'"},
      {"year(4)", ColumnType::year, "2024", "2024"},
      {"year(4)", ColumnType::year, "0000", "0"},
      {"int(11)", ColumnType::integer, "(1 + 2)", "", "default-expression"},
      {"int(11)", ColumnType::integer, "nextval(`crm`.`s`)", "", "default-expression"},
  })));
}

TEST_CASE("dates and times as defaults", "[schema]") {
  check(GENERATE(values<Default>({
      {"date", ColumnType::date, "'2024-02-29'", "'2024-02-29'"},
      {"date", ColumnType::date, "'2023-02-29'", "", "default-dropped"},
      {"date", ColumnType::date, "'0000-00-00'", "", "default-zero-date"},
      {"date", ColumnType::date, "'2024-00-00'", "", "default-zero-date"},
      {"date", ColumnType::date, "curdate()", "", "default-expression"},
      {"date", ColumnType::date, "current_timestamp()", "CURRENT_DATE"},
      {"datetime(3)", ColumnType::datetime, "'2024-01-02 03:04:05.678'",
       "'2024-01-02 03:04:05.678'"},
      {"datetime", ColumnType::datetime, "current_timestamp()",
       "date_trunc('second', LOCALTIMESTAMP)"},
      {"datetime(6)", ColumnType::datetime, "current_timestamp(6)", "LOCALTIMESTAMP"},
      {"timestamp(3)", ColumnType::timestamp, "current_timestamp(3)",
       "date_trunc('milliseconds', CURRENT_TIMESTAMP)"},
      {"timestamp(2)", ColumnType::timestamp, "current_timestamp(2)",
       "date_bin('10 milliseconds', CURRENT_TIMESTAMP, timestamptz '2000-01-01 00:00:00+00')"},
      {"datetime(5)", ColumnType::datetime, "current_timestamp(5)",
       "date_bin('10 microseconds', LOCALTIMESTAMP, timestamp '2000-01-01 00:00:00')"},
      {"timestamp", ColumnType::timestamp, "'2024-01-02 03:04:05'", "'2024-01-02 03:04:05+00'"},
      {"timestamp", ColumnType::timestamp, "'0000-00-00 00:00:00'", "", "default-zero-date"},
      {"time(2)", ColumnType::time, "'-12:00:01.50'", "'-12:00:01.50'"},
      {"time", ColumnType::time, "'838:59:59'", "'838:59:59'"},
      {"datetime", ColumnType::datetime, "(current_timestamp() + interval 1 day)", "",
       "default-expression"},
  })));
}

TEST_CASE("text and bytes as defaults", "[schema]") {
  check(GENERATE(values<Default>({
      {"varchar(20)", ColumnType::varchar, "''", "''"},
      {"varchar(20)", ColumnType::varchar, "'NULL'", "'NULL'"},
      {"varchar(20)", ColumnType::varchar, "'it''s'", "'it''s'"},
      {"varchar(20)", ColumnType::varchar, "'a\\\\b\\nc'", "E'a\\\\b\nc'"},
      {"varchar(20)", ColumnType::varchar, "'\\0'", "", "default-dropped"},
      {"varchar(20)", ColumnType::varchar, "current_timestamp()", "", "default-expression"},
      {"varchar(20)", ColumnType::varchar, "concat('a','b')", "", "default-expression"},
      {"varchar(20)", ColumnType::varchar, "'a' 'b'", "", "default-expression"},
      {"enum", ColumnType::enum_, "'d''e'", "'d''e'"},
      {"set", ColumnType::set, "'a,b'", "'a,b'"},
      {"json", ColumnType::json, "'{\"a\": \"b\\\\n\"}'", "E'{\"a\": \"b\\\\n\"}'"},
      {"json", ColumnType::json, "'{'", "", "default-dropped"},
      {"binary(4)", ColumnType::binary, "'a\\0\\0\\0'", "'\\x61000000'"},
      {"binary(4)", ColumnType::binary, "'a'", "'\\x61000000'"},
      {"varbinary(9)", ColumnType::varbinary, "'xyz'", "'\\x78797a'"},
      {"varbinary(9)", ColumnType::varbinary, "'\\0?A'", "", "default-unreadable"},
      {"blob", ColumnType::blob, "X'80'", "'\\x80'"},
      {"uuid", ColumnType::uuid, "'123e4567-e89b-12d3-a456-426614174000'",
       "'123e4567-e89b-12d3-a456-426614174000'"},
      {"uuid", ColumnType::uuid, "uuid()", "", "default-expression"},
      {"inet4", ColumnType::inet4, "'1.2.3.4'", "'1.2.3.4'"},
      {"inet6", ColumnType::inet6, "'::1'", "'::1'"},
      {"geometry", ColumnType::geometry, "point(1,1)", "", "default-expression"},
  })));
}

TEST_CASE("defaults of narrower types", "[schema]") {
  schema::SchemaOptions compact;
  compact.map = "compact";
  const auto item = GENERATE(values<Default>({
      {"tinyint(1)", ColumnType::tinyint, "1", "true"},
      {"tinyint(1)", ColumnType::tinyint, "0", "false"},
      {"tinyint(1)", ColumnType::tinyint, "2", "", "default-dropped"},
      {"bit(1)", ColumnType::bit, "b'1'", "true"},
      {"bigint(20) unsigned", ColumnType::bigint, "18446744073709551615", "", "default-dropped"},
      {"bigint(20) unsigned", ColumnType::bigint, "9223372036854775807", "9223372036854775807"},
      {"time", ColumnType::time, "'23:59:59'", "'23:59:59'"},
      {"time", ColumnType::time, "'100:00:00'", "", "default-dropped"},
      {"time", ColumnType::time, "'-01:00:00'", "", "default-dropped"},
      {"set", ColumnType::set, "'a,d''e'", "ARRAY['a', 'd''e']::text[]"},
      {"set", ColumnType::set, "''", "ARRAY[]::text[]"},
  }));
  check(item, compact);
}

TEST_CASE("a zero date as default follows the policy", "[schema]") {
  struct Case {
    schema::ZeroDate policy;
    std::string expected;
    bool has_finding;
  };
  const auto [policy, expected, has_finding] = GENERATE(values<Case>({
      {schema::ZeroDate::minus_infinity, "'-infinity'", false},
      {schema::ZeroDate::text, "'0000-00-00'", false},
      {schema::ZeroDate::null, "", true},
      {schema::ZeroDate::refuse, "", true},
  }));
  schema::SchemaOptions options;
  options.columns["t.c"].zero_date = policy;
  auto source = column("c", ColumnType::date);
  source.default_text = "'0000-00-00'";
  const auto schema = target(table("t", {source}), options);
  CHECK(schema.tables.front().columns.front().default_sql == expected);
  CHECK((find_finding(schema, "default-zero-date") != nullptr) == has_finding);
}

TEST_CASE("characters that the catalog masks are not taken for question marks", "[schema]") {
  auto source = text_column("c", 20);
  source.default_text = "'?'";
  CHECK(find_finding(target(table("t", {source})), "default-unreadable") != nullptr);
  source.charset = "latin1";
  const auto schema = target(table("t", {source}));
  CHECK(schema.tables.front().columns.front().default_sql == "'?'");
}

TEST_CASE("dates are told from zero and from impossible ones", "[schema]") {
  using schema::classify_date;
  using schema::DateKind;
  CHECK(classify_date("2000-02-29") == DateKind::valid);
  CHECK(classify_date("1900-02-29") == DateKind::invalid);
  CHECK(classify_date("0009-12-04") == DateKind::valid);
  CHECK(classify_date("0000-01-01") == DateKind::zero);
  CHECK(classify_date("2024-01-00 00:00:00") == DateKind::zero);
  CHECK(classify_date("2024-04-31") == DateKind::invalid);
  CHECK(classify_date("2024-13-01") == DateKind::invalid);
  CHECK(classify_date("soon") == DateKind::invalid);
}

}  // namespace godwit::test
