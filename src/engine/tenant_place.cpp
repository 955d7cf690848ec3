#include "tenant_place.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/marked_schema.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {
namespace {

/// Statements of a schema's DDL that are one transaction. All of a small tenant's mostly are; the
/// bound is for max_locks_per_transaction, as each new relation is a lock until the commit.
constexpr std::size_t kStatementsTogether = 64;

std::string owner_mark(const plan::Unit& unit) { return "tenant " + unit.tenant; }

/// A place that isn't complete; the failure that made it so is thrown by the caller.
void discard(const plan::Unit& unit, const std::function<void()>& drop) {
  try {
    drop();
  } catch (...) {
    // it carries the tenant's mark: the next attempt drops it
    log::event(log::Level::warn, "tenant.discard_failed",
               {{"tenant", unit.tenant}, {"error", current_error().what()}});
  }
}

void drop_own_schema(const plan::Unit& unit, postgres::Session& session) {
  // first: it vouches for what goes
  session.execute(progress_row_gone_sql(unit.tenant));
  postgres::drop_schema(session, unit.target_schema);
}

/// The schema and its mark come in one transaction: after a crash there is nothing, or a schema
/// that is known as the tenant's.
void lay_out_schema(const plan::Unit& unit, const SchemaVariant& schema, TemplateKind kind,
                    postgres::Session& session) {
  std::vector<std::string> statements = {
      progress_row_gone_sql(unit.tenant),
      postgres::create_schema_sql(unit.target_schema, owner_mark(unit))};
  for (std::string& statement : tenant_statements(schema, kind))
    statements.push_back(std::move(statement));
  // what makes the schema count, its rows, is written later and synced
  session.execute("SET synchronous_commit = off");
  std::span<const std::string> left = statements;
  while (!left.empty()) {
    const std::size_t count = std::min(left.size(), kStatementsTogether);
    session.execute("BEGIN");
    run_ddl(session, left.first(count));
    session.execute("COMMIT");
    left = left.subspan(count);
  }
}

}  // namespace

std::string lock_key(const plan::Unit& unit) {
  return "godwit tenant " + unit.target_database +
         (unit.shares_database() ? "/" + unit.target_schema : "");
}

Error held_by_another() {
  return {ErrorKind::held, "another engine works on this tenant",
          "wait until it has ended, or stop it", true};
}

/// Whether what bears the tenant's mark there is this control store's.
bool TenantPlaces::knows_place(const plan::Unit& unit, const control::TenantRecord& record) const {
  return record.placed && record.cluster == cluster_of(run_, unit).name &&
         record.target_database == unit.target_database &&
         record.target_schema == unit.target_schema;
}

void TenantPlaces::keep_place(const plan::Unit& unit, std::string_view event) {
  control::TenantRecord record;
  record.tenant = unit.tenant;
  record.cluster = cluster_of(run_, unit).name;
  record.target_database = unit.target_database;
  record.target_schema = unit.target_schema;
  record.wave = run_.plan.waves.at(unit.wave.value).name;
  run_.store.place(record, event);
  failpoint::hit("copy.before_create");
}

void TenantPlaces::refuse_foreign(const std::string& place, const plan::Unit& unit,
                                  const std::string& mark, bool is_known) const {
  if (mark != owner_mark(unit)) {
    throw Error(ErrorKind::rejected,
                place + " exists and is not this tenant's" +
                    (mark.empty() ? "" : " (" + printable(mark) + ")"),
                "drop or rename it, or choose another database_name in the plan");
  }
  if (is_known) return;
  // a complete copy, perhaps in use already
  throw Error(ErrorKind::rejected,
              place + " exists, is marked as this tenant's, and the plan's control store (" +
                  printable(run_.plan.state) + ") doesn't know of it",
              "run with the plan and the state folder that made it; or drop it when it is an old "
              "copy, or choose another database_name in the plan");
}

void TenantPlaces::make(const ProvisionedUnit& made, const control::TenantRecord& record,
                        ClusterConnections& clusters, bool from_templates) {
  const bool known = knows_place(*made.unit, record);
  if (!made.unit->shares_database()) {
    make_database(made, known, clusters.of(*made.unit), from_templates);
    return;
  }
  // of a large tenant the keys and indexes are built after its rows
  make_schema(made, known,
              from_templates && made.with_indexes ? TemplateKind::complete : TemplateKind::rows);
}

