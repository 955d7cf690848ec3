#include <catch2/catch.hpp>

#include "binlog_bytes.hpp"

using namespace godwit;
using namespace godwit::capture;
using godwit::test::compressed_part;
using godwit::test::decoder_after_format;
using godwit::test::fixed_lengths;
using godwit::test::format_description;
using godwit::test::framed;
using godwit::test::Framing;
using godwit::test::Packet;
using godwit::test::source_error;
using godwit::test::Wire;
using namespace std::string_literals;

namespace {

/// Decodes one event behind a format description with checksums and hands it on.
template <class Body, class Use>
void with(EventType type, const std::string& body, const Use& use, Framing framing = {}) {
  EventDecoder decoder = decoder_after_format(true);
  const Packet packet(framed(type, body, framing));
  const Event event = decoder.decode(packet);
  CHECK(event.header.type == type);
  REQUIRE(std::holds_alternative<Body>(event.body));
  use(std::get<Body>(event.body));
}

std::string error_of(EventType type, const std::string& body, Framing framing = {}) {
  return source_error([&] {
    EventDecoder decoder = decoder_after_format(true);
    const Packet packet(framed(type, body, framing));
    (void)decoder.decode(packet);
  });
}

Wire gtid_start(unsigned flags) { return Wire().u64(42).u32(7).u8(flags); }

std::string query(const std::string& variables, const std::string& database,
                  const std::string& sql) {
  Wire wire;
  wire.u32(99).u32(0).u8(database.size()).u16(1317).u16(variables.size());
  return wire.text(variables).text(database).u8(0).text(sql).bytes();
}

}  // namespace

