#include "change_record.hpp"

#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "godwit/core/error.hpp"

namespace godwit::capture {
namespace {

// padding would be written to disk with whatever was in memory
static_assert(std::has_unique_object_representations_v<HeadRecord>);
static_assert(std::has_unique_object_representations_v<ChangeRecord>);

std::uint32_t short_size(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(ErrorKind::internal, "a change of an impossible size for a queue");
  }
  return static_cast<std::uint32_t>(size);
}

std::byte* put(std::byte* to, const void* from, std::size_t size) {
  if (size != 0) std::memcpy(to, from, size);
  return to + size;
}

std::string_view text(const std::byte* from, std::size_t size) {
  return {reinterpret_cast<const char*>(from), size};
}

}  // namespace

ChangeRecord record_of(const RowsEvent& event) {
  ChangeRecord record;
  record.data_size = event.data.size();
  record.number = event.table_id;
  record.column_count = short_size(event.column_count);
  record.before_size = short_size(event.before.size());
  record.after_size = short_size(event.after.size());
  record.flags = event.flags;
  record.kind = ChangeKind::rows;
  record.rows_kind = event.kind;
  record.compressed = event.compressed ? 1 : 0;
  return record;
}

ChangeRecord record_of(const StatementChange& statement) {
  ChangeRecord record;
  record.data_size = statement.sql.size();
  record.number = statement.sql_mode;
  record.before_size = short_size(statement.database.size());
  record.kind = ChangeKind::statement;
  record.ansi_quotes = statement.ansi_quotes ? 1 : 0;
  return record;
}

ChangeRecord record_of_touched() {
  ChangeRecord record;
  record.kind = ChangeKind::touched;
  return record;
}

void write_record(std::byte* to, const ChangeRecord& record, const RowsEvent& event) {
  to = put(to, &record, sizeof record);
  to = put(to, event.before.data(), event.before.size());
  to = put(to, event.after.data(), event.after.size());
  put(to, event.data.data(), event.data.size());
}

void write_record(std::byte* to, const ChangeRecord& record, const StatementChange& statement) {
  to = put(to, &record, sizeof record);
  to = put(to, statement.database.data(), statement.database.size());
  put(to, statement.sql.data(), statement.sql.size());
}

void write_record(std::byte* to, const ChangeRecord& record) { put(to, &record, sizeof record); }

ChangeRecord read_record(const std::byte* from) {
  ChangeRecord record;
  std::memcpy(&record, from, sizeof record);
  return record;
}

void view_record(const std::byte* from, const ChangeRecord& record, Change& change) {
  const std::byte* before = from + sizeof record;
  const std::byte* after = before + record.before_size;
  const std::byte* data = after + record.after_size;
  const auto data_size = static_cast<std::size_t>(record.data_size);
  change.kind = record.kind;
  change.rows = {};
  change.statement = {};
  if (record.kind == ChangeKind::rows) {
    change.rows.kind = record.rows_kind;
    change.rows.table_id = record.number;
    change.rows.flags = record.flags;
    change.rows.column_count = record.column_count;
    change.rows.before = std::span(before, record.before_size);
    change.rows.after = std::span(after, record.after_size);
    change.rows.data = std::span(data, data_size);
    change.rows.compressed = record.compressed != 0;
  } else if (record.kind == ChangeKind::statement) {
    change.statement.database = text(before, record.before_size);
    change.statement.sql = text(data, data_size);
    change.statement.sql_mode = record.number;
    change.statement.ansi_quotes = record.ansi_quotes != 0;
  }
}

HeadRecord record_of(const TransactionHead& head, std::uint64_t bytes) {
  HeadRecord record;
  record.bytes = bytes;
  record.sequence = head.gtid.sequence;
  record.sample = head.sample;
  record.domain = head.gtid.domain;
  record.server = head.gtid.server;
  record.timestamp = head.timestamp;
  record.offset = head.offset;
  record.file_size = short_size(head.file.size());
  return record;
}

void write_head(std::byte* to, const HeadRecord& record, std::string_view file) {
  to = put(to, &record, sizeof record);
  put(to, file.data(), file.size());
}

HeadRecord read_head(const std::byte* from) {
  HeadRecord record;
  std::memcpy(&record, from, sizeof record);
  return record;
}

TransactionHead head_of(const HeadRecord& record) {
  TransactionHead head;
  head.gtid = {record.domain, record.server, record.sequence};
  head.timestamp = record.timestamp;
  head.sample = record.sample;
  head.offset = record.offset;
  return head;
}

}  // namespace godwit::capture
