// What is behind a Connection, and how its errors are told. Private to this room.
#pragma once

#include <mysql.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/mariadb/connection.hpp"

namespace godwit::mariadb {

struct MysqlClose {
  void operator()(MYSQL* mysql) const noexcept { mysql_close(mysql); }
};
struct ResultFree {
  void operator()(MYSQL_RES* result) const noexcept { mysql_free_result(result); }
};

struct Connection::Handle {
  std::unique_ptr<MYSQL, MysqlClose> mysql;
  std::string where;   // "user@host:port", for messages
  std::string server;  // the server without the account: equal for sessions on the same one
  std::mutex cancel_mutex;
  /// A descriptor of its own for the session's socket: the library closes the other one when the
  /// connection is lost, and the system gives its number away. Guarded by cancel_mutex; -1: none.
  int socket = -1;

  ~Handle() {
    const std::lock_guard lock(cancel_mutex);
    if (socket >= 0) ::close(std::exchange(socket, -1));
  }
};

/// An Error(source) with the server's number and text, a hint for the usual causes, and whether
/// trying the whole transaction again makes sense. `where` names the server.
Error server_error(unsigned int number, const std::string& text, const std::string& where);

/// The same for logging in, where what is wrong with TLS doesn't pass by itself.
Error login_error(unsigned int number, const std::string& text, const std::string& where);

/// The same for a statement whose names were read from the catalog: one that is gone means that DDL
/// came between, and the next attempt reads the catalog anew.
Error listed_name_error(unsigned int number, const std::string& text, const std::string& where);

/// The last error of the session.
Error last_error(const Connection& connection, const std::string& where);

}  // namespace godwit::mariadb
