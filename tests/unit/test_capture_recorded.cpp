// Real events: what MariaDB 10.11.19 wrote for the statements in tests/fuzz/record_binlog.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include <catch2/catch.hpp>

#include "binlog_table.hpp"
#include "codec_wire.hpp"

using namespace godwit;
using namespace godwit::capture;
using godwit::test::Packet;
using godwit::test::source_error;

namespace {

/// The events of a file without its magic.
std::vector<std::string> events_of(const std::string& file) {
  const std::string path =
      std::string(GODWIT_SOURCE_DIR) + "/tests/fuzz/corpus/binlog/" + file + ".binlog";
  std::ifstream in(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(all.size() > 4);
  std::vector<std::string> events;
  std::uint32_t size = 0;
  for (std::size_t at = 4; at < all.size(); at += size) {
    REQUIRE(at + kEventHeaderBytes <= all.size());
    std::memcpy(&size, all.data() + at + 9, sizeof size);
    REQUIRE(size >= kEventHeaderBytes);
    events.push_back(all.substr(at, size));
  }
  return events;
}

/// What a file says, table by table.
struct Recorded {
  std::map<std::string, ColumnMap> maps;  // by table
  std::map<std::string, TableMetadata> metadata;
  std::vector<std::string> rows;  // "table > values"
  std::vector<std::string> kinds;
  std::vector<std::string> maps_only;  // tables named by a map that no rows event followed
  std::vector<GtidEvent> gtids;        // whose XIDs view a packet that is gone
  std::vector<std::uint16_t> row_flags;
};

std::string shown(const RowImage& image) {
  std::string text;
  for (std::size_t i = 0; i < image.values.size(); ++i) {
    const mariadb::RawValue& value = image.values[i];
    if (i > 0) text += ' ';
    if (!image.present.contains(i)) {
      text += '-';
    } else {
      text += value.is_null()
                  ? "NULL"
                  : "'" + test::hex({reinterpret_cast<const char*>(value.data), value.size}) + "'";
    }
  }
  return text;
}

Recorded read(const std::string& file) {
  Recorded all;
  EventDecoder decoder;
  RowReader reader;
  std::map<std::uint64_t, std::string> tables;
  std::map<std::uint64_t, bool> waiting;
  for (const std::string& bytes : events_of(file)) {
    const Packet packet(bytes);
    const Event event = decoder.decode(packet);
    all.kinds.push_back(name(event.header.type));
    if (const auto* gtid = std::get_if<GtidEvent>(&event.body)) all.gtids.push_back(*gtid);
    if (const auto* map = std::get_if<TableMapEvent>(&event.body)) {
      const std::string table(map->table);
      CHECK(map->database == "crm");
      tables[map->table_id] = table;
      waiting[map->table_id] = true;
      all.maps[table] = make_column_map(*map);
      all.metadata[table] = read_table_metadata(*map, all.maps[table]);
    }
    if (const auto* rows = std::get_if<RowsEvent>(&event.body)) {
      const std::string& table = tables.at(rows->table_id);
      waiting.erase(rows->table_id);
      all.row_flags.push_back(rows->flags);
      reader.open(*rows, all.maps.at(table));
      while (reader.next()) {
        all.rows.push_back(table + ": " + shown(reader.before()) + " > " + shown(reader.after()));
      }
      for (const auto& [id, waits] : waiting)
        all.maps_only.push_back(tables.at(id));
      waiting.clear();
    }
  }
  return all;
}

std::size_t column_named(const Recorded& file, const std::string& table, const std::string& name) {
  const auto& names = file.metadata.at(table).names;
  const auto at = std::find(names.begin(), names.end(), name);
  REQUIRE(at != names.end());
  return static_cast<std::size_t>(at - names.begin());
}

}  // namespace

TEST_CASE("recorded: columns of all types have their signs, collations, members and keys") {
  const Recorded file = read("full");
  const ColumnMap& map = file.maps.at("everything");
  const TableMetadata& metadata = file.metadata.at("everything");
  REQUIRE(map.columns.size() == 33);
  CHECK(map.has_signedness);
  const auto at = [&](const std::string& name) { return column_named(file, "everything", name); };
  for (const std::string name : {"id", "si", "bi", "y", "tu"}) {
    CAPTURE(name);
    CHECK(map.columns[at(name)].is_unsigned);
  }
  for (const std::string name : {"ti", "mi", "f", "d", "n", "gen"}) {
    CAPTURE(name);
    CHECK_FALSE(map.columns[at(name)].is_unsigned);
  }
  CHECK_FALSE(map.columns[at("id")].nullable);
  CHECK(map.columns[at("ts")].nullable);
  CHECK(map.columns[at("c")].binlog.metadata == 1020);
  CHECK(map.columns[at("c")].length_bytes == 2);
  CHECK(map.columns[at("vc")].binlog.type == 141);
  const std::map<std::string, int> collations = {
      {"c", 45}, {"bin", 63}, {"w", 8},   {"tx", 35}, {"bl", 63}, {"j", 46}, {"e", 45},
      {"g", 63}, {"vc", 45},  {"bc", 63}, {"i4", 63}, {"u", 63},  {"id", 0}};
  for (const auto& [name, collation] : collations) {
    CAPTURE(name);
    CHECK(metadata.collations[at(name)] == collation);
  }
  CHECK(metadata.members[at("e")] == std::vector<std::string>{"a", "b", ""});
  CHECK(metadata.members[at("s")] == std::vector<std::string>{"x", "y", "z"});
  CHECK(metadata.geometry_types[at("g")] == 0);
  CHECK(metadata.geometry_types[at("p")] == 1);
  const auto& key = file.metadata.at("child").primary_key;
  REQUIRE(key.size() == 2);
  CHECK(key[0].column == 2);
  CHECK(key[0].prefix == 10);
  CHECK(key[1].column == 0);
  CHECK(key[1].prefix == 0);
}

TEST_CASE("recorded: rows with a value of each type") {
  const Recorded file = read("full");
  REQUIRE(file.rows.size() == 12);
  const std::string& row = file.rows.front();
  CHECK(row.find("everything:  > '01000000' 'ff' 'ffff' '000080' 'ffffffffffffffff' '7c' 'c8' "
                 "'0000c03f' '000000000000d0bf' '73eb655bcaf204c72dff439eb1f6' '0101' '5dd00f' "
                 "'4b9105' '80c8b80c0a14' '99b2bb7efb04ce' '65e11a7f01e240' '63686172' '62' "
                 "'76c3a472' '77e472' '00fc' '00ff' '7b2261223a20317d' '02' '05' "
                 "'e61000000101000000000000000000f03f0000000000000040' ") == 0);
  CHECK(row.find("'0123456789abcdef8123456789abcdef' '00000000'") != std::string::npos);
  std::string nulls;
  for (int i = 0; i < 32; ++i)
    nulls += " NULL";
  CHECK(file.rows[1] == "everything:  > '02000000'" + nulls);
  CHECK(file.rows[2] == "everything:  > 'ffffffff'" + nulls);
  CHECK(file.rows[3].find(" NULL NULL '' NULL ") != std::string::npos);
  CHECK(file.rows[4] == "everything: 'ffffffff'" + nulls + " > ");
  CHECK(file.rows[9] == "parent: '01000000' '78' > ");
  CHECK(file.rows[10] == "child:  > '03000000' '63000000' '6f727068616e'");
}

TEST_CASE("recorded: compressed columns hold their text") {
  EventDecoder decoder;
  RowReader reader;
  ColumnMap map;
  for (const std::string& bytes : events_of("full")) {
    const Packet packet(bytes);
    const Event event = decoder.decode(packet);
    if (const auto* table = std::get_if<TableMapEvent>(&event.body)) map = make_column_map(*table);
    const auto* rows = std::get_if<RowsEvent>(&event.body);
    if (rows == nullptr) continue;
    reader.open(*rows, map);
    REQUIRE(reader.next());
    std::string text;
    inflate_column_value(map.columns[27].binlog, reader.after().values[27].bytes(), text);
    CHECK(text == std::string(90, 'a'));
    inflate_column_value(map.columns[28].binlog, reader.after().values[28].bytes(), text);
    CHECK(text == std::string(500, 'b'));
    return;
  }
  FAIL("no rows");
}

TEST_CASE("recorded: a cascade, unchecked keys, DDL and XA leave their marks") {
  const Recorded file = read("full");
  CHECK(file.maps_only == std::vector<std::string>{"child"});
  CHECK(file.row_flags.back() == std::uint16_t{RowsEvent::kStatementEnd});
  CHECK(file.row_flags[file.row_flags.size() - 2] ==
        (RowsEvent::kStatementEnd | RowsEvent::kNoForeignKeyChecks));
  REQUIRE(file.gtids.size() == 15);
  CHECK(to_string(file.gtids[0].gtid) == "0-1-1");
  CHECK(file.gtids[0].has(GtidEvent::kDdl));
  CHECK(file.gtids[0].has(GtidEvent::kStandalone));
  CHECK_FALSE(file.gtids[2].has(GtidEvent::kDdl));
  CHECK_FALSE(file.gtids[2].xid);
  CHECK(file.gtids[12].has(GtidEvent::kPreparedXa));
  REQUIRE(file.gtids[12].xid);
  CHECK(file.gtids[12].xid->format == 7);
  CHECK(file.gtids[13].has(GtidEvent::kCompletedXa));
  CHECK(file.gtids[13].xid);
  CHECK(std::count(file.kinds.begin(), file.kinds.end(), "XA_PREPARE") == 1);
  CHECK(file.kinds.back() == "ROTATE");
}

TEST_CASE("recorded: partial images, compressed events and statement format") {
  const Recorded file = read("minimal");
  CHECK_FALSE(file.maps.at("wide").has_signedness);
  CHECK(file.metadata.at("wide").names.empty());
  REQUIRE(file.rows.size() == 6);
  CHECK(file.rows[3] == "wide: '02000000' - - - > - - NULL -");
  CHECK(file.rows[4] == "wide: '03000000' - - - > ");
  CHECK(file.rows[5].find("'01000000' -") != std::string::npos);
  CHECK(file.rows[5].find("'07000000' -") != std::string::npos);
  for (const std::string kind : {"QUERY_COMPRESSED", "WRITE_ROWS_COMPRESSED_V1",
                                 "UPDATE_ROWS_COMPRESSED_V1", "INTVAR", "RAND", "USER_VAR"}) {
    CAPTURE(kind);
    CHECK(std::count(file.kinds.begin(), file.kinds.end(), kind) >= 1);
  }
}

TEST_CASE("recorded: the server's checksums match, and a changed bit doesn't") {
  CHECK(read("checksums").rows == std::vector<std::string>{"parent:  > '0a000000' '74656e'"});
  std::vector<std::string> events = events_of("checksums");
  for (std::string& bytes : events)
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EventDecoder decoder;
  CHECK(source_error([&] {
          const Packet packet(events.front());
          (void)decoder.decode(packet);
        }).find("checksum doesn't match") != std::string::npos);
}

TEST_CASE("recorded: events cut at any byte are refused or taken, never read beyond") {
  for (const std::string file : {"full", "minimal"}) {
    EventDecoder decoder;
    ColumnMap map;
    for (const std::string& bytes : events_of(file)) {
      for (std::size_t size = kEventHeaderBytes; size < bytes.size(); ++size) {
        std::string cut = bytes.substr(0, size);
        const auto value = static_cast<std::uint32_t>(size);
        std::memcpy(cut.data() + 9, &value, sizeof value);
        EventDecoder copy = decoder;
        CAPTURE(file, size);
        CHECK_NOTHROW(source_error([&] {
          const Packet packet(cut);
          const Event event = copy.decode(packet);
          RowReader reader;
          if (const auto* table = std::get_if<TableMapEvent>(&event.body)) {
            (void)read_table_metadata(*table, make_column_map(*table));
          }
          const auto* rows = std::get_if<RowsEvent>(&event.body);
          if (rows == nullptr) return;
          reader.open(*rows, map);
          while (reader.next())
            continue;
        }));
      }
      const Packet packet(bytes);
      const Event event = decoder.decode(packet);
      if (const auto* table = std::get_if<TableMapEvent>(&event.body)) {
        map = make_column_map(*table);
      }
    }
  }
}
