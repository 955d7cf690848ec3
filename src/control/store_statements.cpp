#include "store_statements.hpp"

#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::control {
namespace {

constexpr std::string_view kRegister = R"sql(
INSERT INTO tenants
  (tenant, state, source_database, cluster, target_database, target_schema, wave, updated_at)
VALUES (?, 'planned', ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant) DO UPDATE SET
  source_database = excluded.source_database, cluster = excluded.cluster,
  target_database = excluded.target_database, target_schema = excluded.target_schema,
  wave = excluded.wave, updated_at = excluded.updated_at
WHERE state = 'planned' AND placed = 0 AND
  (source_database, cluster, target_database, target_schema, wave) IS NOT
  (excluded.source_database, excluded.cluster, excluded.target_database, excluded.target_schema,
   excluded.wave)
)sql";

constexpr std::string_view kTenantColumns =
    "SELECT tenant, state, source_database, cluster, target_database, wave, epoch, "
    "snapshot_gtid, snapshot_file, snapshot_offset, schema_fingerprint, rows, bytes, "
    "seconds, error, error_kind, updated_at, paused_from, run, readers, estimated_bytes, "
    "copy_started_at, copied_at, finishing_at, streamed, target_schema, placed, "
    "reader_start, followed_by, evidence FROM tenants ";

constexpr std::string_view kUpdate = R"sql(
UPDATE tenants SET state = ?, source_database = ?, cluster = ?, target_database = ?, wave = ?,
  epoch = ?, snapshot_gtid = ?, snapshot_file = ?, snapshot_offset = ?, schema_fingerprint = ?,
  rows = ?, bytes = ?, seconds = ?, error = ?, error_kind = ?, updated_at = ?, paused_from = ?,
  run = ?, readers = ?, estimated_bytes = ?, copy_started_at = ?, copied_at = ?,
  finishing_at = ?, streamed = ?, target_schema = ?, placed = ?, reader_start = ?,
  followed_by = ?, evidence = ?
WHERE tenant = ?
)sql";

constexpr std::string_view kPlace = R"sql(
UPDATE tenants SET cluster = ?1, target_database = ?2, target_schema = ?3, wave = ?4, placed = 1,
  updated_at = ?5
WHERE tenant = ?6 AND
  (placed = 0 OR (cluster, target_database, target_schema) IS (?1, ?2, ?3))
)sql";

constexpr std::string_view kFailure =
    "UPDATE tenants SET error = ?, error_kind = ?, updated_at = ? WHERE tenant = ?";
constexpr std::string_view kSchema =
    "UPDATE tenants SET schema_fingerprint = ?, updated_at = ? WHERE tenant = ?";
constexpr std::string_view kAddJournal =
    "INSERT INTO journal (at, tenant, event, phase, detail) VALUES (?, ?, ?, ?, ?)";
constexpr std::string_view kJournal =
    "SELECT sequence, at, tenant, event, phase, detail FROM journal WHERE tenant = ? "
    "ORDER BY sequence";
constexpr std::string_view kBeginRun =
    "INSERT INTO runs (waves, lanes, tenants, started_at) VALUES (?, ?, ?, ?) RETURNING id";
constexpr std::string_view kEndRun =
    "UPDATE runs SET ended_at = ?, tenants_copied = ?, rows = ?, bytes = ? WHERE id = ?";
constexpr std::string_view kRuns =
    "SELECT id, waves, lanes, tenants, started_at, ended_at, tenants_copied, rows, bytes FROM runs "
    "ORDER BY id";
constexpr std::string_view kFollow = R"sql(
INSERT INTO following (run, followed_to) VALUES (?, ?)
ON CONFLICT (run) DO UPDATE SET followed_to = excluded.followed_to
)sql";
constexpr std::string_view kSetFollowing =
    "INSERT OR REPLACE INTO following (run, followed_to, reader_position, at, reader_lag, "
    "waits_for) VALUES (?, ?, ?, ?, ?, ?)";
constexpr std::string_view kFollowing =
    "SELECT run, followed_to, reader_position, at, reader_lag, waits_for FROM following "
    "ORDER BY run";
constexpr std::string_view kSetActivity =
    "INSERT OR REPLACE INTO activities (tenant, at, lag, transactions, rows, "
    "queued_transactions, queued_bytes, spilled_bytes, waits_for) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kActivities =
    "SELECT tenant, at, lag, transactions, rows, queued_transactions, queued_bytes, "
    "spilled_bytes, waits_for FROM activities ORDER BY tenant";
