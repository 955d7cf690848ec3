// Row tenancy: foreign keys between tables whose rows end in different databases.
#pragma once

#include "godwit/core/finding.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/classification.hpp"

namespace godwit::plan {

/// Codes: key-to-central, key-from-shared, key-to-excluded, cascade-across-units. Keys to other
/// databases, or to tables that don't exist, stay in the units' models: the schema reports them.
Findings crossing_keys(const Classification& classification, const mariadb::Database& database);

}  // namespace godwit::plan
