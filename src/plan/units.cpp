#include "godwit/plan/units.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "godwit/core/text.hpp"
#include "godwit/plan/cluster_load.hpp"
#include "placement.hpp"
#include "shared_choice.hpp"
#include "wave_selection.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kDatabaseNameMax = 63;
constexpr std::size_t kExamplesMax = 5;
/// More tenants than that in one shared database are worth a finding.
constexpr std::uint64_t kTenantsOfDatabaseMax = 1000;

std::string target_name(const std::string& pattern, const std::string& tenant) {
  constexpr std::string_view kPlaceholder = "{name}";
  std::string name = pattern;
  if (const std::size_t at = name.find(kPlaceholder); at != std::string::npos) {
    name.replace(at, kPlaceholder.size(), tenant);
  }
  return name;
}

/// Why PostgreSQL can't or must not have something of this name; empty: it can.
std::string name_problem(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.size() > kDatabaseNameMax) {
    return "has " + std::to_string(name.size()) + " bytes, PostgreSQL takes at most 63";
  }
  if (first_invalid_utf8(name)) return "is not valid UTF-8";
  if (printable(name) != name) return "holds control characters";
  return {};
}

/// The same of a database of the tenant's own.
std::string database_problem(const std::string& name) {
  constexpr std::array<std::string_view, 3> kReserved = {"postgres", "template0", "template1"};
  if (std::string problem = name_problem(name); !problem.empty()) return problem;
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
    return "is a database of PostgreSQL's own";
  }
  if (name.starts_with("godwit_")) return "starts with godwit_, which is for the engine's own";
  return {};
}

/// The same of a schema of a shared database.
std::string schema_problem(const std::string& name) {
  constexpr std::array<std::string_view, 2> kReserved = {kOwnDatabaseSchema, "information_schema"};
  if (std::string problem = name_problem(name); !problem.empty()) return problem;
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end() ||
      name.starts_with("pg_")) {
    return "is for PostgreSQL's own schemas";
  }
  if (name == "godwit") return "is the engine's own";
  // in a search_path it means the role's name, however it is quoted
  if (name == "$user") return "can't be searched for by PostgreSQL";
  return {};
}

Finding make_finding(std::string code, Severity severity, std::string object, std::string message,
                     std::string fix) {
  return {std::move(code), severity, std::move(object), std::move(message), std::move(fix), {}};
}

/// A tenant's own database where others share one: it was begun before the plan went over to
/// schemas, or they before it went back.
void check_shared_names(const std::vector<Unit>& units, Findings& findings) {
  std::map<std::pair<std::uint32_t, std::string_view>, const Unit*> shared;
  for (const Unit& unit : units) {
    if (!unit.shares_database()) continue;
    shared.emplace(std::pair(unit.cluster.value, std::string_view(unit.target_database)), &unit);
  }
  for (const Unit& unit : units) {
    if (unit.shares_database()) continue;
    const auto found =
        shared.find(std::pair(unit.cluster.value, std::string_view(unit.target_database)));
    if (found == shared.end()) continue;
    findings.push_back(make_finding(
        "target-name-duplicate", Severity::error, unit.tenant,
        "its own target database '" + unit.target_database +
            "' has the name of one that tenants share, such as '" + found->second->tenant + "'",
        "change isolation.schema.database_name for the shared ones, or database_name for tenants' "
        "own; what was begun keeps its name"));
  }
}

void check_names(const std::vector<Unit>& units, Findings& findings) {
  std::map<std::tuple<std::uint32_t, std::string_view, std::string_view>, const Unit*> taken;
  for (const Unit& unit : units) {
    const bool shares = unit.shares_database();
    const std::string what = shares ? "schema" : "database";
    const std::string& name = shares ? unit.target_schema : unit.target_database;
    const std::string problem = shares ? schema_problem(name) : database_problem(name);
    if (!problem.empty()) {
      findings.push_back(make_finding(
          "target-name-invalid", Severity::error, unit.tenant,
          "the target " + what + "'s name '" + name + "' " + problem,
          "change database_name in the plan, or name the tenant by another directory column"));
    }
    // databases of the same name on two clusters would be confused by people; shared ones are
    // alike on purpose
    const std::uint32_t cluster = shares ? unit.cluster.value + 1 : 0;
    const auto [first, is_new] =
        taken.emplace(std::tuple(cluster, std::string_view(unit.target_database),
                                 std::string_view(unit.target_schema)),
                      &unit);
    if (!is_new) {
      findings.push_back(
          make_finding("target-name-duplicate", Severity::error, unit.tenant,
                       "the target " + what + " '" + name + "' is also that of the tenant '" +
                           first->second->tenant + "'",
                       "name the tenants by a directory column whose values are unique"));
    }
  }
  check_shared_names(units, findings);
}

