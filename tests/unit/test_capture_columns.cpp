#include <catch2/catch.hpp>

#include "binlog_table.hpp"

using namespace godwit;
using namespace godwit::capture;
using godwit::test::column_map;
using godwit::test::Decoded;
using godwit::test::MadeColumn;
using godwit::test::source_error;
using godwit::test::table_map;
using godwit::test::Wire;
using namespace std::string_literals;

namespace {

MappedColumn column(int type, const std::string& metadata) {
  return column_map({{type, metadata}}).columns.at(0);
}

std::string error_of(int type, const std::string& metadata) {
  return source_error([&] { (void)column(type, metadata); });
}

/// Code, packed length, value.
std::string field(int code, const std::string& value) {
  return Wire().u8(static_cast<std::uint64_t>(code)).short_text(value).bytes();
}

TableMetadata metadata_of(const std::vector<MadeColumn>& columns, const std::string& optional) {
  const Decoded map(EventType::table_map, table_map(columns, optional));
  const auto& event = map.as<TableMapEvent>();
  return read_table_metadata(event, make_column_map(event));
}

}  // namespace

TEST_CASE("a column's metadata says how its values are packed") {
  struct Case {
    int type;
    std::string metadata;
    int resolved_type;
    int resolved_metadata;
    int length_bytes;
    int size;
  };
  const std::vector<Case> cases = {
      {1, "", 1, 0, 0, 1},                    // TINYINT
      {2, "", 2, 0, 0, 2},                    // SMALLINT
      {9, "", 9, 0, 0, 3},                    // MEDIUMINT
      {3, "", 3, 0, 0, 4},                    // INT
      {8, "", 8, 0, 0, 8},                    // BIGINT
      {4, "\x04", 4, 4, 0, 4},                // FLOAT
      {5, "\x08", 5, 8, 0, 8},                // DOUBLE
      {13, "", 13, 0, 0, 1},                  // YEAR
      {10, "", 10, 0, 0, 3},                  // DATE
      {11, "", 11, 0, 0, 0},                  // TIME, old: not told
      {12, "", 12, 0, 0, 0},                  // DATETIME, old
      {7, "", 7, 0, 0, 0},                    // TIMESTAMP, old
      {19, "\0"s, 19, 0, 0, 3},               // TIME
      {19, "\x03", 19, 3, 0, 5},              // TIME(3)
      {18, "\0"s, 18, 0, 0, 5},               // DATETIME
      {18, "\x06", 18, 6, 0, 8},              // DATETIME(6)
      {17, "\x01", 17, 1, 0, 5},              // TIMESTAMP(1)
      {246, "\x0A\x02", 246, 0x0A02, 0, 5},   // DECIMAL(10,2)
      {246, "\x41\x1E", 246, 0x411E, 0, 30},  // DECIMAL(65,30)
      {246, "\x05\x05", 246, 0x0505, 0, 3},   // DECIMAL(5,5)
      {16, "\x01\0"s, 16, 1, 0, 1},           // BIT(1)
      {16, "\x01\x01", 16, 9, 0, 2},          // BIT(9)
      {16, "\0\x08"s, 16, 64, 0, 8},          // BIT(64)
      {15, "\xFF\0"s, 15, 255, 1, 0},         // VARCHAR of 255 bytes
      {15, "\0\x01"s, 15, 256, 2, 0},         // … of 256
      {253, "\x28\0"s, 253, 40, 1, 0},        // VAR_STRING
      {254, "\xFE\x28", 254, 40, 1, 0},       // CHAR of 40 bytes
      {254, "\xEE\xFC", 254, 508, 2, 0},      // … of 508, the ninth bit folded
      {254, "\xDE\xFC", 254, 764, 2, 0},      // … of 764
      {254, "\xCE\xFC", 254, 1020, 2, 0},     // … of 1020
      {254, "\xF7\x01", 247, 1, 0, 1},        // ENUM
      {254, "\xF7\x02", 247, 2, 0, 2},        // ENUM with more than 255 members
      {247, "\xF7\x02", 247, 2, 0, 2},        // … under its own code
      {254, "\xF8\x03", 248, 3, 0, 3},        // SET of 24 members
      {254, "\xF8\x08", 248, 8, 0, 8},        // SET of 64
      {252, "\x01", 252, 1, 1, 0},            // TINYBLOB
      {252, "\x04", 252, 4, 4, 0},            // LONGBLOB
      {255, "\x04", 255, 4, 4, 0},            // GEOMETRY
      {140, "\x02", 140, 2, 2, 0},            // BLOB COMPRESSED
      {141, "\x01\x04", 141, 1025, 2, 0},     // VARCHAR COMPRESSED
  };
  for (const Case& each : cases) {
    CAPTURE(each.type, each.resolved_metadata);
    const MappedColumn mapped = column(each.type, each.metadata);
    CHECK(mapped.binlog.type == each.resolved_type);
    CHECK(mapped.binlog.metadata == each.resolved_metadata);
    CHECK(mapped.length_bytes == each.length_bytes);
    CHECK(mapped.size == each.size);
  }
}

