#include "array_parameters.hpp"

#include <cstdint>
#include <cstring>

namespace godwit::apply {
namespace {

constexpr std::size_t kColumnBytes = 256;
// Dimensions, whether there are NULLs, the element type; then of each dimension its length and its
// lower bound.
constexpr std::size_t kLengthOffset = 3 * sizeof(std::int32_t);
constexpr std::size_t kHeaderBytes = 5 * sizeof(std::int32_t);
constexpr std::int32_t kMayHaveNulls = 1;

}  // namespace

postgres::Parameter field_parameter(const std::byte* field) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, field, sizeof raw);
  const auto length = static_cast<std::int32_t>(__builtin_bswap32(raw));
  if (length < 0) return {nullptr, 0, true};
  return {field + sizeof raw, static_cast<std::size_t>(length), false};
}

void ArrayParameters::open(std::span<const ArrayType> types) {
  while (columns_.size() < types.size())
    columns_.emplace_back(kColumnBytes);
  used_ = types.size();
  rows_ = 0;
  bytes_ = 0;
  for (std::size_t i = 0; i < used_; ++i) {
    schema::CopyBuffer& column = columns_[i];
    column.clear();
    column.put_int(std::int32_t{1});
    column.put_int(kMayHaveNulls);
    column.put_int(static_cast<std::int32_t>(types[i].element));
    column.put_int(std::int32_t{0});
    column.put_int(std::int32_t{1});
  }
}

void ArrayParameters::add(std::size_t column, std::span<const std::byte> field) {
  columns_[column].put_bytes(field.data(), field.size());
  bytes_ += field.size();
}

void ArrayParameters::as_arrays(std::vector<postgres::Parameter>& parameters) {
  parameters.clear();
  for (std::size_t i = 0; i < used_; ++i) {
    columns_[i].patch_int32(kLengthOffset, static_cast<std::int32_t>(rows_));
    const std::span<const std::byte> bytes = columns_[i].bytes();
    parameters.push_back({bytes.data(), bytes.size(), false});
  }
}

void ArrayParameters::as_values(std::vector<postgres::Parameter>& parameters) const {
  parameters.clear();
  for (std::size_t i = 0; i < used_; ++i)
    parameters.push_back(field_parameter(columns_[i].bytes().data() + kHeaderBytes));
}

void ArrayParameters::shrink() {
  std::size_t kept = 0;
  for (const schema::CopyBuffer& column : columns_)
    kept += column.capacity();
  if (kept <= kKeptBytes) return;
  for (schema::CopyBuffer& column : columns_) {
    column.clear();
    column.shrink(kColumnBytes);
  }
}

}  // namespace godwit::apply
