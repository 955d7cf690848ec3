// Template databases: the DDL of a schema runs once per cluster, tenants' databases are copies.
#pragma once

#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

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

/// Runs the DDL in an empty database of one tenant, and returns the session. Throws Error(target).
postgres::Session lay_out(const plan::ClusterSpec& spec, const std::string& database,
                          const SchemaVariant& schema, TemplateKind kind);

/// What a tenant consists of before its rows. Its collations are in schema godwit, which is made
/// where it lacks.
std::vector<std::string> tenant_statements(const SchemaVariant& schema, TemplateKind kind);

/// What a database has beside its tenants. They change nothing where it has it.
std::vector<std::string> database_statements();

/// Runs the statements one by one; a failure names its statement.
void run_ddl(postgres::Session& session, std::span<const std::string> statements);

}  // namespace godwit::engine