void check_waves(const Plan& plan, const std::vector<Unit>& units,
                 const std::vector<std::string>& left_out, std::span<const TenantSource> tenants,
                 Findings& findings) {
  if (!left_out.empty()) {
    const std::vector<std::string> shown(
        left_out.begin(),
        left_out.begin() + static_cast<std::ptrdiff_t>(std::min(left_out.size(), kExamplesMax)));
    findings.push_back(make_finding(
        "tenant-without-wave", Severity::error, "waves",
        human_count(left_out.size()) + " tenants are in no wave: " + join(shown, ", ") +
            (left_out.size() > shown.size() ? ", …" : ""),
        "add a last wave with `tenants: rest`, or name them under tenancy.exclude"));
  }
  std::vector<std::size_t> counts(plan.waves.size());
  for (const Unit& unit : units)
    ++counts[unit.wave.value];
  std::unordered_set<std::string_view> known;
  for (const TenantSource& tenant : tenants)
    known.insert(tenant.tenant);
  for (std::size_t i = 0; i < plan.waves.size(); ++i) {
    const WaveSpec& wave = plan.waves[i];
    for (const std::string& tenant : wave.tenants) {
      if (tenant.find('%') != std::string::npos || known.contains(tenant)) continue;
      findings.push_back(make_finding("wave-unknown-tenant", Severity::error, wave.name,
                                      "the wave names '" + tenant + "', which is no tenant",
                                      "correct the name, or take it out of the wave"));
    }
    if (counts[i] == 0) {
      findings.push_back(make_finding("wave-without-tenants", Severity::info, wave.name,
                                      "no tenant falls into this wave",
                                      "check its patterns and the waves before it"));
    }
  }
}

void check_capacity(const Plan& plan, const std::vector<Unit>& units, Findings& findings) {
  const std::vector<ClusterLoad> loads = cluster_loads(plan, units);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    const ClusterLoad& load = loads[i];
    if (plan.clusters[i].closed) continue;  // what it has, it has
    std::vector<std::string> excess;
    if (load.databases > load.room.databases) {
      excess.push_back(human_count(load.databases) + " databases, and it takes " +
                       human_count(load.room.databases));
    }
    if (load.tenants > load.room.tenants) {
      excess.push_back(human_count(load.tenants) + " tenants, and its connections serve " +
                       human_count(load.room.tenants));
    }
    if (load.bytes > load.room.bytes) {
      excess.push_back(human_bytes(load.bytes) + ", and it takes " + human_bytes(load.room.bytes));
    }
    if (excess.empty()) continue;
    findings.push_back(make_finding("cluster-capacity", Severity::error, plan.clusters[i].name,
                                    "the clusters' room is not enough: this one gets " +
                                        join(excess, "; ") +
                                        (plan.placement.reserve > 0 ? " beside the reserve" : ""),
                                    "add a cluster, or raise the limits of those there are"));
  }
}

/// A catalog of a hundred thousand relations and more makes everything in the database slower, and
/// a dump of it a matter of hours.
void check_crowds(const Plan& plan, const std::vector<Unit>& units, Findings& findings) {
  std::map<std::pair<std::uint32_t, std::string_view>, std::uint64_t> tenants;
  for (const Unit& unit : units) {
    if (unit.shares_database()) ++tenants[{unit.cluster.value, unit.target_database}];
  }
  for (const auto& [database, count] : tenants) {
    if (count <= kTenantsOfDatabaseMax) continue;
    findings.push_back(make_finding(
        "shared-database-crowded", Severity::degraded,
        plan.clusters.at(database.first).name + "/" + std::string(database.second),
        human_count(count) + " tenants share this database; its catalog grows with each of their "
                             "tables and indexes",
        "raise isolation.schema.databases before the first tenant is begun"));
  }
}

