#include "cursors.hpp"

#include "godwit/core/error.hpp"

namespace godwit::verify {

namespace {

/// Bytes that a value of this size takes in a row's packet, and its bit in the bitmap of NULLs
/// when it is the first of another byte.
std::size_t packet_bytes(const mariadb::RawValue& value, std::size_t index) {
  constexpr std::size_t kBitmapOffset = 2;
  const std::size_t bitmap = (index + kBitmapOffset) % 8 == 0 ? 1 : 0;
  if (value.is_null()) return bitmap;
  const std::size_t prefix = value.size < 251 ? 1 : (value.size < 65'536 ? 3 : 4);
  return bitmap + prefix + value.size;
}

}  // namespace

SourceCursor::SourceCursor(mariadb::Connection& source, const TablePlan& plan, bool ordered)
    : plan_(plan),
      stream_(source, plan.source_sql(ordered)),
      cells_(plan.columns.size()),
      scratches_(plan.columns.size()) {}

bool SourceCursor::next() {
  if (!stream_.next()) return false;
  ++rows_;
  bytes_ += stream_.row_bytes();
  const std::span<const mariadb::RawValue> values = stream_.row();
  for (std::size_t index = 0; index < cells_.size(); ++index) {
    const ComparedColumn& column = plan_.columns[index];
    column.source.read(column.source, values.subspan(column.first_value), scratches_[index],
                       cells_[index]);
  }
  return true;
}

std::uint64_t SourceCursor::row_bytes() const {
  const std::span<const mariadb::RawValue> values = stream_.row();
  const std::size_t key = plan_.has_key_value ? packet_bytes(values.back(), values.size() - 1) : 0;
  return stream_.row_bytes() - key;
}

std::optional<std::string_view> SourceCursor::key() const {
  const mariadb::RawValue& value = stream_.row().back();
  if (value.is_null()) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(value.data), value.size);
}

TargetCursor::TargetCursor(postgres::Session& target, const TablePlan& plan, bool ordered)
    : plan_(plan),
      copy_(target, plan.target_sql(ordered)),
      cells_(plan.columns.size()),
      scratches_(plan.columns.size()) {}

bool TargetCursor::next() {
  constexpr std::uint16_t kTrailer = 0xFFFF;
  constexpr std::uint32_t kNull = 0xFFFFFFFF;
  if (!refill()) return false;
  const auto fields = load_big_endian<std::uint16_t>(take(sizeof(std::uint16_t)).data());
  if (fields == kTrailer) {
    drain();
    return false;
  }
  if (fields != cells_.size()) {
    throw Error(ErrorKind::target, "COPY sent " + std::to_string(fields) + " fields, " +
                                       std::to_string(cells_.size()) + " were asked for");
  }
  for (std::size_t index = 0; index < cells_.size(); ++index) {
    const auto size = load_big_endian<std::uint32_t>(take(sizeof(std::uint32_t)).data());
    if (size == kNull) {
      set_null(cells_[index]);
    } else {
      plan_.columns[index].target(take(size), scratches_[index], cells_[index]);
    }
  }
  ++rows_;
  return true;
}

/// Makes sure that there are bytes to read; false at the end of the stream.
bool TargetCursor::refill() {
  while (message_.empty()) {
    const auto message = copy_.next();
    if (!message) return false;
    message_ = *message;
    if (!header_read_) skip_header();
  }
  return true;
}

void TargetCursor::skip_header() {
  constexpr std::size_t kSignatureAndFlags = 15;
  take(kSignatureAndFlags);
  take(load_big_endian<std::uint32_t>(take(sizeof(std::uint32_t)).data()));
  header_read_ = true;
}

std::span<const std::byte> TargetCursor::take(std::size_t count) {
  if (count > message_.size()) {
    throw Error(ErrorKind::target, "COPY sent a row that ends too early");
  }
  const std::span<const std::byte> taken = message_.first(count);
  message_ = message_.subspan(count);
  return taken;
}

/// Behind the trailer the server still has to say that all went well.
void TargetCursor::drain() {
  while (copy_.next()) {
  }
  message_ = {};
}

}  // namespace godwit::verify
