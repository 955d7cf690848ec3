// What a source transaction changed in one tenant, as it waits for its turn: row images are kept as
// the binlog has them and are decoded when they are applied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "godwit/capture/events.hpp"
#include "godwit/capture/table_cache.hpp"
#include "godwit/core/gtid.hpp"

namespace godwit::capture {

struct TransactionHead {
  Gtid gtid;                    // of the commit; of an XA transaction that of XA COMMIT
  std::uint32_t timestamp = 0;  // seconds since 1970 on the source's clock
  std::uint64_t sample = 0;     // the last of the follower's position samples that it is behind
  std::string_view file;        // where it ends, for messages; empty: unknown
  std::uint32_t offset = 0;     // modulo 2^32
};

/// A statement as text that concerns the tenant.
struct StatementChange {
  std::string_view database;  // the session's
  std::string_view sql;       // in the client's charset
  std::uint64_t sql_mode = 0;
  bool ansi_quotes = false;  // of sql_mode
};
StatementChange statement_change(const QueryEvent& query);

enum class ChangeKind : std::uint8_t {
  rows,       // `table` and `rows`
  touched,    // `table`: opened for writing, without rows: a cascade may have changed it
  statement,  // `statement`
};

/// Views memory of the queue: valid until the reader moves.
struct Change {
  ChangeKind kind = ChangeKind::rows;
  std::shared_ptr<const MappedTable> table;
  RowsEvent rows;  // its data may be a part of the event's rows, those of this tenant
  StatementChange statement;
};

}  // namespace godwit::capture
