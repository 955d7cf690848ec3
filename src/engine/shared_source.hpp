// The source of a row tenancy: the database whose tables the tenants share, with what the plan
// says of it.
#pragma once

#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

struct SharedSource {
  mariadb::DdlDigest ddl_digest;  // taken before the catalog was read
  mariadb::Database database;     // all its tables
  mariadb::Database moved;        // without the excluded ones
  plan::Classification classification;
  SchemaVariantPtr tenants;  // what each tenant's database consists of
  SchemaVariantPtr central;  // null: there are no central tables

  [[nodiscard]] const SchemaVariantPtr& schema_of(plan::UnitKind kind) const {
    return kind == plan::UnitKind::central ? central : tenants;
  }
};

/// The catalog and what the plan says of it, without target schemas.
struct ClassifiedSource {
  mariadb::Database database;
  plan::Classification classification;
};
/// Throws Error(source); Error(rejected) when the database doesn't exist.
ClassifiedSource classify_source(const plan::Plan& plan, mariadb::Connection& catalog);

/// Whether no table that moves was defined anew since.
bool is_unchanged(const SharedSource& source, const plan::Plan& plan, mariadb::Connection& catalog);

/// Throws what classify_source() throws. What the classification
/// and the schemas find stays in their findings.
SharedSource read_shared_source(const plan::Plan& plan, mariadb::Connection& catalog,
                                SchemaCache& schemas);

/// The column that holds the tenants' keys. Throws Error(rejected) when it is gone.
const mariadb::Column& directory_key(const SharedSource& source, const plan::RowTenancy& tenancy);

/// Throws Error(rejected) for the first finding of severity error: an open question of the plan, or
/// a schema that can't be migrated.
void refuse_open_questions(const SharedSource& source);

}  // namespace godwit::engine
