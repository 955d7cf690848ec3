// Writers of COPY … (FORMAT binary) fields: the types' *_recv functions of PostgreSQL 15 read them.
// A writer refuses what its type can't hold, or does what the column's policy says.
#pragma once

#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "codec_calendar.hpp"
#include "codec_format.hpp"
#include "codec_member.hpp"
#include "codec_numeric.hpp"
#include "codec_text.hpp"
#include "codec_value.hpp"

namespace godwit::schema::write_copy {

/// int2, int4, int8
template <class Target>
struct Int {
  template <class Source>
  static void write(const ColumnCodec&, value::Integer<Source> value, CopyBuffer& out,
                    PolicyCounts&) {
    if (!std::in_range<Target>(value.number)) [[unlikely]]
      refuse(Refusal::too_large);
    out.put_int_field(static_cast<Target>(value.number));
  }
};

struct Boolean {
  template <class Source>
  static void write(const ColumnCodec&, value::Integer<Source> value, CopyBuffer& out,
                    PolicyCounts&) {
    if (value.number != 0 && value.number != 1) [[unlikely]]
      refuse(Refusal::too_large);
    const char truth = value.number == 1 ? '\1' : '\0';
    out.put_field(&truth, 1);
  }
};

struct Numeric {
  template <class Source>
  static void write(const ColumnCodec&, value::Integer<Source> value, CopyBuffer& out,
                    PolicyCounts&) {
    const bool negative = value.number < 0;
    // Widened with its sign first; a 64-bit unsigned number only changes its name.
    const auto number = static_cast<std::uint64_t>(static_cast<std::int64_t>(value.number));
    put_numeric_field(negative ? 0 - number : number, negative, out);
  }
  static void write(const ColumnCodec& codec, value::Decimal value, CopyBuffer& out,
                    PolicyCounts&) {
    put_numeric_field(value.text, codec.scale, out);
  }
  static void write(const ColumnCodec& codec, const value::DecimalDigits& value, CopyBuffer& out,
                    PolicyCounts&) {
    put_numeric_field(value.view(), codec.scale, out);
  }
};

struct Float4 {
  static void write(const ColumnCodec&, value::Float4 value, CopyBuffer& out, PolicyCounts&) {
    out.put_int_field(value.bits);
  }
};

struct Float8 {
  static void write(const ColumnCodec&, value::Float8 value, CopyBuffer& out, PolicyCounts&) {
    out.put_int_field(value.bits);
  }
};

/// int32 count of bits, then the bits from the left; the last byte is padded with zeros.
struct Bit {
  static void write(const ColumnCodec&, value::Bits value, CopyBuffer& out, PolicyCounts&) {
    const std::uint32_t bytes = (value.count + 7) / 8;
    out.put_int(static_cast<std::int32_t>(sizeof(std::int32_t) + bytes));
    out.put_int(static_cast<std::int32_t>(value.count));
    const std::uint64_t left = __builtin_bswap64(value.bits << (64 - value.count));
    out.put_bytes(&left, bytes);
  }
};

/// The policy for a date that is zero or lacks a part. `minus_infinity` is the target's own.
template <class Int>
void write_zero_date(const ColumnCodec& codec, Int minus_infinity, CopyBuffer& out,
                     PolicyCounts& counts) {
  switch (codec.policies.zero_date) {
    case ZeroDate::null: out.put_null(); break;
    case ZeroDate::minus_infinity: out.put_int_field(minus_infinity); break;
    case ZeroDate::refuse:
    case ZeroDate::text:  // needs a column of type text
      refuse(Refusal::zero_date);
  }
  count(counts, Refusal::zero_date);
}

/// int32 days since 2000-01-01
struct Date {
  static void write(const ColumnCodec& codec, value::Date value, CopyBuffer& out,
                    PolicyCounts& counts) {
    if (is_partial(value)) [[unlikely]] {
      write_zero_date(codec, std::numeric_limits<std::int32_t>::min(), out, counts);
      return;
    }
    if (!is_valid(value)) [[unlikely]]
      refuse(Refusal::invalid_date);
    out.put_int_field(days_since_2000(value));
  }
};

/// int64 microseconds since 2000-01-01 00:00; for timestamptz in UTC, in which the source's
/// session reads.
struct Timestamp {
  static void write(const ColumnCodec& codec, value::DateTime value, CopyBuffer& out,
                    PolicyCounts& counts) {
    if (is_partial(value.date)) [[unlikely]] {
      write_zero_date(codec, std::numeric_limits<std::int64_t>::min(), out, counts);
      return;
    }
    if (!is_valid(value.date)) [[unlikely]]
      refuse(Refusal::invalid_date);
    out.put_int_field(days_since_2000(value.date) * kMicrosPerDay + value.day_us);
  }
};

/// int64 microseconds since midnight
struct Time {
  static void write(const ColumnCodec&, value::Duration value, CopyBuffer& out, PolicyCounts&) {
    if (value.us < 0 || value.us >= kMicrosPerDay) [[unlikely]]
      refuse(Refusal::too_large);
    out.put_int_field(value.us);
  }
};

/// int64 microseconds, int32 days, int32 months; the latter two stay 0, so that '25:00:00' doesn't
/// become a day and an hour.
struct Interval {
  static void write(const ColumnCodec&, value::Duration value, CopyBuffer& out, PolicyCounts&) {
    out.put_int(std::int32_t{16});
    out.put_int(value.us);
    out.put_int(std::int64_t{0});
  }
};

/// The bytes as they are.
struct Bytea {
  static void write(const ColumnCodec&, value::Bytes value, CopyBuffer& out, PolicyCounts&) {
    put_bytes_field(value.bytes, out);
  }
  static void write(const ColumnCodec&, value::PaddedBytes value, CopyBuffer& out, PolicyCounts&) {
    refuse_above_limit(value.size);
    out.put_int(static_cast<std::int32_t>(value.size));
    out.put_bytes(value.bytes.data(), value.bytes.size());
    const std::size_t zeros = value.size - value.bytes.size();
    std::memset(out.reserve(zeros), 0, zeros);
    out.advance(zeros);
  }
  /// Text keeps the bytes of its own charset.
  static void write(const ColumnCodec&, value::Text value, CopyBuffer& out, PolicyCounts&) {
    put_bytes_field(value.bytes, out);
  }
};

/// text, varchar and json
struct Text {
  static void write(const ColumnCodec& codec, value::Text value, CopyBuffer& out,
                    PolicyCounts& counts) {
    put_text_field(codec, value.bytes, out, counts);
  }
  static void write(const ColumnCodec& codec, value::Label value, CopyBuffer& out,
                    PolicyCounts& counts) {
    if (value.bytes.empty()) [[unlikely]] {
      write_invalid_member(codec, out, counts);
    } else {
      put_text_field(codec, value.bytes, out, counts);
    }
  }
  static void write(const ColumnCodec& codec, value::MemberNumber value, CopyBuffer& out,
                    PolicyCounts& counts) {
    if (value.number == 0) [[unlikely]] {
      write_invalid_member(codec, out, counts);
    } else {
      put_text_field(codec, codec.members[value.number - 1], out, counts);
    }
  }
  static void write(const ColumnCodec& codec, value::MemberMask value, CopyBuffer& out,
                    PolicyCounts& counts) {
    write_member_list(codec, value.mask, out, counts);
  }
  static void write(const ColumnCodec&, value::Date value, CopyBuffer& out, PolicyCounts&) {
    put_formatted(format_date(value), out);
  }
  static void write(const ColumnCodec& codec, value::DateTime value, CopyBuffer& out,
                    PolicyCounts&) {
    put_formatted(format_datetime(value, codec.fraction), out);
  }
  static void write(const ColumnCodec& codec, value::Duration value, CopyBuffer& out,
                    PolicyCounts&) {
    put_formatted(format_duration(value, codec.fraction), out);
  }

