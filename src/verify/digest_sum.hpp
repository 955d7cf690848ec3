// How a row's hash goes into a digest.
#pragma once

#include "godwit/verify/source_digests.hpp"
#include "row_hash.hpp"

namespace godwit::verify {

inline void add_row(Digest& digest, const RowHash& hash) {
  const RowHash value = hash.value();
  digest.high += value.high;
  digest.low += value.low;
  ++digest.rows;
}

}  // namespace godwit::verify
