#include "copy_steps.hpp"

#include <algorithm>
#include <chrono>

#include "godwit/core/clock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "schema_archive.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {
namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The policy that decided a changed value, e.g. "zero_date: null".
std::string policy_name(const schema::Policies& policies, schema::Refusal refusal) {
  std::string key(schema::name(refusal));
  switch (refusal) {
    case schema::Refusal::zero_date:
    case schema::Refusal::invalid_date:
      return key + ": " + std::string(schema::name(policies.zero_date));
    case schema::Refusal::nul_byte:
      return key + ": " + std::string(schema::name(policies.nul_byte));
    case schema::Refusal::invalid_text:
      return key + ": " + std::string(schema::name(policies.invalid_text));
    case schema::Refusal::invalid_enum:
      return key + ": " + std::string(schema::name(policies.invalid_enum));
    case schema::Refusal::too_large:
    case schema::Refusal::malformed: return key;
  }
  return key;
}

}  // namespace

void set_state(RunContext& run, const plan::Unit& unit, control::TenantState to,
               const std::string& begun_at) {
  const auto change = [&](control::TenantRecord& record) {
    if (to != control::TenantState::copying) return;
    record.run = run.run;
    record.estimated_bytes = unit.bytes;
    record.copy_started_at = begun_at.empty() ? utc_timestamp() : begun_at;
    record.finishing_at.clear();
    record.copied_at.clear();
    record.reader_start.clear();
    record.followed_by = 0;
    record.evidence.clear();
  };
  run.store.transition(run.store.find(unit.tenant).value(), to, change, "{}");
}

void advance(RunContext& run, const plan::Unit& unit, control::TenantState to) {
  set_state(run, unit, to);
  run.board.set_phase(unit.tenant, std::string(control::name(to)));
}

std::function<void()> before_rows(RunContext& run, const WriteLock& lock) {
  return [&run, &lock] {
    if (!lock.held()) run.gates.read.wait(run.stop, kReadHeldMax);
  };
}

copy::PumpOptions pump_options(RunContext& run, const WriteLock& lock) {
  copy::PumpOptions options;
  options.block_bytes = run.block_bytes;
  options.blocks_in_flight = run.blocks_in_flight;
  options.huge_rows = &run.huge_rows;
  options.stop = run.stop;
  options.rows = &run.board.rows;
  options.bytes = &run.board.bytes;
  options.before_rows = before_rows(run, lock);
  return options;
}

mariadb::Database check_unchanged(const ProvisionedUnit& unit, mariadb::Connection& catalog) {
  mariadb::Database now = unit.schema->model;
  now.name = unit.unit->source_database;
  if (!mariadb::is_unchanged(catalog, now.name, unit.ddl_digest)) {
    throw Error(ErrorKind::source, "the schema changed while it was copied; the copy is discarded",
                "run again when the DDL is done", true);
  }
  mariadb::refresh_counters(catalog, now);
  return now;
}

void add_policy_counts(const plan::Unit& unit, const schema::TargetTable& table,
                       const std::vector<schema::PolicyCounts>& added,
                       std::vector<control::PolicyCount>& counts) {
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    for (std::size_t kind = 0; kind < schema::kRefusalCount; ++kind) {
      const std::uint64_t values = added[column][kind];
      if (values == 0) continue;
      const schema::TargetColumn& target = table.columns[column];
      const std::string policy = policy_name(target.policies, static_cast<schema::Refusal>(kind));
      const auto known =
          std::find_if(counts.begin(), counts.end(), [&](const control::PolicyCount& count) {
            return count.table == table.source_name && count.column == target.source_name &&
                   count.policy == policy;
          });
      if (known != counts.end()) {
        known->values += values;
      } else {
        counts.push_back({unit.tenant, table.source_name, target.source_name, policy, values});
      }
    }
  }
}

void finish_rows(const RunContext& run, const ProvisionedUnit& unit,
                 const mariadb::Database& catalog, const mariadb::Snapshot& snapshot,
                 postgres::Session& target) {
  std::string sql;
  for (const std::string& statement : schema::counter_sql(unit.schema->target, catalog)) {
    sql += statement + ";\n";
  }
  const control::TenantRecord record = run.store.find(unit.unit->tenant).value();
  sql += progress_row_sql(unit.unit->tenant, record.epoch, snapshot);
  target.execute(sql);
}

void record_copied(RunContext& run, const ProvisionedUnit& unit, const CopiedTenant& copied) {
  failpoint::hit("copy.before_copied");
  const std::string& tenant = unit.unit->tenant;
  run.store.set_policy_counts(tenant, copied.policy_counts);
  keep_schema(run.plan.state, *unit.schema);
  const double seconds = now_seconds() - unit.started_at;
  run.store.transition(
      run.store.find(tenant).value(), control::TenantState::copied,
      [&](control::TenantRecord& record) {
        record.schema_fingerprint = unit.schema->target.fingerprint;
        record.snapshot_gtid = copied.snapshot.gtid.to_string();
        record.snapshot_file = copied.snapshot.binlog_file;
        record.snapshot_offset = copied.snapshot.binlog_offset;
        record.reader_start = copied.reader_start.to_string();
        record.rows = copied.rows;
        record.bytes = copied.bytes;
        record.seconds = seconds;
        record.readers = copied.readers;
        record.finishing_at = copied.finishing_at;
        record.streamed = copied.streamed;
        record.copied_at = utc_timestamp();
        record.error.clear();
        record.error_kind.clear();
      },
      "{}");
  log::event(log::Level::info, "tenant.copied",
             {{"tenant", tenant},
              {"rows", copied.rows},
              {"bytes", copied.bytes},
              {"seconds", seconds},
              {"snapshot", copied.snapshot.gtid.to_string()}});
  if (run.copied) run.copied(*unit.unit, unit.schema);
}

}  // namespace godwit::engine
