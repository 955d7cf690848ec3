// The Zabbix server's own schema and data, from Debian's packages, for both servers.
#pragma once

#include <string>

namespace godwit::test {

/// Fetches the packages at the first call (tests/support/fetch_zabbix) and returns their folder.
/// Throws std::runtime_error when they can't be had.
const std::string& zabbix_folder();

/// Loads schema.sql and, if asked for, images.sql and data.sql into a MariaDB database, as root.
void load_zabbix_source(const std::string& database, bool with_rows);

/// Loads the official PostgreSQL schema into a database of the target, as the engine's role.
void load_zabbix_twin(const std::string& database);

}  // namespace godwit::test
