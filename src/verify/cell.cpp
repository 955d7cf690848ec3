#include "cell.hpp"

#include <algorithm>

namespace godwit::verify {

namespace {

constexpr std::uint32_t kSign4 = 0x80000000U;
constexpr std::uint64_t kSign8 = 0x8000000000000000U;

}  // namespace

int order(const Cell& left, const Cell& right) {
  const bool left_null = left.state == CellState::null;
  const bool right_null = right.state == CellState::null;
  if (left_null || right_null) return static_cast<int>(left_null) - static_cast<int>(right_null);
  const std::size_t shared = std::min(left.size, right.size);
  if (shared > 0) {
    const int bytes = std::memcmp(left.data, right.data, shared);
    if (bytes != 0) return bytes;
  }
  return left.size == right.size ? 0 : (left.size < right.size ? -1 : 1);
}

void set_integer(Cell& cell, Scratch& scratch, Integer value) {
  scratch.fixed[0] = static_cast<std::byte>(value.negative ? 0 : 1);
  store_big_endian(&scratch.fixed[1], value.bits);
  set_view(cell, scratch.fixed.data(), 1 + sizeof value.bits);
}

void set_float4(Cell& cell, Scratch& scratch, std::uint32_t bits) {
  store_big_endian(scratch.fixed.data(), (bits & kSign4) != 0 ? ~bits : bits ^ kSign4);
  set_view(cell, scratch.fixed.data(), sizeof bits);
}

void set_float8(Cell& cell, Scratch& scratch, std::uint64_t bits) {
  store_big_endian(scratch.fixed.data(), (bits & kSign8) != 0 ? ~bits : bits ^ kSign8);
  set_view(cell, scratch.fixed.data(), sizeof bits);
}

void set_bits(Cell& cell, Scratch& scratch, std::uint64_t value, std::uint8_t count) {
  store_big_endian(scratch.fixed.data(), value);
  scratch.fixed[sizeof value] = static_cast<std::byte>(count);
  set_view(cell, scratch.fixed.data(), sizeof value + 1);
}

void set_inet(Cell& cell, Scratch& scratch, std::span<const std::byte> address,
              std::uint8_t netmask, std::uint8_t cidr) {
  std::byte* at = scratch.fixed.data();
  *at++ = static_cast<std::byte>(address.size() == 4 ? 4 : 6);
  at = std::copy(address.begin(), address.end(), at);
  *at++ = static_cast<std::byte>(netmask);
  *at++ = static_cast<std::byte>(cidr);
  set_view(cell, scratch.fixed.data(), static_cast<std::size_t>(at - scratch.fixed.data()));
}

void append_element(Scratch& scratch, std::string_view element) {
  std::array<std::byte, 4> size;
  store_big_endian(size.data(), static_cast<std::uint32_t>(element.size()));
  scratch.bytes.append(reinterpret_cast<const char*>(size.data()), size.size());
  scratch.bytes.append(element);
}

Integer integer_of(const Cell& cell) {
  return {load_big_endian<std::uint64_t>(cell.data + 1), cell.data[0] == std::byte{0}};
}

std::uint32_t float4_of(const Cell& cell) {
  const auto stored = load_big_endian<std::uint32_t>(cell.data);
  return (stored & kSign4) != 0 ? stored ^ kSign4 : ~stored;
}

std::uint64_t float8_of(const Cell& cell) {
  const auto stored = load_big_endian<std::uint64_t>(cell.data);
  return (stored & kSign8) != 0 ? stored ^ kSign8 : ~stored;
}

std::string to_text(Integer value) {
  return value.negative ? std::to_string(static_cast<std::int64_t>(value.bits))
                        : std::to_string(value.bits);
}

}  // namespace godwit::verify
