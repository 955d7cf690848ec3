// The bytes of a COPY … (FORMAT binary) stream being built: network byte order, each field an
// int32 length (-1: NULL) and its bytes. Format: PostgreSQL 15 manual, COPY, "Binary Format".
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace godwit::schema {

class CopyBuffer {
 public:
  explicit CopyBuffer(std::size_t capacity = 65'536) { grow(capacity); }

  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  /// Forgets what was appended after `size`: a row that turned out to be refused.
  void truncate(std::size_t size) { size_ = size; }
  /// Frees memory above `capacity` that one huge row made necessary.
  void shrink(std::size_t capacity);

  void put_null() { put_int(std::int32_t{-1}); }
  template <class Int>
  void put_int(Int value) {
    std::byte* at = reserve(sizeof value);
    store(at, value);
    size_ += sizeof value;
  }
  void put_bytes(const void* bytes, std::size_t count) {
    std::memcpy(reserve(count), bytes, count);
    size_ += count;
  }
  /// length + bytes
  void put_field(const void* bytes, std::size_t count) {
    std::byte* at = reserve(sizeof(std::int32_t) + count);
    store(at, static_cast<std::int32_t>(count));
    std::memcpy(at + sizeof(std::int32_t), bytes, count);
    size_ += sizeof(std::int32_t) + count;
  }
  template <class Int>
  void put_int_field(Int value) {
    std::byte* at = reserve(sizeof(std::int32_t) + sizeof value);
    store(at, static_cast<std::int32_t>(sizeof value));
    store(at + sizeof(std::int32_t), value);
    size_ += sizeof(std::int32_t) + sizeof value;
  }
  /// Room for `count` more bytes; write there, then advance().
  std::byte* reserve(std::size_t count) {
    if (size_ + count > capacity_) grow(size_ + count);
    return data_.get() + size_;
  }
  void advance(std::size_t count) { size_ += count; }
  /// Overwrites an int32 written before at `offset` (a length known only afterwards).
  void patch_int32(std::size_t offset, std::int32_t value) { store(data_.get() + offset, value); }

  /// Writes an integer in network byte order.
  template <class Int>
  static void store(std::byte* at, Int value) {
    static_assert(std::endian::native == std::endian::little);
    if constexpr (sizeof(Int) == 2) {
      const auto raw = __builtin_bswap16(static_cast<std::uint16_t>(value));
      std::memcpy(at, &raw, sizeof raw);
    } else if constexpr (sizeof(Int) == 4) {
      const auto raw = __builtin_bswap32(static_cast<std::uint32_t>(value));
      std::memcpy(at, &raw, sizeof raw);
    } else {
      static_assert(sizeof(Int) == 8);
      const auto raw = __builtin_bswap64(static_cast<std::uint64_t>(value));
      std::memcpy(at, &raw, sizeof raw);
    }
  }

  /// The 19 bytes before the first row and the 2 after the last.
  void put_header();
  void put_trailer() { put_int(std::int16_t{-1}); }

 private:
  void grow(std::size_t needed);

  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace godwit::schema
