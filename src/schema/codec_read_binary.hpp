// Readers of MariaDB's binary result rows. Every size is checked: what doesn't fit its type is
// refused as malformed, and nothing is read beyond the value.
// Format: https://mariadb.com/kb/en/resultset-row/#binary-resultset-row
#pragma once

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "codec_address.hpp"
#include "codec_value.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::schema::read_binary {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerHour = 3600 * kMicrosPerSecond;

[[noreturn]] inline void malformed() { throw ValueRefused(Refusal::malformed); }

inline void expect(bool condition) {
  if (!condition) [[unlikely]]
    malformed();
}

template <class Int>
Int load(const std::byte* at) {
  static_assert(std::endian::native == std::endian::little);
  Int number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

inline std::string_view text_of(mariadb::RawValue raw) {
  return {reinterpret_cast<const char*>(raw.data), raw.size};
}

template <class Int>
struct Integer {
  static value::Integer<Int> read(const ColumnCodec&, mariadb::RawValue raw) {
    expect(raw.size == sizeof(Int));
    return {load<Int>(raw.data)};
  }
};

/// MEDIUMINT travels in four bytes and YEAR in two, with fewer values than those could hold.
template <class Int, Int kMin, Int kMax>
struct Ranged {
  static value::Integer<Int> read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const value::Integer<Int> value = Integer<Int>::read(codec, raw);
    expect(value.number >= kMin && value.number <= kMax);
    return value;
  }
};
using Mediumint = Ranged<std::int32_t, -8'388'608, 8'388'607>;
using MediumintUnsigned = Ranged<std::uint32_t, 0, 16'777'215>;
using Year = Ranged<std::int16_t, 0, 2155>;

/// Four bytes; eight where select_sql asks for a double, because the server sends -0.0 as 0.0: then
/// kNegativeZero, which no FLOAT can be, stands for it.
struct Float {
  static constexpr double kNegativeZero = 1e300;

  static value::Float4 read(const ColumnCodec&, mariadb::RawValue raw) {
    if (raw.size == sizeof(float)) return {load<std::uint32_t>(raw.data)};
    expect(raw.size == sizeof(double));
    const auto number = load<double>(raw.data);
    if (number == kNegativeZero) return {0x8000'0000U};
    expect(std::abs(number) <= std::numeric_limits<float>::max());
    const auto single = static_cast<float>(number);
    expect(std::bit_cast<std::uint64_t>(static_cast<double>(single)) ==
           std::bit_cast<std::uint64_t>(number));
    return {std::bit_cast<std::uint32_t>(single)};
  }
};

struct Double {
  static value::Float8 read(const ColumnCodec&, mariadb::RawValue raw) {
    expect(raw.size == sizeof(std::uint64_t));
    return {load<std::uint64_t>(raw.data)};
  }
};

struct Decimal {
  static value::Decimal read(const ColumnCodec&, mariadb::RawValue raw) { return {text_of(raw)}; }
};

struct Bit {
  static value::Bits read(const ColumnCodec& codec, mariadb::RawValue raw) {
    expect(codec.length >= 1 && codec.length <= 64 && raw.size == (codec.length + 7) / 8);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < raw.size; ++i) {
      bits = (bits << 8U) | std::to_integer<std::uint64_t>(raw.data[i]);
    }
    expect(codec.length == 64 || (bits >> codec.length) == 0);
    return {bits, codec.length};
  }
};

inline value::Date checked_date(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
  expect(year <= 9999 && month <= 12 && day <= 31);
  return {static_cast<std::uint16_t>(year), static_cast<std::uint8_t>(month),
          static_cast<std::uint8_t>(day)};
}

