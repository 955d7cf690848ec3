// Changes of the source's schema that a followed tenant meets in its binlog. What a statement means
// is taken from the source's catalog, which is read when the statement is met and so is of a later
// moment: it counts once the reader has passed that moment, and every statement up to there has to
// be one that can be replayed. Then all of them are replayed at the first, provided that the rows
// between them don't see the difference.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "followed_tenant.hpp"
#include "godwit/capture/schema_statement.hpp"
#include "godwit/control/store.hpp"
#include "run_context.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {

/// Thread-safe; each tenant's calls by one thread at a time.
class DdlReplay {
 public:
  using Statement = apply::ApplyResult::Statement;

  /// `applied` makes what applying with a schema needs.
  DdlReplay(RunContext& run, const capture::Delivery& delivery,
            std::function<AppliedSchemaPtr(const SchemaVariantPtr&)> applied)
      : run_(run), delivery_(delivery), applied_(std::move(applied)) {}

  /// What the statement, and those behind it, are on the target, with the new fingerprint in the
  /// progress row; sets tenant.next_schema if that differs. Throws Error(rejected) with the reason
  /// when it can't be replayed; retryable Error(source) while the reader isn't there yet.
  std::string replay(FollowedTenant& tenant, const Statement& statement);
  /// Takes over tenant.next_schema if the target has it, forgets it otherwise.
  void settle(FollowedTenant& tenant, postgres::Session& session);
  /// Which schema the target has of a tenant that is to be followed on, when the control store's
  /// isn't the source's: `now` or the one before. Throws Error(rejected) when that isn't known.
  SchemaVariantPtr schema_to_follow(const plan::Unit& unit, const control::TenantRecord& record,
                                    const SchemaVariantPtr& now);

 private:
  /// What lies in the queue between a statement and the moment of the catalog.
  struct Waiting {
    std::vector<capture::SchemaStatement> statements;
    std::set<std::string> tables_between;  // whose rows changed before the last of them
    bool torn = false;                     // one came while the catalog was read
  };
  void begin(const FollowedTenant& tenant, const ProgressSchema& held);
  const SeenSchema& look(FollowedTenant& tenant, const Statement& statement);
  SeenSchema read_schema(const plan::Unit& unit, const Statement& statement);
  SeenSchema read_shared(const Statement& statement);
  void forget(const SeenSchema& torn);
  void wait_for_reader(const GtidList& position) const;
  static Waiting waiting(const FollowedTenant& tenant, const SeenSchema& seen);
  std::vector<std::string> change(const FollowedTenant& tenant, const SeenSchema& seen,
                                  const Waiting& waiting) const;

  RunContext& run_;
  const capture::Delivery& delivery_;
  const std::function<AppliedSchemaPtr(const SchemaVariantPtr&)> applied_;
  std::mutex catalog_mutex_;  // one reads at a time: one connection, whatever the number of tenants
  std::optional<SeenSchema>
      shared_;  // row tenancy: the last, for all tenants that meet the statement
};

}  // namespace godwit::engine
