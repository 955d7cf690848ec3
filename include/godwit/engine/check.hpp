// `check`: everything that would stop or change a migration, found before it starts.
#pragma once

#include <string>
#include <vector>

#include "godwit/core/finding.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::engine {

/// One distinct schema and the tenants that have it.
struct SchemaReport {
  std::string fingerprint;
  std::vector<std::string> tenants;
  Findings findings;
};

struct CheckReport {
  Findings servers;                   // settings, grants, versions, capacity of both sides
  Findings units;                     // tenants, waves, names
  std::vector<SchemaReport> schemas;  // most tenants first

  /// 4 for an error in a server or grant, else 7 for one in a schema or unit, else 0.
  [[nodiscard]] int exit_code() const;
};

/// Throws Error(source|target) when a server can't be reached at all.
CheckReport check(const plan::Plan& plan, const plan::Units& units);

/// The distinct schemas of the given units, read in batches.
std::vector<SchemaReport> check_schemas(const plan::Plan& plan,
                                        const std::vector<const plan::Unit*>& units);

}  // namespace godwit::engine