 private:
  static void put_formatted(const ShortText& text, CopyBuffer& out) {
    out.put_field(text.characters.data(), text.size);
  }
};

/// A version byte, then JSON text.
struct Jsonb {
  static void write(const ColumnCodec& codec, value::Text value, CopyBuffer& out,
                    PolicyCounts& counts) {
    constexpr char kVersion = 1;
    const std::string_view text = storable_text(codec, value.bytes, counts);
    refuse_above_limit(text.size() + 1);
    out.put_int(static_cast<std::int32_t>(text.size() + 1));
    out.put_bytes(&kVersion, 1);
    out.put_bytes(text.data(), text.size());
  }
};

struct TextArray {
  static void write(const ColumnCodec& codec, value::Text value, CopyBuffer& out,
                    PolicyCounts& counts) {
    write_array_of_list(storable_text(codec, value.bytes, counts), out);
  }
  static void write(const ColumnCodec& codec, value::MemberMask value, CopyBuffer& out,
                    PolicyCounts& counts) {
    write_array_of_mask(codec, value.mask, out, counts);
  }
};

struct Uuid {
  static void write(const ColumnCodec&, const value::Uuid& value, CopyBuffer& out, PolicyCounts&) {
    out.put_field(value.bytes.data(), value.bytes.size());
  }
};

/// Family, length of the prefix, 0 (an inet, not a cidr), count of bytes, the bytes.
struct Inet {
  static void write(const ColumnCodec&, const value::Address& value, CopyBuffer& out,
                    PolicyCounts&) {
    constexpr std::uint8_t kFamily4 = 2;  // PGSQL_AF_INET
    constexpr std::uint8_t kFamily6 = 3;  // PGSQL_AF_INET6
    const std::array<std::uint8_t, 4> head{value.size == 4 ? kFamily4 : kFamily6,
                                           static_cast<std::uint8_t>(value.size * 8), 0,
                                           value.size};
    out.put_int(static_cast<std::int32_t>(head.size() + value.size));
    out.put_bytes(head.data(), head.size());
    out.put_bytes(value.bytes.data(), value.size);
  }
};

}  // namespace godwit::schema::write_copy
