// The types of columns as row events name them, and which of them a column of the catalog has.
// Source: https://mariadb.com/kb/en/result-set-packets/#field-types, and for the metadata
// https://mariadb.com/kb/en/table_map_event/ ("Optional metadata block" and "Column metadata").
#pragma once

#include <cstdint>
#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/binlog_column.hpp"

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
inline constexpr std::uint8_t kBlob = 252;
inline constexpr std::uint8_t kString = 254;
inline constexpr std::uint8_t kGeometry = 255;
}  // namespace binlog_type

/// Whether the server logs values of this column so, as the catalog describes it. Lengths, digits
/// and counts must be equal too: another one means another definition, and perhaps another charset,
/// which the event doesn't name.
bool is_logged_as(const mariadb::Column& column, const BinlogColumn& wire);

/// "VARCHAR, metadata 40"
std::string describe(const BinlogColumn& wire);

}  // namespace godwit::schema
