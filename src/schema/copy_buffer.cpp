#include "godwit/schema/copy_buffer.hpp"

#include <algorithm>

namespace godwit::schema {

void CopyBuffer::put_header() {
  // Signature, no flags, no header extension.
  constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  put_bytes(kHeader.data(), kHeader.size());
}

void CopyBuffer::shrink(std::size_t capacity) {
  const std::size_t wanted = std::max(capacity, size_);
  if (wanted >= capacity_) return;
  auto smaller = std::make_unique_for_overwrite<std::byte[]>(wanted);
  std::memcpy(smaller.get(), data_.get(), size_);
  data_ = std::move(smaller);
  capacity_ = wanted;
}

void CopyBuffer::grow(std::size_t needed) {
  // By half, so that a few huge values don't take twice their bytes.
  const std::size_t wanted = std::max(needed, capacity_ + capacity_ / 2);
  auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
  if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
  capacity_ = wanted;
}

}  // namespace godwit::schema
