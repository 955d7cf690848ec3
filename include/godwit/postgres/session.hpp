// A libpq session on one database: statements, COPY in and out. Not shared between threads,
// except cancel(). libpqxx can't stream COPY BINARY, hence libpq; the cluster's administration
// goes through libpqxx (cluster.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;

namespace godwit::postgres {

using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

struct SessionOptions {
  std::string database;                     // replaces the URI's; empty: the URI's own
  std::string schema = {};                  // where names without a namespace are looked for
  std::string application_name = "godwit";  // unless the URI or PGAPPNAME names another
  int connect_timeout_s = 10;               // per host, unless the URI sets one
  /// Further settings of the session, e.g. {"synchronous_commit", "off"}. They travel in the
  /// startup packet: a session costs no round trip beyond its login.
  std::vector<std::pair<std::string, std::string>> settings{};
};

class Session {
 public:
  /// Connects with a libpq URI or keyword string, untouched but for the options. The session has
  /// search_path = pg_catalog or the options' schema behind it, timezone UTC, ISO dates, bytea_output hex, client_encoding UTF8,
  /// and, unless the URI's `options` say otherwise, lock_timeout 10s and no statement_timeout.
  /// Throws Error(usage) for a string that libpq can't parse, Error(target) otherwise: retryable
  /// unless the server refuses the login. A failed statement throws Error(rejected) for data
  /// (SQLSTATE 22, 23), Error(preflight) for a missing right, Error(cancelled) after cancel(),
  /// else Error(target); the message holds the server's text and the SQLSTATE.
  Session(const std::string& uri, const SessionOptions& options);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// Runs one or more statements (simple protocol: several form one transaction).
  void execute(const std::string& sql);
  Rows query(const std::string& sql);
  std::optional<std::string> scalar(const std::string& sql);

  /// Cancels what the server is doing for this session; callable from another thread.
  void cancel() noexcept;
  [[nodiscard]] int server_version() const;  // 150020 for 15.20
  [[nodiscard]] pg_conn* native() const;     // for this room only

 private:
  friend class CopyIn;
  friend class CopyOut;
  friend class Pipeline;
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// COPY … FROM STDIN: the constructor enters the copy, finish() ends it and gives the server's
/// row count. Destroyed unfinished it aborts the copy and leaves the session usable.
class CopyIn {
 public:
  CopyIn(Session& session, const std::string& sql);
  CopyIn(const CopyIn&) = delete;
  CopyIn& operator=(const CopyIn&) = delete;
  ~CopyIn();

  void put(std::span<const std::byte> bytes);
  std::uint64_t finish();

 private:
  Session& session_;
  bool open_ = true;
};

/// COPY … TO STDOUT: each call gives one row's message (for FORMAT binary: header with the
/// first, tuples, then the trailer).
class CopyOut {
 public:
  CopyOut(Session& session, const std::string& sql);
  CopyOut(const CopyOut&) = delete;
  CopyOut& operator=(const CopyOut&) = delete;
  ~CopyOut();

  /// The next message, valid until the next call; nullopt at the end.
  std::optional<std::span<const std::byte>> next();

 private:
  Session& session_;
  char* buffer_ = nullptr;
  bool open_ = true;
};

/// "name" with quotes doubled. Throws Error(rejected) for a NUL, invalid UTF-8 or more than 63
/// bytes (PostgreSQL would cut it silently).
std::string quote_identifier(std::string_view name);
/// 'text', with E'' where a backslash occurs.
std::string quote_literal(std::string_view text);

}  // namespace godwit::postgres
