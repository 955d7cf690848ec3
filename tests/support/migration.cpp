#include "support/migration.hpp"

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace godwit::test {
namespace {

std::string on_target(const std::string& database) {
  std::string uri = servers().target_super_uri;
  const std::string maintenance = "@/postgres?";
  return uri.replace(uri.find(maintenance), maintenance.size(), "@/" + database + "?");
}

std::string quoted(const std::vector<std::string>& patterns) {
  std::string list;
  for (const std::string& pattern : patterns) {
    list += (list.empty() ? "\"" : ", \"") + pattern + "\"";
  }
  return list;
}

/// A superuser's session that looked into it may take a moment to end.
void drop_in_the_end(postgres::Cluster& cluster, const std::string& database) {
  constexpr int kAttempts = 50;
  for (int attempt = 1;; ++attempt) {
    try {
      cluster.drop_database(database);
      return;
    } catch (const std::exception&) {
      if (attempt == kAttempts) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

}  // namespace

Migration::Migration(const std::vector<std::string>& patterns, const std::string& more)
    : Migration(Tenancy::as_text, "{ mode: database, databases: [" + quoted(patterns) + "] }",
                more) {}

Migration::Migration(Tenancy, const std::string& tenancy, const std::string& more) {
  std::string text = "version: 1\nsource: { uri: \"" + servers().source_uri +
                     "\" }\ntenancy: " + tenancy + "\nclusters: [ { name: pg, uri: \"" +
                     servers().target_uri + "\" } ]\n";
  if (more.find("waves:") == std::string::npos) {
    text += "waves: [ { name: all, tenants: rest, lanes: 2 } ]\n";
  }
  plan_ = folder_.write("plan.yaml", text + more);
}

Migration::~Migration() {
  // what the control store remembers is what this migration made; a shared database goes once
  try {
    const auto status = nlohmann::json::parse(godwit("status", {"--json"}).out);
    postgres::Cluster cluster(servers().target_uri);
    for (const auto& tenant : status.at("tenants")) {
      const std::string database = tenant.at("target_database");
      const auto mark = cluster.owner_mark(database);
      if (mark && !mark->empty()) drop_in_the_end(cluster, database);
    }
  } catch (const std::exception& error) {
    // the servers' folder goes anyway
    std::cerr << "target databases stay: " << error.what() << '\n';
  }
}

ProcessResult Migration::godwit(const std::string& command, std::vector<std::string> arguments,
                                const std::map<std::string, std::string>& environment) const {
  std::vector<std::string> all{command, "-p", plan_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_godwit(all, environment);
}

ProcessResult Migration::copy(const std::map<std::string, std::string>& environment) const {
  return godwit("run", {"--wave", "all", "--until", "copied"}, environment);
}

ProcessResult Migration::verify() const { return godwit("verify", {"--wave", "all"}); }

nlohmann::json Migration::copy_json() const {
  return nlohmann::json::parse(godwit("run", {"--wave", "all", "--until", "copied", "--json"}).out);
}

nlohmann::json Migration::verify_json() const {
  return nlohmann::json::parse(godwit("verify", {"--wave", "all", "--json"}).out);
}

postgres::Session Migration::target(const std::string& database) {
  return postgres::Session(servers().target_super_uri, {.database = database});
}

std::string Migration::left_to_autovacuum(const std::string& database) {
  // what it counts by default: autovacuum_analyze_threshold and autovacuum_analyze_scale_factor
  return target(database)
      .scalar(
          "SELECT coalesce(string_agg(relname, ' '), '') FROM pg_stat_user_tables "
          "WHERE n_mod_since_analyze > 50 + n_live_tup / 10")
      .value();
}

Monolith::Monolith(const std::string& prefix, int tenants, const std::string& seed)
    : prefix_(unique_name(prefix) + "_") {
  const ProcessResult sql =
      run_process({GODWIT_MONOLITH, "--tenancy", "database", "--tenants", std::to_string(tenants),
                   "--size", "S", "--seed", seed, "--prefix", prefix_});
  if (sql.exit_code != 0) throw std::runtime_error("monolith: " + sql.err);
  const ProcessResult load = run_process(
      {"/usr/bin/mariadb", "--defaults-file=" + servers().source_root_defaults}, {}, sql.out);
  if (load.exit_code != 0) throw std::runtime_error("loading the monolith: " + load.err);
  mariadb::Connection root(servers().source_root);
  for (const mariadb::DatabaseSummary& database : mariadb::list_databases(root)) {
    if (database.name.starts_with(prefix_)) databases_.push_back(database.name);
  }
}

Monolith::~Monolith() {
  try {
    mariadb::Connection root(servers().source_root);
    root.execute("SET SESSION TRANSACTION READ WRITE");
    for (const std::string& database : databases_) {
      root.execute("DROP DATABASE " + mariadb::quote_identifier(database));
    }
  } catch (const std::exception&) {
    // the servers' folder goes anyway
    return;
  }
}

std::string compare_sides(const std::string& source_database, const std::string& target_database,
                          const std::string& target_schema) {
  const ProcessResult result = run_process(
      {"/bin/bash", std::string(GODWIT_SOURCE_DIR) + "/tests/support/compare_sides",
       servers().source_root_defaults, source_database, on_target(target_database), target_schema});
  if (result.exit_code == 0) return {};
  return result.out + result.err + "(exit " + std::to_string(result.exit_code) + ")";
}

std::vector<std::string> target_databases(const std::string& prefix) {
  postgres::Session session(servers().target_super_uri, {.database = "postgres"});
  std::vector<std::string> names;
  for (const postgres::Row& row : session.query("SELECT datname FROM pg_database ORDER BY 1")) {
    if (row[0]->starts_with(prefix)) names.push_back(*row[0]);
  }
  return names;
}

}  // namespace godwit::test
