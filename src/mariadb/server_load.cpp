#include "godwit/mariadb/server_load.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "account.hpp"
#include "handle.hpp"

#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

constexpr const char* kLagColumn = "Seconds_Behind_Master";

std::uint64_t parse_status(const std::string& text, const std::string& name,
                           const std::string& where) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [behind, problem] = std::from_chars(text.data(), end, value);
  if (problem == std::errc() && behind == end) return value;
  throw Error(ErrorKind::source,
              "source " + where + ": the status " + name + " is '" + printable(text) + "'");
}

std::uint64_t status_of(const Rows& rows, const std::string& name, const Connection& connection) {
  for (const Row& row : rows) {
    if (row.at(0).value_or("") == name) {
      return parse_status(row.at(1).value_or(""), name, connection.where());
    }
  }
  throw Error(ErrorKind::source, "source " + connection.where() + ": it has no status " + name);
}

/// One value of every row, by the column's name: versions differ in what stands before it.
std::vector<std::optional<std::string>> column_of(Connection& connection, const std::string& sql,
                                                  std::string_view column) {
  MYSQL* mysql = connection.native();
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) {
    throw last_error(connection, connection.where());
  }
  const std::unique_ptr<MYSQL_RES, ResultFree> result(mysql_store_result(mysql));
  if (!result) throw last_error(connection, connection.where());
  const unsigned columns = mysql_num_fields(result.get());
  const MYSQL_FIELD* fields = mysql_fetch_fields(result.get());
  const MYSQL_FIELD* found = std::find_if(
      fields, fields + columns, [&](const MYSQL_FIELD& field) { return field.name == column; });
  if (found == fields + columns) {
    throw Error(ErrorKind::source,
                "source " + connection.where() + ": no column " + std::string(column));
  }
  const auto index = static_cast<std::size_t>(found - fields);
  std::vector<std::optional<std::string>> values;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    auto& value = values.emplace_back();
    if (row[index] != nullptr) value.emplace(row[index], lengths[index]);
  }
  return values;
}

}  // namespace

ServerLoad server_load(Connection& connection) {
  const Rows status = connection.query(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_running','Innodb_history_list_length')");
  // with PROCESS the account sees others' sessions, too
  const std::string own =
      connection
          .scalar(
              "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND NOT IN "
              "('Sleep','Daemon') AND USER = LEFT(USER(), CHAR_LENGTH(USER()) - "
              "CHAR_LENGTH(SUBSTRING_INDEX(USER(), '@', -1)) - 1)")
          .value_or("");
  ServerLoad load;
  const std::uint64_t running = status_of(status, "Threads_running", connection);
  // the two are not of the same instant
  load.threads_running =
      running - std::min(running, parse_status(own, "PROCESSLIST", connection.where()));
  load.history_list = status_of(status, "Innodb_history_list_length", connection);
  return load;
}

ReplicaState replica_state(Connection& connection) {
  const auto lags = column_of(connection, "SHOW ALL SLAVES STATUS", kLagColumn);
  if (lags.empty()) return {std::nullopt, "it is no replica"};
  std::uint64_t most = 0;
  for (const std::optional<std::string>& lag : lags) {
    if (!lag) return {std::nullopt, "its replication doesn't run"};
    most = std::max(most, parse_status(*lag, kLagColumn, connection.where()));
  }
  return {most, ""};
}

Findings replica_preflight(Connection& connection, const std::string& name) {
  // what matters is a global privilege: no database's name is compared
  const Grants grants = read_grants(connection, false);
  if (!grants.has_global("SLAVE MONITOR") && !grants.has_global("SUPER")) {
    const std::string account = current_account(connection);
    return {{"missing-grant",
             Severity::error,
             name,
             "the account " + account + " lacks SLAVE MONITOR on the replica " + name +
                 ": how far it is behind can't be asked",
             "GRANT SLAVE MONITOR ON *.* TO " + account + ";",
             {}}};
  }
  const ReplicaState state = replica_state(connection);
  if (state.lag_seconds) return {};
  return {{"replica-state",
           Severity::error,
           name,
           "the replica " + name + " says no lag: " + state.problem +
               "; with source.limits.replica_lag tenants wait for it",
           "Start its replication, or remove it from source.replicas.",
           {}}};
}

}  // namespace godwit::mariadb
