// How a column's values look in row events, as the event's TABLE_MAP says.
#pragma once

#include <cstdint>

namespace godwit::schema {

struct BinlogColumn {
  /// Binlog type code, STRING's real type resolved (ENUM 247, SET 248, STRING 254).
  std::uint8_t type = 0;
  /// As TABLE_MAP gives it; for STRING the maximum length in bytes, for BIT the number of bits, for
  /// NEWDECIMAL precision << 8 | scale, for TIME2/DATETIME2/TIMESTAMP2 the digits of a second, for
  /// BLOB kinds the bytes of the length prefix, for VARCHAR the maximum length in bytes.
  std::uint16_t metadata = 0;
};

}  // namespace godwit::schema
