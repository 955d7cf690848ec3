#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "binlog_bytes.hpp"
#include "godwit/capture/group_reader.hpp"

using namespace godwit;
using capture::EventType;
using test::format_description;
using test::framed;
using test::Packet;
using test::source_error;
using test::Wire;

namespace {

/// What the sink was told, one word a call.
class Words : public capture::GroupSink {
 public:
  void begin(const capture::GtidEvent&, const capture::GroupPosition&) override { say("begin"); }
  void rows(const std::shared_ptr<const capture::MappedTable>& table,
            const capture::RowsEvent&) override {
    say("rows:" + table->name);
  }
  void statement_end(std::span<const capture::StatementTable> tables) override {
    say("statement:" + std::to_string(tables.size()));
  }
  void statement(capture::StatementKind, const capture::QueryEvent& query) override {
    say("query:" + std::string(query.sql));
  }
  void end(capture::GroupEnd how, const capture::GroupPosition&) override {
    if (throws) throw std::runtime_error("no room");
    say("end:" + std::to_string(static_cast<int>(how)));
  }
  void abandon() override { say("abandon"); }

  std::string said;
  bool throws = false;

 private:
  void say(const std::string& word) { said += (said.empty() ? "" : " ") + word; }
};

std::string gtid(std::uint8_t flags = 0) {
  return framed(EventType::gtid, Wire().u64(5).u32(0).u8(flags).text(std::string(6, '\0')).bytes());
}
std::string gtid_of_xa() {
  return framed(EventType::gtid, Wire()
                                     .u64(5)
                                     .u32(0)
                                     .u8(capture::GtidEvent::kPreparedXa)
                                     .u32(1)
                                     .u8(1)
                                     .u8(0)
                                     .text("x")
                                     .bytes());
}
std::string map(std::uint64_t id, const std::string& table) {
  return framed(EventType::table_map,
                Wire().u48(id).u16(0).name("crm").name(table).u8(1).u8(3).u8(0).u8(0).bytes());
}
/// One row of one INT.
std::string rows(std::uint64_t id, bool last = true) {
  return framed(EventType::write_rows_v1,
                Wire().u48(id).u16(last ? 1 : 0).u8(1).u8(1).u8(0).u32(42).bytes());
}
std::string query(const std::string& sql) {
  return framed(EventType::query,
                Wire().u32(7).u32(0).u8(3).u16(0).u16(0).text("crm").u8(0).text(sql).bytes());
}
std::string xid() { return framed(EventType::xid, Wire().u64(9).bytes()); }

struct Stream {
  Words words;
  capture::GroupReader reader{words};

  Stream() { take(format_description(true)); }
  void take(const std::string& bytes) { reader.take(Packet(bytes)); }
  std::string said(const std::vector<std::string>& packets) {
    for (const std::string& packet : packets)
      take(packet);
    return words.said;
  }
};

}  // namespace

TEST_CASE("a group goes from its GTID to the event that ends it", "[capture]") {
  CHECK(Stream().said({gtid(), map(1, "a"), map(2, "b"), rows(1, false), rows(2), xid()}) ==
        "begin rows:a rows:b statement:2 end:0");
  CHECK(Stream().said({gtid(), map(1, "a"), rows(1), query("COMMIT")}) ==
        "begin rows:a statement:1 end:0");
  CHECK(Stream().said({gtid(), map(1, "a"), rows(1), query("ROLLBACK")}) ==
        "begin rows:a statement:1 end:1");
  CHECK(Stream().said({gtid(capture::GtidEvent::kStandalone), query("DROP TABLE a"), gtid()}) ==
        "begin query:DROP TABLE a end:0 begin");
  CHECK(Stream().said({gtid(), query("BEGIN"), query("SAVEPOINT `s`"), xid()}) ==
        "begin query:SAVEPOINT `s` end:0");
}

