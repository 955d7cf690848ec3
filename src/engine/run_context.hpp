// What everything within one run shares.
#pragma once

#include <functional>
#include <stop_token>

#include "godwit/control/store.hpp"
#include "godwit/core/byte_budget.hpp"
#include "godwit/engine/progress.hpp"
#include "godwit/engine/run.hpp"
#include "godwit/plan/plan.hpp"
#include "schema_cache.hpp"
#include "source_gates.hpp"

namespace godwit::engine {

struct RunContext {
  const plan::Plan& plan;
  const RunOptions& options;
  control::Store& store;
  SchemaCache& schemas;
  ProgressBoard& board;
  ByteBudget& huge_rows;
  std::size_t lanes = 1;
  std::size_t block_bytes = 256U << 10U;
  std::size_t blocks_in_flight = 1;
  std::stop_token stop;
  std::uint64_t run = 0;  // its id in the control store
  /// Called when the tenant is `copied`, by the thread that copied it.
  std::function<void(const plan::Unit&, const SchemaVariantPtr&)> copied = {};
  SourceGates gates = {};
};

/// A tenant whose empty database stands ready.
struct ProvisionedUnit {
  const plan::Unit* unit = nullptr;
  SchemaVariantPtr schema;
  /// The template had all keys and indexes: for tenants so small that building them afterwards
  /// would cost more than maintaining them row by row.
  bool with_indexes = false;
  mariadb::DdlDigest ddl_digest;           // taken before the catalog was read
  std::vector<std::uint64_t> table_bytes;  // estimated, of the schema's tables
  double started_at = 0;                   // seconds on the run's monotonic clock
};

}  // namespace godwit::engine
