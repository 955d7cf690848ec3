// How a column's values look in row events, as the event's TABLE_MAP says.
// Codes: https://mariadb.com/kb/en/resultset/#field-types; metadata:
// https://mariadb.com/kb/en/table_map_event/
#pragma once

#include <cstdint>

namespace godwit::schema {

namespace binlog_type {

inline constexpr std::uint8_t kTiny = 1;
inline constexpr std::uint8_t kShort = 2;
inline constexpr std::uint8_t kLong = 3;
inline constexpr std::uint8_t kFloat = 4;
inline constexpr std::uint8_t kDouble = 5;
inline constexpr std::uint8_t kTimestamp = 7;
inline constexpr std::uint8_t kLongLong = 8;
inline constexpr std::uint8_t kInt24 = 9;
inline constexpr std::uint8_t kDate = 10;
inline constexpr std::uint8_t kTime = 11;
inline constexpr std::uint8_t kDateTime = 12;
inline constexpr std::uint8_t kYear = 13;
inline constexpr std::uint8_t kNewDate = 14;
inline constexpr std::uint8_t kVarchar = 15;
inline constexpr std::uint8_t kBit = 16;
inline constexpr std::uint8_t kTimestamp2 = 17;
inline constexpr std::uint8_t kDateTime2 = 18;
inline constexpr std::uint8_t kTime2 = 19;
inline constexpr std::uint8_t kBlobCompressed = 140;
inline constexpr std::uint8_t kVarcharCompressed = 141;
inline constexpr std::uint8_t kNewDecimal = 246;
inline constexpr std::uint8_t kEnum = 247;
inline constexpr std::uint8_t kSet = 248;
inline constexpr std::uint8_t kTinyBlob = 249;
inline constexpr std::uint8_t kMediumBlob = 250;
inline constexpr std::uint8_t kLongBlob = 251;
inline constexpr std::uint8_t kBlob = 252;
inline constexpr std::uint8_t kVarString = 253;
inline constexpr std::uint8_t kString = 254;
inline constexpr std::uint8_t kGeometry = 255;

}  // namespace binlog_type

struct BinlogColumn {
  /// Binlog type code, STRING's real type resolved (ENUM 247, SET 248, STRING 254).
  std::uint8_t type = 0;
  /// As TABLE_MAP gives it; for STRING the maximum length in bytes, for BIT the number of bits, for
  /// NEWDECIMAL precision << 8 | scale, for TIME2/DATETIME2/TIMESTAMP2 the digits of a second, for
  /// BLOB kinds the bytes of the length prefix, for VARCHAR the maximum length in bytes.
  std::uint16_t metadata = 0;
};

}  // namespace godwit::schema
