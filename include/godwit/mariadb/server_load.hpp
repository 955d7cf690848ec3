// How busy a server is and how far a replica is behind, as far as they say so themselves.
// Sources: https://mariadb.com/kb/en/server-status-variables/#threads_running,
// https://mariadb.com/kb/en/innodb-status-variables/#innodb_history_list_length,
// https://mariadb.com/kb/en/show-replica-status/
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "godwit/core/finding.hpp"
#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

struct ServerLoad {
  std::uint64_t threads_running = 0;  // without those of this connection's account
  std::uint64_t history_list = 0;     // InnoDB: committed transactions that are not purged
};

/// Needs no grant. Throws Error(source).
ServerLoad server_load(Connection& connection);

struct ReplicaState {
  std::optional<std::uint64_t> lag_seconds;  // of the channel that is furthest behind
  std::string problem;  // why there is none: "it is no replica", "its replication doesn't run"
};

/// Needs SLAVE MONITOR. Throws Error(source).
ReplicaState replica_state(Connection& connection);

/// Whether replica_state() can be had: grant, and that the server is a replica that runs. `name` is
/// the replica's, for the findings.
Findings replica_preflight(Connection& connection, const std::string& name);

}  // namespace godwit::mariadb
