// The stream's events put together to groups: what one GTID stands for, from its GTID event to the
// event that ends it. Checks their order; whose rows they are is the sink's to say.
// Format: https://mariadb.com/kb/en/gtid_event/ and the pages beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "godwit/capture/event_decoder.hpp"
#include "godwit/capture/events.hpp"
#include "godwit/capture/table_cache.hpp"

namespace godwit::capture {

/// A table that a statement opened for writing. Without rows it is one that a foreign key's cascade
/// may have changed: what the cascade did is not in the binlog.
struct StatementTable {
  std::shared_ptr<const MappedTable> table;
  bool has_rows = false;
  bool no_foreign_key_checks = false;  // of its rows
};

/// What the server itself writes as a statement's text within groups.
enum class StatementKind {
  savepoint,
  rollback_to,  // rows since the savepoint that are in the group didn't happen
  xa_start,
  xa_end,
  xa_commit,  // of the group that was prepared under GtidEvent::xid
  xa_rollback,
  other,  // DDL, or changes in statement format
};

enum class GroupEnd {
  committed,    // also each group of one statement, and of tables that can't roll back
  rolled_back,  // its rows didn't happen; those of tables that can't roll back have their own group
  prepared,     // XA: another group commits it or rolls it back
};

struct GroupPosition {
  std::string_view file;        // empty before the first ROTATE
  std::uint32_t offset = 0;     // behind the event, modulo 2^32; for messages
  std::uint32_t timestamp = 0;  // of the event, the source's clock
};

/// Takes a group as it comes: a transaction may be larger than memory. All it is given is valid
/// during the call only, but for the tables' shared pointers.
class GroupSink {
 public:
  virtual ~GroupSink() = default;

  virtual void begin(const GtidEvent& gtid, const GroupPosition& position) = 0;
  virtual void rows(const std::shared_ptr<const MappedTable>& table, const RowsEvent& event) = 0;
  /// Rows of the statement are complete.
  virtual void statement_end(std::span<const StatementTable> tables) = 0;
  virtual void statement(StatementKind kind, const QueryEvent& query) = 0;
  virtual void end(GroupEnd how, const GroupPosition& position) = 0;
  /// The group has no end, for the server or the connection broke: nothing of it happened, or all
  /// of it comes again.
  virtual void abandon() = 0;
};

class GroupReader {
 public:
  static constexpr std::size_t kCacheBytes = 16U << 20U;
  /// Tables of one statement; a statement that names as many is no statement.
  static constexpr std::size_t kStatementTablesMax = 100'000;

  explicit GroupReader(GroupSink& sink, std::size_t cache_bytes = kCacheBytes)
      : sink_(sink), tables_(cache_bytes) {}

  /// Decodes the next packet of the stream and gives it to the sink. Throws Error(source) for what
  /// is malformed or out of order, Error(position_lost) when the source says that it lost events;
  /// what the sink throws passes. After an exception: reset(), which abandons a group whose begin()
  /// returned and whose end() didn't.
  void take(std::span<const std::byte> packet);

  /// Before the first packet of another connection. A group under way is abandoned.
  void reset();

  [[nodiscard]] bool in_group() const { return state_ != State::outside; }
  [[nodiscard]] const EventDecoder& decoder() const { return decoder_; }

 private:
  enum class State { outside, standalone, transaction };

  void dispatch(const Event& event);
  void begin(const Event& event, const GtidEvent& gtid);
  void map(const TableMapEvent& event);
  void take_rows(const RowsEvent& event);
  void take_query(const Event& event, const QueryEvent& query);
  void take_statement(const QueryEvent& query);
  void end_statement();
  void end(GroupEnd how, const Event& event);
  void abandon();
  void expect_transaction(const char* what) const;
  [[nodiscard]] GroupPosition position(const Event& event) const;

  GroupSink& sink_;
  EventDecoder decoder_;
  TableCache tables_;
  State state_ = State::outside;
  bool prepares_ = false;                     // the group is to end with XA PREPARE
  std::vector<StatementTable> statement_;     // maps since the last statement's end
  std::vector<std::uint64_t> statement_ids_;  // their table ids
};

}  // namespace godwit::capture
