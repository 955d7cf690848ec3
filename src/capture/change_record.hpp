// How changes lie in a queue's chunks: a fixed part, then the bytes that it tells the sizes of. In
// this process's byte order and for this process alone; what comes back from disk was checked.
#pragma once

#include <cstddef>
#include <cstdint>

#include "godwit/capture/change.hpp"

namespace godwit::capture {

/// In front of each transaction's changes, with the file's name behind it.
struct HeadRecord {
  std::uint64_t bytes = 0;  // of the changes that follow
  std::uint64_t sequence = 0;
  std::uint64_t sample = 0;
  std::uint32_t domain = 0;
  std::uint32_t server = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t offset = 0;
  std::uint32_t file_size = 0;
  std::uint32_t statements = 0;  // among the changes

  [[nodiscard]] std::size_t size() const { return sizeof *this + file_size; }
};

struct ChangeRecord {
  std::uint64_t data_size = 0;     // of the rows, or of the statement
  std::uint64_t number = 0;        // rows: table_id; statement: sql_mode
  std::uint32_t table = 0;         // its place in the chunk's list
  std::uint32_t column_count = 0;  // rows
  std::uint32_t before_size = 0;   // rows; statement: of the database's name
  std::uint32_t after_size = 0;    // rows
  std::uint16_t flags = 0;         // rows
  ChangeKind kind = ChangeKind::rows;
  RowsKind rows_kind = RowsKind::write;
  std::uint8_t compressed = 0;   // rows
  std::uint8_t ansi_quotes = 0;  // statement
  std::uint16_t unused = 0;

  [[nodiscard]] std::size_t size() const {
    return sizeof *this + before_size + after_size + static_cast<std::size_t>(data_size);
  }
};

/// `table` isn't known yet. Throws Error(internal) for sizes that no event has.
ChangeRecord record_of(const RowsEvent& event);
ChangeRecord record_of(const StatementChange& statement);
ChangeRecord record_of_touched();

/// Writes record.size() bytes. With the event or statement that the record was made of.
void write_record(std::byte* to, const ChangeRecord& record, const RowsEvent& event);
void write_record(std::byte* to, const ChangeRecord& record, const StatementChange& statement);
void write_record(std::byte* to, const ChangeRecord& record);
ChangeRecord read_record(const std::byte* from);
/// All but the table. The change views the memory behind `from`.
void view_record(const std::byte* from, const ChangeRecord& record, Change& change);

HeadRecord record_of(const TransactionHead& head, std::uint64_t bytes);
void write_head(std::byte* to, const HeadRecord& record, std::string_view file);
HeadRecord read_head(const std::byte* from);
/// All but the file, which follows the record.
TransactionHead head_of(const HeadRecord& record);

}  // namespace godwit::capture
