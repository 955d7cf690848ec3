// What a plan means on the live source: its tenants as units, and the choice of some of them.
#pragma once

#include <string>
#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/plan_diff.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::engine {

struct Selection {
  std::vector<std::string> tenants;  // names
  std::vector<std::string> waves;    // names
};

/// What the plan's control store knows of tenants that were begun; nothing where there is none.
/// Throws what control::Store::open_existing() throws.
std::vector<plan::BegunTenant> begun_tenants(const plan::Plan& plan);

/// Connects to the source and finds the plan's tenants. Throws Error(source|plan_invalid).
plan::Units take_inventory(const plan::Plan& plan);

/// The units as lock files hold them, with each tenant's schema, read from the source in batches.
/// Throws Error(source); Error(rejected) when a tenant's database is gone meanwhile.
std::vector<plan::PlacedTenant> survey_placement(const plan::Plan& plan, const plan::Units& units);

/// Which server the plan's source is, without the account: a control store is of one source.
std::string source_identity(const plan::Plan& plan);

/// The units that a selection names, in the order waves run and, within a wave, by name. Throws
/// Error(usage) for a tenant or wave that doesn't exist (naming the nearest), or for an empty
/// selection: commands that act never mean "all" silently.
std::vector<const plan::Unit*> select_units(const plan::Plan& plan, const plan::Units& units,
                                            const Selection& selection);

}  // namespace godwit::engine
