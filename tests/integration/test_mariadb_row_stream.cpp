#include <catch2/catch.hpp>

#include <cstring>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "support/servers.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::mariadb::Connection;
using godwit::mariadb::RawValue;
using godwit::mariadb::RowStream;
using godwit::mariadb::TextForm;
using godwit::test::servers;
using godwit::test::SourceDatabase;

namespace {

std::string text(RawValue value) {
  if (value.is_null()) return "NULL";
  return {reinterpret_cast<const char*>(value.data), value.size};
}

std::string hex(RawValue value) {
  if (value.is_null()) return "NULL";
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (const std::byte byte : value.bytes()) {
    result += kDigits[std::to_integer<unsigned>(byte) >> 4U];
    result += kDigits[std::to_integer<unsigned>(byte) & 15U];
  }
  return result;
}

}  // namespace

TEST_CASE("values arrive as the binary protocol carries them", "[mariadb_row_stream]") {
  SourceDatabase database;
  database.run(
      "CREATE TABLE t (a TINYINT, b SMALLINT, c MEDIUMINT, d INT, e BIGINT UNSIGNED, f FLOAT,"
      "g DOUBLE, h DECIMAL(10,3), i BIT(9), j YEAR, k DATE, l TIME(6), m DATETIME(6),"
      "n TIMESTAMP NULL, o CHAR(5), p VARCHAR(20), q LONGTEXT, r BINARY(3), s VARBINARY(5),"
      "t BLOB, u ENUM('x','y'), v SET('x','y'), w JSON, x UUID, y INET6, z INET4, g1 POINT)"
      "CHARACTER SET utf8mb4");
  database.run(
      "SET sql_mode='ALLOW_INVALID_DATES';"
      "INSERT INTO t VALUES (-1, -2, -3, -4, 18446744073709551615, 1.5, -0.5, -12.345, "
      "b'100000001',"
      "2155, '0000-00-00', '-838:59:59.999999', '2024-02-29 23:59:59.5', '1970-01-01 00:00:01',"
      "'é ', '', 'ü', 'a', X'00FF', '', 'y', 'x,y', '{}',"
      "'00112233-4455-6677-8899-aabbccddeeff', '::1', '1.2.3.4', POINT(1, 2))");
  database.run("INSERT INTO t (a) VALUES (NULL)");
  Connection connection(servers().source, TextForm::column_bytes);
  RowStream stream(connection, "SELECT * FROM `" + database.name() + "`.t ORDER BY a DESC");
  REQUIRE(stream.column_count() == 27);
  REQUIRE(stream.next());
  const std::vector<std::string> expected = {"ff",
                                             "feff",
                                             "fdffffff",
                                             "fcffffff",
                                             "ffffffffffffffff",
                                             "0000c03f",
                                             "000000000000e0bf",
                                             "2d31322e333435",
                                             "0101",
                                             "6b08",
                                             "",
                                             "0122000000163b3b3f420f00",
                                             "e807021d173b3b20a10700",
                                             "b2070101000001",
                                             "c3a9",
                                             "",
                                             "c3bc",
                                             "610000",
                                             "00ff",
                                             "",
                                             "79",
                                             "782c79",
                                             "7b7d"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("column " << i);
    CHECK(hex(stream.row()[i]) == expected[i]);
  }
  // The plugin types come as text.
  CHECK(text(stream.row()[23]) == "00112233-4455-6677-8899-aabbccddeeff");
  CHECK(text(stream.row()[24]) == "::1");
  CHECK(text(stream.row()[25]) == "1.2.3.4");
  CHECK(stream.row()[26].size == 25);
  CHECK(stream.row_bytes() == 182);

  REQUIRE(stream.next());
  for (const RawValue value : stream.row())
    CHECK(value.is_null());
  CHECK(stream.row_bytes() == 1 + (27 + 9) / 8);
  CHECK_FALSE(stream.next());
  CHECK_FALSE(stream.next());
}

