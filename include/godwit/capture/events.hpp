// What the binlog says, event by event: small structs that view the packet they were decoded from.
// Format: https://mariadb.com/kb/en/2-binlog-event-header/ and the pages beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "godwit/core/gtid.hpp"

namespace godwit::capture {

/// The wire's codes of the events that MariaDB 10.6 to 11 writes or sends.
enum class EventType : std::uint8_t {
  query = 2,
  stop = 3,
  rotate = 4,
  intvar = 5,
  load = 6,
  create_file = 8,
  append_block = 9,
  execute_load = 10,
  delete_file = 11,
  new_load = 12,
  rand = 13,
  user_var = 14,
  format_description = 15,
  xid = 16,
  begin_load_query = 17,
  execute_load_query = 18,
  table_map = 19,
  write_rows_v1 = 23,
  update_rows_v1 = 24,
  delete_rows_v1 = 25,
  incident = 26,
  heartbeat = 27,
  write_rows_v2 = 30,
  update_rows_v2 = 31,
  delete_rows_v2 = 32,
  xa_prepare = 38,
  annotate_rows = 160,
  binlog_checkpoint = 161,
  gtid = 162,
  gtid_list = 163,
  start_encryption = 164,
  query_compressed = 165,
  write_rows_compressed_v1 = 166,
  update_rows_compressed_v1 = 167,
  delete_rows_compressed_v1 = 168,
  write_rows_compressed_v2 = 169,
  update_rows_compressed_v2 = 170,
  delete_rows_compressed_v2 = 171,
};

/// The event's name in the server's documentation, "event 40" for another code.
std::string name(EventType type);

inline constexpr std::size_t kEventHeaderBytes = 19;

struct EventHeader {
  static constexpr std::uint16_t kInUse = 0x0001;           // the file is still being written
  static constexpr std::uint16_t kThreadSpecific = 0x0004;  // e.g. of a temporary table
  static constexpr std::uint16_t kArtificial = 0x0020;      // made for this connection, in no file
  static constexpr std::uint16_t kIgnorable = 0x0080;
  static constexpr std::uint16_t kSkipReplication = 0x8000;

  std::uint32_t timestamp = 0;  // seconds since 1970 on the source's clock
  EventType type{};
  std::uint32_t server_id = 0;
  std::uint32_t size = 0;           // bytes, with header and checksum
  std::uint32_t next_position = 0;  // modulo 2^32, and 0 in artificial events: never a position
  std::uint16_t flags = 0;

  [[nodiscard]] bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
};

enum class Checksum : std::uint8_t { none = 0, crc32 = 1 };

struct FormatDescriptionEvent {
  std::string_view server_version;
  std::uint32_t created = 0;
  Checksum checksum = Checksum::none;
  /// The length of the fixed part of each event type, that of type 1 first.
  std::span<const std::byte> header_lengths;
};

struct RotateEvent {
  std::uint64_t position = 0;
  std::string_view file;
};

struct StopEvent {};

/// The name of a distributed transaction, in XA PREPARE and the GTIDs around it.
struct Xid {
  std::uint32_t format = 0;
  std::string_view gtrid;  // any bytes, at most 64
  std::string_view bqual;  // any bytes, at most 64
};

struct GtidEvent {
  static constexpr std::uint8_t kStandalone = 0x01;  // no transaction: one statement follows
  static constexpr std::uint8_t kGroupCommit = 0x02;
  static constexpr std::uint8_t kTransactional = 0x04;  // only tables that can roll back
  static constexpr std::uint8_t kAllowParallel = 0x08;
  static constexpr std::uint8_t kWaited = 0x10;
  static constexpr std::uint8_t kDdl = 0x20;
  static constexpr std::uint8_t kPreparedXa = 0x40;   // ends in XA PREPARE
  static constexpr std::uint8_t kCompletedXa = 0x80;  // XA COMMIT or XA ROLLBACK
  static constexpr std::uint8_t kExtraEngines = 0x01;
  static constexpr std::uint8_t kStartAlter = 0x02;  // ALTER TABLE in two groups
  static constexpr std::uint8_t kCommitAlter = 0x04;
  static constexpr std::uint8_t kRollbackAlter = 0x08;