TEST_CASE("metadata that no server writes is refused") {
  CHECK(error_of(3, "\x01").find("1 unexpected bytes") != std::string::npos);
  CHECK(error_of(15, "\x01").find("ends within the metadata") != std::string::npos);
  CHECK(error_of(4, "\x08").find("a float of 8 bytes") != std::string::npos);
  CHECK(error_of(18, "\x07").find("a fraction of 7 digits") != std::string::npos);
  CHECK(error_of(246, "\x42\x01").find("DECIMAL(66,1)") != std::string::npos);
  CHECK(error_of(246, "\x05\x06").find("DECIMAL(5,6)") != std::string::npos);
  CHECK(error_of(16, "\0\0"s).find("0 bits") != std::string::npos);
  CHECK(error_of(16, "\x01\x08").find("65 bits") != std::string::npos);
  CHECK(error_of(16, "\x08\0"s).find("8 bits") != std::string::npos);
  CHECK(error_of(254, "\xF7\x03").find("type 247 of 3 bytes") != std::string::npos);
  CHECK(error_of(254, "\xF8\0"s).find("type 248 of 0 bytes") != std::string::npos);
  CHECK(error_of(254, "\x01\x01").find("type 49") != std::string::npos);
  CHECK(error_of(252, "\x05").find("a length of 5 bytes") != std::string::npos);
  for (const int type : {0, 6, 16 + 4, 245, 244, 142}) {
    CHECK(error_of(type, "").find("the type " + std::to_string(type)) != std::string::npos);
  }
}

TEST_CASE("NULL bits and signs are each column's own") {
  // nine numbers with a text between, so that the signs need a second byte
  std::vector<MadeColumn> columns(10, {3, "", false});
  columns[4] = {15, "\x28\0"s, true};
  columns[9].nullable = true;
  const ColumnMap map = column_map(columns, field(1, "\xA0\x80"));
  CHECK(map.has_signedness);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    CAPTURE(i);
    CHECK(map.columns[i].nullable == (i == 4 || i == 9));
    CHECK(map.columns[i].is_unsigned == (i == 0 || i == 2 || i == 9));
  }
  CHECK_FALSE(column_map(columns).has_signedness);
  CHECK_FALSE(source_error([&] { (void)column_map(columns, field(1, "\xA0")); }).empty());
  CHECK_FALSE(source_error([&] { (void)column_map(columns, field(1, "\xA0\x80\x80")); }).empty());
  CHECK_FALSE(source_error([&] {
                (void)column_map(columns, field(1, "\xA0\x80") + field(1, "\xA0\x80"));
              }).empty());
}

TEST_CASE("a YEAR has a sign among the numbers") {
  const ColumnMap map = column_map({{13, ""}, {3, ""}}, field(1, "\x80"));
  CHECK(map.columns[0].is_unsigned);
  CHECK_FALSE(map.columns[1].is_unsigned);
}