constexpr std::string_view kAddScan =
    "INSERT INTO scans (run, started_at, read_at, units, readers, bytes, spilled_bytes) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr std::string_view kScans =
    "SELECT run, started_at, read_at, units, readers, bytes, spilled_bytes FROM scans ORDER BY id";
constexpr std::string_view kClearCounts = "DELETE FROM policy_counts WHERE tenant = ?";
constexpr std::string_view kAddCount = R"sql(
INSERT INTO policy_counts VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, table_name, column_name, policy)
DO UPDATE SET changed_values = changed_values + excluded.changed_values
)sql";
constexpr std::string_view kCounts =
    "SELECT tenant, table_name, column_name, policy, changed_values FROM policy_counts "
    "ORDER BY tenant, table_name, column_name, policy";
constexpr std::string_view kSetVerification =
    "INSERT OR REPLACE INTO verifications VALUES (?, ?, ?, ?)";
constexpr std::string_view kVerifications =
    "SELECT tenant, at, identical, json FROM verifications ORDER BY tenant";
constexpr std::string_view kVerdicts = "SELECT tenant, identical FROM verifications";

TenantState stored_state(const std::string& text, const std::string& path) {
  const std::optional<TenantState> state = parse_tenant_state(text);
  if (!state) {
    throw Error(ErrorKind::internal, "the control store " + printable(path) +
                                         " holds an unknown state '" + printable(text) + "'");
  }
  return *state;
}

TenantRecord read_tenant(const Statement& row, const std::string& path) {
  TenantRecord record;
  record.tenant = row.text(0);
  record.state = stored_state(row.text(1), path);
  record.source_database = row.text(2);
  record.cluster = row.text(3);
  record.target_database = row.text(4);
  record.wave = row.text(5);
  record.epoch = Epoch{static_cast<std::uint32_t>(row.integer(6))};
  record.snapshot_gtid = row.text(7);
  record.snapshot_file = row.text(8);
  record.snapshot_offset = row.count(9);
  record.schema_fingerprint = row.text(10);
  record.rows = row.count(11);
  record.bytes = row.count(12);
  record.seconds = row.real(13);
  record.error = row.text(14);
  record.error_kind = row.text(15);
  record.updated_at = row.text(16);
  if (const std::string left = row.text(17); !left.empty()) {
    record.paused_from = stored_state(left, path);
  }
  record.run = row.count(18);
  record.readers = row.count(19);
  record.estimated_bytes = row.count(20);
  record.copy_started_at = row.text(21);
  record.copied_at = row.text(22);
  record.finishing_at = row.text(23);
  record.streamed = row.integer(24) != 0;
  record.target_schema = row.text(25);
  record.placed = row.integer(26) != 0;
  record.reader_start = row.text(27);
  record.followed_by = row.count(28);
  record.evidence = row.text(29);
  return record;
}

/// The edge itself, and that a paused tenant goes back to where it came from.
void require_edge(const TenantRecord& stored, TenantState to) {
  const bool resumes = stored.state == TenantState::paused && to != TenantState::diverged &&
                       to != TenantState::quarantined;
  if (allowed(stored.state, to) && (!resumes || stored.paused_from == to)) return;
  throw Error(ErrorKind::internal, "tenant " + printable(stored.tenant) + ": no way from " +
                                       std::string(name(stored.state)) + " to " +
                                       std::string(name(to)));
}

[[noreturn]] void throw_moved_on(const TenantRecord& expected,
                                 const std::optional<TenantRecord>& stored) {
  const std::string tenant = "tenant " + printable(expected.tenant);
  if (!stored) throw Error(ErrorKind::held, tenant + " is not in the control store");
  throw Error(ErrorKind::held,
              tenant + " has moved on: it is " + std::string(name(stored->state)) + " of epoch " +
                  std::to_string(stored->epoch.value) + ", not " +
                  std::string(name(expected.state)) + " of epoch " +
                  std::to_string(expected.epoch.value),
              "Another godwit works on it; see godwit status.");
}

}  // namespace

Statement& StoreStatements::prepared(std::string_view sql, std::string_view tail) {
  const auto known = statements_.find({sql, tail});
  if (known != statements_.end()) return known->second;
  const std::string text = std::string(sql) + std::string(tail);
  return statements_.emplace(std::pair(sql, tail), Statement(database_, text)).first->second;
}

void StoreStatements::register_tenant(const TenantRecord& record, std::string_view now) {
  prepared(kRegister).run(record.tenant, record.source_database, record.cluster,
                          record.target_database, record.target_schema, record.wave, now);
}

