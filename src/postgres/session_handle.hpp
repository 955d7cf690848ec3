// What a Session owns of libpq; the copies work on it too.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <libpq-fe.h>

#include "godwit/postgres/session.hpp"
#include "server_error.hpp"

namespace godwit::postgres {

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct FreeCancel {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};
using ConnectionHandle = std::unique_ptr<PGconn, FinishConnection>;
using ResultHandle = std::unique_ptr<PGresult, ClearResult>;
using CancelHandle = std::unique_ptr<PGcancel, FreeCancel>;

struct Session::Handle {
  ConnectionHandle connection;
  CancelHandle cancel;  // immutable after the login, hence usable from any thread
  std::atomic<bool> cancelled = false;

  /// Runs statements and returns the last result; throws what the server says.
  ResultHandle run(const std::string& sql);
  /// Enters a COPY; `expected` is PGRES_COPY_IN or PGRES_COPY_OUT.
  void enter_copy(const std::string& sql, ExecStatusType expected);
  Error failure(const PGresult* result);
  /// Throws the failure after taking what the server still sends.
  [[noreturn]] void fail(const PGresult* result);
  /// Takes what the server still sends, so that the session can be used again.
  void drain() noexcept;
  void request_cancel() noexcept;
};

}  // namespace godwit::postgres
