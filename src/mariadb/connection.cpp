#include "godwit/mariadb/connection.hpp"

#include <errmsg.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <string>

#include "handle.hpp"

namespace godwit::mariadb {

namespace {

constexpr const char* kSystemCa = "/etc/ssl/certs/ca-certificates.crt";
/// Methods that never show the password to the other side.
constexpr const char* kSafeAuthentication =
    "mysql_native_password,client_ed25519,parsec,caching_sha2_password,auth_gssapi_client";
constexpr unsigned long kVersionNewIsolationName = 110101;

template <class T>
void set_option(MYSQL* mysql, mysql_option option, const T& value) {
  mysql_options(mysql, option, &value);
}

void set_text(MYSQL* mysql, mysql_option option, const std::string& value) {
  if (!value.empty()) mysql_options(mysql, option, value.c_str());
}

void set_tls(MYSQL* mysql, const Endpoint& endpoint) {
  if (endpoint.tls == TlsMode::off) return;
  set_option(mysql, MYSQL_OPT_SSL_ENFORCE, my_bool{1});
  mysql_options(mysql, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
  set_text(mysql, MYSQL_OPT_SSL_CA, endpoint.tls_ca);
  // The library checks the chain as soon as a CA is set, and the host's name only with this flag.
  if (endpoint.tls == TlsMode::verify_ca && endpoint.tls_ca.empty()) {
    mysql_options(mysql, MYSQL_OPT_SSL_CA, kSystemCa);
  }
  set_option(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
             static_cast<my_bool>(endpoint.tls == TlsMode::verify_full));
}

void refuse_local_infile(MYSQL* mysql) {
  set_option(mysql, MYSQL_OPT_LOCAL_INFILE, 0U);
  // An option file is read later and could switch it on again: then no file opens.
  mysql_set_local_infile_handler(
      mysql, [](void** file, const char*, void*) { return *file = nullptr, 1; },
      [](void*, char*, unsigned) { return -1; }, [](void*) {},
      [](void*, char*, unsigned) { return static_cast<int>(CR_UNKNOWN_ERROR); }, nullptr);
}

void set_options(MYSQL* mysql, const Endpoint& endpoint) {
  const auto io_seconds = static_cast<unsigned>(endpoint.io_timeout.count());
  set_option(mysql, MYSQL_OPT_CONNECT_TIMEOUT,
             static_cast<unsigned>(endpoint.connect_timeout.count()));
  set_option(mysql, MYSQL_OPT_READ_TIMEOUT, io_seconds);
  set_option(mysql, MYSQL_OPT_WRITE_TIMEOUT, io_seconds);
  // A silently restored session would have lost its snapshot and its settings.
  set_option(mysql, MYSQL_OPT_RECONNECT, my_bool{0});
  set_option(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, 1UL << 30U);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "godwit");
  set_text(mysql, MYSQL_READ_DEFAULT_FILE, endpoint.defaults_file);
  set_text(mysql, MYSQL_READ_DEFAULT_GROUP, endpoint.defaults_group);
  if (!endpoint.host.empty()) set_option(mysql, MYSQL_OPT_PROTOCOL, unsigned{MYSQL_PROTOCOL_TCP});
  // Unless it is to verify the host, the library logs in without TLS where the server (or
  // somebody between) offers none; that is found out too late for a password in the clear.
  const bool local = endpoint.host.empty() && endpoint.tls == TlsMode::off;
  if (endpoint.tls != TlsMode::verify_full && !local) {
    mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, kSafeAuthentication);
  }
  refuse_local_infile(mysql);
  set_tls(mysql, endpoint);
}

/// The library takes "enforce TLS" lightly, and an option file may have undone options.
void check_tls(MYSQL* mysql, const Endpoint& endpoint, const std::string& where) {
  if (endpoint.tls == TlsMode::off) return;
  my_bool verify = 0;
  mysql_get_optionv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  if (mysql_get_ssl_cipher(mysql) == nullptr ||
      (endpoint.tls == TlsMode::verify_full && verify == 0)) {
    throw Error(
        ErrorKind::source, "source " + where + ": the connection is not protected by TLS",
        "The URI asks for TLS: configure ssl_cert and ssl_key on the server, or choose another "
        "ssl mode knowingly.");
  }
}

/// Too old versions of MariaDB are a finding of preflight.
void check_server(MYSQL* mysql, const std::string& where) {
  if (mariadb_connection(mysql) != 0) return;
  throw Error(ErrorKind::preflight, "source " + where + ": the server is " +
                                        mysql_get_server_info(mysql) + ", not MariaDB");
}

/// One statement, for one round trip: every tenant gets a session of its own. Whatever the
/// server's defaults are, results must be complete, unconverted and in UTC, a snapshot must last
/// while nothing is read in it, and the session must not write.
std::string session_settings(unsigned long version, TextForm text) {
  const bool new_names = version >= kVersionNewIsolationName;
  std::string sql = "SET sql_mode='',time_zone='+00:00',autocommit=1,";
  sql += new_names ? "transaction_isolation='REPEATABLE-READ',transaction_read_only=1,"
                   : "tx_isolation='REPEATABLE-READ',tx_read_only=1,";
  sql +=
      "net_read_timeout=3600,net_write_timeout=3600,wait_timeout=86400,lock_wait_timeout=60,"
      "idle_transaction_timeout=0,idle_readonly_transaction_timeout=0,"
      "idle_write_transaction_timeout=0,"
      "max_statement_time=0,max_sort_length=8388608,sql_select_limit=18446744073709551615,"
      "sql_big_selects=1,sql_auto_is_null=0,system_versioning_asof=DEFAULT,"
      "sql_quote_show_create=1,query_cache_type=0";
  if (text == TextForm::column_bytes) sql += ",character_set_results=NULL";
  return sql;
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

Connection::Connection(const Endpoint& endpoint, TextForm text)
    : handle_(std::make_unique<Handle>()) {
  handle_->where = endpoint.describe();
  handle_->server = endpoint.host + ":" + std::to_string(endpoint.port) + ":" + endpoint.socket;
  handle_->mysql.reset(mysql_init(nullptr));
  if (!handle_->mysql) throw Error(ErrorKind::internal, "out of memory");
  MYSQL* mysql = native();
  set_options(mysql, endpoint);
  // Never a null host: an option file could then send the session to a host whose TLS mode
  // nobody chose.
  const std::string host = endpoint.host.empty() ? "localhost" : endpoint.host;
  if (mysql_real_connect(mysql, host.c_str(), or_null(endpoint.user),
                         or_null(endpoint.password.reveal()), nullptr, endpoint.port,
                         or_null(endpoint.socket), 0) == nullptr) {
    throw login_error(mysql_errno(mysql), mysql_error(mysql), handle_->where);
  }
  check_tls(mysql, endpoint, handle_->where);
  check_server(mysql, handle_->where);
  handle_->socket = ::fcntl(static_cast<int>(mysql_get_socket(mysql)), F_DUPFD_CLOEXEC, 0);
  if (handle_->socket < 0) {
    throw Error(ErrorKind::internal, "no descriptor is left for a session on the source",
                "raise the limit of open files (ulimit -n); a session takes two");
  }
  execute(session_settings(mysql_get_server_version(mysql), text));
}

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

void Connection::execute(const std::string& sql) {
  if (mysql_real_query(native(), sql.data(), sql.size()) != 0) {
    throw last_error(*this, handle_->where);
  }
  // A statement that has a result nobody asked for must not leave it in the pipe.
  const std::unique_ptr<MYSQL_RES, ResultFree> ignored(mysql_store_result(native()));
  if (mysql_errno(native()) != 0) throw last_error(*this, handle_->where);
}

Rows Connection::query_listed(const std::string& sql) {
  try {
    return query(sql);
  } catch (const Error&) {
    throw listed_name_error(mysql_errno(native()), mysql_error(native()), handle_->where);
  }
}

Rows Connection::query(const std::string& sql) {
  if (mysql_real_query(native(), sql.data(), sql.size()) != 0) {
    throw last_error(*this, handle_->where);
  }
  const std::unique_ptr<MYSQL_RES, ResultFree> result(mysql_store_result(native()));
  if (!result) {
    if (mysql_errno(native()) != 0) throw last_error(*this, handle_->where);
    return {};
  }
  const unsigned columns = mysql_num_fields(result.get());
  Rows rows;
  rows.reserve(mysql_num_rows(result.get()));
  while (MYSQL_ROW fields = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    Row& row = rows.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (fields[i] != nullptr) row[i].emplace(fields[i], lengths[i]);
    }
  }
  return rows;
}

std::optional<std::string> Connection::scalar(const std::string& sql) {
  Rows rows = query(sql);
  if (rows.empty() || rows.front().empty()) return std::nullopt;
  return std::move(rows.front().front());
}

void Connection::cancel() noexcept {
  const std::lock_guard lock(handle_->cancel_mutex);
  if (handle_->socket >= 0) ::shutdown(handle_->socket, SHUT_RDWR);
}

std::uint64_t Connection::thread_id() const { return mysql_thread_id(native()); }

std::uint32_t Connection::server_version() const {
  return static_cast<std::uint32_t>(mysql_get_server_version(native()));
}

const std::string& Connection::where() const { return handle_->where; }

const std::string& Connection::server() const { return handle_->server; }

st_mysql* Connection::native() const { return handle_->mysql.get(); }

}  // namespace godwit::mariadb
