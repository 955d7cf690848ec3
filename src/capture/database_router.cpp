#include "godwit/capture/database_router.hpp"

#include <algorithm>

#include "godwit/capture/statement_text.hpp"

namespace godwit::capture {
void DatabaseRouter::add(const std::string& database, SubscriptionPtr subscription) {
  subscriptions_.insert_or_assign(database, std::move(subscription));
  last_database_.clear();
  last_.reset();
}

void DatabaseRouter::remove(const std::string& database) {
  subscriptions_.erase(database);
  last_database_.clear();
  last_.reset();
}

TenantQueue* DatabaseRouter::queue_of(const std::string& database) {
  if (database != last_database_) {
    const auto found = subscriptions_.find(database);
    last_ = found == subscriptions_.end() ? nullptr : found->second;
    last_database_ = database;
  }
  return last_ ? delivery_.open(last_) : nullptr;
}

void DatabaseRouter::begin(const GtidEvent& gtid, const GroupPosition& position) {
  delivery_.begin(gtid, position);
}

void DatabaseRouter::rows(const std::shared_ptr<const MappedTable>& table, const RowsEvent& event) {
  if (TenantQueue* queue = queue_of(table->database)) queue->rows(table, event);
}

void DatabaseRouter::statement_end(std::span<const StatementTable> tables) {
  for (const StatementTable& table : tables) {
    if (table.has_rows) continue;
    if (TenantQueue* queue = queue_of(table.table->database)) queue->touched(table.table);
  }
}

void DatabaseRouter::statement(StatementKind kind, const QueryEvent& query) {
  switch (kind) {
    case StatementKind::savepoint: delivery_.savepoint(statement_change(query)); return;
    case StatementKind::xa_start:
    case StatementKind::xa_end: return;
    case StatementKind::xa_commit: delivery_.complete_xa(true); return;
    case StatementKind::xa_rollback: delivery_.complete_xa(false); return;
    case StatementKind::rollback_to: delivery_.rollback_to(statement_change(query)); return;
    case StatementKind::other: take_statement(query); return;
  }
}

void DatabaseRouter::take_statement(const QueryEvent& query) {
  const StatementChange change = statement_change(query);
  const StatementMeaning meaning = read_statement(query.sql, query.database, change.ansi_quotes);
  if (meaning.effect == StatementEffect::none) return;
  for (const std::string& database : meaning.databases) {
    if (TenantQueue* queue = queue_of(database)) queue->statement(change);
  }
}

void DatabaseRouter::end(GroupEnd how, const GroupPosition& position) {
  delivery_.end(how, position, sample_());
}

void DatabaseRouter::abandon() { delivery_.abandon(); }

}  // namespace godwit::capture
