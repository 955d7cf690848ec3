// Options that several commands share, and how they become the engine's structures.
#pragma once

#include <string>
#include <vector>

#include "command.hpp"
#include "godwit/engine/inventory.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::cli {

void describe_plan(po::options_description& options);
void describe_catalog(po::options_description& options);
void describe_selection(po::options_description& options);
void describe_lanes(po::options_description& options);
void describe_progress(po::options_description& options);

plan::Plan load_plan(const Invocation& invocation);
/// The plan's units, from its source or, with --catalog, from a file; what was begun stays where it
/// is in either case.
plan::Units find_units(const Invocation& invocation, const plan::Plan& plan);
engine::Selection selection(const Invocation& invocation);
/// --lanes within its range, 0 when it isn't given.
int lanes(const Invocation& invocation);

}  // namespace godwit::cli
