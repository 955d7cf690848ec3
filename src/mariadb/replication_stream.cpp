#include "godwit/mariadb/replication_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>
#include <vector>

#include "handle.hpp"
#include "replication_error.hpp"

#include "godwit/core/text.hpp"

#include <errmsg.h>
#include <mariadb_rpl.h>
#include <mysqld_error.h>

namespace godwit::mariadb {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t kHeaderBytes = 19;
constexpr std::size_t kTypeOffset = 4;    // one byte
constexpr std::size_t kLengthOffset = 9;  // four bytes, little-endian
constexpr unsigned char kEndOfStream = 0xFE;
/// How SHOW REPLICA HOSTS names the reader.
constexpr const char* kReplicaHost = "godwit";
/// The server then sends GTID events, and takes the position from @slave_connect_state.
constexpr int kCapabilityGtid = 4;
constexpr std::uint32_t kServerIdLeast = 1U << 30U;
constexpr std::uint32_t kServerIdMost = (1U << 31U) - 1;

struct ReplicaClose {
  void operator()(MARIADB_RPL* rpl) const noexcept { mariadb_rpl_close(rpl); }
};
struct EventFree {
  void operator()(MARIADB_RPL_EVENT* event) const noexcept { mariadb_free_rpl_event(event); }
};

std::uint32_t read_u32(const std::byte* at) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i)
    value = value << 8U | std::to_integer<std::uint32_t>(at[i]);
  return value;
}

/// A dead peer must show even where it can't be told from an idle one by reading.
Endpoint with_silence(Endpoint endpoint, const ReplicationOptions& options) {
  if (options.server_id == 0 || options.heartbeat <= options.heartbeat.zero() ||
      options.silence_max <= options.heartbeat) {
    throw Error(ErrorKind::internal, "a replica needs a server_id, and heartbeats before silence");
  }
  endpoint.io_timeout = options.silence_max;
  return endpoint;
}

