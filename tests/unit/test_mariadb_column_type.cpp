#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "mariadb/column_type.hpp"

using godwit::Error;
using godwit::mariadb::ColumnType;
using godwit::mariadb::parse_data_type;
using godwit::mariadb::parse_members;

namespace {

using Members = std::vector<std::string>;

}  // namespace

TEST_CASE("members of ENUM and SET") {
  CHECK(parse_members("enum('a')") == Members{"a"});
  CHECK(parse_members("set('a','b c','')") == Members{"a", "b c", ""});
  CHECK(parse_members("enum('it''s','b,c','x)y','(')") == Members{"it's", "b,c", "x)y", "("});
  CHECK(parse_members("enum('''','''''')") == Members{"'", "''"});
  CHECK(parse_members(R"(enum('a\\b','\\','c\nd','e\rf','g\'h'))") ==
        Members{"a\\b", "\\", "c\nd", "e\rf", "g'h"});
  CHECK(parse_members("enum('a\\0b')") == Members{std::string("a\0b", 3)});
  CHECK(parse_members("enum('é','€')") == Members{"é", "€"});
}

TEST_CASE("what is no list of members") {
  const auto text = GENERATE(as<std::string>{}, "enum", "enum(", "enum()", "enum('a'", "enum('a",
                             "enum('a''", "enum('a',)", "enum('a'b)", "enum('a\\", "int(11)");
  CAPTURE(text);
  CHECK_THROWS_AS(parse_members(text), Error);
}

TEST_CASE("data types") {
  CHECK(parse_data_type("int") == ColumnType::integer);
  CHECK(parse_data_type("mediumtext") == ColumnType::text);
  CHECK(parse_data_type("multipolygon") == ColumnType::geometry);
  CHECK(parse_data_type("vector") == std::nullopt);
  CHECK(parse_data_type("") == std::nullopt);
  CHECK(name(ColumnType::text) == "text");
  CHECK(name(ColumnType::blob) == "blob");
  CHECK(name(ColumnType::geometry) == "geometry");
  CHECK(name(ColumnType::enum_) == "enum");
  CHECK(parse_data_type(name(ColumnType::double_)) == ColumnType::double_);
}