void check_placement(const Plan& plan, std::span<const TenantSource> tenants, Findings& findings) {
  std::unordered_set<std::string_view> known;
  for (const TenantSource& tenant : tenants)
    known.insert(tenant.tenant);
  const auto check = [&](const std::string& rule, const std::string& tenant) {
    if (known.contains(tenant)) return;
    findings.push_back(make_finding("placement-unknown-tenant", Severity::error,
                                    "placement." + rule,
                                    "the rule names '" + tenant + "', which is no tenant",
                                    "correct the name, or take it out of the rule"));
  };
  for (const auto& [tenant, cluster] : plan.placement.pins)
    check("pins", tenant);
  for (const std::vector<std::string>& group : plan.placement.together) {
    for (const std::string& tenant : group)
      check("together", tenant);
  }
  for (const std::vector<std::string>& group : plan.placement.apart) {
    for (const std::string& tenant : group)
      check("apart", tenant);
    if (group.size() > plan.clusters.size()) {
      findings.push_back(
          make_finding("placement-too-few-clusters", Severity::error, "placement.apart",
                       human_count(group.size()) + " tenants are to be apart on " +
                           human_count(plan.clusters.size()) + " clusters: " + join(group, ", "),
                       "add clusters, or shorten the list"));
    }
  }
}

/// What the limits or the pins have forced: by name, as tenants without a wave have a place, too.
void check_apart(const Plan& plan, std::span<const TenantSize> tenants,
                 std::span<const ClusterId> clusters, Findings& findings) {
  if (plan.placement.apart.empty() || plan.clusters.empty()) return;
  std::unordered_map<std::string_view, ClusterId> cluster_of;
  for (std::size_t i = 0; i < tenants.size(); ++i)
    cluster_of.emplace(tenants[i].tenant, clusters[i]);
  for (const std::vector<std::string>& group : plan.placement.apart) {
    std::unordered_map<std::uint32_t, const std::string*> taken;
    for (const std::string& tenant : group) {
      const auto place = cluster_of.find(tenant);
      if (place == cluster_of.end()) continue;
      const auto [first, is_new] = taken.emplace(place->second.value, &tenant);
      if (is_new) continue;
      findings.push_back(make_finding(
          "placement-not-apart", Severity::error, "placement.apart",
          *first->second + " and " + tenant + " are to be apart, and both are on the cluster " +
              plan.clusters.at(place->second.value).name,
          "add a cluster, raise the limits of those there are, or change the tenants' pins"));
    }
  }
}

/// Tells placement and waves what stays, and returns the begun tenants by name. A wave that is gone
/// frees its tenants for others; a cluster that is gone would leave their databases behind.
std::unordered_map<std::string_view, const BegunTenant*> keep_begun(
    const Plan& plan, std::span<const BegunTenant> begun, std::vector<TenantSize>& sizes,
    Findings& findings) {
  std::unordered_map<std::string_view, std::uint32_t> clusters;
  for (std::size_t i = 0; i < plan.clusters.size(); ++i)
    clusters.emplace(plan.clusters[i].name, static_cast<std::uint32_t>(i));
  std::unordered_map<std::string_view, std::uint32_t> waves;
  for (std::size_t i = 0; i < plan.waves.size(); ++i)
    waves.emplace(plan.waves[i].name, static_cast<std::uint32_t>(i));
  std::unordered_map<std::string_view, const BegunTenant*> by_name;
  for (const BegunTenant& tenant : begun)
    by_name.emplace(tenant.tenant, &tenant);
  for (TenantSize& size : sizes) {
    const auto known = by_name.find(size.tenant);
    if (known == by_name.end()) continue;
    const BegunTenant& tenant = *known->second;
    size.own_database = tenant.target_schema == kOwnDatabaseSchema;
    if (const auto cluster = clusters.find(tenant.cluster); cluster != clusters.end()) {
      size.cluster = ClusterId{cluster->second};
    } else {
      findings.push_back(
          make_finding("cluster-in-use", Severity::error, tenant.tenant,
                       "its database " + tenant.target_database + " is on the cluster '" +
                           tenant.cluster + "', which the plan doesn't have any more",
                       "keep the cluster in the plan; `closed: true` keeps further tenants out"));
    }
    if (const auto wave = waves.find(tenant.wave); wave != waves.end()) {
      size.wave = WaveId{wave->second};
    }
  }
  return by_name;
}

}  // namespace

