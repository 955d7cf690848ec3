// The rows of a rows event, image by image, without a copy.
// Format: https://mariadb.com/kb/en/rows_event_v1v2-rows_compressed_event_v1/
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "godwit/capture/column_map.hpp"
#include "godwit/capture/events.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "godwit/schema/binlog_column.hpp"

namespace godwit::capture {

/// Which columns an image holds: all with binlog_row_image=FULL, fewer with MINIMAL and NOBLOB.
class PresentColumns {
 public:
  PresentColumns() = default;
  PresentColumns(std::span<const std::byte> bits, std::size_t columns)
      : bits_(bits), columns_(columns) {}

  [[nodiscard]] bool contains(std::size_t column) const {
    return column < columns_ &&
           ((std::to_integer<unsigned>(bits_[column / 8]) >> (column % 8)) & 1U) != 0;
  }

 private:
  std::span<const std::byte> bits_;
  std::size_t columns_ = 0;
};

struct RowImage {
  /// One a column of the table; data == nullptr is NULL where the column is present. Of types with
  /// a length the bytes behind it; of the others the bytes as they are in the binlog, which are not
  /// those of a result row. A COMPRESSED column's value is still deflated: inflate_column_value().
  std::span<const mariadb::RawValue> values;
  PresentColumns present;
  bool all_present = false;
};

/// Reads one event after the other; allocates only for an event with more columns, or more inflated
/// bytes, than any before. Memory: 1 GiB at most for a compressed event, and only what its size
/// makes possible; more than 1 MiB is given back when the next compressed event is smaller.
class RowReader {
 public:
  RowReader() = default;
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  /// `columns` is that of the event's table id; both must outlive the reading. Throws
  /// Error(source) when they don't fit together; file and offset are the caller's to add
  /// (EventDecoder::where).
  void open(const RowsEvent& event, const ColumnMap& columns);

  /// Moves to the next row; false at the end. Throws Error(source) when the row is malformed.
  bool next();

  /// Of the current row: before is empty for write, after for remove. Valid until next() or open().
  [[nodiscard]] const RowImage& before() const { return before_.image; }
  [[nodiscard]] const RowImage& after() const { return after_.image; }

  /// The current row's bytes in the event, inflated: the image before, the one behind it, and both
  /// as they stand there one after the other. As long valid; a part of an event's rows is rows
  /// again, of an event that is not compressed.
  [[nodiscard]] std::span<const std::byte> raw_before() const {
    return data_.subspan(row_, middle_ - row_);
  }
  [[nodiscard]] std::span<const std::byte> raw_after() const {
    return data_.subspan(middle_, position_ - middle_);
  }
  [[nodiscard]] std::span<const std::byte> raw() const {
    return data_.subspan(row_, position_ - row_);
  }

 private:
  struct Side {
    std::vector<std::uint16_t> columns;  // those present
    std::vector<mariadb::RawValue> values;
    RowImage image;
  };

  void prepare(Side& side, std::span<const std::byte> bits);
  void read(Side& side);

  const ColumnMap* map_ = nullptr;
  std::span<const std::byte> data_;
  std::size_t position_ = 0;
  std::size_t row_ = 0;     // where the current row begins,
  std::size_t middle_ = 0;  // and where its image after does
  Side before_;
  Side after_;
  std::string inflated_;
};

/// A value of a COMPRESSED column (types 140 and 141) as the application wrote it, in `buffer`.
/// Throws Error(source) when it is malformed or would be longer than the column can hold.
/// Format: a byte (0: the rest is the value; else method << 4, with 8 for a raw deflate stream, and
/// the number of length bytes), the length with its highest byte first, a zlib stream; nothing at
/// all for the empty value. https://mariadb.com/kb/en/storage-engine-independent-column-compression/
void inflate_column_value(const schema::BinlogColumn& column, std::span<const std::byte> value,
                          std::string& buffer);

}  // namespace godwit::capture