TEST_CASE("the header's fields are the event's") {
  EventDecoder decoder = decoder_after_format(true);
  const Packet packet(framed(EventType::xid, Wire().u64(5).bytes(), {true, 0x8000, 5'000, 12}));
  const EventHeader header = decoder.decode(packet).header;
  CHECK(header.timestamp == 1'700'000'000);
  CHECK(header.server_id == 12);
  CHECK(header.size == 31);
  CHECK(header.next_position == 5'000);
  CHECK(header.has(EventHeader::kSkipReplication));
  CHECK_FALSE(header.has(EventHeader::kArtificial));
}

TEST_CASE("a format description says the server's version and the checksums") {
  EventDecoder decoder;
  const Packet packet(format_description(true));
  const Event event = decoder.decode(packet);
  const auto& format = std::get<FormatDescriptionEvent>(event.body);
  CHECK(format.server_version == "10.11.19-MariaDB-log");
  CHECK(format.checksum == Checksum::crc32);
  CHECK(format.header_lengths.size() == 171);

  EventDecoder plain = decoder_after_format(false);
  const Packet xid(framed(EventType::xid, Wire().u64(5).bytes(), {.checksum = false}));
  CHECK(std::get<XidEvent>(plain.decode(xid).body).transaction == 5);
}

TEST_CASE(
    "a format description from a file that is being written has the checksum of a closed one") {
  EventDecoder decoder;
  const Packet packet(format_description(true, fixed_lengths(), EventHeader::kInUse));
  CHECK(decoder.decode(packet).header.has(EventHeader::kInUse));
  const Packet other(format_description(true, fixed_lengths(), EventHeader::kThreadSpecific));
  CHECK_THROWS_AS(decoder.decode(other), Error);
}

TEST_CASE("a format description that isn't known is refused") {
  const auto error_with = [](std::size_t offset, char byte) {
    std::string packet = format_description(false);
    packet[offset] = byte;
    return source_error([&] {
      EventDecoder decoder;
      const Packet exact(packet);
      (void)decoder.decode(exact);
    });
  };
  CHECK(error_with(19, 3).find("binlog version 3") != std::string::npos);
  CHECK(error_with(19 + 56, 20).find("headers of 20 bytes") != std::string::npos);
  CHECK(error_with(format_description(false).size() - 5, 7).find("algorithm 7") !=
        std::string::npos);
}

TEST_CASE("a damaged byte anywhere is seen, and can be tried again") {
  const std::string good = framed(EventType::xid, Wire().u64(5).bytes());
  for (std::size_t at = capture::kEventHeaderBytes; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EventDecoder decoder = decoder_after_format(true);
    const Packet packet(bad);
    try {
      (void)decoder.decode(packet);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::source);
      CHECK(error.retryable());
      CHECK(std::string(error.what()) ==
            "binlog:9969: XID event of 31 bytes: its checksum doesn't match");
    }
    const Packet again(good);
    CHECK_NOTHROW(decoder.decode(again));
  }
}

TEST_CASE("a packet that isn't as long as its header says is refused") {
  EventDecoder decoder = decoder_after_format(true);
  const std::string good = framed(EventType::xid, Wire().u64(5).bytes());
  for (const std::string& bad : {good + "x", good.substr(0, good.size() - 1), good.substr(0, 19)}) {
    const Packet packet(bad);
    CHECK(source_error([&] { (void)decoder.decode(packet); }).find("its header says 31") !=
          std::string::npos);
  }
  for (std::size_t size = 0; size < 19; ++size) {
    const Packet packet(good.substr(0, size));
    CHECK(source_error([&] { (void)decoder.decode(packet); }).find("at least 19") !=
          std::string::npos);
  }
}

TEST_CASE("a ROTATE is right with and without checksum, before and behind a format description") {
  const std::string body = Wire().u64(4'711).text("binlog.000003").bytes();
  const bool checksum = GENERATE(true, false);
  const Packet artificial(framed(EventType::rotate, body, {checksum, EventHeader::kArtificial, 0}));
  EventDecoder decoder;
  for (int round = 0; round < 2; ++round) {
    const Event event = decoder.decode(artificial);
    const auto& rotate = std::get<RotateEvent>(event.body);
    CHECK(rotate.position == 4'711);
    CHECK(rotate.file == "binlog.000003");
    CHECK(decoder.file() == "binlog.000003");
    CHECK(decoder.where(event.header) == "binlog.000003");
    const Packet format(format_description(checksum));
    (void)decoder.decode(format);
  }
  decoder.reset();
  CHECK(decoder.file().empty());
  const Packet xid(framed(EventType::xid, Wire().u64(5).bytes()));
  CHECK(source_error([&] { (void)decoder.decode(xid); }).find("before the format description") !=
        std::string::npos);
}

TEST_CASE("a file's name has no control characters") {
  CHECK(error_of(EventType::rotate, Wire().u64(4).text("bin\nlog").bytes()) ==
        "binlog:9962: ROTATE event of 38 bytes: a file name with control characters");
  CHECK_FALSE(error_of(EventType::rotate, Wire().u64(4).bytes()).empty());
  CHECK_FALSE(
      error_of(EventType::rotate, Wire().u64(4).text(std::string(600, 'x')).bytes()).empty());
}

TEST_CASE("a GTID's parts follow its flags") {
  with<GtidEvent>(EventType::gtid, gtid_start(0x29).text("\0\0\0\0\0\0"s).bytes(),
                  [](const GtidEvent& event) {
                    CHECK(to_string(event.gtid) == "7-11-42");
                    CHECK(event.has(GtidEvent::kStandalone));
                    CHECK(event.has(GtidEvent::kDdl));
                    CHECK(event.commit_id == 0);
                    CHECK_FALSE(event.xid);
                    CHECK(event.extra_flags == 0);
                  });
  with<GtidEvent>(EventType::gtid, gtid_start(0x02).u64(77).bytes(),
                  [](const GtidEvent& event) { CHECK(event.commit_id == 77); });
  with<GtidEvent>(EventType::gtid,
                  gtid_start(0x42).u64(77).u32(1).u8(2).u8(3).text("abxyz").bytes(),
                  [](const GtidEvent& event) {
                    REQUIRE(event.xid);
                    CHECK(event.commit_id == 77);
                    CHECK(event.xid->format == 1);
                    CHECK(event.xid->gtrid == "ab");
                    CHECK(event.xid->bqual == "xyz");
                  });
  with<GtidEvent>(EventType::gtid,
                  gtid_start(0x80).u32(1).u8(2).u8(0).text("ab").u8(0x05).u8(2).u64(40).bytes(),
                  [](const GtidEvent& event) {
                    REQUIRE(event.xid);
                    CHECK(event.has_extra(GtidEvent::kExtraEngines));
                    CHECK(event.has_extra(GtidEvent::kCommitAlter));
                    CHECK(event.start_sequence == 40);
                  });
  CHECK(error_of(EventType::gtid,
                 gtid_start(0x80).u32(1).u8(65).u8(0).text(std::string(80, 'x')).bytes())
            .find("parts of 65 and 0") != std::string::npos);
  CHECK(error_of(EventType::gtid, Wire().u64(0).u32(7).u8(0).bytes()).find("number 0") !=
        std::string::npos);
}

TEST_CASE("a GTID list may name a domain twice") {
  const std::string two =
      Wire().u32(0x1000'0002).u32(0).u32(1).u64(10).u32(0).u32(2).u64(9).bytes();
  with<GtidListEvent>(EventType::gtid_list, two, [](const GtidListEvent& event) {
    REQUIRE(event.gtids.size() == 2);
    CHECK(to_string(event.gtids[0]) == "0-1-10");
    CHECK(to_string(event.gtids[1]) == "0-2-9");
  });
  with<GtidListEvent>(EventType::gtid_list, Wire().u32(0).u16(0).bytes(),
                      [](const GtidListEvent& event) { CHECK(event.gtids.empty()); });
  CHECK(error_of(EventType::gtid_list, two.substr(0, 35)).find("2 GTIDs in 31 bytes") !=
        std::string::npos);
  CHECK_FALSE(error_of(EventType::gtid_list, Wire().u32(0x0FFF'FFFF).bytes()).empty());
}

TEST_CASE("encrypted events are refused only where the server doesn't decrypt them") {
  const std::string body = Wire().u8(1).u32(3).text("nonce-of-12b").bytes();
  with<StartEncryptionEvent>(
      EventType::start_encryption, body,
      [](const StartEncryptionEvent& event) { CHECK(event.key_version == 3); },
      {.flags = EventHeader::kIgnorable});
  CHECK(error_of(EventType::start_encryption, body).find("are encrypted") != std::string::npos);
}

TEST_CASE("a heartbeat beyond 4 GiB has its position in the body") {
  with<HeartbeatEvent>(EventType::heartbeat, "binlog.000009", [](const HeartbeatEvent& event) {
    CHECK(event.position == 10'000);
    CHECK(event.file == "binlog.000009");
  });
  with<HeartbeatEvent>(EventType::heartbeat,
                       Wire().u64(std::uint64_t{5} << 32U).text("binlog.000009").bytes(),
                       [](const HeartbeatEvent& event) {
                         CHECK(event.position == std::uint64_t{5} << 32U);
                         CHECK(event.file == "binlog.000009");
                       },
                       {.next_position = 0});
}

TEST_CASE("a query's status variables are read as far as they are known") {
  const std::string variables = Wire()
                                    .u8(0)
                                    .u32(0x0400'0000)
                                    .u8(1)
                                    .u64(0x20'0004)
                                    .u8(6)
                                    .short_text("std")
                                    .u8(3)
                                    .u32(0x0001'0002)
                                    .u8(131)
                                    .u8(1)
                                    .u32(0)
                                    .u8(4)
                                    .u16(45)
                                    .u16(224)
                                    .u16(8)
                                    .u8(5)
                                    .short_text("Europe/Paris")
                                    .u8(8)
                                    .u16(33)
                                    .u8(11)
                                    .short_text("me")
                                    .short_text("%")
                                    .u8(128)
                                    .number(7, 3)
                                    .u8(129)
                                    .u64(1)
                                    .u8(130)
                                    .u8(4)
                                    .u64(1)
                                    .u8(255)
                                    .bytes();
  with<QueryEvent>(EventType::query, query(variables, "crm", "TRUNCATE t"),
                   [](const QueryEvent& event) {
                     CHECK(event.thread_id == 99);
                     CHECK(event.error_code == 1317);
                     CHECK(event.database == "crm");
                     CHECK(event.sql == "TRUNCATE t");
                     CHECK_FALSE(event.variables.foreign_key_checks());
                     CHECK(event.variables.sql_mode == 0x20'0004U);
                     REQUIRE(event.variables.charset);
                     CHECK(event.variables.charset->client == 45);
                     CHECK(event.variables.charset->connection == 224);
                     CHECK(event.variables.charset->server == 8);
                     CHECK(event.variables.time_zone == "Europe/Paris");
                     CHECK(event.variables.database_charset == 33);
                     CHECK(event.variables.complete);
                   });
  with<QueryEvent>(EventType::query, query(Wire().u8(99).u8(1).u8(1).bytes(), "", "BEGIN"),
                   [](const QueryEvent& event) {
                     CHECK(event.sql == "BEGIN");
                     CHECK_FALSE(event.variables.complete);
                     CHECK_FALSE(event.variables.sql_mode);
                     CHECK(event.variables.foreign_key_checks());
                   });
  CHECK(error_of(EventType::query, query(Wire().u8(1).u32(0).bytes(), "", "BEGIN"))
            .find("ends within a status variable") != std::string::npos);
}

TEST_CASE("a compressed query is inflated") {
  const std::string sql = "CREATE TABLE t (" + std::string(5'000, ' ') + "a int)";
  const std::string body = query("", "crm", compressed_part(sql));
  with<QueryEvent>(EventType::query_compressed, body, [&](const QueryEvent& event) {
    CHECK(event.database == "crm");
    CHECK(event.sql == sql);
  });
  std::string longer = query("", "crm", compressed_part(sql));
  const std::size_t length_at = longer.size() - compressed_part(sql).size() + 1;
  longer[length_at] = '\x3F';  // nearly 1 GiB
  CHECK(error_of(EventType::query_compressed, longer).find("can't hold") != std::string::npos);
  std::string wrong = body;
  wrong[length_at + 3] = static_cast<char>(wrong[length_at + 3] + 1);
  CHECK(error_of(EventType::query_compressed, wrong).find("isn't a zlib stream") !=
        std::string::npos);
  CHECK(error_of(EventType::query_compressed, body + "x").find("isn't a zlib stream") !=
        std::string::npos);
  CHECK(error_of(EventType::query_compressed, query("", "crm", "\x94\0\0\0\1x"s))
            .find("unknown compression 148") != std::string::npos);
}

TEST_CASE("XA PREPARE names its transaction") {
  with<XaPrepareEvent>(EventType::xa_prepare, Wire().u8(1).u32(1).u32(2).u32(1).text("abc").bytes(),
                       [](const XaPrepareEvent& event) {
                         CHECK(event.one_phase);
                         CHECK(event.xid.gtrid == "ab");
                         CHECK(event.xid.bqual == "c");
                       });
  CHECK_FALSE(
      error_of(EventType::xa_prepare, Wire().u8(0).u32(1).u32(0xFFFF'FFFF).u32(0xFFFF'FFFF).bytes())
          .empty());
}

TEST_CASE("events of statement format are recognised") {
  with<IntvarEvent>(EventType::intvar, Wire().u8(2).u64(7).bytes(), [](const IntvarEvent& event) {
    CHECK(event.kind == 2);
    CHECK(event.value == 7);
  });
  with<RandEvent>(EventType::rand, Wire().u64(1).u64(2).bytes(),
                  [](const RandEvent& event) { CHECK(event.seed2 == 2); });
  with<UserVarEvent>(EventType::user_var,
                     Wire().u32(1).text("v").u8(0).u8(2).u32(33).u32(3).text("abc").u8(0).bytes(),
                     [](const UserVarEvent& event) {
                       CHECK(event.name == "v");
                       CHECK(event.value == "abc");
                     });
  with<UserVarEvent>(EventType::user_var, Wire().u32(1).text("v").u8(1).bytes(),
                     [](const UserVarEvent& event) { CHECK(event.is_null); });
  with<LoadEvent>(EventType::begin_load_query, "anything", [](const LoadEvent&) {});
  const std::string load = Wire()
                               .u32(9)
                               .u32(0)
                               .u8(3)
                               .u16(0)
                               .u16(0)
                               .text(std::string(13, '\0'))
                               .text("crm")
                               .u8(0)
                               .text("LOAD DATA")
                               .bytes();
  with<LoadEvent>(EventType::execute_load_query, load, [](const LoadEvent& event) {
    CHECK(event.database == "crm");
    CHECK(event.sql == "LOAD DATA");
  });
}

TEST_CASE("the other control events") {
  with<StopEvent>(EventType::stop, "", [](const StopEvent&) {});
  with<BinlogCheckpointEvent>(
      EventType::binlog_checkpoint, Wire().u32(3).text("b.1").bytes(),
      [](const BinlogCheckpointEvent& event) { CHECK(event.file == "b.1"); });
  with<AnnotateRowsEvent>(
      EventType::annotate_rows, "INSERT INTO t VALUES (1)",
      [](const AnnotateRowsEvent& event) { CHECK(event.sql == "INSERT INTO t VALUES (1)"); });
  with<IncidentEvent>(EventType::incident, Wire().u16(1).short_text("LOST").bytes(),
                      [](const IncidentEvent& event) {
                        CHECK(event.number == 1);
                        CHECK(event.message == "LOST");
                      });
  CHECK(error_of(EventType::xid, Wire().u64(5).u8(0).bytes()).find("1 unexpected bytes") !=
        std::string::npos);
}

TEST_CASE("an unknown event passes only if its writer says that it may be ignored") {
  const auto type = static_cast<EventType>(GENERATE(0, 1, 7, 20, 33, 39, 40, 172, 255));
  with<UnknownEvent>(type, "?", [](const UnknownEvent&) {}, {.flags = EventHeader::kIgnorable});
  CHECK(error_of(type, "?").find("MariaDB 10.6 to 11 write no such event") != std::string::npos);
  CHECK(name(type) == "event " + std::to_string(static_cast<int>(type)));
}

TEST_CASE("an event cut at any byte of its fixed layout is refused") {
  struct Case {
    EventType type;
    std::string body;
    std::size_t needed;  // shorter ones must be refused
  };
  const std::string xid_body = Wire().u64(5).bytes();
  const std::string gtid = gtid_start(0x42).u64(77).u32(1).u8(2).u8(3).text("abxyz").bytes();
  const std::string list = Wire().u32(1).u32(0).u32(1).u64(10).bytes();
  const std::string checkpoint = Wire().u32(3).text("b.1").bytes();
  const std::string xa = Wire().u8(1).u32(1).u32(2).u32(1).text("abc").bytes();
  const std::string user_var =
      Wire().u32(1).text("v").u8(0).u8(2).u32(33).u32(3).text("abc").bytes();
  const std::string queried = query(Wire().u8(1).u64(0).bytes(), "crm", "");
  const std::string packed = query("", "crm", compressed_part("BEGIN"));
  const std::string map =
      Wire().u48(18).u16(1).name("crm").name("t").u8(2).u8(3).u8(15).u8(2).u16(40).u8(2).bytes();
  const std::string rows_v1 = Wire().u48(18).u16(1).u8(9).u16(0x1FF).bytes();
  const std::string update_v1 = Wire().u48(18).u16(1).u8(9).u16(0x1FF).u16(0x1FF).bytes();
  const std::string rows_v2 = Wire().u48(18).u16(1).u16(4).u16(0).u8(9).u16(0x1FF).bytes();
  const std::vector<Case> cases = {
      {EventType::rotate, Wire().u64(4).text("b").bytes(), 9},
      {EventType::gtid, gtid, gtid.size()},
      {EventType::gtid_list, list, list.size()},
      {EventType::binlog_checkpoint, checkpoint, checkpoint.size()},
      {EventType::xid, xid_body, xid_body.size()},
      {EventType::xa_prepare, xa, xa.size()},
      {EventType::intvar, Wire().u8(2).u64(7).bytes(), 9},
      {EventType::rand, Wire().u64(2).u64(7).bytes(), 16},
      {EventType::user_var, user_var, user_var.size()},
      {EventType::incident, Wire().u16(1).short_text("LOST").bytes(), 7},
      {EventType::heartbeat, "b", 1},
      {EventType::query, queried, queried.size()},
      {EventType::query_compressed, packed, packed.size()},
      {EventType::table_map, map, map.size()},
      {EventType::write_rows_v1, rows_v1, rows_v1.size()},
      {EventType::delete_rows_compressed_v1, rows_v1, rows_v1.size()},
      {EventType::update_rows_v1, update_v1, update_v1.size()},
      {EventType::write_rows_v2, rows_v2, rows_v2.size()},
      {EventType::delete_rows_compressed_v2, rows_v2, rows_v2.size()},
  };
  for (const Case& each : cases) {
    CAPTURE(name(each.type));
    CHECK(error_of(each.type, each.body).empty());
    REQUIRE(each.needed <= each.body.size());
    for (std::size_t size = 0; size < each.needed; ++size) {
      CAPTURE(size);
      CHECK_FALSE(error_of(each.type, each.body.substr(0, size)).empty());
    }
  }
  const std::string format = format_description(false);
  for (std::size_t size = 19; size < 19 + 2 + 50 + 4 + 1 + 5; ++size) {
    std::string cut = format.substr(0, size);
    cut[9] = static_cast<char>(size);
    CAPTURE(size);
    CHECK_FALSE(source_error([&] {
                  EventDecoder decoder;
                  const Packet packet(cut);
                  (void)decoder.decode(packet);
                }).empty());
  }
}

TEST_CASE("old fixed lengths: table ids of four bytes") {
  std::string lengths = fixed_lengths();
  for (const std::size_t type : {19U, 23U})
    lengths[type - 1] = 6;
  EventDecoder decoder;
  const Packet format(format_description(true, lengths));
  (void)decoder.decode(format);
  const Packet map(framed(
      EventType::table_map,
      Wire().u32(18).u16(0x4000).name("crm").name("t").u8(1).u8(3).u8(0).u8(0).text("?").bytes()));
  const Event event = decoder.decode(map);
  const auto& mapped = std::get<TableMapEvent>(event.body);
  CHECK(mapped.table_id == 18);
  CHECK(mapped.flags == TableMapEvent::kHasTriggers);
  CHECK(mapped.table == "t");
  CHECK(mapped.optional_metadata.size() == 1);
  CHECK(mapped.definition.size() == 13);
  const Packet rows(framed(EventType::write_rows_v1, Wire().u32(18).u16(3).u8(1).u8(1).bytes()));
  const Event written = decoder.decode(rows);
  CHECK(std::get<RowsEvent>(written.body).table_id == 18);
  CHECK(std::get<RowsEvent>(written.body).has(RowsEvent::kNoForeignKeyChecks));

  lengths[18] = 9;
  const Packet odd(format_description(true, lengths));
  (void)decoder.decode(odd);
  CHECK(source_error([&] { (void)decoder.decode(map); }).find("fixed part of 9 bytes") !=
        std::string::npos);
  const Packet few(format_description(true, std::string(10, '\0')));
  (void)decoder.decode(few);
  CHECK(source_error([&] { (void)decoder.decode(map); }).find("doesn't list its type") !=
        std::string::npos);
}
