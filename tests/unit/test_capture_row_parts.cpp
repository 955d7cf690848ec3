#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "binlog_table.hpp"
#include "capture/row_parts.hpp"
#include "codec_wire.hpp"

using namespace godwit;
using namespace std::string_literals;
using capture::RowParts;
using capture::RowReader;
using capture::RowsEvent;
using capture::RowsKind;
using capture::Slot;
using test::unhex;

namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Given {
  std::string text;  // "slot:kind:data" with blanks between
  std::vector<const std::byte*> at;

  RowParts parts{[this](Slot slot, const RowsEvent& event) {
    text += (text.empty() ? "" : " ") + std::to_string(slot) + ":" +
            std::to_string(static_cast<int>(event.kind)) + ":" + text_of(event.data);
    at.push_back(event.data.data());
    CHECK_FALSE(event.compressed);
    CHECK_FALSE(event.has(RowsEvent::kStatementEnd));
    CHECK(event.has(RowsEvent::kNoForeignKeyChecks));
    CHECK(event.before.empty() == (event.kind == RowsKind::write));
    CHECK(event.after.empty() == (event.kind == RowsKind::remove));
  }};
};

const std::string kBits = "\3";

RowsEvent update_event() {
  RowsEvent event;
  event.kind = RowsKind::update;
  event.flags = RowsEvent::kStatementEnd | RowsEvent::kNoForeignKeyChecks;
  event.before = std::as_bytes(std::span(kBits));
  event.after = event.before;
  event.compressed = true;
  return event;
}

}  // namespace

TEST_CASE("rows that stand together are given as they are", "[capture]") {
  const std::string data = "aabbccdd";
  const auto bytes = std::as_bytes(std::span(data));
  Given given;
  given.parts.open(update_event());
  for (std::size_t i = 0; i < 8; i += 2)
    given.parts.add(7, RowsKind::update, bytes.subspan(i, 2));
  given.parts.finish();
  CHECK(given.text == "7:1:aabbccdd");
  CHECK(given.at.front() == bytes.data());
  given.parts.finish();
  CHECK(given.at.size() == 1);
}

TEST_CASE("rows of several tenants are collected, each one's in order", "[capture]") {
  const std::string data = "abcdefgh";
  const auto bytes = std::as_bytes(std::span(data));
  Given given;
  given.parts.open(update_event());
  for (const std::size_t at : {0U, 1U, 2U, 3U})
    given.parts.add(at % 2 == 0 ? 4 : 1, RowsKind::update, bytes.subspan(at, 1));
  given.parts.add(9, RowsKind::update, bytes.subspan(4, 1));
  given.parts.add(4, RowsKind::update, bytes.subspan(5, 1));
  given.parts.add(4, RowsKind::remove, bytes.subspan(6, 1));
  given.parts.add(9, RowsKind::write, bytes.subspan(7, 1));
  given.parts.flush(9);
  given.parts.flush(9);
  given.parts.flush(1000);
  given.parts.finish();
  CHECK(given.text == "4:1:acf 9:1:e 9:0:h 4:2:g 1:1:bd");
}

TEST_CASE("what an event left behind isn't the next one's", "[capture]") {
  const std::string data = "ab";
  const auto bytes = std::as_bytes(std::span(data));
  Given given;
  for (int round = 0; round < 3; ++round) {
    given.parts.open(update_event());
    for (Slot slot = 0; slot < 200; ++slot)
      given.parts.add(slot, RowsKind::update, bytes.first(1));
  }
  given.parts.open(update_event());
  given.parts.add(150, RowsKind::update, bytes.last(1));
  given.parts.finish();
  CHECK(given.text == "150:1:b");
}

TEST_CASE("a row's bytes are those of its images", "[capture]") {
  const capture::ColumnMap map = test::column_map({{3, ""}, {15, "\x28\0"s}});
  const std::string before = unhex("00 01000000 02 6162");
  const std::string after = unhex("02 02000000");
  const std::string second = unhex("00 03000000 00") + unhex("01 01 63");
  const std::string rows = before + after + second;
  for (const bool compressed : {false, true}) {
    const test::Decoded event(
        compressed ? capture::EventType::update_rows_compressed_v1
                   : capture::EventType::update_rows_v1,
        test::rows_start(2, "\3\3") + (compressed ? test::compressed_part(rows) : rows));
    RowReader reader;
    CHECK(reader.raw().empty());
    reader.open(event.as<RowsEvent>(), map);
    CHECK(reader.raw().empty());
    REQUIRE(reader.next());
    CHECK(text_of(reader.raw()) == before + after);
    CHECK(text_of(reader.raw_before()) == before);
    CHECK(text_of(reader.raw_after()) == after);
    REQUIRE(reader.next());
    CHECK(text_of(reader.raw()) == second);
    CHECK_FALSE(reader.next());
    CHECK(reader.raw().empty());
  }
  const test::Decoded removed(capture::EventType::delete_rows_v1,
                              test::rows_start(2, "\3") + before);
  RowReader reader;
  reader.open(removed.as<RowsEvent>(), map);
  REQUIRE(reader.next());
  CHECK(text_of(reader.raw_before()) == before);
  CHECK(reader.raw_after().empty());
}
