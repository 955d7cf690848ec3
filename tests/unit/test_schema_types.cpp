// Every source type under every built-in map: the type and the check of the column.
#include <catch2/catch.hpp>

#include "godwit/schema/codec.hpp"
#include "schema/source_types.hpp"
#include "schema_model.hpp"

namespace godwit::test {
namespace {

struct TypeCase {
  const char* name;
  mariadb::Column column;
  std::string default_sql;  // the column's SQL under the map "default"
  std::string compact_sql;  // empty: the same
};

mariadb::Column decimal(int precision, int scale, bool is_unsigned) {
  auto result =
      column("c", ColumnType::decimal, is_unsigned ? "decimal(10,2) unsigned" : "decimal(10,2)");
  result.precision = precision;
  result.scale = scale;
  return result;
}

mariadb::Column sized(ColumnType type, const std::string& declared, std::uint64_t length) {
  auto result = column("c", type, declared);
  result.length = length;
  return result;
}

mariadb::Column moment(ColumnType type, const std::string& declared, int fraction) {
  auto result = column("c", type, declared);
  result.fraction = fraction;
  return result;
}

mariadb::Column members(ColumnType type, std::vector<std::string> list) {
  auto result = column("c", type);
  result.charset = "utf8mb4";
  result.collation = "utf8mb4_bin";
  result.members = std::move(list);
  return result;
}

std::vector<TypeCase> number_cases() {
  using T = ColumnType;
  const auto check = [](const std::string& type, const std::string& condition) {
    return "\"c\" " + type + " CONSTRAINT \"c_check\" CHECK (" + condition + ")";
  };
  return {
      {"tinyint", column("c", T::tinyint, "tinyint(4)"),
       check("smallint", "\"c\" BETWEEN -128 AND 127"), "\"c\" smallint"},
      {"tinyint(1)", column("c", T::tinyint, "tinyint(1)"),
       check("smallint", "\"c\" BETWEEN -128 AND 127"), "\"c\" boolean"},
      {"tinyint unsigned", column("c", T::tinyint, "tinyint(3) unsigned"),
       check("smallint", "\"c\" BETWEEN 0 AND 255"), ""},
      {"smallint", column("c", T::smallint, "smallint(6)"), "\"c\" smallint", ""},
      {"smallint unsigned", column("c", T::smallint, "smallint(5) unsigned"),
       check("integer", "\"c\" BETWEEN 0 AND 65535"), ""},
      {"mediumint", column("c", T::mediumint, "mediumint(9)"),
       check("integer", "\"c\" BETWEEN -8388608 AND 8388607"), "\"c\" integer"},
      {"mediumint unsigned", column("c", T::mediumint, "mediumint(8) unsigned"),
       check("integer", "\"c\" BETWEEN 0 AND 16777215"), ""},
      {"int", column("c", T::integer, "int(11)"), "\"c\" integer", ""},
      {"int unsigned zerofill", column("c", T::integer, "int(6) unsigned zerofill"),
       check("bigint", "\"c\" BETWEEN 0 AND 4294967295"), ""},
      {"bigint", column("c", T::bigint, "bigint(20)"), "\"c\" bigint", ""},
      {"bigint unsigned", column("c", T::bigint, "bigint(20) unsigned"),
       check("numeric(20,0)", "\"c\" BETWEEN 0 AND 18446744073709551615"),
       check("bigint", "\"c\" >= 0")},
      {"decimal", decimal(65, 30, false), "\"c\" numeric(65,30)", ""},
      {"decimal unsigned", decimal(38, 38, true), check("numeric(38,38)", "\"c\" >= 0"), ""},
      {"float", column("c", T::float_, "float"), "\"c\" real", ""},
      {"float unsigned", column("c", T::float_, "float unsigned"), check("real", "\"c\" >= 0"), ""},
      {"double", column("c", T::double_, "double(10,2)"), "\"c\" double precision", ""},
      {"bit(1)", sized(T::bit, "bit(1)", 1), "\"c\" bit(1)", "\"c\" boolean"},
      {"bit(64)", sized(T::bit, "bit(64)", 64), "\"c\" bit(64)", ""},
      {"year", column("c", T::year, "year(4)"),
       check("smallint", "\"c\" = 0 OR \"c\" BETWEEN 1901 AND 2155"), ""},
  };
}

std::vector<TypeCase> other_cases() {
  using T = ColumnType;
  const auto check = [](const std::string& type, const std::string& condition) {
    return "\"c\" " + type + " CONSTRAINT \"c_check\" CHECK (" + condition + ")";
  };
  return {
      {"date", column("c", T::date), "\"c\" date", ""},
      {"datetime(0)", moment(T::datetime, "datetime", 0), "\"c\" timestamp(0)", ""},
      {"datetime(6)", moment(T::datetime, "datetime(6)", 6), "\"c\" timestamp(6)", ""},
      {"timestamp(3)", moment(T::timestamp, "timestamp(3)", 3), "\"c\" timestamptz(3)", ""},
      {"time(2)", moment(T::time, "time(2)", 2), "\"c\" interval(2)", "\"c\" time(2)"},
      {"char(5)", sized(T::char_, "char(5)", 5), "\"c\" varchar(5)", ""},
      {"varchar(255)", sized(T::varchar, "varchar(255)", 255), "\"c\" varchar(255)", ""},
      {"varchar(0)", sized(T::varchar, "varchar(0)", 0), check("text", "\"c\" = ''"), ""},
      {"varchar, long", sized(T::varchar, "varchar", 10'485'761), "\"c\" text", ""},
      {"text", sized(T::text, "longtext", 0), "\"c\" text", ""},
      {"binary(4)", sized(T::binary, "binary(4)", 4), check("bytea", "octet_length(\"c\") = 4"),
       "\"c\" bytea"},
      {"varbinary(9)", sized(T::varbinary, "varbinary(9)", 9),
       check("bytea", "octet_length(\"c\") <= 9"), "\"c\" bytea"},
      {"blob", column("c", T::blob), "\"c\" bytea", ""},
      {"enum", members(T::enum_, {"a", "b,c", "d'e", "\\", ""}),
       check("text", "\"c\" IN ('a', 'b,c', 'd''e', E'\\\\', '')"), ""},
      {"enum of placeholders", members(T::enum_, {"{column}", "{members}"}),
       check("text", "\"c\" IN ('{column}', '{members}')"), ""},
      {"set", members(T::set, {"x", "y z"}),
       check("text", "string_to_array(\"c\", ',') <@ ARRAY['x', 'y z']::text[]"),
       check("text[]", "\"c\" <@ ARRAY['x', 'y z']::text[]")},
      {"json", column("c", T::json), "\"c\" json", "\"c\" jsonb"},
      {"uuid", column("c", T::uuid), "\"c\" uuid", ""},
      {"inet4", column("c", T::inet4), check("inet", "family(\"c\") = 4 AND masklen(\"c\") = 32"),
       ""},
      {"inet6", column("c", T::inet6), check("inet", "family(\"c\") = 6 AND masklen(\"c\") = 128"),
       ""},
      {"geometry", column("c", T::geometry), "\"c\" bytea", ""},
  };
}

std::string column_ddl(const mariadb::Column& source, const std::string& map) {
  schema::SchemaOptions options;
  options.map = map;
  const auto schema = target(table("t", {source}), options);
  return schema.tables.front().create_sql;
}

}  // namespace

TEST_CASE("each type becomes what the maps say", "[schema]") {
  std::vector<TypeCase> cases = number_cases();
  for (TypeCase& other : other_cases())
    cases.push_back(std::move(other));
  for (const TypeCase& item : cases) {
    INFO(item.name);
    const auto wrap = [](const std::string& sql) {
      return "CREATE TABLE \"t\" (\n  " + sql + "\n)";
    };
    CHECK(column_ddl(item.column, "default") == wrap(item.default_sql));
    CHECK(column_ddl(item.column, "compact") ==
          wrap(item.compact_sql.empty() ? item.default_sql : item.compact_sql));
  }
}

TEST_CASE("the default map gives nothing up and the compact one says what", "[schema]") {
  const auto map = schema::TypeMap::load("default");
  for (const auto& rule : map.rules()) {
    INFO(rule.source);
    CHECK(rule.loss.empty());
  }
  schema::SchemaOptions compact;
  compact.map = "compact";
  const auto schema = target(table("t", {column("c", ColumnType::json)}), compact);
  const Finding* finding = find_finding(schema, "type-narrowed");
  REQUIRE(finding != nullptr);
  CHECK(finding->severity == Severity::info);
  CHECK(finding->message ==
        "json becomes jsonb: white space, key order, duplicate keys, the spelling of numbers");
}

TEST_CASE("every target form that a map may name has a codec", "[schema]") {
  for (int type = 0; type <= static_cast<int>(ColumnType::geometry); ++type) {
    const auto& source = schema::source_type(static_cast<ColumnType>(type));
    for (const schema::TargetForm form : source.forms) {
      INFO(source.name << " as " << schema::name(form));
      CHECK(schema::has_codec(column("c", source.type), form));
    }
  }
}

TEST_CASE("every built-in map knows every type", "[schema]") {
  const std::string map = GENERATE("default", "compact");
  const auto types = schema::TypeMap::load(map);
  for (const std::string_view name : schema::source_type_names()) {
    const auto* type = schema::find_source_type(name);
    auto plain = column("c", type->type, std::string(name));
    INFO(map << ": " << name);
    CHECK(types.find(plain, std::nullopt) != nullptr);
    plain.is_unsigned = type->has_sign;
    CHECK(types.find(plain, std::nullopt) != nullptr);
  }
}

TEST_CASE("a type without a rule is refused", "[schema]") {
  Diagnostics diagnostics;
  const auto map = schema::TypeMap::parse(
      "version: 1\nname: mine\ntypes: [{ source: int, target: integer, form: int4 }]\n",
      "mine.yaml", diagnostics);
  REQUIRE(diagnostics.empty());
  const auto schema = schema::build_target(
      database({table("t", {id_column(), column("g", ColumnType::geometry)})}), map, {});
  const Finding* finding = find_finding(schema, "type-unsupported");
  REQUIRE(finding != nullptr);
  CHECK(finding->severity == Severity::error);
  CHECK(finding->object == "crm.t.g");
  CHECK(has_errors(schema.findings));
}

}  // namespace godwit::test
