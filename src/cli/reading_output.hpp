// What `plan` prints of shared tables: how each wave reads them.
#pragma once

#include <iosfwd>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"
#include "json_output.hpp"

namespace godwit::cli {

/// A row for each table and a column for each wave; of more than six waves only how often a table
/// is read in each way. Nothing without readings.
void print_readings(std::ostream& out, const plan::Plan& plan, const plan::Units& units);
/// The field `readings` of the document.
Json readings_json(const plan::Plan& plan, const plan::Units& units);

}  // namespace godwit::cli
