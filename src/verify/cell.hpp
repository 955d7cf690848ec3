// The comparison's own form of a value. Both sides are decoded into cells; two values are equal
// exactly when their cells hold the same bytes. The bytes are chosen so that memcmp orders them
// as both servers order the values, which lets the merge check each server's order by itself.
//
//   integer    1 byte (0: negative, 1: not), 8 bytes two's complement, big endian
//   numeric    see decimal.hpp
//   float      4 or 8 bytes big endian, sign bit flipped, all bits when negative
//   temporal   see temporal.hpp
//   bit        8 bytes big endian (the bits as a number), 1 byte number of bits
//   inet       family (4 or 6), the address, bits of the netmask, 1 if cidr
//   text array per element 4 bytes length, big endian, and its bytes
//   jsonb      see json_form.hpp
//   others     the bytes themselves: UTF-8 text, bytea, uuid
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace godwit::verify {

/// A value that both sides can hold, NULL, or one that the column's policies don't allow at all;
/// the last equals nothing, not even itself.
enum class CellState : std::uint8_t { value, null, flawed };

/// Points into the row it was read from or into its Scratch; valid until the side's next row.
struct Cell {
  const std::byte* data = nullptr;
  std::size_t size = 0;
  CellState state = CellState::null;
  const char* flaw = "";   // what is wrong, a literal; flawed cells only
  std::string_view shown;  // the value as it was written, where `data` is a canonical form

  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(data), size};
  }
};

/// Room for a column's cell where the wire's bytes can't be used as they are; reused row by row.
struct Scratch {
  std::array<std::byte, 32> fixed{};
  std::string bytes;
  std::string form;  // jsonb
};

inline void set_null(Cell& cell) { cell = {}; }

inline void set_view(Cell& cell, const std::byte* data, std::size_t size) {
  cell.data = data;
  cell.size = size;
  cell.state = CellState::value;
}

inline void set_view(Cell& cell, std::string_view text) {
  set_view(cell, reinterpret_cast<const std::byte*>(text.data()), text.size());
}

/// `raw` is what the message shows and what the cell is ordered by.
inline void set_flaw(Cell& cell, const char* flaw, std::string_view raw) {
  set_view(cell, raw);
  cell.state = CellState::flawed;
  cell.flaw = flaw;
}

inline bool same(const Cell& left, const Cell& right) {
  if (left.state != right.state) return false;
  if (left.state != CellState::value) return left.state == CellState::null;
  return left.size == right.size &&
         (left.size == 0 || std::memcmp(left.data, right.data, left.size) == 0);
}

/// < 0, 0, > 0 in the order of the bytes; NULL is the greatest, as PostgreSQL sorts.
int order(const Cell& left, const Cell& right);

template <class Unsigned>
Unsigned load_little_endian(const std::byte* at) {
  static_assert(std::endian::native == std::endian::little);
  Unsigned value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class Unsigned>
Unsigned swap_bytes(Unsigned value) {
  if constexpr (sizeof value == 2) return __builtin_bswap16(value);
  if constexpr (sizeof value == 4) return __builtin_bswap32(value);
  if constexpr (sizeof value == 8) return __builtin_bswap64(value);
}

template <class Unsigned>
Unsigned load_big_endian(const std::byte* at) {
  return swap_bytes(load_little_endian<Unsigned>(at));
}

template <class Unsigned>
void store_big_endian(std::byte* at, Unsigned value) {
  value = swap_bytes(value);
  std::memcpy(at, &value, sizeof value);
}

/// A whole number between -2^63 and 2^64 - 1.
struct Integer {
  std::uint64_t bits = 0;  // two's complement when negative
  bool negative = false;
};

inline Integer signed_integer(std::int64_t value) {
  return {static_cast<std::uint64_t>(value), value < 0};
}

void set_integer(Cell& cell, Scratch& scratch, Integer value);
void set_float4(Cell& cell, Scratch& scratch, std::uint32_t bits);
void set_float8(Cell& cell, Scratch& scratch, std::uint64_t bits);
void set_bits(Cell& cell, Scratch& scratch, std::uint64_t value, std::uint8_t count);
/// `address` is 4 or 16 bytes.
void set_inet(Cell& cell, Scratch& scratch, std::span<const std::byte> address,
              std::uint8_t netmask, std::uint8_t cidr);
/// Appends an element to an array being built in scratch.bytes.
void append_element(Scratch& scratch, std::string_view element);

/// What set_integer, set_float4 … wrote, for display.
Integer integer_of(const Cell& cell);
std::uint32_t float4_of(const Cell& cell);
std::uint64_t float8_of(const Cell& cell);
/// "-42"
std::string to_text(Integer value);

}  // namespace godwit::verify
