// Compares what the next generated values would be: AUTO_INCREMENT with identities and their
// sequences, sequences with sequences.
#pragma once

#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/target.hpp"
#include "godwit/verify/verifier.hpp"

namespace godwit::verify {

/// The counters that differ or are missing, and sequences that only the target has. The source's
/// counters are those in `database`, read at the snapshot.
std::vector<Difference> compare_counters(const mariadb::Database& database,
                                         postgres::Session& target,
                                         const schema::TargetSchema& schema);

}  // namespace godwit::verify
