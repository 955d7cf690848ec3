#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "support/replication_source.hpp"
#include "support/servers.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::Gtid;
using godwit::GtidList;
using godwit::Secret;
using godwit::mariadb::choose_server_id;
using godwit::mariadb::Connection;
using godwit::mariadb::Endpoint;
using godwit::mariadb::ReplicationOptions;
using godwit::mariadb::ReplicationStream;
using godwit::mariadb::TlsMode;
using godwit::test::GroupReader;
using godwit::test::kFormatDescription;
using godwit::test::kRotate;
using godwit::test::kWriteRows;
using godwit::test::kXid;
using godwit::test::number;
using godwit::test::PrivateServers;
using godwit::test::replication_source;
using godwit::test::ReplicationTable;
using godwit::test::type_of;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

const auto& source() { return replication_source(); }

ReplicationOptions options_from(GtidList start) {
  Connection connection(source().endpoint());
  ReplicationOptions options;
  options.server_id = choose_server_id(connection);
  options.start = std::move(start);
  options.heartbeat = 200ms;
  return options;
}

ReplicationStream open_stream(GtidList start) {
  return {source().endpoint(), options_from(std::move(start))};
}

/// The Error with which a stream fails to open or ends, heartbeats passed over.
Error stream_error(const Endpoint& endpoint, const ReplicationOptions& options) {
  try {
    ReplicationStream stream(endpoint, options);
    const auto end = steady_clock::now() + 30s;
    while (steady_clock::now() < end)
      (void)stream.next({});
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw std::logic_error("unreachable");
}

/// The Error with which an open stream ends.
Error next_error(ReplicationStream& stream) {
  try {
    const auto end = steady_clock::now() + 30s;
    while (steady_clock::now() < end)
      (void)stream.next({});
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  throw std::logic_error("unreachable");
}

/// Leaves only the binlog file that is written now. Readers that went are noticed by the server
/// with its next heartbeat; until then it keeps the file they were at.
void purge_binlog() {
  Connection root = source().root();
  root.execute("FLUSH BINARY LOGS");
  for (int attempt = 0; attempt < 200; ++attempt) {
    const auto files = root.query("SHOW BINARY LOGS");
    if (files.size() == 1) return;
    root.execute("PURGE BINARY LOGS TO '" + files.back().at(0).value() + "'");
    std::this_thread::sleep_for(50ms);
  }
  FAIL("the old binlog files stay");
}

}  // namespace

TEST_CASE("a stream starts behind its position and has each group once", "[mariadb_replication]") {
  ReplicationTable table("start");
  table.insert(2);
  const GtidList start = source().position();
  table.insert(3);
  table.run("ALTER TABLE " + table.path() + " ADD COLUMN c INT");
  const GtidList end = source().position();

  ReplicationStream stream = open_stream(start);
  GroupReader reader(start);
  reader.read_to(stream, end);
  REQUIRE(reader.groups.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(reader.groups[i].sequence == start.entries().at(0).sequence + 1 + i);
  CHECK(std::count(reader.types.begin(), reader.types.end(), kXid) == 3);
  CHECK(reader.saw(kFormatDescription));
  CHECK(stream.checksums());

  // Later ones come as they happen.
  table.insert(1);
  reader.read_to(stream, source().position());
  CHECK(reader.groups.size() == 5);
}

TEST_CASE("an idle stream has heartbeats", "[mariadb_replication]") {
  const GtidList start = source().position();
  ReplicationStream stream = open_stream(start);
  GroupReader reader(start);
  const auto begin = steady_clock::now();
  reader.read(stream, [&] { return reader.heartbeats >= 5; });
  CHECK(steady_clock::now() - begin > 700ms);
  CHECK(steady_clock::now() - begin < 10s);
  CHECK(reader.groups.empty());
}

TEST_CASE("a stop ends a wait at once", "[mariadb_replication]") {
  const bool tls = GENERATE(false, true);
  CAPTURE(tls);
  ReplicationOptions options = options_from(source().position());
  options.heartbeat = 20s;
  Endpoint endpoint = source().endpoint();
  if (tls) endpoint.tls = TlsMode::required;
  ReplicationStream stream(endpoint, options);
  std::stop_source stop;
  steady_clock::time_point requested;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(500ms);
    requested = steady_clock::now();
    stop.request_stop();
  });
  while (stream.next(stop.get_token())) {
  }
  const auto stopped = steady_clock::now();
  stopper.join();
  CHECK(stopped - requested < 200ms);
  CHECK_FALSE(stream.next(stop.get_token()).has_value());
}

