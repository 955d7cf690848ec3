#include "godwit/engine/check.hpp"

#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/mariadb/preflight.hpp"
#include "godwit/mariadb/server_load.hpp"
#include "godwit/plan/cluster_load.hpp"
#include "godwit/plan/row_inspection.hpp"
#include "godwit/postgres/cluster.hpp"
#include "schema_survey.hpp"
#include "shared_source.hpp"

namespace godwit::engine {
namespace {

void append(Findings& to, Findings&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// Whether a cluster has room for its share of the tenants and for the engine's connections.
void check_capacity(const plan::Plan& plan, const plan::ClusterLoad& load,
                    const plan::ClusterSpec& spec, postgres::Cluster& cluster, Findings& findings) {
  findings.push_back({"cluster-load", Severity::info, spec.name,
                      std::to_string(load.tenants) + " tenants, about " + human_bytes(load.bytes) +
                          " on disk (" + human_bytes(load.databases * plan::kEmptyDatabaseBytes) +
                          " of it for empty databases)",
                      "see that the volume has room", ""});
  const postgres::Cluster::Capacity capacity = cluster.capacity();
  int lanes = 1;
  for (const plan::WaveSpec& wave : plan.waves)
    lanes = std::max(lanes, wave.lanes);
  const int needed = plan.rows ? spec.engine_connections : 2 * lanes + 2;
  if (capacity.connections_max - capacity.connections_used < needed) {
    findings.push_back({"cluster-connections", Severity::error, spec.name,
                        std::to_string(capacity.connections_used) + " of " +
                            std::to_string(capacity.connections_max) +
                            " connections are in use; the engine needs " + std::to_string(needed),
                        "raise max_connections, or use fewer lanes", ""});
  }
}

void check_replicas(const plan::Plan& plan, Findings& findings) {
  for (const plan::ReplicaSpec& replica : plan.source.replicas) {
    const std::string name = replica.endpoint.describe();
    try {
      mariadb::Connection connection(replica.endpoint);
      append(findings, mariadb::replica_preflight(connection, name));
    } catch (const Error& error) {
      findings.push_back({"replica-unreachable",
                          Severity::error,
                          name,
                          error.what(),
                          error.hint().empty() ? "correct source.replicas" : error.hint(),
                          {}});
    }
  }
}

}  // namespace

int CheckReport::exit_code() const {
  if (has_errors(servers)) return godwit::exit_code(ErrorKind::preflight);
  bool rejected = has_errors(units);
  for (const SchemaReport& schema : schemas)
    rejected |= has_errors(schema.findings);
  return rejected ? godwit::exit_code(ErrorKind::rejected) : 0;
}

std::vector<SchemaReport> check_schemas(const plan::Plan& plan,
                                        const std::vector<const plan::Unit*>& units) {
  Findings sizes;
  std::vector<SchemaReport> reports;
  const auto size_limit = [&](const plan::Unit& unit, const mariadb::Database& database) {
    for (const mariadb::Table& table : database.tables) {
      if (table.transactional() || table.data_bytes <= plan.locked_copy_bytes) continue;
      sizes.push_back({"locked-copy-too-large", Severity::error,
                       unit.source_database + "." + table.name,
                       table.engine + " knows no snapshot: " + human_bytes(table.data_bytes) +
                           " would be locked for writes while they are copied",
                       "ALTER TABLE … ENGINE=InnoDB, or raise copy.locked_table", ""});
    }
  };
  for (SurveyedSchema& surveyed : survey_schemas(plan, units, size_limit)) {
    SchemaReport report;
    report.fingerprint = surveyed.schema->target.fingerprint;
    report.findings = surveyed.schema->target.findings;
    for (const plan::Unit* unit : surveyed.units)
      report.tenants.push_back(unit->tenant);
    reports.push_back(std::move(report));
  }
  if (!reports.empty()) append(reports.front().findings, std::move(sizes));
  return reports;
}

CheckReport check(const plan::Plan& plan, const plan::Units& units) {
  CheckReport report;
  report.units = units.findings;
  std::vector<std::string> databases;
  std::vector<const plan::Unit*> all;
  for (const plan::Unit& unit : units.units) {
    if (databases.empty() || databases.back() != unit.source_database) {
      databases.push_back(unit.source_database);
    }
    all.push_back(&unit);
  }
  mariadb::Connection source(plan.source.endpoint);
  append(report.servers, mariadb::preflight(source, databases));
  check_replicas(plan, report.servers);
  if (plan.rows) {
    const ClassifiedSource shared = classify_source(plan, source);
    append(report.units,
           plan::inspect_rows(source, *plan.rows, shared.classification, shared.database));
  }
  const std::vector<plan::ClusterLoad> loads = plan::cluster_loads(plan, units.units);
  for (std::size_t i = 0; i < plan.clusters.size(); ++i) {
    const plan::ClusterSpec& spec = plan.clusters[i];
    postgres::Cluster cluster(spec.uri);
    append(report.servers, cluster.preflight(spec.name));
    check_capacity(plan, loads[i], spec, cluster, report.servers);
  }
  report.schemas = check_schemas(plan, all);
  return report;
}

}  // namespace godwit::engine
