#include "session.hpp"

#include <algorithm>
#include <array>

namespace godwit::ledger {
namespace {

constexpr unsigned kConnectSeconds = 5;
constexpr std::size_t kShownSql = 300;

/// https://mariadb.com/kb/en/mariadb-error-code-reference/
constexpr std::array<unsigned, 19> kRefusals = {
    1020,  // the record has changed since it was read
    1062,  // duplicate key
    1205,  // lock wait timeout
    1213,  // deadlock
    1264,  // out of range: a counter that was moved too far
    1317,  // the query was interrupted
    1397,  // no such XID
    1399,  // not in this state of the XA transaction
    1402,  // XA: rolled back
    1412,  // the table was truncated since the transaction began
    1451,  // a child row exists
    1452,  // no parent row
    1467,  // no further AUTO_INCREMENT value
    1613,  // XA: rolled back, timeout
    1614,  // XA: rolled back, deadlock
    1690,  // out of range in an expression
    1761,  // a cascade would make a duplicate key
    1762,  // the same, without the table's name
    1440,  // the XID exists
};

/// A server that ends, or is gone.
constexpr std::array<unsigned, 12> kLosses = {1053, 1077, 1079, 1152, 1158, 1159,
                                              1160, 1161, 1927, 2002, 2006, 2013};

template <std::size_t size>
bool contains(const std::array<unsigned, size>& list, unsigned code) {
  return std::find(list.begin(), list.end(), code) != list.end();
}

}  // namespace

Session::Session(const std::string& defaults_file) : connection_(mysql_init(nullptr)) {
  if (!connection_) throw std::bad_alloc();
  mysql_options(connection_.get(), MYSQL_READ_DEFAULT_FILE, defaults_file.c_str());
  mysql_options(connection_.get(), MYSQL_READ_DEFAULT_GROUP, "client");
  mysql_options(connection_.get(), MYSQL_OPT_CONNECT_TIMEOUT, &kConnectSeconds);
  if (mysql_real_connect(connection_.get(), nullptr, nullptr, nullptr, nullptr, 0, nullptr, 0) ==
      nullptr) {
    fail("connect");
  }
  run("SET NAMES utf8mb4, innodb_lock_wait_timeout = 2, lock_wait_timeout = 5,"
      " sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'");
}

void Session::fail(const std::string& sql) const {
  const unsigned code = mysql_errno(connection_.get());
  const std::string text = std::to_string(code) + " " + mysql_error(connection_.get());
  if (contains(kLosses, code)) throw Lost(text);
  if (contains(kRefusals, code)) throw Refused(text);
  throw std::runtime_error(text + " in: " + sql.substr(0, kShownSql));
}

void Session::run(const std::string& sql) {
  if (mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0) fail(sql);
  const auto rows = mysql_affected_rows(connection_.get());
  if (mysql_field_count(connection_.get()) != 0) {
    // a query run for its locks
    const std::unique_ptr<MYSQL_RES, Close> result(mysql_store_result(connection_.get()));
    if (!result) fail(sql);
    return;
  }
  affected_rows_ += rows;
}

std::vector<std::vector<std::optional<std::string>>> Session::query(const std::string& sql) {
  if (mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0) fail(sql);
  const std::unique_ptr<MYSQL_RES, Close> result(mysql_store_result(connection_.get()));
  if (!result) fail(sql);
  std::vector<std::vector<std::optional<std::string>>> rows;
  const unsigned columns = mysql_num_fields(result.get());
  while (const MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    auto& values = rows.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (row[i] != nullptr) values[i].emplace(row[i], lengths[i]);
    }
  }
  return rows;
}

std::optional<std::string> Session::scalar(const std::string& sql) {
  const auto rows = query(sql);
  if (rows.empty() || rows.front().empty()) return std::nullopt;
  return rows.front().front();
}

}  // namespace godwit::ledger
