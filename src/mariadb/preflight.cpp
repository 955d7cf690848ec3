#include "godwit/mariadb/preflight.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <tuple>
#include <vector>

#include "account.hpp"

#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

constexpr std::uint32_t kVersionOldest = 100600;
/// A copy, its catching up and a weekend.
constexpr double kRetentionSecondsMin = 3 * 86400.0;
/// Above this many databases that lack the same grants, one statement with a pattern is proposed.
constexpr std::size_t kDatabasesEach = 20;
constexpr std::array<const char*, 5> kTenantPrivileges = {"SELECT", "LOCK TABLES", "SHOW VIEW",
                                                          "TRIGGER", "EVENT"};

using Settings = std::map<std::string, std::string>;

Settings read_settings(Connection& connection) {
  Settings settings;
  for (Row& row : connection.query(
           "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin','binlog_format',"
           "'binlog_row_image','binlog_row_metadata','gtid_strict_mode','gtid_binlog_pos',"
           "'binlog_checksum','sync_binlog','innodb_flush_log_at_trx_commit',"
           "'binlog_expire_logs_seconds','max_binlog_total_size','wsrep_on',"
           "'log_bin_trust_function_creators','lower_case_table_names','version')")) {
    settings[lowercase_ascii(row.at(0).value())] = row.at(1).value_or("");
  }
  return settings;
}

