#include "digest_target.hpp"

#include "cursors.hpp"
#include "digest_sum.hpp"
#include "row_hash.hpp"

namespace godwit::verify {

Digest digest_target(postgres::Session& target, const TablePlan& plan, std::uint64_t seed,
                     Watch& watch) {
  RowHasher hasher(seed);
  TargetCursor cursor(target, plan, false);
  Digest digest;
  while (cursor.next()) {
    watch.any_row();
    add_row(digest, hasher.hash(cursor.row(), Side::target));
  }
  return digest;
}

}  // namespace godwit::verify
