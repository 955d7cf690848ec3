// Where a tenant's tables go: a database of its own, or a schema of one that it shares. Either
// carries a mark that says whose it is; what has another one, or none, is never touched.
#pragma once

#include <string>

#include "cluster_connections.hpp"
#include "godwit/core/error.hpp"
#include "godwit/postgres/session.hpp"
#include "run_context.hpp"
#include "shared_databases.hpp"
#include "templates.hpp"

namespace godwit::engine {

/// What all of a run's tenants are made with. Thread-safe; the tenants must be locked.
class TenantPlaces {
 public:
  explicit TenantPlaces(RunContext& run) : run_(run) {}

  /// Makes the tenant's empty place, after dropping what an earlier attempt left of it. A database
  /// is a copy of the schema's template, or its DDL runs in it; a schema's DDL always does. A
  /// failure leaves nothing, or what the next attempt drops. `record` is the tenant's in the control
  /// store, which knows the place before anything is there. Throws Error(rejected) when the place
  /// is somebody else's, or the tenant's by a control store that isn't this one; Error(held),
  /// retryable; Error(target).
  void make(const ProvisionedUnit& made, const control::TenantRecord& record,
            ClusterConnections& clusters, bool from_templates);
  /// Drops the place, if it is there.
  void drop(const plan::Unit& unit, ClusterConnections& clusters);
  /// Drops what a run that was killed left of a unit that gets no place now, and that isn't locked
  /// yet; what is another's stays. Throws Error(held), Error(target). After a failure the unit's
  /// lock may last as long as `clusters`.
  void drop_leftover(const plan::Unit& unit, ClusterConnections& clusters);

 private:
  void make_database(const ProvisionedUnit& made, bool is_known, postgres::Cluster& cluster,
                     bool from_templates);
  void clear_database(const plan::Unit& unit, bool is_known, postgres::Cluster& cluster);
  void make_schema(const ProvisionedUnit& made, bool is_known, TemplateKind kind);
  void clear_schema(const plan::Unit& unit, bool is_known, postgres::Session& session);
  [[nodiscard]] bool knows_place(const plan::Unit& unit, const control::TenantRecord& record) const;
  void keep_place(const plan::Unit& unit, std::string_view event);
  void refuse_foreign(const std::string& place, const plan::Unit& unit, const std::string& mark,
                      bool is_known) const;

  RunContext& run_;
  Templates templates_;
  SharedDatabases shared_;
};

/// What a tenant's lock is taken for.
std::string lock_key(const plan::Unit& unit);
/// Another engine has the lock. Retryable: a killed engine's sessions give theirs back only after a
/// moment.
Error held_by_another();

}  // namespace godwit::engine
