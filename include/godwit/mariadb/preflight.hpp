// Whether the source server and the engine's account are fit for a migration.
#pragma once

#include <span>
#include <string>

#include "godwit/core/finding.hpp"
#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

/// Settings (binlog, row format, row image, metadata, retention, version, Galera), grants on the
/// given tenant databases, accounts' dangerous extras (SUPER). Each finding's fix is the exact
/// statement to run.
Findings preflight(Connection& connection, std::span<const std::string> databases);

}  // namespace godwit::mariadb