/// Microseconds since midnight.
inline std::int64_t checked_clock(std::uint64_t hour, std::uint64_t minute, std::uint64_t second,
                                  std::uint64_t micro) {
  expect(hour <= 23 && minute <= 59 && second <= 59 && micro <= 999'999);
  return static_cast<std::int64_t>((hour * 60 + minute) * 60 + second) * kMicrosPerSecond +
         static_cast<std::int64_t>(micro);
}

inline value::Date load_date(const std::byte* at) {
  return checked_date(load<std::uint16_t>(at), load<std::uint8_t>(at + 2),
                      load<std::uint8_t>(at + 3));
}

/// Hours, minutes, seconds of a day; with `size` 7 microseconds too.
inline std::int64_t load_clock(const std::byte* at, std::size_t size) {
  return checked_clock(load<std::uint8_t>(at), load<std::uint8_t>(at + 1),
                       load<std::uint8_t>(at + 2), size == 7 ? load<std::uint32_t>(at + 3) : 0U);
}

/// Trailing parts that are all zero are left out: 0, 4, 7 or 11 bytes.
struct DateTime {
  static value::DateTime read(const ColumnCodec&, mariadb::RawValue raw) {
    switch (raw.size) {
      case 0: return {};
      case 4: return {load_date(raw.data), 0};
      case 7:
      case 11: return {load_date(raw.data), load_clock(raw.data + 4, raw.size - 4)};
      default: malformed();
    }
  }
};

struct Date {
  static value::Date read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const value::DateTime value = DateTime::read(codec, raw);
    expect(value.day_us == 0);
    return value.date;
  }
};

inline constexpr std::int64_t kTimeMax = 839 * kMicrosPerHour - 1;  // 838:59:59.999999

/// 0, 8 or 12 bytes: sign, days, time of day.
struct Time {
  static value::Duration read(const ColumnCodec&, mariadb::RawValue raw) {
    if (raw.size == 0) return {0};
    expect(raw.size == 8 || raw.size == 12);
    const auto negative = load<std::uint8_t>(raw.data);
    const auto days = load<std::uint32_t>(raw.data + 1);
    expect(negative <= 1 && days <= 34);
    const std::int64_t us =
        std::int64_t{days} * 24 * kMicrosPerHour + load_clock(raw.data + 5, raw.size - 5);
    expect(us <= kTimeMax);
    return {negative == 1 ? -us : us};
  }
};

struct Bytes {
  static value::Bytes read(const ColumnCodec&, mariadb::RawValue raw) { return {text_of(raw)}; }
};

/// BINARY(n) arrives with its trailing zero bytes.
struct FixedBytes {
  static value::Bytes read(const ColumnCodec& codec, mariadb::RawValue raw) {
    expect(raw.size == codec.length);
    return {text_of(raw)};
  }
};

/// Four bytes SRID before the WKB.
struct Geometry {
  static value::Bytes read(const ColumnCodec&, mariadb::RawValue raw) {
    expect(raw.size >= 4);
    return {text_of(raw)};
  }
};

struct Text {
  static value::Text read(const ColumnCodec&, mariadb::RawValue raw) { return {text_of(raw)}; }
};

struct Label {
  static value::Label read(const ColumnCodec&, mariadb::RawValue raw) { return {text_of(raw)}; }
};

/// CAST(… AS UNSIGNED), which the server makes as wide as the column's text needs.
inline std::uint64_t load_unsigned(mariadb::RawValue raw) {
  if (raw.size == sizeof(std::uint32_t)) return load<std::uint32_t>(raw.data);
  expect(raw.size == sizeof(std::uint64_t));
  return load<std::uint64_t>(raw.data);
}

/// The number of an ENUM's member.
struct MemberNumber {
  static value::MemberNumber read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const std::uint64_t number = load_unsigned(raw);
    expect(number <= codec.members.size());
    return {number};
  }
};

/// The members of a SET.
struct MemberMask {
  static value::MemberMask read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const std::uint64_t mask = load_unsigned(raw);
    expect(codec.members.size() >= 64 || (mask >> codec.members.size()) == 0);
    return {mask};
  }
};

struct Uuid {
  static value::Uuid read(const ColumnCodec&, mariadb::RawValue raw) {
    value::Uuid uuid{};
    expect(parse_uuid(text_of(raw), uuid.bytes));
    return uuid;
  }
};

struct Inet4 {
  static value::Address read(const ColumnCodec&, mariadb::RawValue raw) {
    value::Address address{{}, 4};
    expect(parse_inet4(text_of(raw), address.bytes));
    return address;
  }
};

struct Inet6 {
  static value::Address read(const ColumnCodec&, mariadb::RawValue raw) {
    value::Address address{{}, 16};
    expect(parse_inet6(text_of(raw), address.bytes));
    return address;
  }
};

}  // namespace godwit::schema::read_binary
