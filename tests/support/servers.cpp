#include "support/servers.hpp"

#include <mysql.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string_view>

#include "support/process.hpp"

namespace godwit::test {

namespace {

using Environment = std::map<std::string, std::string>;

std::string servers_script() { return std::string(GODWIT_SOURCE_DIR) + "/scripts/servers"; }

ProcessResult run_checked(const std::vector<std::string>& argv,
                          const Environment& environment = {}) {
  ProcessResult result = run_process(argv, environment);
  if (result.exit_code != 0) {
    throw std::runtime_error(argv.at(1) + " failed: " + result.err + result.out);
  }
  return result;
}

std::string start_servers(const Environment& environment = {}) {
  // Nothing is fsynced: tests kill processes, not machines.
  std::string dir = run_checked({"/bin/bash", servers_script(), "start", "--fast", "--owner",
                                 std::to_string(getpid())},
                                environment)
                        .out;
  while (!dir.empty() && dir.back() == '\n')
    dir.pop_back();
  return dir;
}

/// What `scripts/servers env` exports; the shell itself undoes its quoting.
Environment read_environment(const std::string& dir) {
  const std::string printed =
      run_checked({"/bin/bash", "-c", "exports=$(\"$0\" env \"$1\") && eval \"$exports\" && env -0",
                   servers_script(), dir})
          .out;
  Environment result;
  std::string_view rest = printed;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t equals = line.find('=');
    if (line.substr(0, 12) == "GODWIT_TEST_") {
      result[std::string(line.substr(0, equals))] = line.substr(equals + 1);
    }
  }
  return result;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_') {
      result += c;
    } else {
      result += '%';
      result += kDigits[byte >> 4U];
      result += kDigits[byte & 15U];
    }
  }
  return result;
}

mariadb::Endpoint source_endpoint(const Environment& environment, const std::string& user,
                                  const std::string& password_variable) {
  mariadb::Endpoint endpoint;
  endpoint.socket = environment.at("GODWIT_TEST_SOURCE_SOCKET");
  endpoint.user = user;
  endpoint.password = Secret(environment.at(password_variable));
  return endpoint;
}

std::string target_uri(const Environment& environment, const std::string& user) {
  return "postgresql://" + user +
         "@/postgres?host=" + percent_encoded(environment.at("GODWIT_TEST_TARGET_HOST")) +
         "&port=" + environment.at("GODWIT_TEST_TARGET_PORT");
}

Servers describe_servers(const std::string& dir, const Environment& environment) {
  Servers result;
  result.dir = dir;
  result.source = source_endpoint(environment, "godwit", "GODWIT_TEST_SOURCE_PASSWORD");
  result.source_root = source_endpoint(environment, "root", "GODWIT_TEST_SOURCE_ROOT_PASSWORD");
  result.source_uri = "mariadb://godwit@localhost/?socket=" + percent_encoded(result.source.socket);
  result.source_root_defaults = environment.at("GODWIT_TEST_SOURCE_ROOT_DEFAULTS");
  result.target_uri = target_uri(environment, "godwit");
  result.target_super_uri = target_uri(environment, "postgres");
  return result;
}

Servers open_servers() {
  const char* running = std::getenv("GODWIT_TEST_DIR");
  const std::string dir = running != nullptr ? running : start_servers();
  const Environment environment = read_environment(dir);
  setenv("PGPASSFILE", environment.at("GODWIT_TEST_PGPASSFILE").c_str(), 1);
  setenv("GODWIT_SOURCE_PASSWORD", environment.at("GODWIT_TEST_SOURCE_PASSWORD").c_str(), 1);
  return describe_servers(dir, environment);
}

/// Runs every statement of `sql` and throws for the first that fails. Several statements at once
/// are for tests only, so Connection itself doesn't offer them.
void run_statements(st_mysql* server, const std::string& sql) {
  int status = mysql_real_query(server, sql.data(), sql.size());
  while (status == 0) {
    if (MYSQL_RES* result = mysql_store_result(server)) mysql_free_result(result);
    if (mysql_errno(server) != 0) break;
    status = mysql_next_result(server);  // -1: that was the last one
  }
  if (mysql_errno(server) != 0) {
    throw std::runtime_error(std::string(mysql_error(server)) + " in: " + sql.substr(0, 2000));
  }
}

}  // namespace

const Servers& servers() {
  static const Servers kServers = open_servers();
  return kServers;
}

std::string unique_name(const std::string& prefix) {
  static std::atomic<int> counter{0};
  return prefix + std::to_string(getpid()) + "_" + std::to_string(++counter);
}

PrivateServers::PrivateServers(const std::string& mariadb_options) {
  const std::string dir = start_servers({{"GODWIT_SERVERS_MARIADB_OPTS", mariadb_options}});
  servers_ = describe_servers(dir, read_environment(dir));
}

PrivateServers::~PrivateServers() {
  run_process({"/bin/bash", servers_script(), "stop", servers_.dir});
}

SourceDatabase::SourceDatabase(const std::string& options)
    : name_(unique_name("gw_")), root_(servers().source_root) {
  // The engine's sessions are read-only and have no sql_mode; applications' are not like that.
  run_statements(root_.native(), "SET tx_read_only = 0, sql_mode = @@GLOBAL.sql_mode");
  run_statements(root_.native(),
                 "CREATE DATABASE " + mariadb::quote_identifier(name_) + " " + options);
  run_statements(root_.native(), "USE " + mariadb::quote_identifier(name_));
  mysql_set_server_option(root_.native(), MYSQL_OPTION_MULTI_STATEMENTS_ON);
}

SourceDatabase::~SourceDatabase() {
  try {
    // A new session: this one may hold locks or be gone, if the test failed.
    root_.cancel();
    mariadb::Connection root(servers().source_root);
    run_statements(root.native(),
                   "SET tx_read_only = 0, lock_wait_timeout = 5, foreign_key_checks = 0");
    run_statements(root.native(), "DROP DATABASE IF EXISTS " + mariadb::quote_identifier(name_));
  } catch (const std::exception&) {
    // The server goes with the test anyway.
  }
}

void SourceDatabase::run(const std::string& sql) { run_statements(root_.native(), sql); }

TargetDatabase::TargetDatabase() : name_(unique_name("gw_")) {
  postgres::Session(servers().target_uri, {})
      .execute("CREATE DATABASE " + postgres::quote_identifier(name_) +
               " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
}

TargetDatabase::~TargetDatabase() {
  try {
    postgres::Session(servers().target_uri, {})
        .execute("DROP DATABASE IF EXISTS " + postgres::quote_identifier(name_) + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The server goes with the test anyway.
  }
}

postgres::Session TargetDatabase::connect() const {
  postgres::SessionOptions options;
  options.database = name_;
  return {servers().target_uri, options};
}

}  // namespace godwit::test
