#include "temporal.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace godwit::verify {

namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;
constexpr std::uint32_t kYearBias = 0x80000000U;
constexpr std::uint64_t kDurationBias = 0x8000000000000000U;
constexpr std::size_t kDateTimeSize = 14;
constexpr sys_days kEpoch = std::chrono::year(2000) / 1 / 1;
// std::chrono's calendar ends there; MariaDB's at 9999, so nothing beyond can be equal.
constexpr sys_days kFirstDay = std::chrono::year(-32767) / 1 / 1;
constexpr sys_days kLastDay = std::chrono::year(32767) / 12 / 31;

std::string_view raw_text(std::span<const std::byte> field) {
  return {reinterpret_cast<const char*>(field.data()), field.size()};
}

void set_infinity(Cell& cell, Scratch& scratch, std::byte filler) {
  std::fill_n(scratch.fixed.begin(), kDateTimeSize, filler);
  set_view(cell, scratch.fixed.data(), kDateTimeSize);
}

void set_day(Cell& cell, Scratch& scratch, std::int64_t days, std::uint64_t micros,
             std::span<const std::byte> field) {
  if (days < (kFirstDay - kEpoch).count() || days > (kLastDay - kEpoch).count()) {
    return set_flaw(cell, "year out of range", raw_text(field));
  }
  const year_month_day date{kEpoch + std::chrono::days(days)};
  set_datetime(cell, scratch,
               {static_cast<int>(date.year()),
                static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
                static_cast<std::uint8_t>(static_cast<unsigned>(date.day())), micros});
}

std::uint64_t clock_micros(std::span<const std::byte, 3> hms) {
  return std::to_integer<std::uint64_t>(hms[0]) * kHour +
         std::to_integer<std::uint64_t>(hms[1]) * kMinute +
         std::to_integer<std::uint64_t>(hms[2]) * kSecond;
}

std::string clock_text(std::uint64_t micros, int fraction) {
  std::string text = fmt::format("{:02}:{:02}:{:02}", micros / kHour, micros / kMinute % 60,
                                 micros / kSecond % 60);
  if (fraction > 0) {
    const std::string digits = fmt::format("{:06}", micros % kSecond);
    text += "." + digits.substr(0, static_cast<std::size_t>(std::min(fraction, 6)));
  }
  return text;
}

}  // namespace

bool DateTime::exists() const { return (std::chrono::year(year) / month / day).ok(); }

std::optional<DateTime> source_datetime(std::span<const std::byte> bytes) {
  if (!bytes.empty() && bytes.size() != 4 && bytes.size() != 7 && bytes.size() != 11) {
    return std::nullopt;
  }
  DateTime value;
  if (bytes.empty()) return value;
  value.year = load_little_endian<std::uint16_t>(bytes.data());
  value.month = std::to_integer<std::uint8_t>(bytes[2]);
  value.day = std::to_integer<std::uint8_t>(bytes[3]);
  if (bytes.size() >= 7) value.micros = clock_micros(bytes.subspan<4, 3>());
  if (bytes.size() == 11) value.micros += load_little_endian<std::uint32_t>(&bytes[7]);
  return value;
}

std::optional<std::int64_t> source_time(std::span<const std::byte> bytes) {
  if (bytes.empty()) return 0;
  if (bytes.size() != 8 && bytes.size() != 12) return std::nullopt;
  std::uint64_t micros =
      load_little_endian<std::uint32_t>(&bytes[1]) * kDay + clock_micros(bytes.subspan<5, 3>());
  if (bytes.size() == 12) micros += load_little_endian<std::uint32_t>(&bytes[8]);
  const auto magnitude = static_cast<std::int64_t>(micros);
  return bytes[0] == std::byte{0} ? magnitude : -magnitude;
}

void set_datetime(Cell& cell, Scratch& scratch, const DateTime& value) {
  std::byte* at = scratch.fixed.data();
  store_big_endian(at, static_cast<std::uint32_t>(value.year) + kYearBias);
  at[4] = static_cast<std::byte>(value.month);
  at[5] = static_cast<std::byte>(value.day);
  store_big_endian(at + 6, value.micros);
  set_view(cell, at, kDateTimeSize);
}

void set_minus_infinity(Cell& cell, Scratch& scratch) { set_infinity(cell, scratch, std::byte{0}); }

void set_duration(Cell& cell, Scratch& scratch, std::int64_t micros) {
  store_big_endian(scratch.fixed.data(), static_cast<std::uint64_t>(micros) + kDurationBias);
  set_view(cell, scratch.fixed.data(), sizeof micros);
}

