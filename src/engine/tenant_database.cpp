#include "tenant_database.hpp"

#include "godwit/core/error.hpp"

namespace godwit::engine {

std::string progress_table_sql() {
  return "CREATE TABLE IF NOT EXISTS godwit.progress ("
         "tenant text PRIMARY KEY, "
         "epoch bigint NOT NULL, "
         "gtid text NOT NULL, "
         "binlog_file text NOT NULL, "
         "binlog_offset bigint NOT NULL, "
         "updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, "
         "schema_fingerprint text NOT NULL DEFAULT '', "
         "schema_gtid text NOT NULL DEFAULT '')";
}

std::string progress_row_sql(const std::string& tenant, Epoch epoch,
                             const mariadb::Snapshot& snapshot) {
  return "INSERT INTO godwit.progress (tenant, epoch, gtid, binlog_file, binlog_offset) VALUES (" +
         postgres::quote_literal(tenant) + ", " + std::to_string(epoch.value) + ", " +
         postgres::quote_literal(snapshot.gtid.to_string()) + ", " +
         postgres::quote_literal(snapshot.binlog_file) + ", " +
         std::to_string(snapshot.binlog_offset) + ")";
}

ProgressSchema schema_of_progress(postgres::Session& session, const std::string& tenant) {
  // to_jsonb: the columns are missing where an earlier version made the table
  const postgres::Rows rows = session.query(
      "SELECT to_jsonb(p) ->> 'schema_fingerprint', to_jsonb(p) ->> 'schema_gtid' "
      "FROM godwit.progress p WHERE tenant = " +
      postgres::quote_literal(tenant) + " FOR UPDATE");
  if (rows.empty()) return {};
  return {rows.front()[0].value_or(""), GtidList::parse(rows.front()[1].value_or(""))};
}

std::string progress_schema_sql(postgres::Session& session, const std::string& tenant, Epoch epoch,
                                const ProgressSchema& schema) {
  const bool known =
      session
          .scalar(
              "SELECT 1 FROM pg_catalog.pg_attribute WHERE NOT attisdropped "
              "AND attrelid = 'godwit.progress'::regclass AND attname = 'schema_gtid'")
          .has_value();
  return std::string(known
                         ? ""
                         : "ALTER TABLE godwit.progress "
                           "ADD COLUMN IF NOT EXISTS schema_fingerprint text NOT NULL DEFAULT '', "
                           "ADD COLUMN IF NOT EXISTS schema_gtid text NOT NULL DEFAULT ''; ") +
         "UPDATE godwit.progress SET schema_fingerprint = " +
         postgres::quote_literal(schema.fingerprint) +
         ", schema_gtid = " + postgres::quote_literal(schema.reached.to_string()) +
         " WHERE tenant = " + postgres::quote_literal(tenant) +
         " AND epoch = " + std::to_string(epoch.value);
}

std::string progress_row_gone_sql(const std::string& tenant) {
  return "DELETE FROM godwit.progress WHERE tenant = " + postgres::quote_literal(tenant);
}

std::string analyze_sql(const schema::TargetSchema& schema,
                        const std::vector<std::uint64_t>& rows) {
  std::string sql;
  if (schema.rows_only) return sql;
  for (std::size_t table = 0; table < schema.tables.size(); ++table) {
    if (rows[table] < kStatisticsRowsMin) continue;
    sql +=
        (sql.empty() ? "ANALYZE " : ", ") + postgres::quote_identifier(schema.tables[table].name);
  }
  return sql;
}

void commit_rows(postgres::Session& target) {
  target.execute(std::string("SET LOCAL synchronous_commit = off; ") + kHandOverCounts +
                 "; COMMIT");
}

const plan::ClusterSpec& cluster_of(const RunContext& run, const plan::Unit& unit) {
  return run.plan.clusters.at(unit.cluster.value);
}

postgres::Session open_tenant(const RunContext& run, const plan::Unit& unit) {
  return postgres::Session(cluster_of(run, unit).uri,
                           {.database = unit.target_database,
                            .schema = unit.target_schema,
                            .application_name = "godwit/" + unit.tenant});
}

void execute_stoppable(postgres::Session& session, const std::string& sql,
                       const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
  const std::stop_callback cancel(stop, [&session] { session.cancel(); });
  try {
    session.execute(sql);
  } catch (const Error&) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    throw;
  }
}

}  // namespace godwit::engine