/// Finds a peer that vanished also while nothing is read, because the reader waits. A UNIX socket
/// has no such options and needs none.
void keep_alive(MYSQL* mysql) {
  const auto socket = static_cast<int>(mysql_get_socket(mysql));
  const auto set = [socket](int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

bool has_domain(const GtidList& list, std::uint32_t domain) {
  const auto& entries = list.entries();
  return std::any_of(entries.begin(), entries.end(),
                     [domain](const Gtid& gtid) { return gtid.domain == domain; });
}

/// The server takes a domain that it doesn't know without a word, and sends its own from their
/// first event on.
void check_domains(const GtidList& start, const GtidList& binlog, const std::string& where) {
  for (const Gtid& gtid : start.entries()) {
    if (has_domain(binlog, gtid.domain)) continue;
    throw Error(ErrorKind::position_lost,
                "source " + where + ": the binlog (" + binlog.to_string() +
                    ") has nothing of the GTID domain from which to go on, " + to_string(gtid),
                "This is another server, or its binlog was reset (RESET MASTER, or FLUSH BINARY "
                "LOGS DELETE_DOMAIN_ID). The tenants must be copied again.");
  }
}

/// Checks that the server can send what is asked for. Returns whether its events have checksums.
bool check_binlog(Connection& connection, const ReplicationOptions& options) {
  const Rows rows = connection.query(
      "SELECT @@GLOBAL.log_bin, @@GLOBAL.server_id, @@GLOBAL.gtid_binlog_pos, "
      "@@GLOBAL.binlog_checksum");
  const Row& row = rows.at(0);
  if (row.at(0) != "1") {
    throw Error(ErrorKind::preflight,
                "source " + connection.where() + ": the server writes no binlog",
                "Set log_bin in the server's configuration and restart it.");
  }
  if (row.at(1) == std::to_string(options.server_id)) {
    throw Error(ErrorKind::preflight,
                "source " + connection.where() + ": the server_id " + row.at(1).value() +
                    " is the source's own",
                "Give the reader another one, unique among the source and all its replicas.");
  }
  check_domains(options.start, GtidList::parse(row.at(2).value_or("")), connection.where());
  return row.at(3) != "NONE";
}

std::string session_settings(const ReplicationOptions& options, bool checksums) {
  const auto heartbeat = std::chrono::duration_cast<std::chrono::nanoseconds>(options.heartbeat);
  return "SET @mariadb_slave_capability=" + std::to_string(kCapabilityGtid) +
         ",@master_binlog_checksum='" + (checksums ? "CRC32" : "NONE") +
         "',@master_heartbeat_period=" + std::to_string(heartbeat.count()) +
         ",@slave_gtid_strict_mode=1,@slave_gtid_ignore_duplicates=0,@slave_connect_state='" +
         options.start.to_string() + "'";
}

}  // namespace

struct ReplicationStream::State {
  struct Cancel {
    Connection* connection;
    void operator()() const noexcept { connection->cancel(); }
  };

  ReplicationOptions options;
  Connection connection;
  bool checksums = false;
  bool failed = false;
  std::unique_ptr<MARIADB_RPL, ReplicaClose> rpl;
  // Reused by the library for every event, and freed by it when a fetch fails.
  std::unique_ptr<MARIADB_RPL_EVENT, EventFree> event;
  std::stop_token stop;
  std::optional<std::stop_callback<Cancel>> on_stop;  // last: goes before what it touches

  State(const Endpoint& endpoint, const ReplicationOptions& wanted)
      : options(wanted), connection(with_silence(endpoint, wanted)) {
    keep_alive(connection.native());
    checksums = check_binlog(connection, options);
    connection.execute(session_settings(options, checksums));
    open();
  }

  ~State() {
    on_stop.reset();
    // Otherwise closing would first send a farewell, which a peer that is gone makes wait.
    connection.cancel();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void open() {
    rpl.reset(mariadb_rpl_init(connection.native()));
    if (!rpl) throw Error(ErrorKind::internal, "out of memory");
    mariadb_rpl_optionsv(rpl.get(), MARIADB_RPL_SERVER_ID, options.server_id);
    mariadb_rpl_optionsv(rpl.get(), MARIADB_RPL_START, 4UL);  // unused with GTIDs
    mariadb_rpl_optionsv(rpl.get(), MARIADB_RPL_FLAGS, 0U);   // wait at the end
    // With a host the library registers the replica first, which also fails without the grant.
    mariadb_rpl_optionsv(rpl.get(), MARIADB_RPL_HOST, kReplicaHost);
    if (mariadb_rpl_open(rpl.get()) != 0) throw session_error();
  }

  /// Lets a stop break off a fetch; registered once for a token, not for every event.
  void watch(const std::stop_token& token) {
    if (token == stop) return;
    on_stop.reset();
    stop = token;
    on_stop.emplace(stop, Cancel{&connection});
  }

  [[nodiscard]] Error session_error() const {
    MYSQL* mysql = connection.native();
    return replication_error(mysql_errno(mysql), mysql_error(mysql), connection.where(),
                             options.server_id);
  }

  [[nodiscard]] Error source_error(const std::string& message, const std::string& hint) const {
    return Error(ErrorKind::source, "source " + connection.where() + ": " + message, hint, true);
  }

  /// Why a fetch gave no event.
  [[nodiscard]] Error fetch_error(steady_clock::time_point since) const {
    MYSQL* mysql = connection.native();
    const unsigned number = mysql_errno(mysql);
    // Under TLS every failure of the connection has one number.
    const bool tls = number == CR_SSL_CONNECTION_ERROR;
    const bool lost = tls || number == CR_SERVER_LOST || number == CR_SERVER_GONE_ERROR;
    if (lost && steady_clock::now() - since >= options.silence_max) {
      return source_error("nothing came for " + std::to_string(options.silence_max.count()) +
                              " s, not even a heartbeat",
                          "The server or the network between is stuck.");
    }
    if (tls) return source_error(printable(mysql_error(mysql)) + " (2026)", {});
    if (number != 0) return session_error();
    const unsigned char* packet = mysql->net.read_pos;
    if (packet == nullptr || *packet == kEndOfStream) {
      return source_error("the server ended the binlog stream",
                          "It was shut down, or the session was killed.");
    }
    return source_error("the client library can't read an event of the binlog: " +
                            std::string(mariadb_rpl_error(rpl.get())),
                        "If it stays so, the server's binlog file is damaged, or holds events of "
                        "a newer version than Connector/C knows.");
  }

  /// The event in the packet; of the library's own reading only where it starts is used.
  [[nodiscard]] std::span<const std::byte> checked_event() const {
    const std::size_t begin = event->raw_data_ofs;
    const std::size_t size = event->raw_data_size;
    const std::size_t length = begin <= size ? size - begin : 0;
    const auto* data = reinterpret_cast<const std::byte*>(event->raw_data) + begin;
    if (length < kHeaderBytes) {
      throw source_error(
          "an event of " + std::to_string(length) + " bytes is shorter than a header", {});
    }
    if (const std::uint32_t stated = read_u32(data + kLengthOffset); stated != length) {
      throw source_error("an event of type " +
                             std::to_string(std::to_integer<int>(data[kTypeOffset])) + " has " +
                             std::to_string(length) + " bytes and states " + std::to_string(stated),
                         {});
    }
    return {data, length};
  }

  std::optional<std::span<const std::byte>> fetch() {
    const auto since = steady_clock::now();
    MARIADB_RPL_EVENT* fetched = mariadb_rpl_fetch(rpl.get(), event.get());
    if (fetched == nullptr) {
      (void)event.release();
      if (stop.stop_requested()) return std::nullopt;
      throw fetch_error(since);
    }
    if (!event) event.reset(fetched);
    return checked_event();
  }
};

ReplicationStream::ReplicationStream(const Endpoint& endpoint, const ReplicationOptions& options)
    : state_(std::make_unique<State>(endpoint, options)) {}

ReplicationStream::ReplicationStream(ReplicationStream&&) noexcept = default;
ReplicationStream& ReplicationStream::operator=(ReplicationStream&&) noexcept = default;
ReplicationStream::~ReplicationStream() = default;

std::optional<std::span<const std::byte>> ReplicationStream::next(const std::stop_token& stop) {
  State& state = *state_;
  state.watch(stop);
  const bool failed = std::exchange(state.failed, true);
  if (stop.stop_requested()) return std::nullopt;
  if (failed) throw Error(ErrorKind::internal, "a broken binlog stream is read again");
  const auto event = state.fetch();
  state.failed = !event.has_value();
  return event;
}

bool ReplicationStream::checksums() const { return state_->checksums; }

std::uint64_t ReplicationStream::thread_id() const { return state_->connection.thread_id(); }

const std::string& ReplicationStream::where() const { return state_->connection.where(); }

std::uint32_t choose_server_id(Connection& connection) {
  std::vector<std::string> taken = {connection.scalar("SELECT @@GLOBAL.server_id").value_or("")};
  try {
    for (Row& row : connection.query("SHOW REPLICA HOSTS"))
      taken.push_back(row.at(0).value_or(""));
  } catch (const Error&) {
    if (mysql_errno(connection.native()) != ER_SPECIFIC_ACCESS_DENIED_ERROR) throw;
  }
  std::random_device random;
  std::uniform_int_distribution<std::uint32_t> spread(kServerIdLeast, kServerIdMost);
  for (;;) {
    const std::uint32_t id = spread(random);
    if (std::find(taken.begin(), taken.end(), std::to_string(id)) == taken.end()) return id;
  }
}

}  // namespace godwit::mariadb
