// The control store: what the engine must remember across crashes. SQLite in WAL mode: what a call
// has recorded survives the process, and what a recovery depends on survives a power cut too. One
// process writes; other processes (status) read at the same time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/core/ids.hpp"

namespace godwit::control {

/// The states of a tenant and their only edges are in DESIGN.md; of them this engine reaches the
/// ones up to `ready`, plus paused, diverged and quarantined.
enum class TenantState {
  planned,
  provisioned,
  copying,
  building,
  copied,
  catching_up,
  ready,
  fencing,
  fenced,
  drained,
  committing,
  open_target,
  reversing,
  finalized,
  rb_fencing,
  rb_drained,
  rb_committing,
  rolled_back,
  paused,
  diverged,
  quarantined,
};
std::string_view name(TenantState state);
std::optional<TenantState> parse_tenant_state(std::string_view text);
/// Whether the edge is one of the listed ones.
bool allowed(TenantState from, TenantState to);
/// Whether a run begins a tenant anew that it finds in this state.
bool begins_anew(TenantState state);

struct TenantRecord {
  std::string tenant;
  TenantState state = TenantState::planned;
  std::string source_database;
  std::string cluster;
  std::string target_database;
  std::string target_schema = "public";  // of that database
  std::string wave;
  /// Cluster, database and schema hold something of the tenant, or will in a moment: they stay,
  /// until a refused copy was dropped.
  bool placed = false;
  Epoch epoch;
  std::string snapshot_gtid;  // S, empty before the copy
  std::string snapshot_file;
  std::uint64_t snapshot_offset = 0;
  std::string schema_fingerprint;  // empty: see record_schema()
  std::uint64_t rows = 0;          // copied
  std::uint64_t bytes = 0;
  double seconds = 0;  // from creating the database to the journal's entry
  std::string error;   // of the last failure, empty when the last attempt went well
  std::string error_kind;
  std::string updated_at;                  // UTC
  std::optional<TenantState> paused_from;  // while paused: the only state it may go back to
  // facts of the last copy, for forecasts
  std::uint64_t run = 0;              // the run that copied it, 0: none yet
  std::uint64_t readers = 0;          // connections that read it
  std::uint64_t estimated_bytes = 0;  // data and indexes, as the source estimated before
  std::string copy_started_at;        // UTC
  std::string copied_at;              // UTC, empty while it isn't copied
  // of shared tables, whose reading began at copy_started_at for all of its units:
  std::string finishing_at;  // UTC, a lane took what comes after the reading; empty: no such copy
  bool streamed = false;     // its rows went to its database while they were read
  // of following the source:
  std::string reader_start;       // GTIDs: all XA transactions open at S were prepared behind them
  std::uint64_t followed_by = 0;  // the run that followed it last, 0: none yet
  std::string evidence;           // JSON, of a tenant that is diverged or paused; may hold a row
};

/// How far a run has followed its tenants: each of them has everything up to there.
struct FollowRecord {
  std::uint64_t run = 0;
  std::string followed_to;         // GTIDs; empty: not yet known
  std::string reader_position;     // GTIDs
  std::string at;                  // UTC, of this record
  double reader_lag_seconds = -1;  // behind the source; -1: unknown
  std::string waits_for;           // why the reader doesn't read; empty: it does
};

/// What a followed tenant does, as of `at`.
struct FollowActivity {
  std::string tenant;
  std::string at;                  // UTC
  double lag_seconds = -1;         // -1: unknown
  std::uint64_t transactions = 0;  // applied since the run's start
  std::uint64_t rows = 0;          // row operations of these
  std::uint64_t queued_transactions = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t spilled_bytes = 0;
  std::string waits_for;  // empty: for changes, or it applies them
};

/// One `run`, as it took place.
struct RunRecord {
  std::uint64_t id = 0;  // from 1
  std::string waves;     // names of its tenants' waves, separated by commas
  std::uint64_t lanes = 0;
  std::uint64_t tenants = 0;  // that were left to do at its start
  std::string started_at;     // UTC
  std::string ended_at;       // UTC; empty: under way, or it was killed
  std::uint64_t tenants_copied = 0;
  std::uint64_t rows = 0;   // copied
  std::uint64_t bytes = 0;  // of COPY data
};

/// One reading of shared tables for several units.
struct ScanRecord {
  std::uint64_t run = 0;
  std::string started_at;  // UTC, when the first row was asked for
  std::string read_at;     // UTC, when the last was read
  std::uint64_t units = 0;
  std::uint64_t readers = 0;        // connections
  std::uint64_t bytes = 0;          // of tables, see plan::bytes_to_read()
  std::uint64_t spilled_bytes = 0;  // on disk
};

struct JournalEntry {
  std::uint64_t sequence = 0;
  std::string at;  // UTC
  std::string tenant;
  std::string event;   // dotted noun, e.g. "database.create"
  std::string phase;   // "intent", "done", "failed"
  std::string detail;  // JSON, never row values or secrets
};

/// How many values a policy changed, per tenant and column: part of the report.
struct PolicyCount {
  std::string tenant;
  std::string table;
  std::string column;
  std::string policy;  // e.g. "zero_date: null"
  std::uint64_t values = 0;
};

/// Thread-safe. Calls that record return when the entry is on disk; those of several threads at
/// the same time share one sync. Not synced are transitions among the states from which a run
/// begins a tenant anew (planned to building, quarantined) and between catching_up and ready, from
/// which a run goes on alike, policy counts and readings: the next synced entry, at the latest that
/// of `copied`, puts them on disk with it.
class Store {
 public:
  /// Opens or creates `<folder>/control.db` (folder 0700, file 0600). `source` identifies the
  /// source server; the first one given is kept with the store. Throws Error(plan_invalid) when
  /// the file is of a newer version, not a control store or of another source, or when the folder
  /// may be written by others; Error(internal) on I/O errors such as a full disk (with the path
  /// and what to do); Error(held) when another process locks it for more than 10 seconds.
  static Store open(const std::string& folder, std::string_view source = {});
  /// Read-only, for status; nullopt when there is no store yet.
  static std::optional<Store> open_existing(const std::string& folder);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  /// Adds tenants that aren't there yet (state planned) in one transaction; updates wave and
  /// placement of those still `planned` that have no place yet. Never touches the others.
  void register_tenants(const std::vector<TenantRecord>& tenants);

