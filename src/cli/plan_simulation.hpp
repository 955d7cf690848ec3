// The part of `plan` that plays the waves.
#pragma once

#include "command.hpp"
#include "godwit/plan/simulation.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::cli {

void describe_simulation(po::options_description& options);
/// Throws Error(usage) for options that mean nothing without --simulate.
void require_simulate(const Invocation& invocation);
/// Simulates with the rates that the options ask for, and writes the files they name.
plan::Forecast simulate(const Invocation& invocation, const plan::Plan& plan,
                        const plan::Units& units);

}  // namespace godwit::cli
