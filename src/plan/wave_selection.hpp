// Which wave each tenant belongs to: the first that takes it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "godwit/core/ids.hpp"
#include "godwit/plan/plan.hpp"
#include "placement.hpp"

namespace godwit::plan {

/// One wave, or none, for each tenant, in the order given. The waves choose one after the other
/// among the tenants that no earlier wave has: by name or pattern, by size, and where a wave takes
/// only a share or a number of them, by a hash of the name, so that tenants that come and go later
/// hardly change who is chosen. Tenants that were begun stay in their wave and count there. O(waves × tenants × patterns of a wave).
std::vector<std::optional<WaveId>> select_waves(std::span<const WaveSpec> waves,
                                                std::span<const TenantSize> tenants);

}  // namespace godwit::plan