TEST_CASE("a stop that came before is seen", "[mariadb_replication]") {
  ReplicationStream stream = open_stream(source().position());
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(stream.next(stop.get_token()).has_value());
}

TEST_CASE("a stream goes on in the next file", "[mariadb_replication]") {
  ReplicationTable table("rotate");
  const GtidList start = source().position();
  ReplicationStream stream = open_stream(start);
  GroupReader reader(start);
  table.insert(2);
  reader.read_to(stream, source().position());
  reader.types.clear();
  table.run("FLUSH BINARY LOGS");
  table.insert(2);
  reader.read_to(stream, source().position());
  CHECK(reader.saw(kRotate));
  CHECK(reader.saw(kFormatDescription));
  CHECK(reader.groups.size() == 4);
}

TEST_CASE("a stream that is moved goes on", "[mariadb_replication]") {
  ReplicationTable table("moved");
  const GtidList start = source().position();
  ReplicationStream stream = open_stream(start);
  GroupReader reader(start);
  table.insert(1);
  reader.read_to(stream, source().position());
  ReplicationStream other = open_stream(start);
  other = std::move(stream);
  table.insert(1);
  reader.read_to(other, source().position());
  CHECK(reader.groups.size() == 2);
}

TEST_CASE("a position whose binlog files were removed is told", "[mariadb_replication]") {
  ReplicationTable table("purged");
  const GtidList start = source().position();
  table.insert(1);
  purge_binlog();
  const Error error = stream_error(source().endpoint(), options_from(start));
  CHECK(error.kind() == ErrorKind::position_lost);
  CHECK_FALSE(error.retryable());
  CHECK_THAT(error.what(), Catch::Contains("were removed"));
  CHECK_THAT(error.hint(), Catch::Contains("binlog_expire_logs_seconds"));
}

TEST_CASE("a position that the server doesn't have is told", "[mariadb_replication]") {
  const GtidList now = source().position();
  Gtid gtid = now.entries().at(0);
  SECTION("from the future") {
    gtid.sequence += 1000;
    GtidList future = now;
    future.advance(gtid);
    const Error error = stream_error(source().endpoint(), options_from(future));
    CHECK(error.kind() == ErrorKind::position_lost);
    CHECK_THAT(error.what(), Catch::Contains("not in the server's binlog"));
    CHECK_THAT(error.hint(), Catch::Contains("sync_binlog") && Catch::Contains("another server"));
  }
  SECTION("of another server in the same domain") {
    const std::string other = std::to_string(gtid.domain) + "-999-" + std::to_string(gtid.sequence);
    const Error error = stream_error(source().endpoint(), options_from(GtidList::parse(other)));
    CHECK(error.kind() == ErrorKind::position_lost);
  }
  SECTION("of an unknown domain") {
    const Error error =
        stream_error(source().endpoint(), options_from(GtidList::parse("4711-3-5")));
    CHECK(error.kind() == ErrorKind::position_lost);
    CHECK_THAT(error.what(), Catch::Contains("4711-3-5"));
  }
}

TEST_CASE("of two readers with one server_id the first is told", "[mariadb_replication]") {
  const ReplicationOptions options = options_from(source().position());
  ReplicationStream first(source().endpoint(), options);
  REQUIRE(first.next({}).has_value());
  ReplicationStream second(source().endpoint(), options);
  REQUIRE(second.next({}).has_value());
  const Error error = next_error(first);
  CHECK(error.kind() == ErrorKind::held);
  CHECK_FALSE(error.retryable());
  CHECK_THAT(error.what(), Catch::Contains("server_id " + std::to_string(options.server_id)));
  GroupReader reader(options.start);
  reader.read(second, [&] { return reader.heartbeats > 1; });
}

