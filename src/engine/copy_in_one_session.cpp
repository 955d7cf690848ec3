// A small tenant: all its rows in one target transaction.
//   1. lock the non-transactional tables, open the snapshot S
//   2. BEGIN; COPY table by table, with foreign-key triggers off (the keys are NOT VALID)
//   3. validate the keys, check that no DDL came between; COMMIT, which need not be durable yet
//   4. ANALYZE, set the counters, write the progress row durably
#include "copy_steps.hpp"
#include "godwit/core/failpoint.hpp"
#include "tenant_copy.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {
namespace {

std::string validation_sql(const ProvisionedUnit& unit) {
  std::string sql = "SET LOCAL session_replication_role = origin";
  for (const schema::TargetTable& table : unit.schema->target.tables) {
    for (const schema::TargetForeignKey& key : table.foreign_keys)
      sql += ";\n" + key.validate_sql;
  }
  return sql;
}

/// Returns the rows of each table.
std::vector<std::uint64_t> copy_tables(RunContext& run, const ProvisionedUnit& unit,
                                       const WriteLock& lock, mariadb::Connection& reader,
                                       SourceConnections& source, postgres::Session& target,
                                       CopiedTenant& copied) {
  std::vector<std::uint64_t> rows;
  rows.reserve(unit.schema->target.tables.size());
  const copy::PumpOptions options = pump_options(run, lock);
  for (const schema::TargetTable& table : unit.schema->target.tables) {
    const mariadb::Table& model = *unit.schema->model.find_table(table.source_name);
    schema::RowCodec codec(model, table, source.catalog());
    const copy::PumpResult result = copy::copy_table(
        reader, target, codec, {unit.unit->source_database, &model, &table, ""}, options);
    rows.push_back(result.rows);
    copied.rows += result.rows;
    copied.bytes += result.bytes;
    add_policy_counts(*unit.unit, table, codec.counts(), copied.policy_counts);
  }
  return rows;
}

}  // namespace

CopiedTenant copy_in_one_session(RunContext& run, const ProvisionedUnit& unit,
                                 SourceConnections& source) {
  advance(run, *unit.unit, control::TenantState::copying);
  postgres::Session target = open_tenant(run, *unit.unit);
  CopiedTenant copied;

  mariadb::Connection* reader = &source.reader();
  WriteLock lock(source, unit.unit->source_database, unit.schema->model);
  failpoint::hit("copy.before_snapshot");
  mariadb::AlignedSnapshots opened = open_snapshots({&reader, 1}, source);
  copied.snapshot = std::move(opened.snapshot);
  copied.reader_start = std::move(opened.reader_start);
  failpoint::hit("copy.after_snapshot");

  target.execute("BEGIN; SET LOCAL session_replication_role = replica");
  const std::vector<std::uint64_t> rows =
      copy_tables(run, unit, lock, *reader, source, target, copied);
  lock.release();
  mariadb::close_snapshot(*reader);

  advance(run, *unit.unit, control::TenantState::building);
  failpoint::hit("build.before_validate");
  execute_stoppable(target, validation_sql(unit), run.stop);
  const mariadb::Database catalog = check_unchanged(unit, source.catalog());
  commit_rows(target);
  target.execute("BEGIN");
  if (const std::string sql = analyze_sql(unit.schema->target, rows); !sql.empty()) {
    execute_stoppable(target, sql, run.stop);
  }
  finish_rows(run, unit, catalog, copied.snapshot, target);
  failpoint::hit("copy.before_commit");
  target.execute("SET LOCAL synchronous_commit = on; COMMIT");
  failpoint::hit("copy.after_commit");
  record_copied(run, unit, copied);
  return copied;
}

}  // namespace godwit::engine
