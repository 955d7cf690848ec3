// What `plan` prints: the load of every wave and cluster.
#pragma once

#include <iosfwd>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"
#include "json_output.hpp"

namespace godwit::cli {

/// A table of the waves and one of the clusters against their limits, less the reserve.
void print_loads(std::ostream& out, const plan::Plan& plan, const plan::Units& units);
/// The field `clusters` of the document.
Json clusters_json(const plan::Plan& plan, const plan::Units& units);
/// An entry of the field `units`.
Json unit_json(const plan::Plan& plan, const plan::Unit& unit);

}  // namespace godwit::cli
