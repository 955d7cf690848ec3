// Readers of dates and times in row images. Each of TIME, DATETIME and TIMESTAMP has three formats:
// the one of today (TIME2, DATETIME2, TIMESTAMP2), and those of tables that were made with
// mysql56_temporal_format=OFF, without and with digits of seconds. The event's type tells the first
// from the others, the column's digits these from each other: their types carry no metadata.
// Formats: sql/compat56.cc (today's) and sql/field.cc (Field_datetime_hires and its like) of
// https://github.com/MariaDB/server
#pragma once

#include <array>

#include "codec_binlog_type.hpp"
#include "codec_calendar.hpp"
#include "codec_read_binlog.hpp"

namespace godwit::schema::read_binlog {

/// Digits of a second: 0–6.
inline unsigned digits_of(const ColumnCodec& codec) {
  expect(codec.fraction >= 0 && codec.fraction <= 6);
  return static_cast<unsigned>(codec.fraction);
}

/// 10^(6 - digits): what the last of `digits` digits of a second is in microseconds.
inline std::uint64_t micros_of_last(unsigned digits) {
  constexpr std::array<std::uint32_t, 7> kMicros{1'000'000, 100'000, 10'000, 1000, 100, 10, 1};
  return kMicros[digits];
}

/// Bytes of a fraction behind whole seconds in today's formats; it counts hundredths of a second in
/// one byte, ten-thousandths in two, microseconds in three.
inline std::size_t fraction_bytes(unsigned digits) { return (digits + 1) / 2; }
inline std::uint64_t fraction_unit(unsigned digits) {
  return micros_of_last(static_cast<unsigned>(2 * fraction_bytes(digits)));
}

/// Day, month and year in 5, 4 and 15 bits from the lowest, little-endian.
struct Date {
  static value::Date read(const ColumnCodec&, mariadb::RawValue raw) {
    expect(raw.size == 3);
    const std::uint64_t bits = load_little(raw.data, 3);
    return read_binary::checked_date(bits >> 9U, bits >> 5U & 15U, bits & 31U);
  }
};

class DateTime {
 public:
  static value::DateTime read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const unsigned digits = digits_of(codec);
    if (codec.wire.type == binlog_type::kDateTime2) return read_today(raw, digits);
    return digits == 0 ? read_decimal(raw) : read_mixed(raw, digits);
  }

 private:
  /// 40 bits in network order: the sign (always 1), 17 bits year * 13 + month, 5 bits day, 5 hour,
  /// 6 minute, 6 second; then the fraction.
  static value::DateTime read_today(mariadb::RawValue raw, unsigned digits) {
    constexpr std::size_t kWhole = 5;
    const std::size_t behind = fraction_bytes(digits);
    expect(raw.size == kWhole + behind);
    const std::uint64_t bits = load_big(raw.data, kWhole);
    expect(bits >> 39U == 1);
    const std::uint64_t months = bits >> 22U & 0x1FFFFU;
    const std::uint64_t micro = load_big(raw.data + kWhole, behind) * fraction_unit(digits);
    return {read_binary::checked_date(months / 13, months % 13, bits >> 17U & 31U),
            read_binary::checked_clock(bits >> 12U & 31U, bits >> 6U & 63U, bits & 63U, micro)};
  }

