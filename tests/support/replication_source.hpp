// A source of its own for tests of the binlog's stream, and what they read from raw events.
#pragma once

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/replication_stream.hpp"
#include "support/process.hpp"
#include "support/servers.hpp"

namespace godwit::test {

// https://mariadb.com/kb/en/2-binlog-event-header/
inline constexpr int kQuery = 2;
inline constexpr int kRotate = 4;
inline constexpr int kFormatDescription = 15;
inline constexpr int kXid = 16;
inline constexpr int kWriteRows = 23;
inline constexpr int kHeartbeat = 27;
inline constexpr int kGtid = 162;
inline constexpr std::size_t kHeaderBytes = 19;
inline constexpr int kStandalone = 1;  // flag of a GTID event: no XID follows

inline std::uint64_t number(std::span<const std::byte> event, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i)
    value = value << 8U | std::to_integer<std::uint64_t>(event[at + i - 1]);
  return value;
}

inline int type_of(std::span<const std::byte> event) { return std::to_integer<int>(event[4]); }

/// https://mariadb.com/kb/en/gtid_event/
inline Gtid gtid_of(std::span<const std::byte> event) {
  Gtid gtid;
  gtid.server = static_cast<std::uint32_t>(number(event, 5, 4));
  gtid.sequence = number(event, kHeaderBytes, 8);
  gtid.domain = static_cast<std::uint32_t>(number(event, kHeaderBytes + 8, 4));
  return gtid;
}

/// A server for these tests alone: they purge its binlog, kill it and count what it writes. It
/// offers TLS.
class ReplicationSource {
 public:
  ReplicationSource() : servers_(make_options(folder_)) {
    root().execute("CREATE DATABASE gw_first");  // so that there is a position
  }

  [[nodiscard]] mariadb::Endpoint endpoint() const { return servers_.get().source; }
  [[nodiscard]] mariadb::Endpoint root_endpoint() const { return servers_.get().source_root; }
  /// A session that may write.
  [[nodiscard]] mariadb::Connection root() const {
    mariadb::Connection connection(root_endpoint());
    connection.execute("SET tx_read_only = 0");
    return connection;
  }
  [[nodiscard]] GtidList position() const {
    return GtidList::parse(root().scalar("SELECT @@GLOBAL.gtid_binlog_pos").value());
  }
  [[nodiscard]] pid_t pid() const {
    std::ifstream file(servers_.get().dir + "/mariadb.pid");
    pid_t pid = 0;
    file >> pid;
    REQUIRE(pid > 0);
    return pid;
  }
  [[nodiscard]] const std::string& dir() const { return servers_.get().dir; }
  /// Of any thread. False when the server doesn't come back.
  [[nodiscard]] bool kill_and_restart() const {
    const auto result =
        run_process({"/bin/bash", std::string(GODWIT_SOURCE_DIR) + "/scripts/servers", "restart",
                     servers_.get().dir, "mariadb", "--kill"});
    return result.exit_code == 0;
  }

 private:
  static std::string make_options(const TemporaryFolder& folder) {
    const std::string key = folder.path() + "/key";
    const std::string certificate = folder.path() + "/certificate";
    const auto result =
        run_process({"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                     "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate});
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    // The server runs as another user.
    ::chmod(folder.path().c_str(), 0755);
    ::chmod(key.c_str(), 0644);
    // Durable, or a killed server would have forgotten what its binlog says.
    return "--innodb-flush-log-at-trx-commit=1 --sync-binlog=1 --ssl-cert=" + certificate +
           " --ssl-key=" + key;
  }

  TemporaryFolder folder_;
  PrivateServers servers_;
};

inline const ReplicationSource& replication_source() {
  static const ReplicationSource kSource;
  return kSource;
}

/// A database with a table t (id, b) that is dropped when it goes.
class ReplicationTable {
 public:
  explicit ReplicationTable(const std::string& name)
      : name_("gw_" + name), root_(replication_source().root()) {
    run("CREATE DATABASE " + name_);
    run("CREATE TABLE " + path() + " (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB)");
  }
  ~ReplicationTable() {
    try {
      replication_source().root().execute("DROP DATABASE " + name_);
    } catch (const Error&) {
    }
  }
  ReplicationTable(const ReplicationTable&) = delete;
  ReplicationTable& operator=(const ReplicationTable&) = delete;

  [[nodiscard]] std::string path() const { return name_ + ".t"; }
  void run(const std::string& sql) { root_.execute(sql); }
  void insert(int rows) {
    for (int i = 0; i < rows; ++i)
      run("INSERT INTO " + path() + " (b) VALUES ('x')");
  }

 private:
  std::string name_;
  mariadb::Connection root_;
};

/// What was seen of a stream; gives up after some seconds.
struct GroupReader {
  GtidList position;         // of the last whole group
  std::vector<Gtid> groups;  // whole ones
  std::size_t events = 0;
  std::size_t heartbeats = 0;
  std::vector<int> types;  // without heartbeats
  std::optional<Gtid> open;
  bool standalone = false;

  explicit GroupReader(GtidList start) : position(std::move(start)) {}

  void take(std::span<const std::byte> event) {
    ++events;
    const int type = type_of(event);
    if (type == kHeartbeat) {
      ++heartbeats;
      return;
    }
    types.push_back(type);
    if (type == kGtid) {
      REQUIRE_FALSE(open.has_value());
      open = gtid_of(event);
      standalone = (number(event, kHeaderBytes + 12, 1) & kStandalone) != 0;
    }
    if (type == kXid || (type == kQuery && standalone)) {
      REQUIRE(open.has_value());
      position.advance(*open);  // throws for one that was seen before
      groups.push_back(*open);
      open.reset();
    }
  }

  /// Reads until `done`, at most a minute.
  template <class Done>
  void read(mariadb::ReplicationStream& stream, const Done& done) {
    std::stop_source give_up;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      const auto event = stream.next(give_up.get_token());
      REQUIRE(event.has_value());
      take(*event);
    }
  }

  void read_to(mariadb::ReplicationStream& stream, const GtidList& end) {
    read(stream, [&] { return position.covers(end); });
  }

  [[nodiscard]] bool saw(int type) const {
    return std::find(types.begin(), types.end(), type) != types.end();
  }
};

}  // namespace godwit::test
