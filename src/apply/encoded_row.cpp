#include "encoded_row.hpp"

#include <algorithm>

namespace godwit::apply {
namespace {

constexpr std::size_t kLengthBytes = sizeof(std::int32_t);

bool is_compressed(const schema::BinlogColumn& column) {
  return column.type == schema::binlog_type::kBlobCompressed ||
         column.type == schema::binlog_type::kVarcharCompressed;
}

bool counts_something(const schema::PolicyCounts& counts) {
  return std::any_of(counts.begin(), counts.end(), [](std::uint64_t count) { return count != 0; });
}

}  // namespace

void EncodedRow::clear() {
  buffer_.clear();
  std::fill(fields_.begin(), fields_.end(), Field{});
  missing_ = fields_.size();
}

void EncodedRow::encode(const TablePlan& plan, const TableBinding& binding,
                        const capture::RowImage& image) {
  const std::vector<schema::TargetColumn>& columns = plan.target->columns;
  if (any_counted_ || counts_.size() != columns.size()) counts_.assign(columns.size(), {});
  any_counted_ = false;
  buffer_.clear();
  fields_.assign(columns.size(), {});
  missing_ = 0;
  for (column_ = 0; column_ < columns.size(); ++column_) {
    const std::size_t source = columns[column_].source_index;
    if (!image.all_present && !image.present.contains(source)) {
      ++missing_;
      continue;
    }
    const schema::ColumnCodec& codec = binding.codecs[column_];
    mariadb::RawValue value = image.values[source];
    if (!value.is_null() && is_compressed(codec.wire)) [[unlikely]] {
      capture::inflate_column_value(codec.wire, value.bytes(), inflated_);
      value = {reinterpret_cast<const std::byte*>(inflated_.data()), inflated_.size()};
    }
    Field& field = fields_[column_];
    field.begin = buffer_.size();
    codec.encode(codec, value, buffer_, counts_[column_]);
    field.end = buffer_.size();
    // A NULL field is its length alone, -1; that of an empty value is 0.
    field.null =
        field.end - field.begin == kLengthBytes && buffer_.bytes()[field.begin] != std::byte{0};
    if (codec.policies == schema::Policies{}) continue;
    any_counted_ = any_counted_ || counts_something(counts_[column_]);
  }
}

postgres::Parameter EncodedRow::parameter(std::size_t column) const {
  if (is_null(column)) return {nullptr, 0, true};
  const std::span<const std::byte> value = field(column).subspan(kLengthBytes);
  return {value.data(), value.size(), false};
}

bool EncodedRow::same_field(std::size_t column, const EncodedRow& other) const {
  const std::span<const std::byte> mine = field(column);
  const std::span<const std::byte> its = other.field(column);
  return std::equal(mine.begin(), mine.end(), its.begin(), its.end());
}

void EncodedRow::shrink() {
  buffer_.clear();
  buffer_.shrink(kKeptBytes);
  if (inflated_.capacity() > kKeptBytes) std::string().swap(inflated_);
}

}  // namespace godwit::apply