TEST_CASE("a rows event of no table ends its statement", "[capture]") {
  CHECK(Stream().said({gtid(), map(1, "a"), rows(1, false), rows(0xFFFF'FFFF'FFFF), xid()}) ==
        "begin rows:a statement:1 end:0");
  // and what a statement left open ends with the group
  CHECK(Stream().said({gtid(), map(1, "a"), xid()}) == "begin statement:1 end:0");
}

TEST_CASE("a new file abandons what the one before left open", "[capture]") {
  CHECK(Stream().said({gtid(), map(1, "a"), rows(1, false), format_description(true), gtid()}) ==
        "begin rows:a abandon begin");
  CHECK(Stream().said({format_description(true)}).empty());
  Stream stream;
  stream.take(gtid());
  stream.reader.reset();
  CHECK(stream.words.said == "begin abandon");
  stream.reader.reset();
  CHECK(stream.words.said == "begin abandon");
}

TEST_CASE("a group that the sink couldn't take is abandoned", "[capture]") {
  Stream stream;
  stream.take(gtid());
  stream.words.throws = true;
  CHECK_THROWS_AS(stream.take(xid()), std::runtime_error);
  stream.reader.reset();
  CHECK(stream.words.said == "begin abandon");
}

TEST_CASE("rows of the last table id that has four bytes are rows", "[capture]") {
  CHECK(Stream().said({gtid(), map(0xFFFF'FFFF, "a"), rows(0xFFFF'FFFF), xid()}) ==
        "begin rows:a statement:1 end:0");
}

TEST_CASE("events out of order are refused", "[capture]") {
  const auto error = [](const std::vector<std::string>& packets) {
    return source_error([&] { (void)Stream().said(packets); });
  };
  CHECK_THAT(error({gtid(), gtid()}), Catch::Contains("within another"));
  CHECK_THAT(error({map(1, "a")}), Catch::Contains("outside of a group"));
  CHECK_THAT(error({rows(1)}), Catch::Contains("outside of a group"));
  CHECK_THAT(error({xid()}), Catch::Contains("outside of a group"));
  CHECK_THAT(error({query("DELETE FROM a")}),
             Catch::Contains("outside of a group") && !Catch::Contains("DELETE"));
  CHECK_THAT(error({gtid(capture::GtidEvent::kStandalone), map(1, "a")}),
             Catch::Contains("one statement"));
  CHECK_THAT(error({gtid(), map(1, "a"), rows(2)}), Catch::Contains("table id 2"));
  // a map is of its statement only
  CHECK_THAT(error({gtid(), map(1, "a"), rows(1), rows(1)}), Catch::Contains("table id 1"));
  CHECK_THAT(error({gtid_of_xa(), xid()}), Catch::Contains("ends otherwise"));
  // where it happened
  CHECK_THAT(error({xid()}), Catch::StartsWith("binlog:"));
}

TEST_CASE("what TABLE_MAP says is kept within a bound", "[capture]") {
  capture::EventDecoder decoder = test::decoder_after_format(true);
  capture::TableCache cache(64U << 10U);
  const auto get = [&](std::uint64_t id, const std::string& name) {
    const Packet packet(map(id, name));
    return cache.get(std::get<capture::TableMapEvent>(decoder.decode(packet).body));
  };
  const auto first = get(1, "a");
  CHECK(first->name == "a");
  CHECK(first->database == "crm");
  CHECK(get(1, "a") == first);
  CHECK(get(1, "b")->name == "b");  // after a restart of the server
  CHECK(get(1, "b") == get(1, "b"));
  for (std::uint64_t id = 2; id < 10'000; ++id) {
    (void)get(id, "t" + std::to_string(id));
    (void)get(2, "t2");
  }
  CHECK(cache.bytes() <= 64U << 10U);
  CHECK(cache.bytes() > 16U << 10U);
  // what is used stays, whatever else comes
  const auto used = get(2, "t2");
  for (std::uint64_t id = 20'000; id < 30'000; ++id) {
    (void)get(id, "x");
    REQUIRE(get(2, "t2") == used);
  }
}
