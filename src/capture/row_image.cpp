#include "godwit/capture/row_image.hpp"

#include <algorithm>
#include <cstring>

#include "byte_reader.hpp"
#include "godwit/core/error.hpp"
#include "inflate.hpp"

namespace godwit::capture {
namespace {

std::size_t load_length(const std::byte* at, std::size_t bytes) {
  std::size_t length = 0;
  std::memcpy(&length, at, bytes);
  return length;
}

[[noreturn]] void refuse_untold(std::size_t column) {
  throw Error(ErrorKind::source,
              "column " + std::to_string(column + 1) +
                  " was made with mysql56_temporal_format=OFF: the binlog doesn't tell how long "
                  "its values are",
              "rebuild the table with mysql56_temporal_format=ON");
}

bool bit(const std::byte* bits, std::size_t index) {
  return ((std::to_integer<unsigned>(bits[index / 8]) >> (index % 8)) & 1U) != 0;
}

}  // namespace

void RowReader::prepare(Side& side, std::span<const std::byte> bits) {
  const std::size_t count = map_->columns.size();
  side.columns.clear();
  side.columns.reserve(count);
  side.values.assign(count, {});
  side.image = {};
  if (bits.empty()) return;  // this kind of event doesn't have it
  side.image.values = side.values;
  side.image.present = PresentColumns(bits, count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!bit(bits.data(), i)) continue;
    const MappedColumn& column = map_->columns[i];
    if (column.length_bytes == 0 && column.size == 0) refuse_untold(i);
    side.columns.push_back(static_cast<std::uint16_t>(i));
  }
  side.image.all_present = side.columns.size() == count;
}

void RowReader::open(const RowsEvent& event, const ColumnMap& columns) {
  data_ = {};
  position_ = 0;
  row_ = 0;
  middle_ = 0;
  if (event.column_count != columns.columns.size()) {
    malformed("rows of " + std::to_string(event.column_count) + " columns for a table map of " +
              std::to_string(columns.columns.size()));
  }
  map_ = &columns;
  prepare(before_, event.before);
  prepare(after_, event.after);
  if (before_.columns.empty() && after_.columns.empty()) {
    // such a row has no bytes: their number couldn't be told
    malformed("rows without any column");
  }
  data_ = event.compressed ? inflate_event_part(event.data, inflated_) : event.data;
}

bool RowReader::next() {
  row_ = position_;
  middle_ = position_;
  if (position_ == data_.size()) return false;
  if (!before_.image.values.empty()) read(before_);
  middle_ = position_;
  if (!after_.image.values.empty()) read(after_);
  return true;
}

void RowReader::read(Side& side) {
  const std::size_t present = side.columns.size();
  const std::size_t null_bytes = (present + 7) / 8;
  std::size_t left = data_.size() - position_;
  if (null_bytes > left) malformed("a row that ends within its NULLs");
  const std::byte* const nulls = data_.data() + position_;
  const std::byte* at = nulls + null_bytes;
  left -= null_bytes;
  for (std::size_t i = 0; i < present; ++i) {
    const std::size_t index = side.columns[i];
    mariadb::RawValue& value = side.values[index];
    if (bit(nulls, i)) {
      value = {};
      continue;
    }
    const MappedColumn& column = map_->columns[index];
    std::size_t size = column.size;
    if (column.length_bytes != 0) {
      if (column.length_bytes > left) {
        malformed("a row that ends within column " + std::to_string(index + 1));
      }
      size = load_length(at, column.length_bytes);
      at += column.length_bytes;
      left -= column.length_bytes;
    }
    if (size > left) malformed("a row that ends within column " + std::to_string(index + 1));
    value = {at, size};
    at += size;
    left -= size;
  }
  position_ = data_.size() - left;
}

}  // namespace godwit::capture
