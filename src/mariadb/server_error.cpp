#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>
#include <array>

#include "handle.hpp"

#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

/// Failures that go away by themselves, or with a new session.
constexpr std::array kRetryable = {
    CR_CONNECTION_ERROR,  // the socket does not answer
    CR_CONN_HOST_ERROR,
    CR_UNKNOWN_HOST,  // name servers fail, too
    CR_SERVER_GONE_ERROR,    CR_SERVER_LOST,
    CR_SERVER_LOST_EXTENDED, ER_CON_COUNT_ERROR,
    ER_SERVER_SHUTDOWN,      ER_LOCK_WAIT_TIMEOUT,
    ER_LOCK_DEADLOCK,        ER_TOO_MANY_USER_CONNECTIONS,
    ER_QUERY_INTERRUPTED,    ER_CONNECTION_KILLED,
    ER_TABLE_DEF_CHANGED,     // the snapshot lost a table to DDL; a new one sees the new table
    CR_SSL_CONNECTION_ERROR,  // under TLS every loss of an open connection
};

std::string hint_for(unsigned int number) {
  switch (number) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
      return "Check the user and the password: option file, GODWIT_SOURCE_PASSWORD or "
             "password_file; the account must exist for the host you connect from.";
    case ER_HOST_NOT_PRIVILEGED:
    case ER_HOST_IS_BLOCKED:
      return "The server refuses this host. Create the account for it, or run FLUSH HOSTS on the "
             "server when it is blocked.";
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return "The engine's account lacks a grant; `godwit check` prints the exact GRANT statement.";
    case ER_BAD_DB_ERROR:
      return "The database does not exist on the source, or the engine's account has no grant on "
             "it.";
    case CR_CONN_HOST_ERROR:
    case CR_CONNECTION_ERROR:
    case CR_UNKNOWN_HOST:
      return "Check that the server runs and that host, port and socket are right.";
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return "The server has no free connection; lower the readers or raise max_connections.";
    default: return {};
  }
}

}  // namespace

Error server_error(unsigned int number, const std::string& text, const std::string& where) {
  const bool retryable =
      std::find(kRetryable.begin(), kRetryable.end(), static_cast<int>(number)) != kRetryable.end();
  return Error(ErrorKind::source,
               "source " + where + ": " + printable(text) + " (" + std::to_string(number) + ")",
               hint_for(number), retryable);
}

Error login_error(unsigned int number, const std::string& text, const std::string& where) {
  Error error = server_error(number, text, where);
  if (number != CR_SSL_CONNECTION_ERROR) return error;
  return Error(error.kind(), error.what(),
               "Check the server's certificate and ssl-ca, or choose another ssl mode knowingly.");
}

Error listed_name_error(unsigned int number, const std::string& text, const std::string& where) {
  Error error = server_error(number, text, where);
  if (number != ER_NO_SUCH_TABLE && number != ER_BAD_FIELD_ERROR) return error;
  return Error(error.kind(), error.what(), "DDL came between; run again when it is done", true);
}

Error last_error(const Connection& connection, const std::string& where) {
  return server_error(mysql_errno(connection.native()), mysql_error(connection.native()), where);
}

}  // namespace godwit::mariadb
