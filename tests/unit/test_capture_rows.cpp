#include <random>

#include <catch2/catch.hpp>

#include "binlog_table.hpp"
#include "codec_wire.hpp"

using namespace godwit;
using namespace godwit::capture;
using godwit::test::column_map;
using godwit::test::compressed_part;
using godwit::test::Decoded;
using godwit::test::MadeColumn;
using godwit::test::rows_start;
using godwit::test::source_error;
using godwit::test::unhex;
using godwit::test::Wire;
using godwit::test::zlib_stream;
using namespace std::string_literals;

namespace {

/// Values in hexadecimal, "NULL", "-" where absent, with blanks between.
std::string shown(const RowImage& image) {
  std::string text;
  for (std::size_t i = 0; i < image.values.size(); ++i) {
    if (i > 0) text += ' ';
    const mariadb::RawValue& value = image.values[i];
    if (!image.present.contains(i)) {
      CHECK(value.is_null());
      text += '-';
    } else if (value.is_null()) {
      text += "NULL";
    } else {
      text += "'" + test::hex({reinterpret_cast<const char*>(value.data), value.size}) + "'";
    }
  }
  return text;
}

/// "before > after" of each row.
std::vector<std::string> rows_of(EventType type, const std::string& body, const ColumnMap& map) {
  const Decoded rows(type, body);
  RowReader reader;
  reader.open(rows.as<RowsEvent>(), map);
  std::vector<std::string> all;
  while (reader.next())
    all.push_back(shown(reader.before()) + " > " + shown(reader.after()));
  CHECK_FALSE(reader.next());
  return all;
}

std::string row_error(EventType type, const std::string& body, const ColumnMap& map) {
  return source_error([&] { (void)rows_of(type, body, map); });
}

const std::vector<MadeColumn> kIntTextInt = {{3, ""}, {15, "\x28\0"s}, {2, ""}};

}  // namespace

TEST_CASE("rows of old temporal columns are refused until their digits are known") {
  // INT NOT NULL, TIME(2) = 00:00:00.03: with three bytes of TIME this would be two rows
  ColumnMap map = test::column_map({{3, "", false}, {11, ""}});
  const std::string body = test::rows_start(2, "\x03") + "\0\1\0\0\0\x12\0\xC3\xC3"s;
  CHECK_THAT(row_error(EventType::write_rows_v1, body, map),
             Catch::Contains("column 2") && Catch::Contains("mysql56_temporal_format"));
  capture::set_fraction(map.columns[0], 2);
  CHECK(map.columns[0].size == 4);
  capture::set_fraction(map.columns[1], 2);
  CHECK(rows_of(EventType::write_rows_v1, body, map) ==
        std::vector<std::string>{" > '01000000' '1200c3c3'"});
  // an image without the column can be read
  const ColumnMap untold = test::column_map({{3, "", false}, {11, ""}});
  CHECK(rows_of(EventType::write_rows_v1, test::rows_start(2, "\x01") + "\0\1\0\0\0"s, untold) ==
        std::vector<std::string>{" > '01000000' -"});
  CHECK_THROWS_AS(capture::set_fraction(map.columns[1], 7), Error);
}

TEST_CASE("rows of a write, an update and a delete have their images") {
  const ColumnMap map = column_map(kIntTextInt);
  const std::string one = unhex("00 01000000 02 6162 0500");
  const std::string two = unhex("02 02000000 0600");
  CHECK(rows_of(EventType::write_rows_v1, rows_start(3, "\x07") + one + two, map) ==
        std::vector<std::string>{" > '01000000' '6162' '0500'", " > '02000000' NULL '0600'"});
  CHECK(rows_of(EventType::delete_rows_v1, rows_start(3, "\x07") + one, map) ==
        std::vector<std::string>{"'01000000' '6162' '0500' > "});
  CHECK(rows_of(EventType::update_rows_v1, rows_start(3, "\x07\x07") + one + two, map) ==
        std::vector<std::string>{"'01000000' '6162' '0500' > '02000000' NULL '0600'"});
  const std::string v2 = Wire().u48(18).u16(1).u16(2).u8(3).u8(7).bytes();
  CHECK(rows_of(EventType::write_rows_v2, v2 + one, map).size() == 1);
  CHECK(rows_of(EventType::write_rows_v1, rows_start(3, "\x07"), map).empty());
}

