// Copies the units of a row tenancy: each table is read once for all of them.
//   1. lock the non-transactional tables, open the snapshot S on all readers
//   2. create the databases of the large units; their rows go to them as they are read
//   3. read table by table, parents before their children; rows of the small units and shared
//      tables wait in a spill file
//   4. check that no DDL came between
//   5. unit by unit: create the database of a small one; load what waits, keys and indexes in one
//      transaction; statistics, counters, progress row in the next
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "godwit/core/error.hpp"
#include "run_context.hpp"
#include "tenant_place.hpp"
#include "wave_gate.hpp"

namespace godwit::engine {

struct GroupFailure {
  const plan::Unit* unit = nullptr;
  Error error;
  bool refused = false;  // for its data; no database of it is left
  bool counted = false;  // the gate knows of it
};

struct GroupResult {
  std::vector<GroupFailure> failures;
  std::vector<const plan::Unit*> left;  // the gate kept them from being begun
  std::vector<LeftRows> left_rows;      // of no tenant
};

/// Copies all units with `lanes` threads; each unit ends as copied, failed or left. Never throws
/// for what concerns single units or the source: that is the failure of all units it meets.
GroupResult copy_group(RunContext& run, TenantPlaces& places, WaveGate& gate,
                       const std::vector<const plan::Unit*>& units, std::size_t lanes);

}  // namespace godwit::engine
