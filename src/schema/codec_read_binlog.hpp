// Readers of values in row images of the binlog: the server's own record format, but for a length
// before what varies. Every size is checked: what doesn't fit its type is refused as malformed, and
// nothing is read beyond the value. Dates and times are in codec_read_binlog_time.hpp.
// Format: https://mariadb.com/kb/en/rows_event_v1v2-rows_compressed_event_v1/ ("Column data
// formats")
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "codec_read_binary.hpp"
#include "codec_value.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::schema::read_binlog {

using read_binary::expect;
using read_binary::load;
using read_binary::text_of;

/// `size` is at most 8.
inline std::uint64_t load_big(const std::byte* at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = (number << 8U) | std::to_integer<std::uint64_t>(at[i]);
  }
  return number;
}

inline std::uint64_t load_little(const std::byte* at, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = size; i > 0; --i) {
    number = (number << 8U) | std::to_integer<std::uint64_t>(at[i - 1]);
  }
  return number;
}

struct Mediumint {
  static value::Integer<std::int32_t> read(const ColumnCodec&, mariadb::RawValue raw) {
    expect(raw.size == 3);
    constexpr std::int32_t kSign = 1 << 23;
    const auto bits = static_cast<std::int32_t>(load_little(raw.data, 3));
    return {(bits ^ kSign) - kSign};
  }
};

struct MediumintUnsigned {
  static value::Integer<std::uint32_t> read(const ColumnCodec&, mariadb::RawValue raw) {
    expect(raw.size == 3);
    return {static_cast<std::uint32_t>(load_little(raw.data, 3))};
  }
};

/// Years since 1900; 0 is the year 0000. A YEAR(2) shows, and sends, the last two digits.
struct Year {
  static value::Integer<std::int16_t> read(const ColumnCodec& codec, mariadb::RawValue raw) {
    expect(raw.size == 1);
    const auto stored = static_cast<std::int16_t>(load<std::uint8_t>(raw.data));
    if (codec.length == 2) return {static_cast<std::int16_t>(stored % 100)};
    return {static_cast<std::int16_t>(stored == 0 ? 0 : 1900 + stored)};
  }
};

struct Float {
  static value::Float4 read(const ColumnCodec&, mariadb::RawValue raw) {
    expect(raw.size == sizeof(std::uint32_t));
    return {load<std::uint32_t>(raw.data)};
  }
};

/// Digits to the base 10^9, four bytes each in network order, on both sides of the point; the
/// digits that don't fill nine, before the first and behind the last, take as few bytes as they
/// need. The first bit is inverted, and in a negative number every bit.
class Decimal {
 public:
  static value::DecimalDigits read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const std::size_t precision = codec.wire.metadata >> 8U;
    const std::size_t behind = codec.wire.metadata & 0xFFU;
    expect(precision >= 1 && precision <= kDigitsMax && behind <= precision);
    const std::size_t before = precision - behind;
    expect(raw.size == packed_size(before) + packed_size(behind));

    Unpacker unpacker(raw.data);
    if (before == 0) unpacker.put('0');
    unpacker.put_partial(before % kGroup);
    unpacker.put_groups(before / kGroup);
    if (behind != 0) {
      unpacker.put('.');
      unpacker.put_groups(behind / kGroup);
      unpacker.put_partial(behind % kGroup);
    }
    return unpacker.digits();
  }

 private:
  static constexpr std::size_t kDigitsMax = 65;
  static constexpr std::size_t kGroup = 9;
  static constexpr std::array<std::uint8_t, kGroup> kPartialBytes{0, 1, 1, 2, 2, 3, 3, 4, 4};

  static constexpr std::size_t packed_size(std::size_t digits) {
    return digits / kGroup * 4 + kPartialBytes[digits % kGroup];
  }

  class Unpacker {
   public:
    explicit Unpacker(const std::byte* at)
        : at_(at), inverted_((std::to_integer<unsigned>(*at) & kSignBit) == 0) {
      digits_.size = 0;
      if (inverted_) put('-');
    }
    void put(char c) { digits_.characters[digits_.size++] = c; }
    void put_groups(std::size_t count) {
      for (; count > 0; --count)
        put_number(kGroup, 4);
    }
    void put_partial(std::size_t width) {
      if (width > 0) put_number(width, kPartialBytes[width]);
    }
    [[nodiscard]] const value::DecimalDigits& digits() const { return digits_; }

   private:
    static constexpr unsigned kSignBit = 0x80;

    void put_number(std::size_t width, std::size_t bytes) {
      std::uint64_t number = load_big(at_, bytes);
      at_ += bytes;
      if (first_) number ^= std::uint64_t{kSignBit} << (8 * (bytes - 1));
      first_ = false;
      if (inverted_) number ^= (std::uint64_t{1} << (8 * bytes)) - 1;
      char* const start = digits_.characters.data() + digits_.size;
      for (std::size_t i = width; i > 0; --i) {
        start[i - 1] = static_cast<char>('0' + number % 10);
        number /= 10;
      }
      expect(number == 0);
      digits_.size = static_cast<std::uint8_t>(digits_.size + width);
    }

    value::DecimalDigits digits_;
    const std::byte* at_;
    bool inverted_;
    bool first_ = true;
  };
};

/// The log leaves out the zero bytes at the end.
struct FixedBytes {
  static value::PaddedBytes read(const ColumnCodec& codec, mariadb::RawValue raw) {
    expect(raw.size <= codec.length);
    return {text_of(raw), codec.length};
  }
};

/// One or two bytes for an ENUM, one to four or eight for a SET, as many as the event says.
inline std::uint64_t load_members(const ColumnCodec& codec, mariadb::RawValue raw) {
  expect(raw.size <= sizeof(std::uint64_t) && raw.size == (codec.wire.metadata & 0xFFU));
  return load_little(raw.data, raw.size);
}

struct MemberNumber {
  static value::MemberNumber read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const std::uint64_t number = load_members(codec, raw);
    expect(number <= codec.members.size());
    return {number};
  }
};

struct MemberMask {
  static value::MemberMask read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const std::uint64_t mask = load_members(codec, raw);
    expect(codec.members.size() >= 64 || (mask >> codec.members.size()) == 0);
    return {mask};
  }
};

/// The first bytes of an array whose zero bytes at the end the log leaves out.
template <std::size_t kSize>
void load_padded(mariadb::RawValue raw, std::array<std::byte, 16>& bytes) {
  expect(raw.size <= kSize);
  std::memcpy(bytes.data(), raw.data, raw.size);
}

/// In the order of the text: the server stores most versions with their parts in another order, so
/// that they sort by time, but undoes that for the log.
struct Uuid {
  static value::Uuid read(const ColumnCodec&, mariadb::RawValue raw) {
    value::Uuid uuid{};
    load_padded<16>(raw, uuid.bytes);
    return uuid;
  }
};

template <std::uint8_t kSize>
struct Inet {
  static value::Address read(const ColumnCodec&, mariadb::RawValue raw) {
    value::Address address{{}, kSize};
    load_padded<kSize>(raw, address.bytes);
    return address;
  }
};

}  // namespace godwit::schema::read_binlog