TEST_CASE("an absent column is not a NULL one") {
  const ColumnMap map = column_map(kIntTextInt);
  // MINIMAL: the key before, what changed after
  CHECK(rows_of(EventType::update_rows_v1,
                rows_start(3, "\x01\x06") + unhex("00 01000000") + unhex("01 0700"),
                map) == std::vector<std::string>{"'01000000' - - > - NULL '0700'"});
  const Decoded rows(EventType::update_rows_v1,
                     rows_start(3, "\x01\x07") + unhex("00 01000000 00 02000000 00 0700"));
  RowReader reader;
  reader.open(rows.as<RowsEvent>(), map);
  CHECK_FALSE(reader.before().all_present);
  CHECK(reader.after().all_present);
  REQUIRE(reader.next());
  CHECK(shown(reader.after()) == "'02000000' '' '0700'");
  CHECK_FALSE(reader.after().values[1].is_null());
}

TEST_CASE("a value of each type is as long as its metadata says") {
  const std::vector<MadeColumn> columns = {
      {1, ""},           {9, ""},           {8, ""},       {4, "\x04"},      {246, "\x0A\x02"},
      {19, "\x03"},      {18, "\x06"},      {17, "\x01"},  {16, "\x01\x01"}, {254, "\xF7\x02"},
      {254, "\xF8\x03"}, {254, "\xEE\xFC"}, {252, "\x03"}, {255, "\x04"},    {140, "\x01"},
      {141, "\x28\0"s},  {10, ""},          {13, ""},      {15, "\0\x01"s}};
  const std::string row = unhex(
      "000000"
      "7f 010203 0102030405060708 0000803f 8000000100 "
      "8000000fa1 99b2c3d4e5f60708 5f5e100005 01ff 0201 "
      "070605 0300616263 030000646566 02000000aabb 02cccd "
      "01ee 010203 7c 0100ff");
  const std::vector<std::string> rows =
      rows_of(EventType::write_rows_v1, rows_start(columns.size(), "\xFF\xFF\x07") + row + row,
              column_map(columns));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] ==
        " > '7f' '010203' '0102030405060708' '0000803f' '8000000100' "
        "'8000000fa1' '99b2c3d4e5f60708' '5f5e100005' '01ff' '0201' "
        "'070605' '616263' '646566' 'aabb' 'cccd' "
        "'ee' '010203' '7c' 'ff'");
  CHECK(rows[1] == rows[0]);
}

TEST_CASE("compressed rows are inflated, and fewer bytes than declared are refused") {
  const ColumnMap map = column_map(kIntTextInt);
  std::string rows;
  for (int i = 0; i < 500; ++i)
    rows += unhex("00 01000000 02 6162 0500");
  const std::string start = rows_start(3, "\x07");
  CHECK(rows_of(EventType::write_rows_compressed_v1, start + compressed_part(rows), map).size() ==
        500);
  const std::string v2 = Wire().u48(18).u16(1).u16(2).u8(3).u8(7).bytes();
  CHECK(rows_of(EventType::delete_rows_compressed_v2, v2 + compressed_part(rows), map).size() ==
        500);
  const std::string cut = compressed_part(rows.substr(0, rows.size() - 1));
  CHECK(row_error(EventType::write_rows_compressed_v1, start + cut, map).find("within column 3") !=
        std::string::npos);
  const std::string bomb = "\x84\x40\0\0\0"s + zlib_stream("x");
  CHECK(row_error(EventType::write_rows_compressed_v1, start + bomb, map).find("can't hold") !=
        std::string::npos);
}

TEST_CASE("rows cut at any byte but a row's end are refused") {
  const ColumnMap map = column_map(kIntTextInt);
  const std::string row = unhex("00 01000000 02 6162 0500");
  const std::string all = row + row + row;
  for (std::size_t size = 0; size <= all.size(); ++size) {
    CAPTURE(size);
    const std::string body = rows_start(3, "\x07") + all.substr(0, size);
    CHECK(row_error(EventType::write_rows_v1, body, map).empty() == (size % row.size() == 0));
  }
  const std::string update = rows_start(3, "\x07\x01") + row + unhex("00 02000000");
  CHECK(row_error(EventType::update_rows_v1, update, map).empty());
  for (std::size_t left = 1; left < row.size() + 5; ++left) {
    const std::string body = update.substr(0, update.size() - left);
    CHECK_FALSE(row_error(EventType::update_rows_v1, body, map).empty());
  }
}

TEST_CASE("lengths that point beyond the event are refused") {
  const ColumnMap blob = column_map({{252, "\x04"}});
  CHECK(row_error(EventType::write_rows_v1, rows_start(1, "\x01") + unhex("00 ffffffff 00"), blob)
            .find("ends within column 1") != std::string::npos);
  CHECK(row_error(EventType::write_rows_v1, rows_start(1, "\x01") + unhex("00 ffffff"), blob)
            .find("ends within column 1") != std::string::npos);
}

