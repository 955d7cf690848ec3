#include "godwit/capture/database_router.hpp"

#include <algorithm>
#include <array>

#include "godwit/capture/statement_text.hpp"
#include "godwit/core/text.hpp"

namespace godwit::capture {
namespace {

/// Whether a statement's text is UTF-8, by the number of its client's collation.
/// Numbers: https://mariadb.com/kb/en/supported-character-sets-and-collations/
bool is_utf8(const QueryEvent& query) {
  const std::uint16_t collation =
      query.variables.charset.value_or(QueryVariables::Charset()).client;
  struct Range {
    std::uint16_t first;
    std::uint16_t last;
  };
  // plain and binary orders; Unicode's; those without padding; languages' of 10.10 and later
  constexpr std::array<Range, 9> kUtf8 = {{{33, 33},
                                           {45, 46},
                                           {83, 83},
                                           {192, 247},
                                           {576, 578},
                                           {608, 610},
                                           {1057, 1104},
                                           {1105, 1270},
                                           {2048, 2600}}};
  return std::any_of(kUtf8.begin(), kUtf8.end(), [&](const Range& range) {
    return collation >= range.first && collation <= range.last;
  });
}

}  // namespace

void DatabaseRouter::add(const std::string& database, SubscriptionPtr subscription) {
  if (subscriptions_.insert_or_assign(database, std::move(subscription)).second) {
    by_lower_case_.emplace(lowercase_ascii(database), database);
    if (!is_ascii(database)) not_ascii_.insert(database);
  }
  last_database_.clear();
  last_.reset();
}

void DatabaseRouter::remove(const std::string& database) {
  if (subscriptions_.erase(database) > 0) {
    const auto [first, last] = by_lower_case_.equal_range(lowercase_ascii(database));
    by_lower_case_.erase(
        std::find_if(first, last, [&](const auto& known) { return known.second == database; }));
    not_ascii_.erase(database);
  }
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
  std::set<std::string> named;
  for (const std::string& spelled : meaning.databases) {
    // the session's own name is the event's, in UTF-8 always
    const bool certain = spelled == query.database || is_ascii(spelled) || is_utf8(query);
    add_named(spelled, certain, named);
  }
  for (const std::string& database : named) {
    if (TenantQueue* queue = delivery_.open(subscriptions_.at(database))) queue->statement(change);
  }
}

/// Whom a name as somebody wrote it may mean: servers may ignore case, and beyond ASCII it has other
/// bytes in another charset (`certain`: it has not). Rather once too often.
void DatabaseRouter::add_named(const std::string& spelled, bool certain,
                               std::set<std::string>& named) const {
  if (!certain) {
    named.insert(not_ascii_.begin(), not_ascii_.end());
  } else if (subscriptions_.contains(spelled)) {
    named.insert(spelled);
  } else {
    const auto [first, last] = by_lower_case_.equal_range(lowercase_ascii(spelled));
    for (auto known = first; known != last; ++known)
      named.insert(known->second);
  }
}

void DatabaseRouter::end(GroupEnd how, const GroupPosition& position) {
  delivery_.end(how, position, sample_());
}

void DatabaseRouter::abandon() { delivery_.abandon(); }

}  // namespace godwit::capture
