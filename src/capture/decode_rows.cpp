#include "byte_reader.hpp"
#include "decode_bodies.hpp"

namespace godwit::capture {
namespace {

/// The server's limit (4096), and what keeps a column's index within 16 bits.
constexpr std::uint64_t kColumnsMax = 4096;

constexpr std::size_t kShortIds = 6;   // fixed length with table ids of 4 bytes
constexpr std::size_t kLongIds = 8;    // … of 6 bytes
constexpr std::size_t kVersion2 = 10;  // … and the length of extra data

[[noreturn]] void unknown_length(std::size_t fixed_length) {
  malformed("a fixed part of " + std::to_string(fixed_length) + " bytes");
}

std::size_t read_column_count(ByteReader& reader) {
  const std::uint64_t count = reader.packed("the number of columns");
  if (count < 1 || count > kColumnsMax) malformed(std::to_string(count) + " columns");
  return static_cast<std::size_t>(count);
}

std::string_view read_name(ByteReader& reader, const char* what) {
  const std::string_view name = reader.text(reader.u8(what), what);
  if (reader.u8(what) != 0) malformed(std::string("no end where it should be of ") + what);
  return name;
}

struct Shape {
  RowsKind kind;
  bool version2;
  bool compressed;
};

Shape shape_of(EventType type) {
  switch (type) {
    case EventType::write_rows_v1: return {RowsKind::write, false, false};
    case EventType::update_rows_v1: return {RowsKind::update, false, false};
    case EventType::delete_rows_v1: return {RowsKind::remove, false, false};
    case EventType::write_rows_v2: return {RowsKind::write, true, false};
    case EventType::update_rows_v2: return {RowsKind::update, true, false};
    case EventType::delete_rows_v2: return {RowsKind::remove, true, false};
    case EventType::write_rows_compressed_v1: return {RowsKind::write, false, true};
    case EventType::update_rows_compressed_v1: return {RowsKind::update, false, true};
    case EventType::delete_rows_compressed_v1: return {RowsKind::remove, false, true};
    case EventType::write_rows_compressed_v2: return {RowsKind::write, true, true};
    case EventType::update_rows_compressed_v2: return {RowsKind::update, true, true};
    case EventType::delete_rows_compressed_v2: return {RowsKind::remove, true, true};
    default: throw Error(ErrorKind::internal, "not a rows event: " + name(type));
  }
}

}  // namespace

// https://mariadb.com/kb/en/table_map_event/
TableMapEvent decode_table_map(std::span<const std::byte> body, std::size_t fixed_length) {
  if (fixed_length != kShortIds && fixed_length != kLongIds) unknown_length(fixed_length);
  ByteReader reader(body);
  TableMapEvent event;
  event.table_id = reader.sized(fixed_length - 2, "the table id");
  event.flags = reader.u16("the flags");
  event.definition = body.subspan(fixed_length);
  event.database = read_name(reader, "the database");
  event.table = read_name(reader, "the table");
  const std::size_t columns = read_column_count(reader);
  event.types = reader.bytes(columns, "the columns' types");
  event.metadata = reader.bytes(reader.packed("the length of the metadata"), "the metadata");
  event.null_bits = reader.bytes((columns + 7) / 8, "the nullable columns");
  event.optional_metadata = reader.rest();
  return event;
}

// https://mariadb.com/kb/en/rows_event_v1v2-rows_compressed_event_v1/
RowsEvent decode_rows(EventType type, std::span<const std::byte> body, std::size_t fixed_length) {
  const Shape shape = shape_of(type);
  const bool known = shape.version2 ? fixed_length == kVersion2
                                    : fixed_length == kShortIds || fixed_length == kLongIds;
  if (!known) unknown_length(fixed_length);
  ByteReader reader(body);
  RowsEvent event;
  event.kind = shape.kind;
  event.table_id = reader.sized(fixed_length == kShortIds ? 4 : 6, "the table id");
  event.flags = reader.u16("the flags");
  if (shape.version2) {
    const std::uint16_t extra = reader.u16("the extra data");  // with these two bytes
    if (extra < 2) malformed("extra data of " + std::to_string(extra) + " bytes");
    (void)reader.bytes(extra - 2U, "the extra data");
  }
  event.column_count = read_column_count(reader);
  const std::size_t bitmap_bytes = (event.column_count + 7) / 8;
  if (shape.kind != RowsKind::write) {
    event.before = reader.bytes(bitmap_bytes, "the present columns");
  }
  if (shape.kind != RowsKind::remove) {
    event.after = reader.bytes(bitmap_bytes, "the present columns");
  }
  event.data = reader.rest();
  event.compressed = shape.compressed;
  return event;
}

}  // namespace godwit::capture
