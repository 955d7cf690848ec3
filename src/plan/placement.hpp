// Which cluster each tenant's database goes to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "godwit/core/ids.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::plan {

/// What an empty database occupies on a PostgreSQL 15 cluster; it counts as load too, so that
/// tenants of unknown size spread.
inline constexpr std::uint64_t kEmptyDatabaseBytes = 8'000'000;

/// One cluster for each size, in the order given: largest first to the least loaded cluster that
/// has room for another database. The same input gives the same answer. When all clusters are
/// full, the rest goes on by load alone (the caller reports it). O(n log n).
std::vector<ClusterId> place(std::span<const std::uint64_t> sizes,
                             std::span<const ClusterSpec> clusters);

}  // namespace godwit::plan