void TenantPlaces::drop(const plan::Unit& unit, ClusterConnections& clusters) {
  if (unit.shares_database()) {
    postgres::Session session = open_tenant(run_, unit);
    drop_own_schema(unit, session);
    return;
  }
  postgres::Cluster& cluster = clusters.of(unit);
  if (cluster.database_exists(unit.target_database)) cluster.drop_database(unit.target_database);
}

void TenantPlaces::drop_leftover(const plan::Unit& unit, ClusterConnections& clusters) {
  if (!knows_place(unit, run_.store.find(unit.tenant).value())) return;
  postgres::Cluster& cluster = clusters.of(unit);
  // after a failure the lock goes with the connection, which the caller ends soon
  if (!cluster.try_lock(lock_key(unit))) throw held_by_another();
  if (!unit.shares_database()) {
    if (cluster.owner_mark(unit.target_database) == owner_mark(unit)) {
      cluster.drop_database(unit.target_database);
    }
  } else if (cluster.database_exists(unit.target_database)) {
    postgres::Session session = open_tenant(run_, unit);
    if (postgres::schema_mark(session, unit.target_schema) == owner_mark(unit)) {
      drop_own_schema(unit, session);
    }
  }
  cluster.unlock(lock_key(unit));
}

void TenantPlaces::make_database(const ProvisionedUnit& made, bool is_known,
                                 postgres::Cluster& cluster, bool from_templates) {
  const plan::Unit& unit = *made.unit;
  const plan::ClusterSpec& spec = cluster_of(run_, unit);
  const auto make_place = [&] {
    clear_database(unit, is_known, cluster);
    keep_place(unit, "database.create");
  };
  if (from_templates) {
    const std::string from =
        templates_.ensure(spec, cluster, *made.schema,
                          made.with_indexes ? TemplateKind::complete : TemplateKind::rows);
    make_place();
    cluster.create_from_template(unit.target_database, from, owner_mark(unit));
    return;
  }
  // its DDL costs little beside its rows, and a template would stay on the cluster
  make_place();
  cluster.create_database(unit.target_database, owner_mark(unit));
  try {
    lay_out(spec, unit.target_database, *made.schema, TemplateKind::rows);
  } catch (...) {
    const Error failure = current_error();
    discard(unit, [&] { cluster.drop_database(unit.target_database); });
    throw Error(failure);
  }
}

void TenantPlaces::clear_database(const plan::Unit& unit, bool is_known,
                                  postgres::Cluster& cluster) {
  const std::optional<std::string> mark = cluster.owner_mark(unit.target_database);
  if (!mark) return;
  refuse_foreign("target database " + printable(unit.target_database) + " on cluster " +
                     cluster_of(run_, unit).name,
                 unit, *mark, is_known);
  cluster.drop_database(unit.target_database);
}

void TenantPlaces::make_schema(const ProvisionedUnit& made, bool is_known, TemplateKind kind) {
  const plan::Unit& unit = *made.unit;
  shared_.ensure(cluster_of(run_, unit), unit.target_database, *made.schema, run_.stop);
  postgres::Session session = open_tenant(run_, unit);
  clear_schema(unit, is_known, session);
  keep_place(unit, "schema.create");
  try {
    lay_out_schema(unit, *made.schema, kind, session);
  } catch (...) {
    const Error failure = current_error();
    discard(unit, [&] {
      session.execute("ROLLBACK");
      drop_own_schema(unit, session);
    });
    throw Error(failure);
  }
}

void TenantPlaces::clear_schema(const plan::Unit& unit, bool is_known, postgres::Session& session) {
  const std::string place = "schema " + printable(unit.target_schema) + " of database " +
                            printable(unit.target_database) + " on cluster " +
                            cluster_of(run_, unit).name;
  const std::optional<std::string> mark = postgres::schema_mark(session, unit.target_schema);
  if (mark) refuse_foreign(place, unit, *mark, is_known);
  // the progress rows of a database are told apart by their tenants
  if (const std::optional<std::string> other =
          postgres::other_schema_of_mark(session, owner_mark(unit), unit.target_schema)) {
    throw Error(ErrorKind::rejected,
                place + " can't be made: schema " + printable(*other) +
                    " of that database is marked as this tenant's",
                "drop it when it is an old copy; tenants of several plans in one database need "
                "different names");
  }
  if (mark) drop_own_schema(unit, session);
}

}  // namespace godwit::engine
