#include "codec_format.hpp"

namespace godwit::schema {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

void put(ShortText& text, char c) { text.characters[text.size++] = c; }

void put_number(ShortText& text, std::uint64_t number, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    text.characters[text.size + static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  text.size += static_cast<std::size_t>(digits);
}

void put_date(ShortText& text, value::Date date) {
  put_number(text, date.year, 4);
  put(text, '-');
  put_number(text, date.month, 2);
  put(text, '-');
  put_number(text, date.day, 2);
}

void put_clock(ShortText& text, std::uint64_t us, int fraction) {
  const std::uint64_t seconds = us / kMicrosPerSecond;
  const std::uint64_t hours = seconds / 3600;
  put_number(text, hours, hours >= 100 ? 3 : 2);
  put(text, ':');
  put_number(text, seconds / 60 % 60, 2);
  put(text, ':');
  put_number(text, seconds % 60, 2);
  if (fraction == 0) return;
  put(text, '.');
  std::uint64_t part = us % kMicrosPerSecond;
  for (int digits = 6; digits > fraction; --digits)
    part /= 10;
  put_number(text, part, fraction);
}

}  // namespace

ShortText format_date(value::Date date) {
  ShortText text;
  put_date(text, date);
  return text;
}

ShortText format_datetime(value::DateTime value, int fraction) {
  ShortText text;
  put_date(text, value.date);
  put(text, ' ');
  put_clock(text, static_cast<std::uint64_t>(value.day_us), fraction);
  return text;
}

ShortText format_duration(value::Duration value, int fraction) {
  ShortText text;
  if (value.us < 0) put(text, '-');
  const auto us = static_cast<std::uint64_t>(value.us);
  put_clock(text, value.us < 0 ? 0 - us : us, fraction);
  return text;
}

}  // namespace godwit::schema
