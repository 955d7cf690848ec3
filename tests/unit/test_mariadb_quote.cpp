#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/connection.hpp"

using godwit::Error;
using godwit::mariadb::bytes_literal;
using godwit::mariadb::quote_identifier;
using godwit::mariadb::quote_literal;

TEST_CASE("MariaDB identifiers are quoted with doubled backticks") {
  CHECK(quote_identifier("a") == "`a`");
  CHECK(quote_identifier("a`;DROP TABLE b--") == "`a``;DROP TABLE b--`");
  CHECK(quote_identifier("```") == "````````");
  CHECK(quote_identifier("a\\") == "`a\\`");
  CHECK(quote_identifier("é") == "`é`");
}

TEST_CASE("what no MariaDB identifier can be is rejected") {
  CHECK_THROWS_AS(quote_identifier(""), Error);
  CHECK_THROWS_AS(quote_identifier(std::string("a\0b", 3)), Error);
  CHECK_THROWS_AS(quote_identifier("\xff"), Error);
}

TEST_CASE("bytes are hexadecimal literals, whatever they are") {
  CHECK(bytes_literal("") == "X''");
  CHECK(bytes_literal("a'") == "X'6127'");
  CHECK(bytes_literal(std::string("\x00\xff\n", 3)) == "X'00FF0A'");
}

TEST_CASE("MariaDB literals mean the same under every sql_mode") {
  CHECK(quote_literal("") == "''");
  CHECK(quote_literal("crm_%") == "'crm_%'");
  CHECK(quote_literal("é") == "'é'");
  CHECK(quote_literal("it's") == "_utf8mb4 X'69742773'");
  CHECK(quote_literal("\\") == "_utf8mb4 X'5C'");
  CHECK(quote_literal(std::string("\0\n", 2)) == "_utf8mb4 X'000A'");
}
