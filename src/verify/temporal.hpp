// Dates and times as cells.
//
//   date, timestamp   4 bytes year + 2^31, 1 month, 1 day, 8 microseconds of the day (all big
//                     endian); -infinity is all zero bytes, infinity all 0xFF. Calendar fields
//                     rather than a day number, since MariaDB stores 2024-00-15 and 2023-02-31.
//   time, interval    8 bytes microseconds + 2^63; an interval with days or months has these
//                     behind (4 bytes each): 1 day is not 24 hours to an application
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cell.hpp"

namespace godwit::verify {

struct DateTime {
  std::int32_t year = 0;
  std::uint8_t month = 0;
  std::uint8_t day = 0;
  std::uint64_t micros = 0;  // of the day

  [[nodiscard]] bool zero_or_partial() const { return month == 0 || day == 0; }
  /// Whether the calendar has this day (2023-02-31: no).
  [[nodiscard]] bool exists() const;
};

/// MariaDB's binary protocol: 0, 4 (date), 7 (+ time) or 11 bytes (+ microseconds); nullopt for
/// any other size. Format: https://mariadb.com/kb/en/resultset-row/#timestamp-binary-encoding
std::optional<DateTime> source_datetime(std::span<const std::byte> bytes);
/// 0, 8 or 12 bytes: sign, days, hours, minutes, seconds, microseconds. In microseconds.
std::optional<std::int64_t> source_time(std::span<const std::byte> bytes);

void set_datetime(Cell& cell, Scratch& scratch, const DateTime& value);
void set_minus_infinity(Cell& cell, Scratch& scratch);
void set_duration(Cell& cell, Scratch& scratch, std::int64_t micros);

/// PostgreSQL's binary forms; the epoch is 2000-01-01.
void set_target_date(Cell& cell, Scratch& scratch, std::span<const std::byte> field);
void set_target_timestamp(Cell& cell, Scratch& scratch, std::span<const std::byte> field);
void set_target_time(Cell& cell, Scratch& scratch, std::span<const std::byte> field);
void set_target_interval(Cell& cell, Scratch& scratch, std::span<const std::byte> field);

/// "2024-02-29", as MariaDB prints a DATE
std::string date_text(const DateTime& value);
/// "2024-02-29 12:00:00.250", with `fraction` digits (0 to 6)
std::string datetime_text(const DateTime& value, int fraction);
/// "-838:59:59.999999"
std::string duration_text(std::int64_t micros, int fraction);

/// What the setters wrote, for display; with_time: false for dates.
std::string temporal_cell_text(const Cell& cell, bool with_time);
std::string duration_cell_text(const Cell& cell);

}  // namespace godwit::verify
