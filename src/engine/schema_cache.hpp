// Target schemas by the fingerprint of their source: tenants with the same schema share one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/target.hpp"
#include "godwit/schema/type_map.hpp"

namespace godwit::engine {

struct SchemaVariant {
  std::string source_fingerprint;
  mariadb::Database model;  // of the first tenant that has it
  schema::TargetSchema target;
};
using SchemaVariantPtr = std::shared_ptr<const SchemaVariant>;

/// Thread-safe. Holds one variant per distinct schema, not per tenant.
class SchemaCache {
 public:
  explicit SchemaCache(const schema::SchemaOptions& options);

  SchemaVariantPtr get(const mariadb::Database& database);

 private:
  const schema::TypeMap map_;
  const schema::SchemaOptions& options_;
  const bool by_database_;  // the plan has overrides for single databases
  std::mutex mutex_;
  std::map<std::string, SchemaVariantPtr> variants_;  // guarded by mutex_
};

}  // namespace godwit::engine
