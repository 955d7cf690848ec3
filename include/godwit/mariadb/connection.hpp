// A session on MariaDB. Not shared between threads, except cancel().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/endpoint.hpp"

struct st_mysql;

namespace godwit::mariadb {

using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

/// How text comes over the wire: converted to utf8mb4 by the server (catalog reading), or as the
/// bytes of the column's own charset (copying: a conversion on the server is lossy without notice).
enum class TextForm { utf8mb4, column_bytes };

class Connection {
 public:
  /// Connects and prepares the session: sql_mode '', time_zone +00:00, large net timeouts,
  /// max_sort_length at its maximum, read-only transactions, `LOCAL INFILE` off.
  /// Throws Error(source): retryable when the server can't be reached, not when it refuses the
  /// login or offers no TLS though TLS was asked for.
  explicit Connection(const Endpoint& endpoint, TextForm text = TextForm::utf8mb4);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Runs a statement without a result.
  void execute(const std::string& sql);
  /// Runs a query and returns all of it: for catalogs and settings, not for tenants' rows.
  Rows query(const std::string& sql);
  /// The same for names that were read from the catalog: that one is gone means that DDL came
  /// between, which is worth another attempt (Error(source), retryable).
  Rows query_listed(const std::string& sql);
  /// First column of the first row; nullopt when there is no row or it is NULL.
  std::optional<std::string> scalar(const std::string& sql);

  /// Breaks the connection from another thread; the call under way fails with Error(source).
  void cancel() noexcept;

  [[nodiscard]] std::uint64_t thread_id() const;
  /// e.g. 101119 for 10.11.19
  [[nodiscard]] std::uint32_t server_version() const;

  /// For messages: "user@host:port".
  [[nodiscard]] const std::string& where() const;
  /// Equal for connections to the same server, whatever their account.
  [[nodiscard]] const std::string& server() const;

  [[nodiscard]] st_mysql* native() const;  // for this room only

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// `name` with backticks doubled. Throws Error(rejected) for a NUL or invalid UTF-8.
std::string quote_identifier(std::string_view name);
/// 'text' as a literal that is right whatever sql_mode says about backslashes: _utf8mb4 X'…' when
/// the text holds a backslash, a quote or a control character, 'text' otherwise.
std::string quote_literal(std::string_view text);
/// X'00FF', a byte string.
std::string bytes_literal(std::string_view bytes);

}  // namespace godwit::mariadb
