// The target's half of a comparison by digest.
#pragma once

#include <cstdint>

#include "godwit/postgres/session.hpp"
#include "godwit/verify/source_digests.hpp"
#include "table_plan.hpp"
#include "watch.hpp"

namespace godwit::verify {

/// Of all rows of the target's table, read once and unordered. `seed` is that of the source's
/// digests.
Digest digest_target(postgres::Session& target, const TablePlan& plan, std::uint64_t seed,
                     Watch& watch);

}  // namespace godwit::verify
