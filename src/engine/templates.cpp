#include "templates.hpp"

#include <optional>

#include "cluster_lock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/plan/units.hpp"
#include "godwit/postgres/session.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {
namespace {

constexpr const char* kUnfinishedMark = "template under construction";

std::string finished_mark(const SchemaVariant& schema) {
  return "template " + schema.target.fingerprint;
}

std::string template_name(const SchemaVariant& schema, TemplateKind kind) {
  return "godwit_template_" + schema.target.fingerprint.substr(0, 16) +
         (kind == TemplateKind::rows ? "_rows" : "_complete");
}

/// Rewrites the catalogs without their free-space and visibility maps. Each database made of the
/// template then copies a fifth fewer files, which is the larger part of what a small tenant costs.
/// The catalogs that a rewrite itself writes to come last, and pg_class the very last.
void compact(postgres::Session& session) {
  const std::optional<std::string> catalogs = session.scalar(
      "SELECT string_agg(oid::regclass::text, ', ' ORDER BY coalesce(array_position("
      "'{pg_type,pg_depend,pg_index,pg_attribute,pg_class}'::name[], relname), 0), oid) "
      "FROM pg_class WHERE relkind = 'r' AND NOT relisshared "
      "AND relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)");
  try {
    session.execute("VACUUM (FULL) " + catalogs.value());
  } catch (const Error& error) {
    // the template is complete without it, only larger
    log::event(log::Level::warn, "template.not_compacted", {{"error", error.what()}});
  }
}

}  // namespace

std::vector<std::string> tenant_statements(const SchemaVariant& schema, TemplateKind kind) {
  const schema::DdlScript script = schema::ddl(schema.target);
  std::vector<std::string> statements = script.tables;
  if (kind == TemplateKind::complete) {
    statements.insert(statements.end(), script.indexes.begin(), script.indexes.end());
    statements.insert(statements.end(), script.foreign_keys.begin(), script.foreign_keys.end());
    statements.insert(statements.end(), script.comments.begin(), script.comments.end());
  }
  return statements;
}

std::vector<std::string> database_statements() {
  return {"CREATE SCHEMA IF NOT EXISTS godwit", progress_table_sql()};
}

void run_ddl(postgres::Session& session, std::span<const std::string> statements) {
  for (const std::string& statement : statements) {
    failpoint::hit("schema.mid_ddl");
    try {
      session.execute(statement);
    } catch (const Error& error) {
      throw Error(error.kind(), std::string(error.what()) + "\n  in: " + statement, error.hint(),
                  error.retryable());
    }
  }
}

postgres::Session lay_out(const plan::ClusterSpec& spec, const std::string& database,
                          const SchemaVariant& schema, TemplateKind kind) {
  postgres::Session session(spec.uri, {.database = database,
                                       .schema = plan::kOwnDatabaseSchema,
                                       .application_name = "godwit/schema"});
  // what makes the database count, its mark or its rows, is written later and synced
  session.execute("SET synchronous_commit = off");
  run_ddl(session, tenant_statements(schema, kind));
  run_ddl(session, database_statements());
  return session;
}

std::string Templates::ensure(const plan::ClusterSpec& spec, postgres::Cluster& cluster,
                              const SchemaVariant& schema, TemplateKind kind) {
  std::string name = template_name(schema, kind);
  const std::lock_guard lock(mutex_);
  if (ready_.contains(spec.name + "/" + name)) return name;

  const ClusterLock making(cluster, spec.name, "template " + name);
  const std::optional<std::string> mark = cluster.owner_mark(name);
  if (!mark || *mark != finished_mark(schema)) {
    if (mark) cluster.drop_database(name);
    cluster.create_database(name, kUnfinishedMark);
    {
      postgres::Session session = lay_out(spec, name, schema, kind);
      if (kind == TemplateKind::complete) compact(session);
    }
    cluster.set_owner_mark(name, finished_mark(schema));
    log::event(
        log::Level::info, "template.created",
        {{"cluster", spec.name}, {"template", name}, {"tables", schema.target.tables.size()}});
  }
  ready_.insert(spec.name + "/" + name);
  return name;
}

}  // namespace godwit::engine
