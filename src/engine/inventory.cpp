#include "godwit/engine/inventory.hpp"

#include <algorithm>
#include <set>

#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/row_sizes.hpp"
#include "godwit/plan/shared_reading.hpp"
#include "schema_survey.hpp"
#include "shared_source.hpp"

namespace godwit::engine {
namespace {

Error unknown(const std::string& what, const std::string& name,
              std::span<const std::string_view> candidates) {
  const std::string_view near = nearest(name, candidates);
  return Error(ErrorKind::usage, "no " + what + " '" + printable(name) + "' in the plan",
               near.empty() ? "godwit plan lists the tenants and waves"
                            : "did you mean '" + std::string(near) + "'?");
}

std::set<std::uint32_t> wave_ids(const plan::Plan& plan, const std::vector<std::string>& names) {
  std::set<std::uint32_t> ids;
  for (const std::string& name : names) {
    const auto wave = std::find_if(plan.waves.begin(), plan.waves.end(),
                                   [&](const plan::WaveSpec& spec) { return spec.name == name; });
    if (wave == plan.waves.end()) {
      std::vector<std::string_view> candidates;
      for (const plan::WaveSpec& spec : plan.waves)
        candidates.emplace_back(spec.name);
      throw unknown("wave", name, candidates);
    }
    ids.insert(static_cast<std::uint32_t>(wave - plan.waves.begin()));
  }
  return ids;
}

/// A begun tenant must not be looked for, or copied again, on another cluster than its own.
void refuse_lost_clusters(const plan::Units& units, const std::vector<const plan::Unit*>& chosen) {
  for (const Finding& finding : units.findings) {
    if (finding.code != "cluster-in-use") continue;
    const bool is_chosen = std::any_of(chosen.begin(), chosen.end(), [&](const plan::Unit* unit) {
      return unit->tenant == finding.object;
    });
    if (is_chosen) {
      throw Error(ErrorKind::plan_invalid, finding.object + ": " + finding.message, finding.fix);
    }
  }
}

/// Every unit gets a copy of the shared tables.
mariadb::DatabaseSummary summary_of(const ClassifiedSource& source, plan::TableClass kind) {
  mariadb::DatabaseSummary summary;
  for (const plan::ClassifiedTable& classified : source.classification.tables) {
    if (classified.kind != kind) continue;
    const mariadb::Table& table = *source.database.find_table(classified.name);
    ++summary.tables;
    summary.row_estimate += table.row_estimate;
    summary.bytes += table.data_bytes + table.index_bytes;
  }
  return summary;
}

plan::Units take_row_inventory(const plan::Plan& plan, mariadb::Connection& connection) {
  const ClassifiedSource source = classify_source(plan, connection);
  const plan::Classification& classification = source.classification;
  std::vector<plan::TenantSource> tenants;
  std::optional<plan::SharedTables> tables;
  if (has_errors(classification.findings)) {
    // without its rules a table can't be counted; the tenants are known all the same
    tenants = plan::find_row_tenants(plan, connection, false);
  } else {
    tables = plan::measure_tables(classification, source.database);
    const bool with_central = classification.count(plan::TableClass::central) > 0;
    tenants = plan::find_row_tenants(plan, connection, with_central);
    const plan::RowSizes sizes =
        plan::estimate_sizes(connection, *plan.rows, classification, source.database);
    const mariadb::DatabaseSummary shared = summary_of(source, plan::TableClass::shared);
    const mariadb::DatabaseSummary central = summary_of(source, plan::TableClass::central);
    const std::uint64_t tables_of_tenants = summary_of(source, plan::TableClass::owned).tables +
                                            summary_of(source, plan::TableClass::inherited).tables;
    for (plan::TenantSource& tenant : tenants) {
      mariadb::DatabaseSummary& estimate = tenant.estimate;
      if (tenant.kind == plan::UnitKind::central) {
        estimate = central;
      } else {
        estimate.tables = tables_of_tenants;
        if (const auto size = sizes.tenants.find(tenant.key); size != sizes.tenants.end()) {
          estimate.row_estimate = size->second.rows;
          estimate.bytes = size->second.bytes;
        }
      }
      estimate.tables += shared.tables;
      estimate.row_estimate += shared.row_estimate;
      estimate.bytes += shared.bytes;
    }
  }
  plan::Units units = plan::make_units(plan, tenants, {}, begun_tenants(plan));
  units.shared_tables = tables;
  if (!has_errors(classification.findings)) {
    units.readings = plan::plan_readings(plan, classification, source.database, units.units);
  }
  units.findings.insert(units.findings.begin(), classification.findings.begin(),
                        classification.findings.end());
  return units;
}

}  // namespace

std::vector<plan::BegunTenant> begun_tenants(const plan::Plan& plan) {
  std::vector<plan::BegunTenant> begun;
  const std::optional<control::Store> store = control::Store::open_existing(plan.state);
  if (!store) return begun;
  for (control::TenantRecord& record : store->tenants()) {
    if (!record.placed) continue;
    begun.push_back({std::move(record.tenant), std::move(record.cluster), std::move(record.wave),
                     std::move(record.target_database), std::move(record.target_schema)});
  }
  return begun;
}

plan::Units take_inventory(const plan::Plan& plan) {
  mariadb::Connection source(plan.source.endpoint);
  if (plan.rows) return take_row_inventory(plan, source);
  const std::vector<mariadb::DatabaseSummary> databases = mariadb::list_databases(source);
  const std::vector<plan::TenantSource> tenants = plan::find_tenants(plan, source, databases);
  return plan::make_units(plan, tenants, databases, begun_tenants(plan));
}

std::vector<plan::PlacedTenant> survey_placement(const plan::Plan& plan, const plan::Units& units) {
  std::vector<plan::PlacedTenant> placed = plan::placed_tenants(plan, units.units);
  std::vector<const plan::Unit*> all;
  for (const plan::Unit& unit : units.units)
    all.push_back(&unit);
  for (const SurveyedSchema& surveyed : survey_schemas(plan, all)) {
    for (const plan::Unit* unit : surveyed.units)
      placed.at(unit->id.value).schema = surveyed.schema->source_fingerprint;
  }
  for (const plan::PlacedTenant& tenant : placed) {
    if (!tenant.schema.empty()) continue;
    throw Error(ErrorKind::rejected,
                "source database " + printable(tenant.source_database) + " of the tenant " +
                    printable(tenant.tenant) + " doesn't exist any more",
                "try again; if it stays so, remove the tenant from the plan's tenancy");
  }
  return placed;
}

std::string source_identity(const plan::Plan& plan) {
  const mariadb::Endpoint& endpoint = plan.source.endpoint;
  return endpoint.host.empty() ? endpoint.socket
                               : endpoint.host + ":" + std::to_string(endpoint.port);
}

std::vector<const plan::Unit*> select_units(const plan::Plan& plan, const plan::Units& units,
                                            const Selection& selection) {
  if (selection.tenants.empty() && selection.waves.empty()) {
    throw Error(ErrorKind::usage, "no tenant and no wave named",
                "add --wave NAME or --tenant NAME (may be repeated)");
  }
  const std::set<std::uint32_t> waves = wave_ids(plan, selection.waves);
  std::set<std::uint32_t> named;
  for (const std::string& tenant : selection.tenants) {
    const plan::Unit* unit = units.find(tenant);
    if (unit == nullptr) {
      std::vector<std::string_view> candidates;
      for (const plan::Unit& candidate : units.units)
        candidates.emplace_back(candidate.tenant);
      throw unknown("tenant", tenant, candidates);
    }
    named.insert(unit->id.value);
  }
  std::vector<const plan::Unit*> chosen;
  for (const plan::Unit& unit : units.units) {
    if (named.contains(unit.id.value) || waves.contains(unit.wave.value)) chosen.push_back(&unit);
  }
  refuse_lost_clusters(units, chosen);
  std::stable_sort(chosen.begin(), chosen.end(), [](const plan::Unit* a, const plan::Unit* b) {
    return a->wave.value < b->wave.value;
  });
  return chosen;
}

}  // namespace godwit::engine
