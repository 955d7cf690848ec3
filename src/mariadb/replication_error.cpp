#include "replication_error.hpp"

#include <errmsg.h>
#include <mysqld_error.h>

#include <array>
#include <string_view>

#include "handle.hpp"

#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

/// A text of the server by a part that no other text has.
struct Reason {
  std::string_view part;
  ErrorKind kind;
  bool retryable;
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view kCopyAgain =
    "The tenants that need it must be copied again. Keep the binlog longer: "
    "binlog_expire_logs_seconds, max_binlog_total_size.";
constexpr std::string_view kOtherHistory =
    "Either this is another server (a restored or a promoted one), or a crash took the end of "
    "its binlog (sync_binlog is not 1): what was applied to the targets may not be on the source. "
    "The tenants that were beyond its binlog must be copied again.";

constexpr std::array<Reason, 9> kReasons = {{
    {"Could not find GTID state requested by slave", ErrorKind::position_lost, false,
     "the binlog files from which to go on were removed", kCopyAgain},
    {"not in the master's binlog", ErrorKind::position_lost, false,
     "the position from which to go on is not in the server's binlog", kOtherHistory},
    {"on the master is missing the GTID", ErrorKind::position_lost, false,
     "the transaction from which to go on is missing in the server's binlog", kOtherHistory},
    {"same server_uuid/server_id", ErrorKind::held, false,
     "another replica came with this reader's server_id",
     "Give each replica and engine an id of its own; SHOW REPLICA HOSTS lists those that "
     "registered. With the same id they go on ending each other's connection."},
    {"Binary log is not open", ErrorKind::preflight, false, "the server writes no binlog",
     "Set log_bin in the server's configuration and restart it."},
    {"can not handle replication events with the checksum",
     ErrorKind::source,
     true,
     "the server's binlog_checksum was changed meanwhile",
     {}},
    {"exceeded max_allowed_packet", ErrorKind::source, false,
     "the binlog holds an event that is too large to be sent",
     "No replica can read it. It is one row with its old and its new values: the tenant it "
     "belongs to must be copied again, from behind it."},
    {"did not pass crc check", ErrorKind::source, false, "the server's binlog file is damaged",
     "No replica can read on; the tenants must be copied again, from behind it."},
    {"bogus data in log event", ErrorKind::source, false, "the server's binlog file is damaged",
     "No replica can read on; the tenants must be copied again, from behind it."},
}};

Error explained(const Reason& reason, const std::string& said, const std::string& where) {
  return Error(reason.kind, "source " + where + ": " + std::string(reason.message) + said,
               std::string(reason.hint), reason.retryable);
}

}  // namespace

Error replication_error(unsigned int number, const std::string& text, const std::string& where,
                        std::uint32_t server_id) {
  const std::string said = ": " + printable(text) + " (" + std::to_string(number) + ")";
  for (const Reason& reason : kReasons) {
    if (text.find(reason.part) == std::string::npos) continue;
    const bool duplicate = reason.kind == ErrorKind::held;
    return explained(reason, duplicate ? " " + std::to_string(server_id) + said : said, where);
  }
  switch (number) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return Error(ErrorKind::preflight,
                   "source " + where + ": the account may not read the binlog" + said,
                   "GRANT REPLICATION SLAVE ON *.* to it; `godwit check` prints the statement.");
    case CR_NET_PACKET_TOO_LARGE:
    case ER_NET_PACKET_TOO_LARGE:
      return Error(ErrorKind::source,
                   "source " + where + ": the binlog holds an event that is too large" + said,
                   "It is one row with its old and its new values: the tenant it belongs to must "
                   "be copied again, from behind it.");
    default: return server_error(number, text, where);
  }
}

}  // namespace godwit::mariadb
