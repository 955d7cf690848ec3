// Template databases: the DDL of a schema runs once per cluster, tenants' databases are copies.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "godwit/plan/plan.hpp"
#include "godwit/postgres/cluster.hpp"
#include "godwit/postgres/session.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

/// What a template holds beside the tables.
enum class TemplateKind {
  rows,      // no keys, no indexes: they are built after the rows
  complete,  // all keys and indexes, foreign keys NOT VALID
};

class Templates {
 public:
  /// Makes sure that the cluster has the template, and returns its name. One that an engine left
  /// half made is made again. Throws Error(target|rejected).
  std::string ensure(const plan::ClusterSpec& spec, postgres::Cluster& cluster,
                     const SchemaVariant& schema, TemplateKind kind);

 private:
  std::mutex mutex_;
  std::set<std::string> ready_;  // "cluster/template"; guarded by mutex_
};

/// Runs the DDL in an empty database, and returns the session. Throws Error(target).
postgres::Session lay_out(const plan::ClusterSpec& spec, const std::string& database,
                          const SchemaVariant& schema, TemplateKind kind);

/// The statements of a template of this kind.
std::vector<std::string> template_statements(const SchemaVariant& schema, TemplateKind kind);

}  // namespace godwit::engine
