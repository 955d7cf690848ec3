#include "schema_cache.hpp"

#include <algorithm>

namespace godwit::engine {
namespace {

/// A key of the form database.table.column.
bool names_a_database(const schema::SchemaOptions& options) {
  return std::any_of(options.columns.begin(), options.columns.end(), [](const auto& entry) {
    return std::count(entry.first.begin(), entry.first.end(), '.') >= 2;
  });
}

}  // namespace

SchemaCache::SchemaCache(const schema::SchemaOptions& options)
    : map_(schema::TypeMap::load(options.map)),
      options_(options),
      by_database_(names_a_database(options)) {}

SchemaVariantPtr SchemaCache::get(const mariadb::Database& database) {
  const std::string fingerprint = mariadb::fingerprint(database);
  const std::lock_guard lock(mutex_);
  auto& variant = variants_[by_database_ ? fingerprint + "/" + database.name : fingerprint];
  if (!variant) {
    variant = std::make_shared<SchemaVariant>(
        SchemaVariant{fingerprint, database, schema::build_target(database, map_, options_)});
  }
  return variant;
}

}  // namespace godwit::engine
