// How MariaDB logs columns that a test made up. Header only: unit tests and fuzzers use it, too.
#pragma once

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/binlog_column.hpp"

namespace godwit::test {

/// The entry of TABLE_MAP for a column of today's format.
inline schema::BinlogColumn logged_as(const mariadb::Column& column) {
  using enum mariadb::ColumnType;
  const auto wire = [](unsigned type, std::uint64_t metadata = 0) {
    return schema::BinlogColumn{static_cast<std::uint8_t>(type),
                                static_cast<std::uint16_t>(metadata)};
  };
  const auto fraction = static_cast<std::uint64_t>(column.fraction);
  const std::uint64_t set_bytes = (column.members.size() + 7) / 8;
  switch (column.type) {
    case tinyint: return wire(1);
    case smallint: return wire(2);
    case mediumint: return wire(9);
    case integer: return wire(3);
    case bigint: return wire(8);
    case decimal:
      return wire(246, static_cast<std::uint64_t>(column.precision * 256 + column.scale));
    case float_: return wire(4, 4);
    case double_: return wire(5, 8);
    case bit: return wire(16, column.length);
    case year: return wire(13);
    case date: return wire(10);
    case time: return wire(19, fraction);
    case datetime: return wire(18, fraction);
    case timestamp: return wire(17, fraction);
    case char_:
    case binary: return wire(254, column.octet_length);
    case varchar:
    case varbinary: return wire(15, column.octet_length);
    case text:
    case blob: return wire(252, column.declared_type.starts_with("medium") ? 3 : 2);
    case json: return wire(252, 4);
    case enum_: return wire(247, column.members.size() > 255 ? 2 : 1);
    case set: return wire(248, set_bytes > 4 ? 8 : set_bytes);
    case uuid:
    case inet6: return wire(254, 16);
    case inet4: return wire(254, 4);
    case geometry: return wire(255, 4);
  }
  return {};
}

}  // namespace godwit::test
