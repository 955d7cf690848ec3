// `run`: provisions, copies and builds the chosen tenants, and follows their source; continues where
// an earlier run ended.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/finding.hpp"
#include "godwit/engine/progress.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::engine {

struct TenantOutcome {
  std::string tenant;
  control::TenantState state = control::TenantState::planned;
  bool kept = false;  // was copied by an earlier run
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of COPY data
  double seconds = 0;
  std::string snapshot_gtid;
  std::optional<ErrorKind> failure;
  std::string error;
  std::string hint;
};

/// A wave of which tenants were not begun, because too many had failed.
struct AbortedWave {
  std::string wave;
  std::string reason;           // "the wave's limit of 3 failures is reached"
  std::uint64_t not_begun = 0;  // tenants
};

/// Rows of shared tables that belong to no tenant and stay behind, as the plan allows.
struct LeftRows {
  std::string table;
  std::uint64_t rows = 0;
  std::string example;  // "row id=7"
};

struct RunReport {
  std::vector<TenantOutcome> tenants;  // in the order of the selection
  std::vector<AbortedWave> aborted_waves;
  std::vector<control::PolicyCount> policy_counts;
  std::vector<LeftRows> left_rows;  // by table; of the scans of this run
  double seconds = 0;

  /// 0, or the exit code of the most severe failure.
  [[nodiscard]] int exit_code() const;
};

/// How far a run takes its tenants.
enum class RunUntil {
  copied,
  ready,      // and ends there
  following,  // ready, then it follows until it is stopped
};

struct RunOptions {
  RunUntil until = RunUntil::copied;
  std::stop_token stop;
  int lanes = 0;     // 0: as the plan's wave says
  bool now = false;  // the waves' windows are ignored
};

/// What the run will use, printed at its start.
struct RunBounds {
  std::size_t lanes = 0;
  std::size_t readers = 0;  // of a large tenant
  std::size_t source_connections = 0;
  std::size_t target_connections = 0;  // per cluster
  std::uint64_t memory_bytes = 0;      // of row buffers
};
RunBounds run_bounds(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
                     const RunOptions& options);

/// Failures of single tenants are outcomes. Throws Error(source|target|plan_invalid|internal) for
/// what concerns the run as a whole.
RunReport run(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
              const RunOptions& options, ProgressBoard& board);

/// --dry-run: the exact DDL of each distinct schema, with the tenants it is for.
struct DryRun {
  std::string schema_fingerprint;
  std::vector<std::string> tenants;
  std::vector<std::string> statements;
  Findings findings;
};
std::vector<DryRun> dry_run(const plan::Plan& plan, const std::vector<const plan::Unit*>& units);

}  // namespace godwit::engine
