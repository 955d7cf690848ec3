// A connection of an application: libmariadb alone, nothing of Godwit.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace godwit::ledger {

/// The server said no for a reason that applications live with: a constraint, a deadlock, a lock
/// timeout. The transaction is to be rolled back.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The connection is gone; whether its last statement took place is not known.
struct Lost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Session {
 public:
  /// Logs in as the [client] section of `defaults_file` says. Throws Lost when there is no server.
  explicit Session(const std::string& defaults_file);

  /// Throws Refused, Lost, or std::runtime_error for what must not happen.
  void run(const std::string& sql);
  /// All rows of a query; nullopt is NULL.
  std::vector<std::vector<std::optional<std::string>>> query(const std::string& sql);
  /// The first column of the first row.
  std::optional<std::string> scalar(const std::string& sql);
  /// Row changes so far, as the server counted them.
  [[nodiscard]] std::uint64_t affected_rows() const { return affected_rows_; }

 private:
  struct Close {
    void operator()(MYSQL* connection) const { mysql_close(connection); }
    void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
  };
  [[noreturn]] void fail(const std::string& sql) const;

  std::unique_ptr<MYSQL, Close> connection_;
  std::uint64_t affected_rows_ = 0;
};

}  // namespace godwit::ledger
