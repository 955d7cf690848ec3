// What a server's refusal to send its binlog means. Private to this room.
#pragma once

#include <cstdint>
#include <string>

#include "godwit/core/error.hpp"

namespace godwit::mariadb {

/// An Error for the number and text that ended a binlog stream, see ReplicationStream::next().
/// The server gives most of its reasons as text under one number, ER_MASTER_FATAL_ERROR_READING_
/// BINLOG; a text that isn't known keeps its words. `where` names the server.
/// Texts: https://github.com/MariaDB/server/blob/10.11/sql/sql_repl.cc and
/// https://github.com/MariaDB/server/blob/10.11/sql/share/errmsg-utf8.txt
Error replication_error(unsigned int number, const std::string& text, const std::string& where,
                        std::uint32_t server_id);

}  // namespace godwit::mariadb
