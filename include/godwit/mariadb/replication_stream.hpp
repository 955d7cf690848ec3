// The binlog of a server, event by event, as a replica receives it. Nothing is decoded here.
// Protocol: https://mariadb.com/kb/en/com_binlog_dump/ and
// https://mariadb.com/kb/en/replication-protocol/
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "godwit/core/gtid.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/mariadb/endpoint.hpp"

namespace godwit::mariadb {

struct ReplicationOptions {
  /// Unique among all replicas of the server: of two with the same id the server ends the older.
  /// See choose_server_id().
  std::uint32_t server_id = 0;
  /// The stream starts behind these transactions; a domain that isn't named is read from its
  /// start. Empty: the whole binlog, if its start still exists.
  GtidList start;
  /// When the server has had nothing to send for this long, it sends a heartbeat event.
  std::chrono::milliseconds heartbeat{2000};
  /// After so long without a byte the connection counts as dead. Longer than a few heartbeats:
  /// before the first event the server looks for the start in a binlog file (about 0.3 s per
  /// gigabyte from memory, a slow disk's time otherwise) and sends nothing meanwhile.
  std::chrono::seconds silence_max{60};
};

/// One connection that sends the server's binlog. Used by one thread; a stop may be requested by
/// any. Holds up to three times the largest event of the stream in memory (the client library's
/// packet buffer, which doesn't shrink, and the event's copies), an event being 1 GiB at most;
/// rows of compressed events also inflated, by the size that the event itself states.
class ReplicationStream {
 public:
  /// Connects, registers as a replica and asks for the binlog. Throws Error(source) as Connection
  /// does; Error(preflight) without a binlog, without the grant REPLICATION SLAVE or when the
  /// server_id is the source's own; Error(position_lost) when a domain of `start` isn't in the
  /// server's binlog at all: it would send its own domains from their start.
  ReplicationStream(const Endpoint& endpoint, const ReplicationOptions& options);
  ReplicationStream(ReplicationStream&&) noexcept;
  ReplicationStream& operator=(ReplicationStream&&) noexcept;
  ~ReplicationStream();  // breaks the connection off; the server notices when it sends next

  /// The next event from its 19-byte header on, with its checksum if there is one (see
  /// checksums()), valid until the next call; its length is the one in its header. Heartbeats
  /// (type 27) and the events that the server makes for every start and file (ROTATE, FORMAT_
  /// DESCRIPTION, GTID_LIST, BINLOG_CHECKPOINT) are among them. nullopt: stopped on request.
  ///
  /// Throws, and the stream can't be used any more:
  /// - Error(position_lost): `start` was purged, or is not in the server's binlog;
  /// - Error(held): another replica came with the same server_id. Not retryable: with the same
  ///   id both would go on ending each other;
  /// - Error(preflight): no grant;
  /// - Error(source): connection lost, killed or silent (retryable, from the last whole
  ///   transaction on), event too large or damaged in the server's file (not retryable).
  std::optional<std::span<const std::byte>> next(const std::stop_token& stop);

  /// Whether events before the first FORMAT_DESCRIPTION end with a CRC32; from then on that event
  /// says so for what follows.
  [[nodiscard]] bool checksums() const;
  /// Of the server's session, as in SHOW PROCESSLIST.
  [[nodiscard]] std::uint64_t thread_id() const;
  /// For messages: "user@host:port".
  [[nodiscard]] const std::string& where() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A random server_id between 2^30 and 2^31, where people and schemes that use IPv4 addresses of
/// private networks choose none: neither the source's own nor one of its registered replicas',
/// as far as the account may see these (REPLICATION MASTER ADMIN, not needed otherwise). Against
/// n replicas that it can't see, with ids from the same range, the odds of a collision are
/// n in 10^9; it would show as Error(held) at the older one.
std::uint32_t choose_server_id(Connection& connection);

}  // namespace godwit::mariadb
