// What a reader hands to a writer: one small value type a family. A reader has checked that the
// wire's bytes make sense (so a year has at most four digits); whether the target can hold the
// value is the writer's to say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace godwit::schema::value {

template <class Int>
struct Integer {
  Int number;
};

struct Float4 {
  std::uint32_t bits;  // IEEE 754, kept as they are: -0.0 and denormals too
};

struct Float8 {
  std::uint64_t bits;
};

/// [-]digits[.digits], at most 65 digits, with or without leading zeros.
struct Decimal {
  std::string_view text;
};

/// The same, where the wire holds no text to point to.
struct DecimalDigits {
  std::array<char, 72> characters;  // 65 digits, a zero before the point, sign and point
  std::uint8_t size;

  [[nodiscard]] std::string_view view() const { return {characters.data(), size}; }
};

struct Bits {
  std::uint64_t bits;  // the first bit of the string is the highest of `count`
  std::uint32_t count;
};

/// A zero or partial date has month or day 0; the day may be beyond the month's end.
struct Date {
  std::uint16_t year;  // 0–9999
  std::uint8_t month;  // 0–12
  std::uint8_t day;    // 0–31
};

struct DateTime {
  Date date;
  std::int64_t day_us;  // microseconds since midnight
};

struct Duration {
  std::int64_t us;
};

struct Bytes {
  std::string_view bytes;
};

/// Bytes whose trailing zeros the wire leaves out: `size` of them with those.
struct PaddedBytes {
  std::string_view bytes;
  std::size_t size;
};

/// Text in the column's charset, not validated.
struct Text {
  std::string_view bytes;
};

/// An ENUM's value by its name in the column's charset; empty: the error value (a column with a
/// member '' is read by number).
struct Label {
  std::string_view bytes;
};

/// An ENUM's value by its number, from 1 to the count of members; 0: the error value.
struct MemberNumber {
  std::uint64_t number;
};

/// A SET's value; the lowest bit is the first member, no bit stands for a member it hasn't.
struct MemberMask {
  std::uint64_t mask;
};

struct Uuid {
  std::array<std::byte, 16> bytes;
};

struct Address {
  std::array<std::byte, 16> bytes;  // network order
  std::uint8_t size;                // 4 or 16
};

}  // namespace godwit::schema::value
