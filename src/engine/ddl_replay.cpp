#include "ddl_replay.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "godwit/capture/statement_text.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "schema_archive.hpp"
#include "schema_change.hpp"
#include "shared_source.hpp"
#include "statement_replay.hpp"
#include "unit_describer.hpp"

namespace godwit::engine {
namespace {

using capture::StatementEffect;
using capture::TransactionHead;

/// What is looked through for further statements. Each is kept in memory as 24 bytes.
constexpr std::uint64_t kTransactionsMax = 200'000;
/// The reader mostly is a moment behind; a worker waits for it no longer than that.
constexpr int kWaits = 20;
constexpr std::chrono::milliseconds kWait{10};

constexpr const char* kHint = "`godwit recopy` the tenant and run again";

bool covers(const GtidList& list, const Gtid& gtid) {
  return std::any_of(list.entries().begin(), list.entries().end(), [&](const Gtid& entry) {
    return entry.domain == gtid.domain && entry.sequence >= gtid.sequence;
  });
}

GtidList binlog_position(mariadb::Connection& connection) {
  return GtidList::parse(connection.scalar("SELECT @@GLOBAL.gtid_binlog_pos").value_or(""));
}

/// Walks through the transactions behind the tenant's position.
class QueueWalk {
 public:
  QueueWalk(capture::TenantQueue& queue, const GtidList& position, std::string database)
      : reader_(queue),
        position_(position),
        database_(std::move(database)),
        left_(queue.stats().statements) {}

  /// Up to the last statement that `before` covers. Throws Error(rejected).
  void run(const GtidList& before, const GtidList& after) {
    for (std::uint64_t count = 0; left_ > 0 && !torn; ++count) {
      const TransactionHead* head = reader_.next_transaction();
      if (head == nullptr) return;
      if (count >= kTransactionsMax) {
        throw Error(ErrorKind::rejected, "more than " + human_count(kTransactionsMax) +
                                             " transactions lie between it and a later statement");
      }
      const bool applied = covers(position_, head->gtid);
      const bool in_catalog = covers(before, head->gtid);
      if (!in_catalog && !covers(after, head->gtid)) return;
      read_changes(applied, in_catalog);
    }
  }

  std::vector<capture::SchemaStatement> statements;
  std::set<std::string> tables_between;
  bool torn = false;

 private:
  void read_changes(bool applied, bool in_catalog) {
    std::size_t changes = 0;
    std::size_t schema_changes = 0;
    while (const capture::Change* change = reader_.next_change()) {
      ++changes;
      if (change->kind != capture::ChangeKind::statement) {
        if (!applied) tables_behind_.insert(change->table->name);
        continue;
      }
      --left_;
      if (!applied) schema_changes += take(change->statement, in_catalog) ? 1 : 0;
    }
    if (schema_changes > 0 && changes > 1) {
      throw Error(ErrorKind::rejected, "its transaction holds rows as well");
    }
  }

  /// True: it changes the schema.
  bool take(const capture::StatementChange& statement, bool in_catalog) {
    const capture::StatementMeaning meaning =
        capture::read_statement(statement.sql, statement.database, statement.ansi_quotes);
    if (meaning.effect != StatementEffect::schema) {
      // what isn't a TRUNCATE may be about any table: no table has an empty name
      tables_behind_.insert(meaning.table);
      return false;
    }
    torn = torn || !in_catalog;
    statements.push_back(capture::read_schema_statement(statement.sql, statement.database,
                                                        statement.ansi_quotes, database_));
    if (statements.size() == 1) tables_behind_.clear();
    tables_between.merge(tables_behind_);
    tables_behind_.clear();
    return true;
  }

