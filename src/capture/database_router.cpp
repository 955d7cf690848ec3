#include "godwit/capture/database_router.hpp"

#include <algorithm>

#include "godwit/capture/statement_text.hpp"
#include "godwit/core/text.hpp"

namespace godwit::capture {
namespace {

/// Whether a statement's text is UTF-8, by the number of its client's collation.
/// Numbers: https://mariadb.com/kb/en/supported-character-sets-and-collations/
bool is_utf8(const QueryEvent& query) {
  const std::uint16_t collation =
      query.variables.charset.value_or(QueryVariables::Charset()).client;
  constexpr std::uint16_t kMb3 = 33;
  constexpr std::uint16_t kMb3Bin = 83;
  constexpr std::uint16_t kMb4 = 45;
  constexpr std::uint16_t kMb4Bin = 46;
  constexpr std::uint16_t kUnicodeFirst = 192;  // Unicode orders of utf8mb3, then of utf8mb4
  constexpr std::uint16_t kUnicodeLast = 247;
  return collation == kMb3 || collation == kMb3Bin || collation == kMb4 || collation == kMb4Bin ||
         (collation >= kUnicodeFirst && collation <= kUnicodeLast);
}

/// Whether a name as somebody wrote it may mean this database: servers may ignore case, and beyond
/// ASCII it has other bytes in another charset. Rather once too often.
bool may_name(const std::string& spelled, const std::string& database, bool utf8) {
  if (spelled == database) return true;
  if (!utf8 && !is_ascii(spelled)) return !is_ascii(database);
  return lowercase_ascii(spelled) == lowercase_ascii(database);
}

}  // namespace

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
  const bool utf8 = is_utf8(query);
  // spelled as somebody wrote them, in his charset; statements are few
  for (const auto& [database, subscription] : subscriptions_) {
    const bool named = std::any_of(meaning.databases.begin(), meaning.databases.end(),
                                   [&name = database, utf8](const std::string& spelled) {
                                     return may_name(spelled, name, utf8);
                                   });
    if (!named) continue;
    if (TenantQueue* queue = delivery_.open(subscription)) queue->statement(change);
  }
}

void DatabaseRouter::end(GroupEnd how, const GroupPosition& position) {
  delivery_.end(how, position, sample_());
}

void DatabaseRouter::abandon() { delivery_.abandon(); }

}  // namespace godwit::capture