TEST_CASE("length prefixes of every width", "[mariadb_row_stream]") {
  Connection connection(servers().source);
  const auto size = GENERATE(as<std::size_t>{}, 0, 1, 250, 251, 255, 256, 65535, 65536, 16777215,
                             16777216, 33554432, 104857600);
  CAPTURE(size);
  const std::string number = std::to_string(size);
  RowStream stream(
      connection, "SELECT 7, REPEAT('x', " + number + "), 8, NULL, REPEAT('y', " + number + "), 9");
  REQUIRE(stream.next());
  const auto row = stream.row();
  CHECK(hex(row[0]) == "07000000");
  REQUIRE(row[1].size == size);
  REQUIRE(row[4].size == size);
  CHECK(hex(row[2]) == "08000000");
  CHECK(row[3].is_null());
  CHECK(hex(row[5]) == "09000000");
  CHECK_FALSE(row[1].is_null());
  const std::string x(size, 'x');
  CHECK((size == 0 || std::memcmp(row[1].data, x.data(), size) == 0));
  CHECK(stream.row_bytes() >= 2 * size + 14);
  CHECK_FALSE(stream.next());
}

TEST_CASE("NULL bitmaps longer than a byte", "[mariadb_row_stream]") {
  std::string sql = "SELECT ";
  for (int i = 0; i < 100; ++i) {
    sql += (i == 0 ? "" : ",") + (i % 3 == 0 ? std::string("NULL") : std::to_string(i));
  }
  Connection connection(servers().source);
  RowStream stream(connection, sql);
  REQUIRE(stream.next());
  for (unsigned i = 0; i < 100; ++i) {
    CHECK(stream.row()[i].is_null() == (i % 3 == 0));
    if (i % 3 == 0) continue;
    CHECK(std::to_integer<unsigned>(stream.row()[i].data[0]) == i);
  }
}

TEST_CASE("many rows, and no rows", "[mariadb_row_stream]") {
  SourceDatabase database;
  Connection connection(servers().source);
  std::uint64_t sum = 0;
  RowStream stream(connection,
                   "SELECT seq, CONCAT('n', seq) FROM `" + database.name() + "`.seq_1_to_100000");
  while (stream.next()) {
    std::uint64_t value = 0;
    std::memcpy(&value, stream.row()[0].data, sizeof value);
    REQUIRE(text(stream.row()[1]) == "n" + std::to_string(value));
    sum += value;
  }
  CHECK(sum == 100000ULL * 100001 / 2);
  // The connection is free again.
  RowStream empty(connection, "SELECT 1 WHERE FALSE");
  CHECK_FALSE(empty.next());
  CHECK(connection.scalar("SELECT 5") == "5");
}

TEST_CASE("a stream that is given up breaks its connection, soon", "[mariadb_row_stream]") {
  SourceDatabase database;
  Connection connection(servers().source);
  {
    RowStream stream(connection, "SELECT seq FROM `" + database.name() + "`.seq_1_to_1000000000");
    REQUIRE(stream.next());
  }
  try {
    connection.query("SELECT 1");
    FAIL("the connection still works");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::source);
    CHECK(error.retryable());
  }
}

TEST_CASE("errors of a stream are the server's", "[mariadb_row_stream]") {
  SourceDatabase database;
  Connection connection(servers().source);
  SECTION("at once") {
    CHECK_THROWS_WITH(RowStream(connection, "SELECT * FROM `" + database.name() + "`.nope"),
                      Catch::Contains("(1146)"));
    CHECK(connection.scalar("SELECT 5") == "5");
  }
  SECTION("DDL since the catalog was read is worth another attempt") {
    try {
      const RowStream stream(connection, "SELECT * FROM `" + database.name() + "`.nope");
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.retryable());
    }
  }
  SECTION("not a query") { CHECK_THROWS_AS(RowStream(connection, "SET @a = 1"), Error); }
  SECTION("within the rows") {
    RowStream stream(connection, "SELECT IF(seq = 5000, (SELECT 1 UNION SELECT 2), seq) FROM `" +
                                     database.name() + "`.seq_1_to_10000");
    CHECK_THROWS_WITH(
        [&] {
          while (stream.next()) {
          }
        }(),
        Catch::Contains("(1242)"));
  }
  SECTION("killed within the rows") {
    RowStream stream(connection, "SELECT seq, REPEAT('x', 1000) FROM `" + database.name() +
                                     "`.seq_1_to_100000000");
    REQUIRE(stream.next());
    Connection(servers().source_root).execute("KILL " + std::to_string(connection.thread_id()));
    try {
      while (stream.next()) {
      }
      FAIL("the rows ended");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::source);
      CHECK(error.retryable());
    }
  }
}