TEST_CASE("the optional metadata names columns, collations, members and the key") {
  const std::vector<MadeColumn> columns = {{3, ""},           {15, "\x28\0"s}, {254, "\xF7\x01"},
                                           {254, "\xF8\x01"}, {252, "\x02"},   {255, "\x04"}};
  const std::string names = Wire()
                                .short_text("id")
                                .short_text("n")
                                .short_text("e")
                                .short_text("s")
                                .short_text("b")
                                .short_text("g")
                                .bytes();
  const std::string optional =
      field(1, "\0"s) + field(2, Wire().u8(45).u8(1).u8(63).u8(2).u8(63).bytes()) +
      field(4, names) + field(6, Wire().u8(2).short_text("x").short_text("").bytes()) +
      field(5, Wire().u8(1).short_text("y").bytes()) + field(7, "\x01") +
      field(9, Wire().u8(1).u8(10).u8(0).u8(0).bytes()) + field(10, "\x08") + field(99, "new");
  const TableMetadata metadata = metadata_of(columns, optional);
  CHECK(metadata.names == std::vector<std::string>{"id", "n", "e", "s", "b", "g"});
  CHECK(metadata.collations == std::vector<std::uint16_t>{0, 45, 8, 8, 63, 63});
  REQUIRE(metadata.members.size() == 6);
  CHECK(metadata.members[2] == std::vector<std::string>{"x", ""});
  CHECK(metadata.members[3] == std::vector<std::string>{"y"});
  CHECK(metadata.geometry_types == std::vector<std::uint32_t>{0, 0, 0, 0, 0, 1});
  REQUIRE(metadata.primary_key.size() == 2);
  CHECK(metadata.primary_key[0].column == 1);
  CHECK(metadata.primary_key[0].prefix == 10);
  CHECK(metadata.primary_key[1].column == 0);

  for (std::size_t size = 1; size < optional.size(); ++size) {
    const std::string cut = optional.substr(0, size);
    (void)source_error([&] { (void)metadata_of(columns, cut); });  // and nothing but this error
  }
}

TEST_CASE("collations and members are one for each column that has some") {
  const std::vector<MadeColumn> columns = {
      {15, "\x28\0"s}, {3, ""}, {254, "\xFE\x10"}, {254, "\xF7\x01"}, {254, "\xF7\x01"}};
  const TableMetadata metadata =
      metadata_of(columns, field(3, "\x2D\x3F") + field(11, "\x08\xFC\x24\x01") + field(8, "\x01"));
  CHECK(metadata.collations == std::vector<std::uint16_t>{45, 0, 63, 8, 292});
  REQUIRE(metadata.primary_key.size() == 1);
  CHECK(metadata.primary_key[0].prefix == 0);
  CHECK(metadata.names.empty());
  const auto error = [&](int code, const std::string& value) {
    return source_error([&] { (void)metadata_of(columns, field(code, value)); });
  };
  CHECK(error(3, "\x2D").find("ends within a collation") != std::string::npos);
  CHECK(error(3, "\x2D\x2D\x2D").find("1 unexpected bytes") != std::string::npos);
  CHECK(error(2, "\x2D\x02\x3F").find("text column 2 of 2") != std::string::npos);
  CHECK(error(8, "\x05").find("column 6") != std::string::npos);
  CHECK(error(6, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F").find("members") != std::string::npos);
  CHECK(error(4, "\x01x").find("ends within a column's name") != std::string::npos);
  CHECK(error(2, "\xFB").find("no number") != std::string::npos);
}

TEST_CASE("a table has between 1 and 4096 columns") {
  const auto with = [](std::uint64_t columns) {
    return source_error([&] {
      const Decoded map(EventType::table_map,
                        Wire().u48(18).u16(1).name("c").name("t").u8(0xFE).u64(columns).bytes());
    });
  };
  CHECK(with(0).find("0 columns") != std::string::npos);
  CHECK(with(4096).find("ends within the columns' types") != std::string::npos);
  CHECK(with(4097).find("4097 columns") != std::string::npos);
  CHECK(with(~std::uint64_t{0}).find("columns") != std::string::npos);
}