TEST_CASE("the source's own server_id is refused", "[mariadb_replication]") {
  ReplicationOptions options = options_from(source().position());
  options.server_id = 1;
  const Error error = stream_error(source().endpoint(), options);
  CHECK(error.kind() == ErrorKind::preflight);
  CHECK_THAT(error.what(), Catch::Contains("server_id 1 "));
}

TEST_CASE("a reader is registered, and its id is not chosen again", "[mariadb_replication]") {
  const ReplicationOptions options = options_from(source().position());
  ReplicationStream stream(source().endpoint(), options);
  REQUIRE(stream.next({}).has_value());
  Connection root = source().root();
  bool listed = false;
  for (const auto& row : root.query("SHOW REPLICA HOSTS"))
    listed = listed || (row.at(0) == std::to_string(options.server_id) && row.at(1) == "godwit");
  CHECK(listed);
  const std::uint32_t other = choose_server_id(root);
  CHECK(other != options.server_id);
  CHECK(other >= 1U << 30U);
  CHECK(other < 1U << 31U);
}

TEST_CASE("a killed session can be tried again", "[mariadb_replication]") {
  Endpoint endpoint = source().endpoint();
  if (GENERATE(false, true)) endpoint.tls = TlsMode::required;
  ReplicationStream stream(endpoint, options_from(source().position()));
  REQUIRE(stream.next({}).has_value());
  source().root().execute("KILL " + std::to_string(stream.thread_id()));
  const Error error = next_error(stream);
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.retryable());
  // What is broken stays so.
  CHECK(next_error(stream).kind() == ErrorKind::internal);
}

TEST_CASE("a server that falls silent is given up", "[mariadb_replication]") {
  ReplicationOptions options = options_from(source().position());
  options.silence_max = std::chrono::seconds(2);
  Endpoint endpoint = source().endpoint();
  if (GENERATE(false, true)) endpoint.tls = TlsMode::required;
  ReplicationStream stream(endpoint, options);
  GroupReader reader(options.start);
  reader.read(stream, [&] { return reader.heartbeats > 0; });
  const pid_t server = source().pid();
  REQUIRE(::kill(server, SIGSTOP) == 0);
  const auto begin = steady_clock::now();
  std::optional<Error> error;
  try {
    while (stream.next({}) && steady_clock::now() - begin < 20s) {
    }
  } catch (const Error& caught) {
    error = caught;
  }
  const auto waited = steady_clock::now() - begin;
  ::kill(server, SIGCONT);
  REQUIRE(error.has_value());
  CHECK(error->kind() == ErrorKind::source);
  CHECK(error->retryable());
  CHECK_THAT(error->what(), Catch::Contains("not even a heartbeat"));
  CHECK(waited > 1s);
  CHECK(waited < 10s);
}

TEST_CASE("after kill -9 of the server a new stream goes on without gap or double",
          "[mariadb_replication]") {
  Endpoint endpoint = source().endpoint();
  if (GENERATE(false, true)) endpoint.tls = TlsMode::required;
  ReplicationTable table("killed");
  const GtidList start = source().position();
  std::jthread writer([&](const std::stop_token& stop) {
    try {
      while (!stop.stop_requested())
        table.insert(1);
    } catch (const Error&) {
      // The server is gone.
    }
  });
  GroupReader reader(start);
  ReplicationStream stream(endpoint, options_from(start));
  reader.read(stream, [&] { return reader.groups.size() > 100; });
  bool restarted = false;
  std::jthread killer([&] { restarted = source().kill_and_restart(); });
  std::optional<Error> error;
  try {
    reader.read(stream, [] { return false; });
  } catch (const Error& caught) {
    error = caught;
  }
  killer.join();
  writer.request_stop();
  writer.join();
  REQUIRE(restarted);
  REQUIRE(error.has_value());
  CHECK(error->kind() == ErrorKind::source);
  CHECK(error->retryable());

  reader.open.reset();  // half a group: it comes again
  ReplicationStream next = open_stream(reader.position);
  source().root().execute("INSERT INTO " + table.path() + " (b) VALUES ('last')");
  reader.read_to(next, source().position());
  for (std::size_t i = 0; i < reader.groups.size(); ++i)
    REQUIRE(reader.groups[i].sequence == start.entries().at(0).sequence + 1 + i);
  CHECK(source().root().scalar("SELECT COUNT(*) FROM " + table.path()).value() ==
        std::to_string(reader.groups.size()));
}

