// What differs between two plans, and between two placements of their tenants: for reviews.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

/// One tenant as a plan places it, by names: they outlive the numbers of a unit.
struct PlacedTenant {
  std::string tenant;
  std::string wave;
  std::string cluster;
  std::string source_database;
  std::string target_database;
  std::string schema;  // fingerprint of the source's definitions; empty: not asked for
  std::string key{};   // row tenancy: Unit::key, as 0x… where it isn't UTF-8; empty: not known
  std::string target_schema{};  // in a shared database; empty: the tenant has the database

  bool operator==(const PlacedTenant&) const = default;
};

/// In the order of the units, without schemas.
std::vector<PlacedTenant> placed_tenants(const Plan& plan, std::span<const Unit> units);

/// A value of a plan file, or a whole entry of one of its lists, such as `clusters.pg-07`.
struct SettingChange {
  std::string path;
  std::optional<std::string> before;  // nullopt: not there, or left to its default
  std::optional<std::string> after;

  bool operator==(const SettingChange&) const = default;
};

/// What the files say differently, whatever the source holds; passwords are never in it. In the
/// order of the older plan, then what only the newer one has. Clusters and waves are compared by
/// name; other lists as a whole.
std::vector<SettingChange> diff_settings(const Plan& before, const Plan& after);

/// Tenants of which the same thing changed in the same way.
struct TenantMove {
  std::string what;  // wave, cluster, source_database, target_database, target_schema, schema
                     // or key
  std::string before;
  std::string after;
  std::vector<std::string> tenants;  // by name

  bool operator==(const TenantMove&) const = default;
};

struct TenantDiff {
  std::vector<PlacedTenant> added;    // by name
  std::vector<PlacedTenant> removed;  // by name
  std::vector<TenantMove> moves;      // by what (in the order above), before and after

  [[nodiscard]] bool empty() const { return added.empty() && removed.empty() && moves.empty(); }
};

/// Tenants are the same when their names are; each name stands once on either side, in any order.
/// Schemas and keys are compared only where both sides have one. O(n log n).
TenantDiff diff_tenants(std::span<const PlacedTenant> before, std::span<const PlacedTenant> after);

}  // namespace godwit::plan