  Gtid gtid;
  std::uint8_t flags = 0;
  std::uint8_t extra_flags = 0;
  std::uint64_t commit_id = 0;       // of the group commit; 0: none
  std::optional<Xid> xid;            // with kPreparedXa or kCompletedXa
  std::uint64_t start_sequence = 0;  // with kCommitAlter or kRollbackAlter: that of kStartAlter

  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  [[nodiscard]] bool has_extra(std::uint8_t flag) const { return (extra_flags & flag) != 0; }
};

/// The last GTID of each domain and server before the file; a domain may stand several times, the
/// last one is its latest.
struct GtidListEvent {
  std::vector<Gtid> gtids;
};

/// The server decrypts what it sends: events behind this one are plain.
struct StartEncryptionEvent {
  std::uint8_t scheme = 0;
  std::uint32_t key_version = 0;
};

/// The oldest file that crash recovery needs; not where the stream is.
struct BinlogCheckpointEvent {
  std::string_view file;
};

struct HeartbeatEvent {
  std::uint64_t position = 0;
  std::string_view file;
};

/// The session's settings that the statement depends on. A setting that isn't there has the value
/// of no event before.
struct QueryVariables {
  struct Charset {
    std::uint16_t client = 0;  // collation numbers
    std::uint16_t connection = 0;
    std::uint16_t server = 0;
  };
  static constexpr std::uint32_t kNoForeignKeyChecks = 1U << 26U;
  static constexpr std::uint32_t kRelaxedUniqueChecks = 1U << 27U;

  std::optional<std::uint32_t> flags2;
  std::optional<std::uint64_t> sql_mode;
  std::optional<Charset> charset;
  std::optional<std::uint16_t> database_charset;
  std::string_view time_zone;  // empty: the statement doesn't depend on it
  bool complete = true;        // false: a variable of unknown length, those behind it weren't read

  [[nodiscard]] bool foreign_key_checks() const {
    return (flags2.value_or(0) & kNoForeignKeyChecks) == 0;
  }
};

struct QueryEvent {
  std::uint32_t thread_id = 0;
  std::uint16_t error_code = 0;  // the statement failed in part with it
  std::string_view database;     // the session's; often not that of the tables
  std::string_view sql;          // in the client's charset
  QueryVariables variables;
};

struct XidEvent {
  std::uint64_t transaction = 0;
};

struct XaPrepareEvent {
  bool one_phase = false;  // XA COMMIT … ONE PHASE: committed, nothing follows
  Xid xid;
};

struct TableMapEvent {
  static constexpr std::uint16_t kHasTriggers = 0x4000;

  std::uint64_t table_id = 0;
  std::uint16_t flags = 0;
  std::string_view database;
  std::string_view table;
  std::span<const std::byte> types;  // one a column
  std::span<const std::byte> metadata;
  std::span<const std::byte> null_bits;  // the lowest bit of the first byte: the first column
  std::span<const std::byte> optional_metadata;
  /// All from the database's name on: of equal bytes the column map is equal.
  std::span<const std::byte> definition;

  [[nodiscard]] std::size_t column_count() const { return types.size(); }
};

enum class RowsKind : std::uint8_t { write, update, remove };

struct RowsEvent {
  static constexpr std::uint16_t kStatementEnd = 0x0001;
  static constexpr std::uint16_t kNoForeignKeyChecks = 0x0002;
  static constexpr std::uint16_t kRelaxedUniqueChecks = 0x0004;
  static constexpr std::uint16_t kCompleteRows = 0x0008;
  static constexpr std::uint16_t kNoCheckConstraints = 0x0080;

  RowsKind kind{};
  std::uint64_t table_id = 0;
  std::uint16_t flags = 0;
  std::size_t column_count = 0;
  /// The columns in the images, the lowest bit of the first byte is the first column; `before` is
  /// empty for write, `after` for remove.
  std::span<const std::byte> before;
  std::span<const std::byte> after;
  std::span<const std::byte> data;  // the images, one after the other, or
  bool compressed = false;          // these deflated: RowReader inflates, and only what is read

  [[nodiscard]] bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
};

struct AnnotateRowsEvent {
  std::string_view sql;
};

/// Values for the statement that follows: the transaction has a part in statement format.
struct IntvarEvent {
  std::uint8_t kind = 0;  // 1: LAST_INSERT_ID, 2: INSERT_ID
  std::uint64_t value = 0;
};

struct RandEvent {
  std::uint64_t seed1 = 0;
  std::uint64_t seed2 = 0;
};

struct UserVarEvent {
  std::string_view name;
  bool is_null = true;
  std::string_view value;  // packed, by its type
};

/// LOAD DATA in statement format; `header.type` says which of its events. Only the last one,
/// EXECUTE_LOAD_QUERY, has database and text.
struct LoadEvent {
  std::string_view database;
  std::string_view sql;
};

/// The source may have lost events: what follows isn't the whole history.
struct IncidentEvent {
  std::uint16_t number = 0;
  std::string_view message;
};

/// A type not listed above that its writer says may be ignored.
struct UnknownEvent {};

using EventBody =
    std::variant<FormatDescriptionEvent, RotateEvent, StopEvent, GtidEvent, GtidListEvent,
                 StartEncryptionEvent, BinlogCheckpointEvent, HeartbeatEvent, QueryEvent, XidEvent,
                 XaPrepareEvent, TableMapEvent, RowsEvent, AnnotateRowsEvent, IntvarEvent,
                 RandEvent, UserVarEvent, LoadEvent, IncidentEvent, UnknownEvent>;

struct Event {
  EventHeader header;
  EventBody body;
};

}  // namespace godwit::capture
