// Reads little-endian numbers and byte strings from the front of bytes that came over the wire.
// Every length is checked before it is used.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "godwit/core/error.hpp"

namespace godwit::capture {

[[noreturn]] inline void malformed(const std::string& what) {
  throw Error(ErrorKind::source, what,
              "the event is damaged, or from a server that writes another format: check it with "
              "mariadb-binlog");
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t remaining() const { return bytes_.size(); }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  /// `what` says in an error what the missing bytes would have been; so in all that follow.
  std::span<const std::byte> bytes(std::uint64_t size, const char* what) {
    if (size > bytes_.size()) [[unlikely]]
      malformed(std::string("it ends within ") + what);
    const auto taken = bytes_.first(static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(size));
    return taken;
  }

  std::string_view text(std::uint64_t size, const char* what) { return as_text(bytes(size, what)); }

  template <class Int>
  Int number(const char* what) {
    static_assert(std::endian::native == std::endian::little);
    Int value = 0;
    std::memcpy(&value, bytes(sizeof value, what).data(), sizeof value);
    return value;
  }
  std::uint8_t u8(const char* what) { return number<std::uint8_t>(what); }
  std::uint16_t u16(const char* what) { return number<std::uint16_t>(what); }
  std::uint32_t u32(const char* what) { return number<std::uint32_t>(what); }
  std::uint64_t u64(const char* what) { return number<std::uint64_t>(what); }

  /// A number of `size` bytes, 8 at most.
  std::uint64_t sized(std::size_t size, const char* what) {
    const auto taken = bytes(size, what);
    std::uint64_t value = 0;
    std::memcpy(&value, taken.data(), taken.size());
    return value;
  }

  /// A length-encoded integer: https://mariadb.com/kb/en/protocol-data-types/
  std::uint64_t packed(const char* what) {
    const std::uint8_t first = u8(what);
    switch (first) {
      case 251:
      case 255: malformed(std::string("no number where it should have ") + what);
      case 252: return u16(what);
      case 253: return sized(3, what);
      case 254: return u64(what);
      default: return first;
    }
  }

  std::span<const std::byte> rest() { return bytes(bytes_.size(), "the rest"); }

  /// For layouts that leave nothing open.
  void expect_end() const {
    if (!at_end()) [[unlikely]]
      malformed("it has " + std::to_string(remaining()) + " unexpected bytes at its end");
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace godwit::capture