void set_target_date(Cell& cell, Scratch& scratch, std::span<const std::byte> field) {
  if (field.size() != sizeof(std::int32_t)) return set_flaw(cell, "not a date", raw_text(field));
  const auto days = static_cast<std::int32_t>(load_big_endian<std::uint32_t>(field.data()));
  if (days == std::numeric_limits<std::int32_t>::min()) return set_minus_infinity(cell, scratch);
  if (days == std::numeric_limits<std::int32_t>::max()) {
    return set_infinity(cell, scratch, std::byte{0xFF});
  }
  set_day(cell, scratch, days, 0, field);
}

void set_target_timestamp(Cell& cell, Scratch& scratch, std::span<const std::byte> field) {
  if (field.size() != sizeof(std::int64_t)) {
    return set_flaw(cell, "not a timestamp", raw_text(field));
  }
  const auto stamp = static_cast<std::int64_t>(load_big_endian<std::uint64_t>(field.data()));
  if (stamp == std::numeric_limits<std::int64_t>::min()) return set_minus_infinity(cell, scratch);
  if (stamp == std::numeric_limits<std::int64_t>::max()) {
    return set_infinity(cell, scratch, std::byte{0xFF});
  }
  constexpr auto kSignedDay = static_cast<std::int64_t>(kDay);
  std::int64_t days = stamp / kSignedDay;
  std::int64_t micros = stamp % kSignedDay;
  if (micros < 0) {
    micros += kSignedDay;
    --days;
  }
  set_day(cell, scratch, days, static_cast<std::uint64_t>(micros), field);
}

void set_target_time(Cell& cell, Scratch& scratch, std::span<const std::byte> field) {
  if (field.size() != sizeof(std::int64_t)) return set_flaw(cell, "not a time", raw_text(field));
  set_duration(cell, scratch,
               static_cast<std::int64_t>(load_big_endian<std::uint64_t>(field.data())));
}

void set_target_interval(Cell& cell, Scratch& scratch, std::span<const std::byte> field) {
  constexpr std::size_t kIntervalSize = 16;
  if (field.size() != kIntervalSize) return set_flaw(cell, "not an interval", raw_text(field));
  set_duration(cell, scratch,
               static_cast<std::int64_t>(load_big_endian<std::uint64_t>(field.data())));
  if (load_big_endian<std::uint64_t>(&field[8]) != 0) {  // days, months
    std::copy(field.begin() + 8, field.end(), scratch.fixed.begin() + 8);
    set_view(cell, scratch.fixed.data(), kIntervalSize);
  }
}

std::string date_text(const DateTime& value) {
  return fmt::format("{:04}-{:02}-{:02}", value.year, value.month, value.day);
}

std::string datetime_text(const DateTime& value, int fraction) {
  return date_text(value) + " " + clock_text(value.micros, fraction);
}

std::string duration_text(std::int64_t micros, int fraction) {
  const auto magnitude = static_cast<std::uint64_t>(micros < 0 ? -micros : micros);
  return (micros < 0 ? "-" : "") + clock_text(magnitude, fraction);
}

std::string temporal_cell_text(const Cell& cell, bool with_time) {
  const auto bytes = std::span(cell.data, cell.size);
  const auto filled = [&](std::byte filler) {
    return std::all_of(bytes.begin(), bytes.end(), [&](std::byte b) { return b == filler; });
  };
  if (filled(std::byte{0})) return "-infinity";
  if (filled(std::byte{0xFF})) return "infinity";
  const DateTime value{
      static_cast<std::int32_t>(load_big_endian<std::uint32_t>(bytes.data()) - kYearBias),
      std::to_integer<std::uint8_t>(bytes[4]), std::to_integer<std::uint8_t>(bytes[5]),
      load_big_endian<std::uint64_t>(&bytes[6])};
  if (!with_time && value.micros == 0) return date_text(value);
  return datetime_text(value, value.micros % kSecond == 0 ? 0 : 6);
}

std::string duration_cell_text(const Cell& cell) {
  const auto micros =
      static_cast<std::int64_t>(load_big_endian<std::uint64_t>(cell.data) - kDurationBias);
  const bool whole_seconds = micros % static_cast<std::int64_t>(kSecond) == 0;
  std::string text = duration_text(micros, whole_seconds ? 0 : 6);
  if (cell.size > sizeof micros) {
    const auto days = static_cast<std::int32_t>(load_big_endian<std::uint32_t>(cell.data + 8));
    const auto months = static_cast<std::int32_t>(load_big_endian<std::uint32_t>(cell.data + 12));
    text = fmt::format("{} months {} days ", months, days) + text;
  }
  return text;
}

}  // namespace godwit::verify
