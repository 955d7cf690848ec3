// Sequences: CREATE SEQUENCE, and where the counters stand.
#pragma once

#include "build_context.hpp"

namespace godwit::schema {

/// Fills `sequences` of the schema.
void build_sequences(BuildContext& context, TargetSchema& schema);

/// The greatest value that an AUTO_INCREMENT column's sequence can give on the target.
std::int64_t sequence_max(const TargetColumn& column);

}  // namespace godwit::schema
