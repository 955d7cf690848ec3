#include "decimal.hpp"

#include <algorithm>

namespace godwit::verify {

namespace {

enum class Sign : char { minus_infinity, negative, positive, infinity, nan };

constexpr std::size_t kDigitsOffset = 5;  // sign and number of digits before the point
constexpr std::size_t kTailSize = 3;      // end mark and scale

bool is_digit(char character) { return character >= '0' && character <= '9'; }

void start(Scratch& scratch) { scratch.bytes.assign(kDigitsOffset, '\0'); }

/// Completes what start() began; the digits stand behind kDigitsOffset.
void finish(Cell& cell, Scratch& scratch, bool negative, std::size_t whole, std::size_t scale) {
  std::string& bytes = scratch.bytes;
  const bool zero =
      std::all_of(bytes.begin() + kDigitsOffset, bytes.end(), [](char c) { return c == '0'; });
  negative = negative && !zero;
  bytes[0] = static_cast<char>(negative ? Sign::negative : Sign::positive);
  store_big_endian(reinterpret_cast<std::byte*>(&bytes[1]), static_cast<std::uint32_t>(whole));
  bytes.push_back('\1');
  bytes.push_back(static_cast<char>(scale >> 8U));
  bytes.push_back(static_cast<char>(scale));
  if (negative) {
    std::transform(bytes.begin() + 1, bytes.end(), bytes.begin() + 1,
                   [](char c) { return static_cast<char>(~c); });
  }
  set_view(cell, bytes);
}

void append_group(std::string& bytes, unsigned group) {
  bytes.push_back(static_cast<char>('0' + group / 1000 % 10));
  bytes.push_back(static_cast<char>('0' + group / 100 % 10));
  bytes.push_back(static_cast<char>('0' + group / 10 % 10));
  bytes.push_back(static_cast<char>('0' + group % 10));
}

void set_special(Cell& cell, Scratch& scratch, Sign sign) {
  scratch.bytes.assign(1, static_cast<char>(sign));
  set_view(cell, scratch.bytes);
}

}  // namespace

void set_decimal(Cell& cell, Scratch& scratch, std::string_view text) {
  const std::string_view raw = text;
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.size() + fraction.size() == 0 || !std::all_of(whole.begin(), whole.end(), is_digit) ||
      !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
    set_flaw(cell, "not a decimal", raw);
    return;
  }
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  start(scratch);
  scratch.bytes.append(whole);
  scratch.bytes.append(fraction);
  finish(cell, scratch, negative, whole.size(), fraction.size());
}

void set_numeric(Cell& cell, Scratch& scratch, std::span<const std::byte> field) {
  constexpr std::size_t kHeader = 8;
  constexpr std::uint16_t kNegative = 0x4000;
  constexpr std::uint16_t kNan = 0xC000;
  constexpr std::uint16_t kInfinity = 0xD000;
  constexpr std::uint16_t kMinusInfinity = 0xF000;
  const std::string_view raw(reinterpret_cast<const char*>(field.data()), field.size());
  if (field.size() < kHeader) return set_flaw(cell, "not a numeric", raw);
  const std::size_t groups = load_big_endian<std::uint16_t>(field.data());
  const auto weight = static_cast<std::int16_t>(load_big_endian<std::uint16_t>(&field[2]));
  const auto sign = load_big_endian<std::uint16_t>(&field[4]);
  const std::size_t scale = load_big_endian<std::uint16_t>(&field[6]);
  if (field.size() != kHeader + 2 * groups) return set_flaw(cell, "not a numeric", raw);
  if (sign == kNan) return set_special(cell, scratch, Sign::nan);
  if (sign == kInfinity) return set_special(cell, scratch, Sign::infinity);
  if (sign == kMinusInfinity) return set_special(cell, scratch, Sign::minus_infinity);

  const auto group_at = [&](std::ptrdiff_t index) -> unsigned {
    const auto position = static_cast<std::size_t>(index);
    if (index < 0 || position >= groups) return 0;
    return load_big_endian<std::uint16_t>(&field[kHeader + 2 * position]);
  };
  start(scratch);
  std::string& bytes = scratch.bytes;
  for (std::ptrdiff_t index = 0; index <= weight; ++index)
    append_group(bytes, group_at(index));
  const std::size_t zeros = std::min(bytes.find_first_not_of('0', kDigitsOffset), bytes.size());
  bytes.erase(kDigitsOffset, zeros - kDigitsOffset);
  const std::size_t whole = bytes.size() - kDigitsOffset;
  const std::size_t end = bytes.size() + scale;
  for (std::ptrdiff_t index = weight + 1; bytes.size() < end; ++index) {
    append_group(bytes, group_at(index));
  }
  bytes.resize(end);
  finish(cell, scratch, sign == kNegative, whole, scale);
}

std::string decimal_text(const Cell& cell) {
  std::string bytes(cell.text());
  switch (static_cast<Sign>(bytes[0])) {
    case Sign::minus_infinity: return "-Infinity";
    case Sign::infinity: return "Infinity";
    case Sign::nan: return "NaN";
    case Sign::negative:
      std::transform(bytes.begin() + 1, bytes.end(), bytes.begin() + 1,
                     [](char c) { return static_cast<char>(~c); });
      break;
    case Sign::positive: break;
  }
  const bool negative = static_cast<Sign>(bytes[0]) == Sign::negative;
  const std::size_t whole =
      load_big_endian<std::uint32_t>(reinterpret_cast<const std::byte*>(&bytes[1]));
  const std::string digits = bytes.substr(kDigitsOffset, bytes.size() - kDigitsOffset - kTailSize);
  std::string text = negative ? "-" : "";
  text += whole == 0 ? "0" : digits.substr(0, whole);
  if (digits.size() > whole) text += "." + digits.substr(whole);
  return text;
}

}  // namespace godwit::verify
