#include "codec_binlog_type.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace godwit::schema {
namespace {

using mariadb::ColumnType;
namespace t = binlog_type;

struct TypeName {
  std::uint8_t type;
  std::string_view name;
};

constexpr std::array<TypeName, 26> kNames{{
    {t::kTiny, "TINY"},
    {t::kShort, "SHORT"},
    {t::kLong, "LONG"},
    {t::kFloat, "FLOAT"},
    {t::kDouble, "DOUBLE"},
    {t::kTimestamp, "TIMESTAMP"},
    {t::kLongLong, "LONGLONG"},
    {t::kInt24, "INT24"},
    {t::kDate, "DATE"},
    {t::kTime, "TIME"},
    {t::kDateTime, "DATETIME"},
    {t::kYear, "YEAR"},
    {t::kNewDate, "NEWDATE"},
    {t::kVarchar, "VARCHAR"},
    {t::kBit, "BIT"},
    {t::kTimestamp2, "TIMESTAMP2"},
    {t::kDateTime2, "DATETIME2"},
    {t::kTime2, "TIME2"},
    {t::kBlobCompressed, "BLOB_COMPRESSED"},
    {t::kVarcharCompressed, "VARCHAR_COMPRESSED"},
    {t::kNewDecimal, "NEWDECIMAL"},
    {t::kEnum, "ENUM"},
    {t::kSet, "SET"},
    {t::kBlob, "BLOB"},
    {t::kString, "STRING"},
    {t::kGeometry, "GEOMETRY"},
}};

// Today's format counts the digits of a second in its metadata; the older one has none.
bool is_moment(const mariadb::Column& column, const BinlogColumn& wire, std::uint8_t today,
               std::uint8_t older) {
  return wire.type == older || (wire.type == today && wire.metadata == column.fraction);
}

bool is_string(const BinlogColumn& wire, std::uint64_t bytes) {
  return wire.type == t::kString && wire.metadata == bytes;
}

bool is_varchar(const mariadb::Column& column, const BinlogColumn& wire) {
  if (wire.type == t::kVarchar) return wire.metadata == column.octet_length;
  // a compressed column's length counts the byte that tells the method
  return wire.type == t::kVarcharCompressed &&
         (wire.metadata == column.octet_length || wire.metadata == column.octet_length + 1);
}

// TINYTEXT has one byte of length before it, TEXT two, MEDIUMTEXT three, LONGTEXT four.
std::uint16_t length_bytes(const mariadb::Column& column) {
  const std::string_view declared = column.declared_type;
  if (column.type == ColumnType::json || declared.starts_with("long")) return 4;
  if (declared.starts_with("medium")) return 3;
  return declared.starts_with("tiny") ? 1 : 2;
}

bool is_blob(const mariadb::Column& column, const BinlogColumn& wire) {
  return (wire.type == t::kBlob || wire.type == t::kBlobCompressed) &&
         wire.metadata == length_bytes(column);
}

// The metadata's low byte; what the high one holds (STRING's real type) is told by `type`.
bool has_bytes(const BinlogColumn& wire, std::size_t bytes) {
  return (wire.metadata & 0xFFU) == bytes;
}

bool is_set(const mariadb::Column& column, const BinlogColumn& wire) {
  const std::size_t bytes = (column.members.size() + 7) / 8;
  return wire.type == t::kSet && has_bytes(wire, bytes > 4 ? 8 : bytes);
}

}  // namespace

bool is_logged_as(const mariadb::Column& column, const BinlogColumn& wire) {
  switch (column.type) {
    case ColumnType::tinyint: return wire.type == t::kTiny;
    case ColumnType::smallint: return wire.type == t::kShort;
    case ColumnType::mediumint: return wire.type == t::kInt24;
    case ColumnType::integer: return wire.type == t::kLong;
    case ColumnType::bigint: return wire.type == t::kLongLong;
    case ColumnType::decimal:
      return wire.type == t::kNewDecimal && wire.metadata >> 8U == column.precision &&
             (wire.metadata & 0xFF) == column.scale;
    case ColumnType::float_: return wire.type == t::kFloat;
    case ColumnType::double_: return wire.type == t::kDouble;
    case ColumnType::bit: return wire.type == t::kBit && wire.metadata == column.length;
    case ColumnType::year: return wire.type == t::kYear;
    case ColumnType::date: return wire.type == t::kDate || wire.type == t::kNewDate;
    case ColumnType::time: return is_moment(column, wire, t::kTime2, t::kTime);
    case ColumnType::datetime: return is_moment(column, wire, t::kDateTime2, t::kDateTime);
    case ColumnType::timestamp: return is_moment(column, wire, t::kTimestamp2, t::kTimestamp);
    case ColumnType::char_:
    case ColumnType::binary: return is_string(wire, column.octet_length);
    case ColumnType::varchar:
    case ColumnType::varbinary: return is_varchar(column, wire);
    case ColumnType::text:
    case ColumnType::blob:
    case ColumnType::json: return is_blob(column, wire);
    case ColumnType::enum_:
      return wire.type == t::kEnum && has_bytes(wire, column.members.size() > 255 ? 2 : 1);
    case ColumnType::set: return is_set(column, wire);
    case ColumnType::uuid:
    case ColumnType::inet6: return is_string(wire, 16);
    case ColumnType::inet4: return is_string(wire, 4);
    case ColumnType::geometry: return wire.type == t::kGeometry;
  }
  return false;
}

std::string describe(const BinlogColumn& wire) {
  const auto* const found = std::find_if(
      kNames.begin(), kNames.end(), [&](const TypeName& named) { return named.type == wire.type; });
  const std::string name =
      found == kNames.end() ? "type " + std::to_string(wire.type) : std::string(found->name);
  return name + ", metadata " + std::to_string(wire.metadata);
}

}  // namespace godwit::schema
