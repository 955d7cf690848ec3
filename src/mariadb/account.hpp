// The account of a connection and what it may do. Private to this room.
#pragma once

#include <string>

#include "godwit/mariadb/connection.hpp"
#include "grants.hpp"

namespace godwit::mariadb {

/// The current account as GRANT wants it: `user`@`host`.
std::string current_account(Connection& connection);

/// The account's grants and those of its active roles. `fold_case`: databases' names differ not by
/// case alone.
Grants read_grants(Connection& connection, bool fold_case);

}  // namespace godwit::mariadb
