// Keys, indexes, statistics and foreign keys of a large tenant, whose rows were committed without
// them: built by several threads.
#pragma once

#include <cstddef>

#include "copy_tasks.hpp"
#include "godwit/postgres/session.hpp"
#include "run_context.hpp"

namespace godwit::engine {

/// Settings of the sessions that copy and build; the validation of a foreign key, too, works
/// within maintenance_work_mem.
inline constexpr const char* kBuildSettings =
    "SET synchronous_commit = off; SET maintenance_work_mem = '256MB'";

class TenantBuild {
 public:
  TenantBuild(const RunContext& run, const ProvisionedUnit& unit) : run_(run), unit_(unit) {}

  /// One task other than reading rows. Throws Error.
  void build(const CopyTask& task, postgres::Session& target) const;
  /// Everything, for a tenant all of whose rows are in.
  void build_all(std::size_t threads) const;
  /// Adds the keys NOT VALID, then validates them.
  void add_foreign_keys(std::size_t threads) const;

 private:
  void describe(const schema::TargetTable& table, postgres::Session& target) const;

  const RunContext& run_;
  const ProvisionedUnit& unit_;
};

}  // namespace godwit::engine
