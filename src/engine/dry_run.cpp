#include "godwit/engine/run.hpp"
#include "schema_survey.hpp"
#include "templates.hpp"

namespace godwit::engine {

std::vector<DryRun> dry_run(const plan::Plan& plan, const std::vector<const plan::Unit*>& units) {
  std::vector<DryRun> answer;
  for (const SurveyedSchema& surveyed : survey_schemas(plan, units)) {
    const SchemaVariant& schema = *surveyed.schema;
    DryRun variant;
    variant.schema_fingerprint = schema.target.fingerprint;
    variant.findings = schema.target.findings;
    variant.statements = tenant_statements(schema, TemplateKind::complete);
    for (std::string& statement : database_statements())
      variant.statements.push_back(std::move(statement));
    const schema::DdlScript script = schema::ddl(schema.target);
    variant.statements.insert(variant.statements.end(), script.validations.begin(),
                              script.validations.end());
    for (const plan::Unit* unit : surveyed.units)
      variant.tenants.push_back(unit->tenant);
    answer.push_back(std::move(variant));
  }
  return answer;
}

}  // namespace godwit::engine