std::optional<TenantRecord> StoreStatements::find(std::string_view tenant) {
  Statement& statement = prepared(kTenantColumns, "WHERE tenant = ?");
  statement.bind(tenant);
  if (!statement.step()) return std::nullopt;
  TenantRecord record = read_tenant(statement, database_.path());
  statement.reset();
  return record;
}

std::vector<TenantRecord> StoreStatements::all_tenants() {
  std::vector<TenantRecord> records;
  Statement& statement = prepared(kTenantColumns, "ORDER BY tenant");
  statement.bind();
  while (statement.step())
    records.push_back(read_tenant(statement, database_.path()));
  return records;
}

void StoreStatements::transition(const TenantRecord& expected, TenantState to,
                                 const std::function<void(TenantRecord&)>& change,
                                 std::string_view detail_json, const std::string& now) {
  const std::optional<TenantRecord> stored = find(expected.tenant);
  if (!stored || stored->state != expected.state || stored->epoch != expected.epoch) {
    throw_moved_on(expected, stored);
  }
  require_edge(*stored, to);
  TenantRecord record = *stored;
  if (to == TenantState::copied) {
    record.error.clear();
    record.error_kind.clear();
  }
  if (change) change(record);
  record.tenant = stored->tenant;
  record.state = to;
  // it was dropped
  if (to == TenantState::quarantined) record.placed = false;
  record.updated_at = now;
  record.paused_from.reset();
  if (to == TenantState::paused) record.paused_from = stored->state;
  update_tenant(record);
  add_journal(
      {0, now, record.tenant, "state." + std::string(name(to)), "done", std::string(detail_json)});
}

void StoreStatements::update_tenant(const TenantRecord& record) {
  const std::string_view left = record.paused_from ? name(*record.paused_from) : "";
  prepared(kUpdate).run(
      name(record.state), record.source_database, record.cluster, record.target_database,
      record.wave, record.epoch.value, record.snapshot_gtid, record.snapshot_file,
      record.snapshot_offset, record.schema_fingerprint, record.rows, record.bytes, record.seconds,
      record.error, record.error_kind, record.updated_at, left, record.run, record.readers,
      record.estimated_bytes, record.copy_started_at, record.copied_at, record.finishing_at,
      record.streamed, record.target_schema, record.placed, record.reader_start, record.followed_by,
      record.evidence, record.tenant);
}

void StoreStatements::record_failure(std::string_view tenant, std::string_view kind,
                                     std::string_view message, std::string_view detail_json,
                                     const std::string& now) {
  prepared(kFailure).run(message, kind, now, tenant);
  if (database_.changes() != 1) {
    throw Error(ErrorKind::internal,
                "tenant " + printable(tenant) + " is not in the control store");
  }
  add_journal({0, now, std::string(tenant), "tenant.failure", "failed", std::string(detail_json)});
}

void StoreStatements::record_schema(std::string_view tenant, std::string_view fingerprint,
                                    const std::string& now) {
  prepared(kSchema).run(fingerprint, now, tenant);
  if (database_.changes() != 1) {
    throw Error(ErrorKind::internal,
                "tenant " + printable(tenant) + " is not in the control store");
  }
  add_journal({0, now, std::string(tenant), "schema.change",
               fingerprint.empty() ? "intent" : "done", "{}"});
}

void StoreStatements::place(const TenantRecord& record, std::string_view event,
                            std::string_view detail_json, const std::string& now) {
  prepared(kPlace).run(record.cluster, record.target_database, record.target_schema, record.wave,
                       now, record.tenant);
  if (database_.changes() != 1) {
    throw Error(ErrorKind::held,
                "another engine has begun tenant " + printable(record.tenant) + " in another place",
                "run again: the next run takes that place");
  }
  add_journal({0, now, record.tenant, std::string(event), "intent", std::string(detail_json)});
}

void StoreStatements::add_journal(const JournalEntry& entry) {
  prepared(kAddJournal).run(entry.at, entry.tenant, entry.event, entry.phase, entry.detail);
}

std::vector<JournalEntry> StoreStatements::journal(std::string_view tenant) {
  std::vector<JournalEntry> entries;
  Statement& row = prepared(kJournal);
  row.bind(tenant);
  while (row.step()) {
    entries.push_back(
        {row.count(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5)});
  }
  return entries;
}

std::uint64_t StoreStatements::begin_run(const RunRecord& run, const std::string& now) {
  Statement& statement = prepared(kBeginRun);
  statement.bind(run.waves, run.lanes, run.tenants, now);
  std::uint64_t id = 0;
  while (statement.step())
    id = statement.count(0);
  return id;
}

void StoreStatements::end_run(const RunRecord& run, const std::string& now) {
  prepared(kEndRun).run(now, run.tenants_copied, run.rows, run.bytes, run.id);
}

