// The steps that both ways of copying a tenant share.
#pragma once

#include <functional>

#include "godwit/copy/table_copy.hpp"
#include "tenant_copy.hpp"

namespace godwit::engine {

/// Moves the tenant along one edge, with its phase shown.
void advance(RunContext& run, const plan::Unit& unit, control::TenantState to);

/// Waits while the source is too busy, but not while the copy has tables locked: who waits for those
/// is among the busy threads.
std::function<void()> before_rows(RunContext& run, const WriteLock& lock);

/// The pump's settings for this run.
copy::PumpOptions pump_options(RunContext& run, const WriteLock& lock);

/// Compares the tables' DDL with what it was before the catalog was read: equal means that no DDL
/// came between. Throws Error(source, retryable). Returns the catalog with the counters of now,
/// which are at least those of the snapshot.
mariadb::Database check_unchanged(const ProvisionedUnit& unit, mariadb::Connection& catalog);

/// The same without a phase on the board: for units of which many wait at a time. `begun_at` (UTC)
/// is when the copy of its rows began, if not now.
void set_state(RunContext& run, const plan::Unit& unit, control::TenantState to,
               const std::string& begun_at = {});

/// One table's counts by column, as rows of the report.
void add_policy_counts(const plan::Unit& unit, const schema::TargetTable& table,
                       const std::vector<schema::PolicyCounts>& added,
                       std::vector<control::PolicyCount>& counts);

/// Sets identities and sequences and writes the progress row; part of the caller's transaction.
void finish_rows(const RunContext& run, const ProvisionedUnit& unit,
                 const mariadb::Database& catalog, const mariadb::Snapshot& snapshot,
                 postgres::Session& target);

/// The last step: the copy is complete and durable, the journal says so.
void record_copied(RunContext& run, const ProvisionedUnit& unit, const CopiedTenant& copied);

}  // namespace godwit::engine
