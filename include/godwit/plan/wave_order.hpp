// In which order the tenants of a wave are begun.
#pragma once

#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

/// Sorts the units of one wave; equally large ones by name.
void put_in_order(std::vector<const Unit*>& units, WaveOrder order);

}  // namespace godwit::plan
