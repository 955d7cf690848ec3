// The columns of a TABLE_MAP: how each one's values are packed in a row image, and what the source
// tells about them beyond that.
// Format: https://mariadb.com/kb/en/table_map_event/
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "godwit/capture/events.hpp"
#include "godwit/schema/binlog_column.hpp"

namespace godwit::capture {

struct MappedColumn {
  schema::BinlogColumn binlog;
  bool nullable = false;
  bool is_unsigned = false;       // numbers; meaningful if the map has_signedness
  std::uint8_t length_bytes = 0;  // of the length in front of a value; 0: all values have `size`
  std::uint8_t size = 0;          // bytes of a value; 0 with no length in front: not told
};

/// Build once for each table map, keep by its table id. A table id names one definition as long as
/// the server runs; `TableMapEvent::definition` tells whether it is still the same.
struct ColumnMap {
  std::vector<MappedColumn> columns;
  bool has_signedness = false;  // false with binlog_row_metadata=NO_LOG, the default
};

/// Throws Error(source) for a type or metadata that MariaDB doesn't write.
ColumnMap make_column_map(const TableMapEvent& event);

/// TIMESTAMP, TIME and DATETIME of mysql56_temporal_format=OFF have no metadata: how many bytes a
/// value takes depends on its digits of a second, which only the catalog tells. Rows with such a
/// column are refused until they are set. No effect on other types.
/// Source: https://mariadb.com/kb/en/microseconds-in-mariadb/ and values of 10.11, measured.
void set_fraction(MappedColumn& column, int digits);

/// With binlog_row_metadata=FULL; with MINIMAL only the charsets and geometry types of it, with
/// NO_LOG nothing. All vectors are empty or have an entry for each column.
struct TableMetadata {
  struct KeyPart {
    std::size_t column = 0;
    std::uint32_t prefix = 0;  // characters; 0: the whole column
  };

  std::vector<std::string> names;                 // in utf8
  std::vector<std::uint16_t> collations;          // numbers; 0: the column has none
  std::vector<std::vector<std::string>> members;  // of ENUM and SET, in the column's charset
  std::vector<std::uint32_t> geometry_types;      // 0: any geometry, or no geometry column
  std::vector<KeyPart> primary_key;               // one for each part; empty: none, or not told
};

/// Allocates: for when a table is seen first. Throws Error(source).
TableMetadata read_table_metadata(const TableMapEvent& event, const ColumnMap& map);

}  // namespace godwit::capture
