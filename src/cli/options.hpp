// Options that several commands share, and how they become the engine's structures.
#pragma once

#include <string>
#include <vector>

#include "command.hpp"
#include "godwit/engine/inventory.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::cli {

void describe_plan(po::options_description& options);
void describe_selection(po::options_description& options);
void describe_lanes(po::options_description& options);
void describe_progress(po::options_description& options);

plan::Plan load_plan(const Invocation& invocation);
engine::Selection selection(const Invocation& invocation);
/// --lanes within its range, 0 when it isn't given.
int lanes(const Invocation& invocation);

}  // namespace godwit::cli