TEST_CASE("a large event arrives whole", "[mariadb_replication]") {
  constexpr std::size_t kBytes = 20U << 20U;
  Endpoint endpoint = source().endpoint();
  if (GENERATE(false, true)) endpoint.tls = TlsMode::required;
  ReplicationTable table("large");
  const GtidList start = source().position();
  table.run("INSERT INTO " + table.path() + " (b) VALUES (REPEAT('x', " + std::to_string(kBytes) +
            "))");
  table.insert(1);
  ReplicationStream stream(endpoint, options_from(start));
  GroupReader reader(start);
  std::size_t largest = 0;
  std::ptrdiff_t filled = 0;
  const GtidList end = source().position();
  while (!reader.position.covers(end)) {
    const auto event = stream.next({});
    REQUIRE(event.has_value());
    reader.take(*event);
    if (event->size() <= largest) continue;
    largest = event->size();
    filled = std::count(event->begin(), event->end(), std::byte{'x'});
    CHECK(number(*event, 9, 4) == event->size());
    if (largest > kBytes) CHECK(type_of(*event) == kWriteRows);
  }
  CHECK(largest > kBytes);
  CHECK(filled >= static_cast<std::ptrdiff_t>(kBytes));
  CHECK(reader.groups.size() == 2);
}

TEST_CASE("compressed events arrive", "[mariadb_replication]") {
  ReplicationTable table("compressed");
  table.run("SET GLOBAL log_bin_compress = ON");
  Connection writer = source().root();
  const GtidList start = source().position();
  writer.execute("INSERT INTO " + table.path() + " (b) VALUES (REPEAT('x', 100000))");
  table.run("SET GLOBAL log_bin_compress = OFF");
  ReplicationStream stream = open_stream(start);
  GroupReader reader(start);
  reader.read_to(stream, source().position());
  CHECK(reader.saw(166));  // WRITE_ROWS_COMPRESSED_EVENT_V1
}

TEST_CASE("what forbids a stream is told when it is opened", "[mariadb_replication]") {
  const ReplicationOptions options = options_from(source().position());
  Endpoint endpoint = source().endpoint();
  SECTION("a wrong password") {
    endpoint.password = Secret("canary");
    const Error error = stream_error(endpoint, options);
    CHECK(error.kind() == ErrorKind::source);
    CHECK_FALSE(error.retryable());
    CHECK_THAT(error.what(), Catch::Contains("(1045)") && !Catch::Contains("canary"));
  }
  SECTION("no grant") {
    Connection root = source().root();
    root.execute("CREATE OR REPLACE USER nobody@localhost IDENTIFIED BY 'secret'");
    endpoint.user = "nobody";
    endpoint.password = Secret("secret");
    const Error error = stream_error(endpoint, options);
    root.execute("DROP USER nobody@localhost");
    CHECK(error.kind() == ErrorKind::preflight);
    CHECK_THAT(error.hint(), Catch::Contains("GRANT REPLICATION SLAVE"));
  }
}

TEST_CASE("a server without a binlog has no stream", "[mariadb_replication]") {
  const PrivateServers without("--skip-log-bin");
  ReplicationOptions options;
  options.server_id = 4711;
  const Error error = stream_error(without.get().source, options);
  CHECK(error.kind() == ErrorKind::preflight);
  CHECK_THAT(error.what(), Catch::Contains("no binlog"));
}

TEST_CASE("the binlog's checksums may change on the way", "[mariadb_replication]") {
  ReplicationTable table("checksum");
  const GtidList start = source().position();
  ReplicationStream stream = open_stream(start);
  GroupReader reader(start);
  table.insert(1);
  reader.read_to(stream, source().position());
  const std::string before = source().root().scalar("SELECT @@GLOBAL.binlog_checksum").value();
  table.run("SET GLOBAL binlog_checksum = NONE");
  table.insert(1);
  reader.read_to(stream, source().position());
  {
    ReplicationStream plain = open_stream(start);
    CHECK_FALSE(plain.checksums());
  }
  table.run("SET GLOBAL binlog_checksum = " + before);
  table.insert(1);
  reader.read_to(stream, source().position());
  CHECK(reader.groups.size() == 3);
}