const Unit* Units::find(std::string_view tenant) const {
  const auto at = std::lower_bound(
      units.begin(), units.end(), tenant,
      [](const Unit& unit, std::string_view wanted) { return unit.tenant < wanted; });
  return at != units.end() && at->tenant == tenant ? &*at : nullptr;
}

Units make_units(const Plan& plan, std::span<const TenantSource> tenants,
                 std::span<const mariadb::DatabaseSummary> databases,
                 std::span<const BegunTenant> begun) {
  std::unordered_map<std::string_view, const mariadb::DatabaseSummary*> summaries;
  for (const mariadb::DatabaseSummary& database : databases) {
    summaries.emplace(database.name, &database);
  }
  std::vector<TenantSource> sorted(tenants.begin(), tenants.end());
  std::sort(sorted.begin(), sorted.end(), [](const TenantSource& a, const TenantSource& b) {
    return std::tie(a.tenant, a.database) < std::tie(b.tenant, b.database);
  });

  const auto summary_of = [&](const TenantSource& tenant) {
    if (tenant.kind != UnitKind::database) return &tenant.estimate;
    const auto found = summaries.find(tenant.database);
    return found == summaries.end() ? nullptr : found->second;
  };
  std::vector<TenantSize> sizes;
  sizes.reserve(sorted.size());
  for (const TenantSource& tenant : sorted) {
    const mariadb::DatabaseSummary* summary = summary_of(tenant);
    TenantSize& size = sizes.emplace_back();
    size.tenant = tenant.tenant;
    size.bytes = summary == nullptr ? 0 : summary->bytes;
    size.own_database = plan.isolation == Isolation::database;
  }
  Units result;
  const std::unordered_map<std::string_view, const BegunTenant*> stays =
      keep_begun(plan, begun, sizes, result.findings);
  const std::vector<std::optional<WaveId>> waves = select_waves(plan.waves, sizes);
  // all tenants have a place, also those that no wave takes yet: who joins one later moves nobody
  const std::vector<ClusterId> clusters =
      place(sizes, plan.clusters, plan.placement, shared_databases_of(plan));
  const SharedChoice shared(plan);

  std::vector<std::string> left_out;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const TenantSource& tenant = sorted[i];
    if (!waves[i]) {
      left_out.push_back(tenant.tenant);
      continue;
    }
    Unit unit;
    unit.id = TenantId{static_cast<std::uint32_t>(result.units.size())};
    unit.tenant = tenant.tenant;
    unit.kind = tenant.kind;
    unit.key = tenant.key;
    unit.source_database = tenant.database;
    const auto known = stays.find(tenant.tenant);
    if (known != stays.end()) {
      unit.target_database = known->second->target_database;
      unit.target_schema = known->second->target_schema;
      if (unit.target_schema != kOwnDatabaseSchema) unit.isolation = Isolation::schema;
    } else {
      unit.isolation = plan.isolation;
      std::string name = target_name(plan.database_name, tenant.tenant);
      if (unit.shares_database()) {
        unit.target_database = shared.database_of(tenant.tenant);
        unit.target_schema = std::move(name);
      } else {
        unit.target_database = std::move(name);
      }
    }
    unit.wave = *waves[i];
    unit.cluster = clusters[i];
    if (const mariadb::DatabaseSummary* summary = summary_of(tenant)) {
      unit.tables = summary->tables;
      unit.rows = summary->row_estimate;
      unit.bytes = summary->bytes;
    }
    result.units.push_back(std::move(unit));
  }

  check_names(result.units, result.findings);
  check_waves(plan, result.units, left_out, sorted, result.findings);
  check_placement(plan, sorted, result.findings);
  check_apart(plan, sizes, clusters, result.findings);
  check_capacity(plan, result.units, result.findings);
  check_crowds(plan, result.units, result.findings);
  return result;
}

}  // namespace godwit::plan