  /// The decimal number YYYYMMDDhhmmss in eight bytes.
  static value::DateTime read_decimal(mariadb::RawValue raw) {
    expect(raw.size == sizeof(std::uint64_t));
    const auto number = load<std::uint64_t>(raw.data);
    const std::uint64_t date = number / 1'000'000;
    return {read_binary::checked_date(date / 10'000, date / 100 % 100, date % 100),
            read_binary::checked_clock(number / 10'000 % 100, number / 100 % 100, number % 100, 0)};
  }

  /// A number of mixed base in network order: year, month (13), day (32), hour (24), minute,
  /// second, fraction.
  static value::DateTime read_mixed(mariadb::RawValue raw, unsigned digits) {
    constexpr std::array<std::uint8_t, 7> kBytes{0, 6, 6, 7, 7, 7, 8};
    expect(raw.size == kBytes[digits]);
    std::uint64_t rest = load_big(raw.data, raw.size);
    const auto take = [&rest](std::uint64_t base) {
      const std::uint64_t part = rest % base;
      rest /= base;
      return part;
    };
    const std::uint64_t unit = micros_of_last(digits);
    const std::uint64_t micro = take(1'000'000 / unit) * unit;
    const std::uint64_t second = take(60);
    const std::uint64_t minute = take(60);
    const std::uint64_t hour = take(24);
    const std::uint64_t day = take(32);
    const std::uint64_t month = take(13);
    return {read_binary::checked_date(rest, month, day),
            read_binary::checked_clock(hour, minute, second, micro)};
  }
};

/// Seconds since 1970 in UTC and a fraction; all 0 is '0000-00-00 00:00:00'.
class Timestamp {
 public:
  static value::DateTime read(const ColumnCodec& codec, mariadb::RawValue raw) {
    constexpr std::size_t kWhole = 4;
    const unsigned digits = digits_of(codec);
    const bool today = codec.wire.type == binlog_type::kTimestamp2;
    if (!today && digits == 0) {
      expect(raw.size == kWhole);
      return moment(load<std::uint32_t>(raw.data), 0);
    }
    // the older format counts in its last digit, as few bytes hold that
    const std::size_t behind = fraction_bytes(digits);
    const std::uint64_t unit = today ? fraction_unit(digits) : micros_of_last(digits);
    expect(raw.size == kWhole + behind);
    return moment(static_cast<std::uint32_t>(load_big(raw.data, kWhole)),
                  load_big(raw.data + kWhole, behind) * unit);
  }

 private:
  static value::DateTime moment(std::uint32_t seconds, std::uint64_t micro) {
    constexpr std::uint32_t kSecondsPerDay = 86'400;
    expect(micro <= 999'999);
    if (seconds == 0 && micro == 0) return {};
    return {date_of_unix_day(seconds / kSecondsPerDay),
            seconds % kSecondsPerDay * read_binary::kMicrosPerSecond +
                static_cast<std::int64_t>(micro)};
  }
};

class Time {
 public:
  static value::Duration read(const ColumnCodec& codec, mariadb::RawValue raw) {
    const unsigned digits = digits_of(codec);
    if (codec.wire.type == binlog_type::kTime2) return read_today(raw, digits);
    return digits == 0 ? read_decimal(codec, raw) : read_shifted(raw, digits);
  }

 private:
  /// In network order: 24 bits sign (1: not negative), one unused, 10 hour, 6 minute, 6 second;
  /// then the fraction. A negative time is the complement of all of them together, so seconds and
  /// fraction must not be taken apart before.
  static value::Duration read_today(mariadb::RawValue raw, unsigned digits) {
    const std::size_t behind = fraction_bytes(digits);
    expect(raw.size == 3 + behind);
    const std::size_t fraction_bits = 8 * behind;
    const auto zero = std::int64_t{0x800000} << fraction_bits;
    const auto number = static_cast<std::int64_t>(load_big(raw.data, raw.size)) - zero;
    const auto bits = static_cast<std::uint64_t>(number < 0 ? -number : number);
    const std::uint64_t clock = bits >> fraction_bits;
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << fraction_bits) - 1);
    return duration(number < 0, clock >> 12U, clock >> 6U & 63U, clock & 63U,
                    fraction * fraction_unit(digits));
  }

  /// The decimal number ±hhhmmss in three bytes.
  static value::Duration read_decimal(const ColumnCodec& codec, mariadb::RawValue raw) {
    const std::int32_t number = Mediumint::read(codec, raw).number;
    const auto digits = static_cast<std::uint64_t>(number < 0 ? -number : number);
    return duration(number < 0, digits / 10'000, digits / 100 % 100, digits % 100, 0);
  }

  /// Units of the last digit in network order, with 839 hours for zero.
  static value::Duration read_shifted(mariadb::RawValue raw, unsigned digits) {
    constexpr std::array<std::uint8_t, 7> kBytes{0, 4, 4, 5, 5, 5, 6};
    expect(raw.size == kBytes[digits]);
    const auto unit = static_cast<std::int64_t>(micros_of_last(digits));
    const auto zero = (read_binary::kTimeMax + 1) / unit;
    const std::int64_t number = static_cast<std::int64_t>(load_big(raw.data, raw.size)) - zero;
    expect(number > -zero && number < zero);
    return {number * unit};
  }

  static value::Duration duration(bool negative, std::uint64_t hour, std::uint64_t minute,
                                  std::uint64_t second, std::uint64_t micro) {
    expect(hour <= 838 && minute <= 59 && second <= 59 && micro <= 999'999);
    const auto us = static_cast<std::int64_t>((hour * 60 + minute) * 60 + second) *
                        read_binary::kMicrosPerSecond +
                    static_cast<std::int64_t>(micro);
    return {negative ? -us : us};
  }
};

}  // namespace godwit::schema::read_binlog