  capture::TenantQueue::Reader reader_;
  const GtidList& position_;
  const std::string database_;
  std::uint64_t left_;  // statements
  std::set<std::string> tables_behind_;
};

bool has_any(const SchemaVariant& schema, const capture::SchemaStatement& statement) {
  const auto has = [&](const std::string& table) {
    const std::string lower = lowercase_ascii(table);
    return std::any_of(
        schema.model.tables.begin(), schema.model.tables.end(),
        [&](const mariadb::Table& known) { return lowercase_ascii(known.name) == lower; });
  };
  return std::any_of(statement.tables.begin(), statement.tables.end(), has) ||
         std::any_of(statement.renames.begin(), statement.renames.end(),
                     [&](const auto& names) { return has(names.first) || has(names.second); });
}

/// Those of the statements that are about the unit's tables: the database has others beside them.
/// Throws Error(rejected) for what the routing of rows can't follow.
std::vector<capture::SchemaStatement> of_shared_tables(
    const SchemaVariant& before, const SchemaVariant& after,
    const std::vector<capture::SchemaStatement>& statements) {
  std::vector<capture::SchemaStatement> concerned;
  for (const capture::SchemaStatement& statement : statements) {
    const bool unknown = statement.tables.empty() && statement.renames.empty();
    if (!unknown && !has_any(before, statement) && !has_any(after, statement)) continue;
    using enum capture::SchemaStatement::Kind;
    if (statement.kind == create_table || statement.kind == rename || !statement.renames.empty()) {
      throw Error(ErrorKind::rejected,
                  "shared tables were made or renamed: how their rows are split is decided when a "
                  "run begins");
    }
    if (statement.moves_columns) {
      throw Error(ErrorKind::rejected,
                  "a column of a shared table was put elsewhere than at the end");
    }
    concerned.push_back(statement);
  }
  return concerned;
}

}  // namespace

std::string DdlReplay::replay(FollowedTenant& tenant, const Statement& statement) {
  const ProgressSchema held = schema_of_progress(tenant.target->session, tenant.unit->tenant);
  if (held.reached.covers(GtidList::parse(statement.gtid))) return {};  // with one before it
  std::vector<std::string> sql;
  AppliedSchemaPtr next;
  GtidList reached;
  bool alone = true;
  try {
    const SeenSchema& seen = look(tenant, statement);
    const Waiting found = waiting(tenant, seen);
    if (found.torn) {
      forget(seen);
      tenant.seen.reset();
      throw Error(ErrorKind::source, "waits for a pause between changes of the schema", {}, true);
    }
    // only now: what was read in the midst of a change may be of no moment at all
    refuse_errors(seen.schema->target.findings);
    sql = change(tenant, seen, found);
    const bool same = seen.schema->target.fingerprint == tenant.schema->variant->target.fingerprint;
    if (!same || !sql.empty()) next = applied_(seen.schema);
    reached = seen.before;
    alone = found.statements.size() == 1;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::rejected || error.retryable()) throw;
    refuse_statement(std::string("the source's schema changed (") + error.what() + ")", statement,
                     error.hint().empty() ? kHint : error.hint());
  }
  tenant.seen.reset();
  if (!next && alone) return {};
  const std::string& fingerprint = (next ? *next : *tenant.schema).variant->target.fingerprint;
  sql.push_back(progress_schema_sql(tenant.target->session, tenant.unit->tenant, tenant.epoch,
                                    {fingerprint, reached}));
  if (!next) return join(sql, ";\n");  // together they change nothing
  begin(tenant, held);
  keep_schema(run_.plan.state, *next->variant);
  tenant.next_schema = std::move(next);
  failpoint::hit("follow.before_ddl");
  return join(sql, ";\n");
}

/// From here to the end of settle() only the target knows which schema it has.
void DdlReplay::begin(const FollowedTenant& tenant, const ProgressSchema& held) {
  const SchemaVariant& before = *tenant.schema->variant;
  postgres::Session& session = tenant.target->session;
  keep_schema(run_.plan.state, before);
  if (held.fingerprint.empty()) {
    session.execute(progress_schema_sql(session, tenant.unit->tenant, tenant.epoch,
                                        {before.target.fingerprint, {}}));
  }
  run_.store.record_schema(tenant.unit->tenant, "");
}

void DdlReplay::settle(FollowedTenant& tenant, postgres::Session& session) {
  const std::string& next = tenant.next_schema->variant->target.fingerprint;
  const std::string& name = tenant.unit->tenant;
  if (schema_of_progress(session, name).fingerprint == next) {
    run_.store.record_schema(name, next);
    tenant.schema = tenant.next_schema;
    log::event(log::Level::info, "tenant.schema_changed", {{"tenant", name}, {"schema", next}});
  } else {
    run_.store.record_schema(name, tenant.schema->variant->target.fingerprint);
  }
  tenant.next_schema.reset();
}

/// The catalog, once the reader has passed its moment; kept from one attempt to the next.
const SeenSchema& DdlReplay::look(FollowedTenant& tenant, const Statement& statement) {
  if (!tenant.seen || tenant.seen->gtid != statement.gtid) {
    tenant.seen = read_schema(*tenant.unit, statement);
  }
  wait_for_reader(tenant.seen->after);
  const capture::TenantQueue& queue = tenant.subscription->queue();
  if (queue.overrun()) {
    throw Error(ErrorKind::rejected,
                "more changes wait behind it than follow.spill holds: whether the schema changed "
                "again among them can't be seen");
  }
  return *tenant.seen;
}