  [[nodiscard]] std::optional<TenantRecord> find(std::string_view tenant) const;
  [[nodiscard]] std::vector<TenantRecord> tenants() const;  // by name

  /// To be called before a tenant's place is made: keeps its cluster, target_database,
  /// target_schema and wave, with the journal entry of `event`. Throws Error(held) when the tenant
  /// has another place meanwhile.
  void place(const TenantRecord& record, std::string_view event);

  /// Compare-and-swap on (tenant, state, epoch) of `expected` plus the journal entry
  /// ("state.<to>", done), in one transaction. `change` gets the stored record, with `error` and
  /// `error_kind` emptied when `to` is copied, and may set everything but tenant and state; `placed` ends
  /// with quarantined. It may
  /// run on another thread and must not use the store. Throws Error(internal) for an edge that
  /// isn't allowed, Error(held) when the record has moved on.
  void transition(const TenantRecord& expected, TenantState to,
                  const std::function<void(TenantRecord&)>& change, std::string_view detail_json);

  /// Records a failure without changing the state, in the journal too ("tenant.failure").
  void record_failure(std::string_view tenant, std::string_view kind, std::string_view message);

  /// Records, in the journal ("table.unexplained"), that a followed tenant's table may have been
  /// changed on the source without a trace in the binlog: it is to be verified.
  void record_unexplained(std::string_view tenant, std::string_view table);

  /// Records the beginning of a run (waves, lanes, tenants) and returns its id.
  std::uint64_t begin_run(const RunRecord& run);
  /// Records how the run `id` ended (tenants_copied, rows, bytes).
  void end_run(const RunRecord& run);
  [[nodiscard]] std::vector<RunRecord> runs() const;  // by id
  /// Takes a tenant to be followed by the run: `catching_up` in a new epoch. The run's record of
  /// how far it has followed goes back to `from`, where the tenant is. Throws as transition() does.
  /// Returns the epoch.
  Epoch follow(const TenantRecord& expected, std::uint64_t run, const std::string& from);
  /// The same for several tenants, in one transaction: all of them or none.
  std::vector<Epoch> follow(const std::vector<TenantRecord>& expected, std::uint64_t run,
                            const std::string& from);
  /// The tenant's schema changed while it is followed; empty: the target has one of two, and knows
  /// which. Throws Error(internal) for a tenant that isn't there.
  void record_schema(std::string_view tenant, std::string_view fingerprint);
  /// Replaces the run's record of how far it has followed; `activities` replace those of the same
  /// tenants. Not synced: lost in a power cut, the run before is continued from further back.
  void record_following(const FollowRecord& following,
                        const std::vector<FollowActivity>& activities);
  [[nodiscard]] std::vector<FollowRecord> following() const;     // by run
  [[nodiscard]] std::vector<FollowActivity> activities() const;  // by tenant
  /// Records a reading that is complete.
  void record_scan(const ScanRecord& scan);
  [[nodiscard]] std::vector<ScanRecord> scans() const;  // in the order they were recorded

  /// Replaces a tenant's policy counts.
  void set_policy_counts(std::string_view tenant, const std::vector<PolicyCount>& counts);
  /// Adds to a tenant's policy counts.
  void add_policy_counts(std::string_view tenant, const std::vector<PolicyCount>& counts);
  [[nodiscard]] std::vector<PolicyCount> policy_counts() const;
  [[nodiscard]] std::vector<JournalEntry> journal(std::string_view tenant) const;

  /// A tenant's last verification, as the JSON document `verify --json` printed for it.
  void set_verification(std::string_view tenant, bool identical, std::string_view json);
  struct Verification {
    std::string tenant;
    std::string at;
    bool identical = false;
    std::string json;
  };
  [[nodiscard]] std::vector<Verification> verifications() const;
  /// Tenants whose last verification is known, and whether it found them identical: without the
  /// documents, which are large.
  [[nodiscard]] std::map<std::string, bool> verdicts() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace godwit::control