std::vector<RunRecord> StoreStatements::runs() {
  std::vector<RunRecord> runs;
  Statement& row = prepared(kRuns);
  row.bind();
  while (row.step()) {
    runs.push_back({row.count(0), row.text(1), row.count(2), row.count(3), row.text(4), row.text(5),
                    row.count(6), row.count(7), row.count(8)});
  }
  return runs;
}

void StoreStatements::follow(const TenantRecord& expected, std::uint64_t run,
                             const std::string& from, const std::string& now) {
  const std::optional<TenantRecord> stored = find(expected.tenant);
  if (!stored || stored->state != expected.state || stored->epoch != expected.epoch) {
    throw_moved_on(expected, stored);
  }
  // an engine that was killed left it there
  if (stored->state != TenantState::catching_up) require_edge(*stored, TenantState::catching_up);
  TenantRecord record = *stored;
  record.state = TenantState::catching_up;
  record.followed_by = run;
  record.epoch = Epoch{record.epoch.value + 1};
  record.updated_at = now;
  update_tenant(record);
  add_journal({0, now, record.tenant, "state.catching_up", "done", "{}"});
  prepared(kFollow).run(run, from);
}

void StoreStatements::set_following(const FollowRecord& following) {
  prepared(kSetFollowing)
      .run(following.run, following.followed_to, following.reader_position, following.at,
           following.reader_lag_seconds, following.waits_for);
}

void StoreStatements::set_activity(const FollowActivity& activity) {
  prepared(kSetActivity)
      .run(activity.tenant, activity.at, activity.lag_seconds, activity.transactions, activity.rows,
           activity.queued_transactions, activity.queued_bytes, activity.spilled_bytes,
           activity.waits_for);
}

std::vector<FollowRecord> StoreStatements::following() {
  std::vector<FollowRecord> records;
  Statement& row = prepared(kFollowing);
  row.bind();
  while (row.step()) {
    records.push_back(
        {row.count(0), row.text(1), row.text(2), row.text(3), row.real(4), row.text(5)});
  }
  return records;
}

std::vector<FollowActivity> StoreStatements::activities() {
  std::vector<FollowActivity> activities;
  Statement& row = prepared(kActivities);
  row.bind();
  while (row.step()) {
    activities.push_back({row.text(0), row.text(1), row.real(2), row.count(3), row.count(4),
                          row.count(5), row.count(6), row.count(7), row.text(8)});
  }
  return activities;
}

void StoreStatements::add_scan(const ScanRecord& scan) {
  prepared(kAddScan).run(scan.run, scan.started_at, scan.read_at, scan.units, scan.readers,
                         scan.bytes, scan.spilled_bytes);
}

std::vector<ScanRecord> StoreStatements::scans() {
  std::vector<ScanRecord> scans;
  Statement& row = prepared(kScans);
  row.bind();
  while (row.step()) {
    scans.push_back({row.count(0), row.text(1), row.text(2), row.count(3), row.count(4),
                     row.count(5), row.count(6)});
  }
  return scans;
}

void StoreStatements::set_policy_counts(std::string_view tenant,
                                        const std::vector<PolicyCount>& counts) {
  prepared(kClearCounts).run(tenant);
  add_policy_counts(tenant, counts);
}

void StoreStatements::add_policy_counts(std::string_view tenant,
                                        const std::vector<PolicyCount>& counts) {
  for (const PolicyCount& count : counts) {
    prepared(kAddCount).run(tenant, count.table, count.column, count.policy, count.values);
  }
}

std::vector<PolicyCount> StoreStatements::policy_counts() {
  std::vector<PolicyCount> counts;
  Statement& row = prepared(kCounts);
  row.bind();
  while (row.step()) {
    counts.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.count(4)});
  }
  return counts;
}

void StoreStatements::set_verification(const Store::Verification& verification) {
  prepared(kSetVerification)
      .run(verification.tenant, verification.at, verification.identical, verification.json);
}

std::vector<Store::Verification> StoreStatements::verifications() {
  std::vector<Store::Verification> result;
  Statement& row = prepared(kVerifications);
  row.bind();
  while (row.step()) {
    result.push_back({row.text(0), row.text(1), row.integer(2) != 0, row.text(3)});
  }
  return result;
}

std::map<std::string, bool> StoreStatements::verdicts() {
  std::map<std::string, bool> result;
  Statement& row = prepared(kVerdicts);
  row.bind();
  while (row.step())
    result.emplace(row.text(0), row.integer(1) != 0);
  return result;
}

}  // namespace godwit::control
