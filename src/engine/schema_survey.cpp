#include "schema_survey.hpp"

#include <algorithm>
#include <map>

#include "godwit/mariadb/connection.hpp"
#include "shared_source.hpp"

namespace godwit::engine {
namespace {

constexpr std::size_t kBatch = 64;

/// All tenants of shared tables have one schema, and the central tables have theirs.
std::vector<SurveyedSchema> survey_shared(
    const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
    mariadb::Connection& connection,
    const std::function<void(const plan::Unit&, const mariadb::Database&)>& each) {
  SchemaCache schemas(plan.schema);
  const SharedSource source = read_shared_source(plan, connection, schemas);
  std::vector<SurveyedSchema> answer;
  for (const plan::UnitKind kind : {plan::UnitKind::rows, plan::UnitKind::central}) {
    SurveyedSchema surveyed;
    surveyed.schema = source.schema_of(kind);
    for (const plan::Unit* unit : units) {
      if (unit->kind == kind) surveyed.units.push_back(unit);
    }
    if (surveyed.units.empty()) continue;
    if (each && answer.empty()) each(*surveyed.units.front(), source.moved);
    answer.push_back(std::move(surveyed));
  }
  return answer;
}

}  // namespace

std::vector<SurveyedSchema> survey_schemas(
    const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
    const std::function<void(const plan::Unit&, const mariadb::Database&)>& each) {
  mariadb::Connection source(plan.source.endpoint);
  if (plan.rows) return survey_shared(plan, units, source, each);
  SchemaCache schemas(plan.schema);
  std::map<std::string_view, std::vector<const plan::Unit*>> by_database;
  std::vector<std::string> names;
  for (const plan::Unit* unit : units) {
    std::vector<const plan::Unit*>& sharing = by_database[unit->source_database];
    if (sharing.empty()) names.push_back(unit->source_database);
    sharing.push_back(unit);
  }
  std::map<std::string, SurveyedSchema> found;
  for (std::size_t from = 0; from < names.size(); from += kBatch) {
    const std::size_t count = std::min(kBatch, names.size() - from);
    for (const mariadb::Database& database :
         mariadb::read_databases(source, {names.data() + from, count})) {
      const SchemaVariantPtr schema = schemas.get(database);
      SurveyedSchema& entry = found[schema->source_fingerprint];
      entry.schema = schema;
      for (const plan::Unit* unit : by_database[database.name]) {
        entry.units.push_back(unit);
        if (each) each(*unit, database);
      }
    }
  }
  std::vector<SurveyedSchema> answer;
  answer.reserve(found.size());
  for (auto& [fingerprint, entry] : found)
    answer.push_back(std::move(entry));
  std::stable_sort(answer.begin(), answer.end(),
                   [](const SurveyedSchema& a, const SurveyedSchema& b) {
                     return a.units.size() > b.units.size();
                   });
  return answer;
}

}  // namespace godwit::engine
