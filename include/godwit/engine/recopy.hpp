// `recopy`: marks tenants whose copy the next run makes anew, from the source as it is then.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::engine {

struct RecopyOutcome {
  std::string tenant;
  control::TenantState from = control::TenantState::planned;
  control::TenantState state = control::TenantState::planned;  // now; a dry run's: it would be
  // what the next run drops first, if it is there
  std::string cluster;
  std::string target_database;
  std::string target_schema;
  std::optional<ErrorKind> failure;
  std::string error;
  std::string hint;
};

struct RecopyReport {
  std::vector<RecopyOutcome> tenants;  // in the order of the units
  /// 0, or the exit code of the most severe failure.
  [[nodiscard]] int exit_code() const;
};

struct RecopyOptions {
  std::stop_token stop;
  bool dry_run = false;  // takes no lock and changes nothing
};

/// Whether the tenant's writes are the source's alone, so that its copy may go: nullopt, or why not
/// (kind rejected). `journal` is the tenant's. Pure.
std::optional<Error> recopy_refusal(const control::TenantRecord& record,
                                    const std::vector<control::JournalEntry>& journal);

/// Tenants that the next run begins anyway stay as they are. Failures of single tenants are
/// outcomes: Error(held) while another engine works on one, Error(rejected), Error(target). Throws
/// Error(usage) where nothing was run yet, Error(internal|plan_invalid) of the control store.
RecopyReport recopy(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
                    const RecopyOptions& options);

}  // namespace godwit::engine