TEST_CASE("rows that don't fit their table map are refused") {
  const ColumnMap map = column_map(kIntTextInt);
  CHECK(row_error(EventType::write_rows_v1, rows_start(4, "\x0F") + "x", map)
            .find("rows of 4 columns for a table map of 3") != std::string::npos);
  // bits beyond the last column count for nothing
  CHECK(row_error(EventType::write_rows_v1, rows_start(3, "\xF8") + "x", map)
            .find("rows without any column") != std::string::npos);
  CHECK(row_error(EventType::update_rows_v1, rows_start(3, "\0\0"s) + "x", map)
            .find("rows without any column") != std::string::npos);
}

TEST_CASE("one reader reads events of several tables one after the other") {
  const ColumnMap wide = column_map(kIntTextInt);
  const ColumnMap narrow = column_map({{1, ""}});
  const Decoded three(EventType::write_rows_v1,
                      rows_start(3, "\x07") + unhex("00 01000000 02 6162 0500"));
  const Decoded one(EventType::delete_rows_v1, rows_start(1, "\x01") + unhex("00 07"));
  RowReader reader;
  CHECK_FALSE(reader.next());
  for (int round = 0; round < 3; ++round) {
    reader.open(three.as<RowsEvent>(), wide);
    REQUIRE(reader.next());
    CHECK(shown(reader.after()) == "'01000000' '6162' '0500'");
    CHECK(reader.before().values.empty());
    reader.open(one.as<RowsEvent>(), narrow);
    REQUIRE(reader.next());
    CHECK(shown(reader.before()) == "'07'");
    CHECK(reader.after().values.empty());
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("a compressed column's value is inflated up to what the column holds") {
  const std::string text(1'000, 'a');
  const schema::BinlogColumn varchar{141, 1'001};
  const schema::BinlogColumn tiny{140, 1};
  const auto inflated = [](const schema::BinlogColumn& column, const std::string& value) {
    std::string buffer = "from before";
    inflate_column_value(column, std::as_bytes(std::span(value)), buffer);
    return buffer;
  };
  const std::string packed = "\x82\x03\xE8"s + zlib_stream(text);
  CHECK(inflated(varchar, packed) == text);
  CHECK(inflated(varchar, "").empty());
  CHECK(inflated(varchar, "\0abc"s) == "abc");
  CHECK(inflated(varchar, "\0"s).empty());
  // without zlib's frame: two bytes in front, four behind
  const std::string stream = zlib_stream(text);
  CHECK(inflated(varchar, "\x8A\x03\xE8"s + stream.substr(2, stream.size() - 6)) == text);
  CHECK(inflated({140, 2}, packed) == text);

  const auto error = [&](const schema::BinlogColumn& column, const std::string& value) {
    return source_error([&] { (void)inflated(column, value); });
  };
  CHECK(error(tiny, packed).find("1000 bytes in a column of 255") != std::string::npos);
  CHECK(error({141, 999}, packed).find("in a column of 999") != std::string::npos);
  CHECK(error(varchar, "\x72\x03\xE8"s + stream).find("unknown compression 114") !=
        std::string::npos);
  CHECK(error(varchar, "\x82\x03\xE7"s + stream).find("isn't a zlib stream") != std::string::npos);
  for (std::size_t size = 1; size < packed.size(); ++size) {
    CHECK_FALSE(error(varchar, packed.substr(0, size)).empty());
  }
}

TEST_CASE("row images that no server sends are refused or taken, never read beyond") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const ColumnMap map = column_map({{3, ""}, {15, "\0\x01"s}, {252, "\x02"}, {254, "\xFE\x10"}});
  constexpr EventType kTypes[] = {EventType::write_rows_v1, EventType::update_rows_v1,
                                  EventType::delete_rows_v1, EventType::write_rows_compressed_v1};
  for (int round = 0; round < 5'000; ++round) {
    const EventType type = kTypes[random() % 4];
    std::string body = rows_start(4, type == EventType::update_rows_v1 ? "\x0F\x0F" : "\x0F");
    const std::size_t size = random() % 64;
    for (std::size_t i = 0; i < size; ++i) {
      body += static_cast<char>(random() % 4 == 0 ? random() : random() % 4);
    }
    CAPTURE(test::hex(body));
    CHECK_NOTHROW(row_error(type, body, map));
  }
}
