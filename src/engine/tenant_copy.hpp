// Copies one provisioned tenant to the state `copied`. Two ways with one outcome: a small tenant
// by one lane and session, into tables that have their indexes; a large one by several readers,
// tables before indexes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "godwit/engine/run.hpp"
#include "run_context.hpp"
#include "source_snapshot.hpp"

namespace godwit::engine {

struct CopiedTenant {
  mariadb::Snapshot snapshot;
  GtidList reader_start;  // see mariadb::AlignedSnapshots
  std::size_t readers = 1;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::vector<control::PolicyCount> policy_counts;
  std::string finishing_at;  // shared tables: see control::TenantRecord
  bool streamed = false;
};

/// Copies on the calling thread (inside its arena). Records the states copying, building and
/// copied. Throws Error; then the database may hold rows and must be discarded.
CopiedTenant copy_in_one_session(RunContext& run, const ProvisionedUnit& unit,
                                 SourceConnections& source);

/// Copies with one reader per element of `sources`, each on a thread of its own. Throws Error;
/// then the database is half filled and must be discarded.
CopiedTenant copy_in_parallel(RunContext& run, const ProvisionedUnit& unit,
                              std::span<SourceConnections> sources);

}  // namespace godwit::engine
