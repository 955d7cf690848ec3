#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/snapshot.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::Secret;
using godwit::mariadb::Connection;
using godwit::mariadb::Endpoint;
using godwit::mariadb::quote_literal;
using godwit::mariadb::TextForm;
using godwit::test::PrivateServers;
using godwit::test::servers;
using godwit::test::SourceDatabase;
using godwit::test::TemporaryFolder;

namespace {

/// The Error that a connection attempt ends with.
Error connect_error(const Endpoint& endpoint) {
  try {
    const Connection connection(endpoint);
  } catch (const Error& error) {
    return error;
  }
  FAIL("connected");
  throw std::logic_error("unreachable");
}

Error query_error(Connection& connection, const std::string& sql) {
  try {
    connection.query(sql);
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error: " << sql);
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("a session's settings do not depend on the server's", "[mariadb_connection]") {
  Connection connection(servers().source);
  const auto value = [&](const std::string& name) {
    return connection.scalar("SELECT @@SESSION." + name).value_or("NULL");
  };
  CHECK(value("sql_mode").empty());
  CHECK(value("time_zone") == "+00:00");
  CHECK(value("tx_isolation") == "REPEATABLE-READ");
  CHECK(value("tx_read_only") == "1");
  CHECK(value("autocommit") == "1");
  CHECK(value("max_sort_length") == "8388608");
  CHECK(value("net_write_timeout") == "3600");
  CHECK(value("sql_select_limit") == "18446744073709551615");
  CHECK(value("character_set_results") == "utf8mb4");
  CHECK(connection.server_version() >= 100600);
  CHECK(connection.scalar("SELECT CONNECTION_ID()") == std::to_string(connection.thread_id()));
  Connection bytes(servers().source, TextForm::column_bytes);
  CHECK(bytes.scalar("SELECT @@character_set_results") == std::nullopt);
}

TEST_CASE("a snapshot outlasts the server's idle timeouts", "[mariadb_connection]") {
  const PrivateServers impatient(
      "--idle-transaction-timeout=1 --idle-readonly-transaction-timeout=1 "
      "--idle-write-transaction-timeout=1");
  Connection connection(impatient.get().source);
  REQUIRE(connection.scalar("SELECT @@GLOBAL.idle_transaction_timeout") == "1");
  for (const char* name : {"idle_transaction_timeout", "idle_readonly_transaction_timeout",
                           "idle_write_transaction_timeout"}) {
    CAPTURE(name);
    CHECK(connection.scalar(std::string("SELECT @@SESSION.") + name) == "0");
  }
  (void)godwit::mariadb::open_snapshot(connection);
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  CHECK(connection.scalar("SELECT 1") == "1");
}

TEST_CASE("the engine's session can't write", "[mariadb_connection]") {
  SourceDatabase database;
  database.run("CREATE TABLE t (a INT)");
  Connection root(servers().source_root);
  const Error error = query_error(root, "INSERT INTO `" + database.name() + "`.t VALUES (1)");
  CHECK_THAT(error.what(), Catch::Contains("READ ONLY"));
}

TEST_CASE("query results keep NULL, empty texts and every byte", "[mariadb_connection]") {
  Connection connection(servers().source);
  const auto rows = connection.query("SELECT NULL, '', X'00FF5C27', '\xf0\x9f\x98\x80'");
  REQUIRE(rows.size() == 1);
  CHECK_FALSE(rows[0][0].has_value());
  CHECK(rows[0][1] == "");
  CHECK(rows[0][2] == std::string("\0\xff\\'", 4));
  CHECK(rows[0][3] == "\xf0\x9f\x98\x80");
  CHECK(connection.scalar("SELECT 1 WHERE FALSE") == std::nullopt);
  CHECK(connection.scalar("SELECT NULL") == std::nullopt);
}

TEST_CASE("literals come back as they were under every sql_mode", "[mariadb_connection]") {
  Connection connection(servers().source);
  const auto mode = GENERATE(as<std::string>{}, "", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES");
  connection.execute("SET sql_mode = '" + mode + "'");
  const auto text = GENERATE(as<std::string>{}, "", "plain", "it's", "back\\slash'", "\\", "\n\r\t",
                             "\xc3\xa9", "\"double\"", "%_", "-- x", "\x1a");
  CAPTURE(mode, text);
  CHECK(connection.scalar("SELECT " + quote_literal(text)) == text);
  CHECK(connection.scalar("SELECT CHARSET(" + quote_literal(text) + ")") == "utf8mb4");
}

TEST_CASE("failures say what happened and whether to try again", "[mariadb_connection]") {
  SECTION("wrong password") {
    Endpoint endpoint = servers().source;
    endpoint.password = Secret("canary");
    const Error error = connect_error(endpoint);
    CHECK(error.kind() == ErrorKind::source);
    CHECK_FALSE(error.retryable());
    CHECK_THAT(error.what(), Catch::Contains("Access denied") && Catch::Contains("(1045)") &&
                                 Catch::Contains("godwit@") && !Catch::Contains("canary"));
    CHECK_THAT(error.hint(), Catch::Contains("password"));
  }
  SECTION("nobody listens") {
    Endpoint endpoint = servers().source;
    endpoint.socket = "/nonexistent/mariadb.sock";
    const Error error = connect_error(endpoint);
    CHECK(error.retryable());
    CHECK_THAT(error.what(), Catch::Contains("/nonexistent/mariadb.sock"));
    CHECK_THAT(error.hint(), Catch::Contains("runs"));
    endpoint.socket.clear();
    endpoint.host = "127.0.0.1";
    endpoint.port = 1;
    CHECK(connect_error(endpoint).retryable());
  }
  SECTION("unknown host") {
    Endpoint endpoint = servers().source;
    endpoint.socket.clear();
    endpoint.host = "no-such-host.invalid";
    endpoint.connect_timeout = std::chrono::seconds(2);
    const Error error = connect_error(endpoint);
    CHECK(error.kind() == ErrorKind::source);
    CHECK_THAT(error.what(), Catch::Contains("no-such-host.invalid"));
  }
  SECTION("a database without a grant, and one that does not exist") {
    Connection connection(servers().source);
    const Error denied = query_error(connection, "SELECT * FROM mysql.user");
    CHECK_FALSE(denied.retryable());
    CHECK_THAT(denied.hint(), Catch::Contains("GRANT"));
    Connection root(servers().source_root);
    const Error missing = query_error(root, "USE no_such_database");
    CHECK_FALSE(missing.retryable());
    CHECK_THAT(missing.what(), Catch::Contains("(1049)"));
    CHECK_THAT(missing.hint(), Catch::Contains("does not exist"));
  }
  SECTION("a name in a message can't drive a terminal") {
    Connection connection(servers().source_root);
    const Error error = query_error(connection, "SELECT * FROM mysql.`\x1b[2J`");
    CHECK_THAT(error.what(), !Catch::Contains("\x1b"));
  }
}

TEST_CASE("a server that accepts and stays silent is given up", "[mariadb_connection]") {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/silent.sock";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.copy(address.sun_path, sizeof address.sun_path - 1) == path.size());
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener, 1) == 0);

  Endpoint endpoint;
  endpoint.socket = path;
  endpoint.user = "godwit";
  endpoint.connect_timeout = std::chrono::seconds(1);
  const auto start = std::chrono::steady_clock::now();
  CHECK(connect_error(endpoint).retryable());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  ::close(listener);
}

TEST_CASE("cancel breaks off a query from another thread", "[mariadb_connection]") {
  Connection connection(servers().source);
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    connection.cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  const Error error = query_error(connection, "SELECT SLEEP(30)");
  canceller.join();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
  CHECK(error.kind() == ErrorKind::source);
  CHECK(error.retryable());
}

TEST_CASE("a killed session is told apart from a refused one", "[mariadb_connection]") {
  Connection connection(servers().source);
  Connection root(servers().source_root);
  root.execute("KILL " + std::to_string(connection.thread_id()));
  CHECK(query_error(connection, "SELECT 1").retryable());
}

TEST_CASE("cancelling a session that was lost breaks off no other one", "[mariadb_connection]") {
  Connection lost(servers().source);
  Connection(servers().source_root).execute("KILL " + std::to_string(lost.thread_id()));
  CHECK_THROWS_AS(lost.query("SELECT 1"), Error);  // the library closes its descriptor
  // some of these get its number
  std::vector<Connection> others;
  for (int i = 0; i < 8; ++i)
    others.emplace_back(servers().source);
  lost.cancel();
  for (Connection& other : others)
    CHECK(other.scalar("SELECT 1") == "1");
}

TEST_CASE("credentials can come from an option file", "[mariadb_connection]") {
  const TemporaryFolder folder;
  const Endpoint& source = servers().source;
  Endpoint endpoint;
  endpoint.defaults_file = folder.write(
      "my.cnf", "[client]\nuser=nobody\n[godwit]\nuser=godwit\npassword=" +
                    source.password.reveal() + "\nsocket=" + source.socket + "\nlocal-infile=1\n");
  endpoint.defaults_group = "godwit";
  Connection connection(endpoint);
  CHECK_THAT(connection.scalar("SELECT CURRENT_USER()").value(), Catch::Contains("godwit"));
}

TEST_CASE("a server can't read the client's files", "[mariadb_connection]") {
  const TemporaryFolder folder;
  const std::string secret = folder.write("secret", "canary\n");
  SourceDatabase database;
  database.run("CREATE TABLE t (a TEXT)");
  Endpoint endpoint = servers().source_root;
  endpoint.defaults_file = folder.write("my.cnf", "[client]\nlocal-infile=1\n");
  Connection root(endpoint);
  root.execute("SET tx_read_only = 0");
  CHECK_THROWS_AS(root.execute("LOAD DATA LOCAL INFILE " + quote_literal(secret) + " INTO TABLE `" +
                               database.name() + "`.t"),
                  Error);
}
