// Reads the catalogs of many tenants in batches and groups the tenants by schema.
#pragma once

#include <functional>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

struct SurveyedSchema {
  SchemaVariantPtr schema;
  std::vector<const plan::Unit*> units;
};

/// One entry per distinct schema, most tenants first. `each` sees every catalog once (its own
/// sizes and counters); it may be empty.
std::vector<SurveyedSchema> survey_schemas(
    const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
    const std::function<void(const plan::Unit&, const mariadb::Database&)>& each = {});

}  // namespace godwit::engine