SeenSchema DdlReplay::read_schema(const plan::Unit& unit, const Statement& statement) {
  const std::lock_guard lock(catalog_mutex_);
  if (unit.kind != plan::UnitKind::database) {
    if (!shared_ || shared_->gtid != statement.gtid) shared_ = read_shared(statement);
    SeenSchema seen = *shared_;
    if (unit.kind == plan::UnitKind::central) seen.schema = seen.central;
    if (!seen.schema) throw Error(ErrorKind::rejected, "there are no central tables any more");
    return seen;
  }
  mariadb::Connection source(run_.plan.source.endpoint);
  SeenSchema seen;
  seen.gtid = statement.gtid;
  seen.before = binlog_position(source);
  const std::vector<mariadb::Database> found =
      mariadb::read_databases(source, {&unit.source_database, 1});
  seen.after = binlog_position(source);
  if (found.empty()) throw Error(ErrorKind::rejected, "the database is gone");
  seen.schema = run_.schemas.get(found.front());
  return seen;
}

SeenSchema DdlReplay::read_shared(const Statement& statement) {
  mariadb::Connection source(run_.plan.source.endpoint);
  SeenSchema seen;
  seen.gtid = statement.gtid;
  seen.before = binlog_position(source);
  const SharedSource shared = read_shared_source(run_.plan, source, run_.schemas);
  seen.after = binlog_position(source);
  seen.schema = shared.tenants;
  seen.central = shared.central;
  return seen;
}

/// Nobody else is to find the same.
void DdlReplay::forget(const SeenSchema& torn) {
  const std::lock_guard lock(catalog_mutex_);
  if (shared_ && shared_->before.to_string() == torn.before.to_string()) shared_.reset();
}

void DdlReplay::wait_for_reader(const GtidList& position) const {
  for (int i = 0; i < kWaits; ++i) {
    if (delivery_.position().covers(position)) return;
    if (!Clock::system().sleep(kWait, run_.stop)) {
      throw Error(ErrorKind::cancelled, "stopped on request");
    }
  }
  throw Error(
      ErrorKind::source,
      "the source's schema changed: waits until the binlog is read up to " + position.to_string(),
      {}, /*retryable=*/true);
}

DdlReplay::Waiting DdlReplay::waiting(const FollowedTenant& tenant, const SeenSchema& seen) {
  QueueWalk walk(tenant.subscription->queue(), tenant.target->applier.position(),
                 tenant.unit->source_database);
  walk.run(seen.before, seen.after);
  const bool torn = walk.torn || walk.statements.empty();
  return {std::move(walk.statements), std::move(walk.tables_between), torn};
}

std::vector<std::string> DdlReplay::change(const FollowedTenant& tenant, const SeenSchema& seen,
                                           const Waiting& waiting) const {
  const SchemaVariant& before = *tenant.schema->variant;
  const bool shares_tables = tenant.unit->kind != plan::UnitKind::database;
  const SaidChanges said = said_changes(
      before, shares_tables ? of_shared_tables(before, *seen.schema, waiting.statements)
                            : waiting.statements);
  const SchemaChange change = compare_schemas(before, *seen.schema, said);
  for (const std::string& table : waiting.tables_between) {
    if (keeps_rows_between(table, before, *seen.schema, change)) continue;
    throw Error(ErrorKind::rejected,
                std::to_string(waiting.statements.size()) +
                    " changes of the schema wait, and between them rows of table " +
                    printable(table) + ", which they change");
  }
  return change.sql;
}

SchemaVariantPtr DdlReplay::schema_to_follow(const plan::Unit& unit,
                                             const control::TenantRecord& record,
                                             const SchemaVariantPtr& now) {
  postgres::Session session = open_tenant(run_, unit);
  std::string fingerprint = schema_of_progress(session, unit.tenant).fingerprint;
  if (fingerprint.empty()) fingerprint = record.schema_fingerprint;
  SchemaVariantPtr schema = now;
  if (fingerprint != now->target.fingerprint) {
    const std::optional<mariadb::Database> kept = find_schema(run_.plan.state, fingerprint);
    schema = kept ? run_.schemas.get(*kept) : nullptr;
  }
  if (!schema || schema->target.fingerprint != fingerprint) {
    throw Error(ErrorKind::rejected,
                "the schema on the source is not the one that was copied any more, and how that "
                "one was isn't known here: the plan's schema options or the type map changed, or "
                "the state folder's schemas are gone",
                "copy the tenant afresh");
  }
  if (record.schema_fingerprint != fingerprint) run_.store.record_schema(unit.tenant, fingerprint);
  return schema;
}

}  // namespace godwit::engine
