// Row tenancy: whom one reading of the shared tables serves, and what it takes. The engine reads by these
// rules, and the simulation plays by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

/// Up to this size a tenant's rows go into tables that have their indexes already. Rows of larger
/// units of a reading needn't wait on disk for their database.
inline constexpr std::uint64_t kIndexedCopyBytes = 8U << 20U;

/// How many connections read the tables at the same time.
std::size_t readers_of_group(const Plan& plan, std::size_t lanes);
/// How many units one reading can serve: their buffers share the plan's memory.
std::size_t units_per_reading(const Plan& plan, std::size_t lanes);
/// The size of each unit's buffer of each reader; `slots`: units, and one for shared tables.
std::size_t group_buffer_bytes(const Plan& plan, std::size_t readers, std::size_t slots);

/// Indexes of the units whose rows go to their databases while they are read, the largest first, as
/// far as the clusters' connections reach. The others' rows wait on disk.
std::vector<std::size_t> streaming_units(const Plan& plan, const std::vector<const Unit*>& units,
                                         std::size_t lanes);

/// What waits on disk: the rows of the other units, and the shared tables once.
std::uint64_t bytes_to_spill(const SharedTables& tables, const std::vector<const Unit*>& units,
                             const std::vector<std::size_t>& streaming);

}  // namespace godwit::plan
