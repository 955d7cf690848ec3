// A tenant's database on the target, its own or shared: sessions on it, its progress row, and the
// last statements of a copy. The progress row lives beside the rows it vouches for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/mariadb/snapshot.hpp"
#include "godwit/postgres/session.hpp"
#include "run_context.hpp"

namespace godwit::engine {

/// CREATE TABLE IF NOT EXISTS godwit.progress …: one row for each tenant of the database.
std::string progress_table_sql();

/// The row that says: this database holds the tenant as of S, by the engine of this epoch.
std::string progress_row_sql(const std::string& tenant, Epoch epoch,
                             const mariadb::Snapshot& snapshot);
/// Which schema the tenant has on the target, if it changed since the copy; empty: it didn't.
struct ProgressSchema {
  std::string fingerprint;
  GtidList reached;  // what changed the schema on the source up to there is in it
};
/// Waits for whoever is changing the row.
ProgressSchema schema_of_progress(postgres::Session& session, const std::string& tenant);
/// Statements that set it, to be run in the transaction that changes the schema.
std::string progress_schema_sql(postgres::Session& session, const std::string& tenant, Epoch epoch,
                                const ProgressSchema& schema);

/// Takes it back: the tenant is no longer there.
std::string progress_row_gone_sql(const std::string& tenant);

/// Below so many rows PostgreSQL itself never analyzes a table (autovacuum_analyze_threshold): its
/// plans don't depend on statistics, which would be a good part of what a small tenant costs.
inline constexpr std::uint64_t kStatisticsRowsMin = 50;
/// ANALYZE of the tables that need it, in one statement; empty: none does. `rows` of each table.
std::string analyze_sql(const schema::TargetSchema& schema, const std::vector<std::uint64_t>& rows);

/// Hands the session's counts of changed rows to the server's statistics when it is idle next, not
/// up to a second later: counts that arrive after the ANALYZE which should have reset them make
/// autovacuum analyze every table again.
inline constexpr const char* kHandOverCounts = "SELECT pg_stat_force_next_flush()";
/// Commits rows without waiting for the disk, before their ANALYZE.
void commit_rows(postgres::Session& target);

/// Opens a session on the tenant's database, whose names are those of the tenant's schema.
postgres::Session open_tenant(const RunContext& run, const plan::Unit& unit);

const plan::ClusterSpec& cluster_of(const RunContext& run, const plan::Unit& unit);

/// Runs a long statement; cancels it on the server when the run is stopped.
void execute_stoppable(postgres::Session& session, const std::string& sql,
                       const std::stop_token& stop);

}  // namespace godwit::engine
