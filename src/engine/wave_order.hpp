// The plan's order of a wave's tenants, for the engine.
#pragma once

#include "godwit/plan/wave_order.hpp"

namespace godwit::engine {

using plan::put_in_order;

}  // namespace godwit::engine
