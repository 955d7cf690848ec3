#include "godwit/capture/group_reader.hpp"

#include <algorithm>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::capture {
namespace {

/// A rows event of no table, which only ends its statement. (With six bytes of id the shorter one
/// may be a table's, too.)
constexpr std::uint64_t kNoTable = 0xFFFF'FFFF'FFFF;
constexpr std::uint64_t kNoTableShort = 0xFFFF'FFFF;

[[noreturn]] void out_of_order(const std::string& what) {
  throw Error(ErrorKind::source, what,
              "the events of the binlog are not in an order that MariaDB writes");
}

StatementKind kind_of(std::string_view sql) {
  const auto begins = [sql](std::string_view words) { return sql.starts_with(words); };
  if (begins("SAVEPOINT ")) return StatementKind::savepoint;
  if (begins("ROLLBACK TO ")) return StatementKind::rollback_to;
  if (begins("XA START ")) return StatementKind::xa_start;
  if (begins("XA END ")) return StatementKind::xa_end;
  if (begins("XA COMMIT ")) return StatementKind::xa_commit;
  if (begins("XA ROLLBACK ")) return StatementKind::xa_rollback;
  return StatementKind::other;
}

}  // namespace

void GroupReader::take(std::span<const std::byte> packet) {
  const Event event = decoder_.decode(packet);
  try {
    dispatch(event);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::source && error.kind() != ErrorKind::position_lost) throw;
    throw error.within(decoder_.where(event.header));
  }
}

void GroupReader::reset() {
  abandon();
  decoder_.reset();
}

void GroupReader::dispatch(const Event& event) {
  if (const auto* rows = std::get_if<RowsEvent>(&event.body)) return take_rows(*rows);
  if (const auto* map = std::get_if<TableMapEvent>(&event.body)) return this->map(*map);
  if (const auto* gtid = std::get_if<GtidEvent>(&event.body)) return begin(event, *gtid);
  if (std::holds_alternative<XidEvent>(event.body)) {
    expect_transaction("XID");
    return end(GroupEnd::committed, event);
  }
  if (const auto* query = std::get_if<QueryEvent>(&event.body)) return take_query(event, *query);
  if (const auto* prepare = std::get_if<XaPrepareEvent>(&event.body)) {
    expect_transaction("XA_PREPARE");
    return end(prepare->one_phase ? GroupEnd::committed : GroupEnd::prepared, event);
  }
  if (const auto* load = std::get_if<LoadEvent>(&event.body)) {
    if (event.header.type != EventType::execute_load_query) return;
    QueryEvent query;
    query.database = load->database;
    query.sql = load->sql;
    return take_query(event, query);
  }
  if (const auto* incident = std::get_if<IncidentEvent>(&event.body)) {
    throw Error(ErrorKind::position_lost,
                "the source says that its binlog lacks events: " + printable(incident->message),
                "tenants that follow it must be copied again, from behind this position");
  }
  // a file begins: what the one before left open, a crash cut off
  if (std::holds_alternative<FormatDescriptionEvent>(event.body)) abandon();
}

void GroupReader::begin(const Event& event, const GtidEvent& gtid) {
  if (in_group()) out_of_order("a group begins within another one");
  sink_.begin(gtid, position(event));
  state_ = gtid.has(GtidEvent::kStandalone) ? State::standalone : State::transaction;
  prepares_ = gtid.has(GtidEvent::kPreparedXa);
}

void GroupReader::map(const TableMapEvent& event) {
  expect_transaction("TABLE_MAP");
  if (statement_.size() >= kStatementTablesMax) out_of_order("a statement that doesn't end");
  statement_.push_back({tables_.get(event), false, false});
  statement_ids_.push_back(event.table_id);
}

void GroupReader::take_rows(const RowsEvent& event) {
  expect_transaction("a rows event");
  const auto id = std::find(statement_ids_.begin(), statement_ids_.end(), event.table_id);
  const bool named = id != statement_ids_.end();
  if (named || (event.table_id != kNoTable && event.table_id != kNoTableShort)) {
    if (!named) {
      out_of_order("rows of table id " + std::to_string(event.table_id) +
                   ", which no TABLE_MAP of the statement names");
    }
    StatementTable& table = statement_[static_cast<std::size_t>(id - statement_ids_.begin())];
    table.has_rows = true;
    table.no_foreign_key_checks |= event.has(RowsEvent::kNoForeignKeyChecks);
    sink_.rows(table.table, event);
  }
  if (event.has(RowsEvent::kStatementEnd)) end_statement();
}

void GroupReader::take_query(const Event& event, const QueryEvent& query) {
  if (!in_group()) out_of_order("a statement outside of a group");
  if (state_ == State::standalone) {
    take_statement(query);
    return end(GroupEnd::committed, event);
  }
  if (query.sql == "BEGIN") return;
  if (query.sql == "COMMIT") return end(GroupEnd::committed, event);
  if (query.sql == "ROLLBACK") return end(GroupEnd::rolled_back, event);
  take_statement(query);
}

void GroupReader::take_statement(const QueryEvent& query) {
  end_statement();
  sink_.statement(kind_of(query.sql), query);
}

void GroupReader::end_statement() {
  if (statement_.empty()) return;
  sink_.statement_end(statement_);
  statement_.clear();
  statement_ids_.clear();
}

void GroupReader::end(GroupEnd how, const Event& event) {
  end_statement();
  if (prepares_ != (how == GroupEnd::prepared)) {
    out_of_order(prepares_ ? "a group to be prepared ends otherwise"
                           : "a group ends with XA PREPARE and names no transaction");
  }
  sink_.end(how, position(event));
  state_ = State::outside;
}

void GroupReader::abandon() {
  statement_.clear();
  statement_ids_.clear();
  if (std::exchange(state_, State::outside) != State::outside) sink_.abandon();
}

void GroupReader::expect_transaction(const char* what) const {
  if (state_ == State::transaction) return;
  out_of_order(std::string(what) +
               (state_ == State::outside ? " outside of a group" : " in a group of one statement"));
}

GroupPosition GroupReader::position(const Event& event) const {
  return {decoder_.file(), event.header.next_position, event.header.timestamp};
}

}  // namespace godwit::capture