std::string setting(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

bool is_on(const Settings& settings, const std::string& name) {
  return setting(settings, name) == "ON";
}

/// A setting of the binlog that must have one value.
void require_setting(const Settings& settings, const std::string& name, const std::string& value,
                     const std::string& why, Findings& findings) {
  const std::string actual = setting(settings, name);
  if (actual == value) return;
  std::string code = name;
  std::replace(code.begin(), code.end(), '_', '-');
  findings.push_back(
      {code,
       Severity::error,
       name,
       name + " is " + (actual.empty() ? "unknown" : actual) + ", not " + value + ": " + why,
       "SET GLOBAL " + name + " = '" + value +
           "'; also in the server's configuration. Sessions that are open keep the "
           "old value until they reconnect.",
       {}});
}

void check_server(const Settings& settings, Connection& connection, Findings& findings) {
  if (connection.server_version() < kVersionOldest) {
    findings.push_back({"mariadb-version",
                        Severity::error,
                        "version",
                        "the server is MariaDB " + setting(settings, "version"),
                        "Upgrade it to MariaDB 10.6 or newer.",
                        {}});
  }
  if (is_on(settings, "wsrep_on")) {
    findings.push_back({"galera",
                        Severity::error,
                        "wsrep_on",
                        "the server is part of a Galera cluster: its nodes' binlogs are not one "
                        "total order of the writes",
                        "Migrate from an asynchronous replica that has log_slave_updates, without "
                        "writers of its own.",
                        {}});
  }
  if (!is_on(settings, "log_bin_trust_function_creators")) {
    findings.push_back({"log-bin-trust-function-creators",
                        Severity::info,
                        "log_bin_trust_function_creators",
                        "without it nobody but a SUPER user can create the triggers that fence a "
                        "tenant at its cutover (error 1419)",
                        "SET GLOBAL log_bin_trust_function_creators = ON before the cutover.",
                        {}});
  }
}

void check_retention(const Settings& settings, Findings& findings) {
  const double seconds =
      std::strtod(setting(settings, "binlog_expire_logs_seconds").c_str(), nullptr);
  if (seconds > 0 && seconds < kRetentionSecondsMin) {
    findings.push_back({"binlog-retention",
                        Severity::degraded,
                        "binlog_expire_logs_seconds",
                        "binlog files are removed after " +
                            human_count(static_cast<std::uint64_t>(seconds)) +
                            " s; a tenant whose position is gone must be copied again",
                        "SET GLOBAL binlog_expire_logs_seconds = 604800; watch the disk.",
                        {}});
  }
  const std::string total = setting(settings, "max_binlog_total_size");
  if (!total.empty() && total != "0") {
    findings.push_back({"binlog-retention",
                        Severity::degraded,
                        "max_binlog_total_size",
                        "binlog files are removed above " + total + " bytes, however young",
                        "SET GLOBAL max_binlog_total_size = 0; watch the disk.",
                        {}});
  }
}

void check_gtid(const Settings& settings, Findings& findings) {
  if (!is_on(settings, "gtid_strict_mode")) {
    findings.push_back({"gtid-strict-mode",
                        Severity::degraded,
                        "gtid_strict_mode",
                        "sequence numbers may go backwards, which a reader can't tell from a "
                        "restored server",
                        "SET GLOBAL gtid_strict_mode = ON",
                        {}});
  }
  const std::string position = setting(settings, "gtid_binlog_pos");
  if (position.find(',') != std::string::npos) {
    findings.push_back({"gtid-domains",
                        Severity::degraded,
                        "gtid_domain_id",
                        "the binlog holds several GTID domains (" + position +
                            "); a tenant must be written in one of them only",
                        "Let all of a tenant's writers use the same gtid_domain_id.",
                        {}});
  }
}

/// Databases that the server leaves out of the binlog.
void check_filters(Connection& connection, Findings& findings) {
  const Rows status = connection.query("SHOW MASTER STATUS");
  if (status.empty()) return;
  for (const std::size_t column : {2U, 3U}) {
    if (status[0].size() <= column || status[0][column].value_or("").empty()) continue;
    const std::string name = column == 2 ? "binlog_do_db" : "binlog_ignore_db";
    findings.push_back(
        {"binlog-filter",
         Severity::error,
         name,
         name + " is " + *status[0][column] + ": changes of some databases are not in the binlog",
         "Remove " + name + " from the server's configuration and restart it.",
         {}});
  }
}

void check_binlog(const Settings& settings, Findings& findings) {
  if (!is_on(settings, "log_bin")) {
    findings.push_back({"log-bin",
                        Severity::error,
                        "log_bin",
                        "the server writes no binlog",
                        "Set log_bin and server_id in the server's configuration and restart it.",
                        {}});
    return;
  }
  require_setting(settings, "binlog_format", "ROW", "statements can't be applied exactly",
                  findings);
  require_setting(settings, "binlog_row_image", "FULL",
                  "a change could not be checked against the row it is applied to", findings);
  require_setting(settings, "binlog_row_metadata", "FULL",
                  "rows don't tell signs, charsets and column names", findings);
  check_gtid(settings, findings);
  if (setting(settings, "binlog_checksum") == "NONE") {
    findings.push_back({"binlog-checksum",
                        Severity::degraded,
                        "binlog_checksum",
                        "a change that was damaged on its way can't be told from a right one",
                        "SET GLOBAL binlog_checksum = 'CRC32'",
                        {}});
  }
  if (setting(settings, "sync_binlog") != "1") {
    findings.push_back({"sync-binlog",
                        Severity::degraded,
                        "sync_binlog",
                        "after a crash of its machine the server may have forgotten transactions "
                        "that were applied to the target",
                        "SET GLOBAL sync_binlog = 1",
                        {}});
  }
  // 3 is as durable as 1; empty: a server without InnoDB
  const std::string flush = setting(settings, "innodb_flush_log_at_trx_commit");
  if (flush == "0" || flush == "2") {
    findings.push_back({"innodb-flush-log",
                        Severity::degraded,
                        "innodb_flush_log_at_trx_commit",
                        "after a crash the server may have forgotten transactions that are in its "
                        "binlog and were applied to the target",
                        "SET GLOBAL innodb_flush_log_at_trx_commit = 1",
                        {}});
  }
  check_retention(settings, findings);
}

std::string grant(const std::string& privileges, const std::string& object,
                  const std::string& account) {
  return "GRANT " + privileges + " ON " + object + " TO " + account + ";";
}

void check_global_grants(const Grants& grants, const std::string& account, Findings& findings) {
  std::vector<std::string> missing;
  for (const char* privilege : {"REPLICATION SLAVE", "BINLOG MONITOR"}) {
    if (!grants.has_global(privilege)) missing.emplace_back(privilege);
  }
  if (!missing.empty()) {
    const std::string list = join(missing, ", ");
    findings.push_back({"missing-grant",
                        Severity::error,
                        "*.*",
                        "the account " + account + " lacks " + list + " on *.*",
                        grant(list, "*.*", account),
                        {}});
  }
  if (!grants.has("SELECT", "mysql", "proc")) {
    findings.push_back({"missing-grant",
                        Severity::info,
                        "mysql.proc",
                        "without SELECT on mysql.proc the report lists routines without their text",
                        grant("SELECT", "`mysql`.`proc`", account),
                        {}});
  }
  if (grants.has_global("SUPER")) {
    findings.push_back({"excessive-grant",
                        Severity::degraded,
                        "*.*",
                        "the account " + account + " has SUPER, which the engine never needs",
                        "REVOKE SUPER ON *.* FROM " + account +
                            "; or use an account of its own "
                            "for the engine.",
                        {}});
  }
}

std::string common_prefix(const std::vector<std::string>& names) {
  std::string prefix = names.front();
  for (const std::string& name : names) {
    const auto differs = std::mismatch(prefix.begin(), prefix.end(), name.begin(), name.end());
    prefix.erase(differs.first, prefix.end());
  }
  // Not in the middle of a character.
  while (first_invalid_utf8(prefix))
    prefix.pop_back();
  return prefix;
}

/// Databases that lack the same privileges under the same pattern.
struct Missing {
  std::string privileges;
  std::string pattern;  // empty: no grant of the account matches
  bool operator<(const Missing& other) const {
    return std::tie(privileges, pattern) < std::tie(other.privileges, other.pattern);
  }
};

/// Every statement names all that the engine needs: the server looks at the most specific grant
/// alone, so one with only the missing privileges would hide the others.
std::string grant_all(const std::string& pattern, const std::string& account) {
  std::vector<std::string> privileges(kTenantPrivileges.begin(), kTenantPrivileges.end());
  return grant(join(privileges, ", "), quote_identifier(pattern) + ".*", account);
}

void report_missing(const Missing& missing, const std::vector<std::string>& databases,
                    const std::string& account, Findings& findings) {
  const std::string lacks = "the account " + account + " lacks " + missing.privileges + " on ";
  const std::string prefix = common_prefix(databases);
  const std::string pattern = !missing.pattern.empty() ? missing.pattern
                              : !prefix.empty()        ? exact_pattern(prefix) + "%"
                                                       : std::string();
  if (databases.size() > kDatabasesEach && !pattern.empty()) {
    findings.push_back(
        {"missing-grant",
         Severity::error,
         prefix + "*",
         lacks + human_count(databases.size()) + " databases such as " + databases.front(),
         grant_all(pattern, account),
         {}});
    return;
  }
  for (const std::string& database : databases) {
    findings.push_back({"missing-grant",
                        Severity::error,
                        database,
                        lacks + database,
                        grant_all(exact_pattern(database), account),
                        {}});
  }
}

void check_tenant_grants(const Grants& grants, std::span<const std::string> databases,
                         const std::string& account, Findings& findings) {
  std::map<Missing, std::vector<std::string>> missing;
  for (const std::string& database : databases) {
    std::vector<std::string> privileges;
    for (const char* privilege : kTenantPrivileges) {
      if (!grants.has(privilege, database)) privileges.emplace_back(privilege);
    }
    if (privileges.empty()) continue;
    missing[{join(privileges, ", "), grants.deciding_pattern(account, database)}].push_back(
        database);
  }
  for (const auto& [what, names] : missing)
    report_missing(what, names, account, findings);
}

}  // namespace

Findings preflight(Connection& connection, std::span<const std::string> databases) {
  Findings findings;
  const Settings settings = read_settings(connection);
  check_server(settings, connection, findings);
  check_binlog(settings, findings);

  const std::string account = current_account(connection);
  const Grants grants = read_grants(connection, setting(settings, "lower_case_table_names") != "0");
  check_global_grants(grants, account, findings);
  if (is_on(settings, "log_bin") && grants.has_global("BINLOG MONITOR")) {
    check_filters(connection, findings);
  }
  check_tenant_grants(grants, databases, account, findings);
  return findings;
}

}  // namespace godwit::mariadb
