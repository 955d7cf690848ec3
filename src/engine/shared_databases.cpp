#include "shared_databases.hpp"

#include <chrono>
#include <optional>

#include "cluster_lock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/cluster.hpp"
#include "godwit/postgres/session.hpp"
#include "templates.hpp"

namespace godwit::engine {
namespace {

constexpr const char* kSharedMark = "shared by tenants";
/// Another engine needs well under a second for it.
constexpr std::chrono::seconds kPatience(10);

void make_database(const plan::ClusterSpec& spec, postgres::Cluster& cluster,
                   const std::string& database) {
  const std::optional<std::string> mark = cluster.owner_mark(database);
  if (!mark) {
    cluster.create_database(database, kSharedMark);
    log::event(log::Level::info, "shared_database.created",
               {{"cluster", spec.name}, {"database", database}});
    return;
  }
  if (*mark == kSharedMark) return;
  throw Error(ErrorKind::rejected,
              "database " + printable(database) + " on cluster " + spec.name +
                  " exists and is not one that tenants share" +
                  (mark->empty() ? "" : " (" + printable(*mark) + ")"),
              "drop or rename it, or choose another isolation.schema.database_name in the plan");
}

}  // namespace

void SharedDatabases::ensure(const plan::ClusterSpec& spec, const std::string& database,
                             const SchemaVariant& schema, const std::stop_token& stop) {
  const std::string key = spec.name + "/" + database + "/" + schema.target.fingerprint;
  const std::lock_guard lock(mutex_);
  if (ready_.contains(key)) return;

  postgres::Cluster cluster(spec.uri);
  // two sessions that create the same collation at the same time would get in each other's way
  const ClusterLock making(cluster, spec.name, "shared database " + database, kPatience, stop);
  make_database(spec, cluster, database);
  postgres::Session session(spec.uri, {.database = database, .application_name = "godwit/schema"});
  run_ddl(session, database_statements());
  run_ddl(session, schema.target.prelude_sql);
  ready_.insert(key);
}

}  // namespace godwit::engine
