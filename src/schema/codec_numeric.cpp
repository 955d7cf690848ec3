#include "codec_numeric.hpp"

#include <array>
#include <cstring>

#include "godwit/schema/codec.hpp"

namespace godwit::schema {
namespace {

constexpr std::size_t kDigitsBeforeMax = 65;
constexpr std::size_t kDigitsBehindMax = 38;
constexpr std::size_t kGroup = 4;  // decimal digits in one to the base 10000
constexpr std::size_t kGroupsMax = kDigitsBeforeMax / kGroup + 1 + kDigitsBehindMax / kGroup + 1;
constexpr std::uint16_t kNegative = 0x4000;

struct Groups {
  std::array<std::int16_t, kGroupsMax> digits;
  std::size_t count = 0;
  int weight = 0;  // of the first

  void push(unsigned digit) {
    // Zeros before the first digit are not stored; what they would shift is the weight's.
    if (count == 0 && digit == 0) {
      --weight;
    } else {
      digits[count++] = static_cast<std::int16_t>(digit);
    }
  }
};

void put(Groups& groups, bool negative, int scale, CopyBuffer& out) {
  while (groups.count > 0 && groups.digits[groups.count - 1] == 0)
    --groups.count;
  if (groups.count == 0) {
    groups.weight = 0;
    negative = false;
  }
  // length, then count, weight, sign and scale of 16 bits each, in one piece
  std::byte* at = out.reserve(12 + 2 * kGroupsMax);
  CopyBuffer::store(at, static_cast<std::int32_t>(8 + 2 * groups.count));
  CopyBuffer::store(at + 4, static_cast<std::int16_t>(groups.count));
  CopyBuffer::store(at + 6, static_cast<std::int16_t>(groups.weight));
  CopyBuffer::store(at + 8, negative ? kNegative : std::uint16_t{0});
  CopyBuffer::store(at + 10, static_cast<std::int16_t>(scale));
  for (std::size_t i = 0; i < groups.count; ++i)
    CopyBuffer::store(at + 12 + 2 * i, groups.digits[i]);
  out.advance(12 + 2 * groups.count);
}

[[noreturn]] void malformed() { throw ValueRefused(Refusal::malformed); }

// Four digits as a number: all at once, since most of a decimal's are groups of four.
unsigned full_group(const char* at) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  word -= 0x30303030U;
  // a byte that was no digit is above 9, or was below '0' and has its high bit set by the borrow
  if (((word | (word + 0x76767676U)) & 0x80808080U) != 0) malformed();
  return (word & 0xFFU) * 1000 + (word >> 8U & 0xFFU) * 100 + (word >> 16U & 0xFFU) * 10 +
         (word >> 24U);
}

// `count` digits as a number, padded with zeros on the right to `width` digits.
unsigned group_value(const char* at, std::size_t count, std::size_t width) {
  unsigned number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const unsigned digit = i < count ? static_cast<unsigned>(at[i]) - '0' : 0U;
    if (digit > 9) malformed();
    number = number * 10 + digit;
  }
  return number;
}

}  // namespace

void put_numeric_field(std::string_view decimal, int scale, CopyBuffer& out) {
  const bool negative = decimal.starts_with('-');
  if (negative) decimal.remove_prefix(1);
  const std::size_t point = decimal.find('.');
  std::string_view before = decimal.substr(0, point);
  std::string_view behind;
  if (point != std::string_view::npos) behind = decimal.substr(point + 1);
  if (before.empty() && behind.empty()) malformed();
  while (before.starts_with('0'))
    before.remove_prefix(1);
  if (before.size() > kDigitsBeforeMax || behind.size() > kDigitsBehindMax ||
      static_cast<int>(behind.size()) > scale) {
    malformed();
  }
  Groups groups;
  const std::size_t whole_groups = (before.size() + kGroup - 1) / kGroup;
  groups.weight = static_cast<int>(whole_groups) - 1;
  if (const std::size_t first = before.size() % kGroup; first != 0) {
    groups.push(group_value(before.data(), first, first));
    before.remove_prefix(first);
  }
  for (; !before.empty(); before.remove_prefix(kGroup)) {
    groups.push(full_group(before.data()));
  }
  for (; behind.size() >= kGroup; behind.remove_prefix(kGroup)) {
    groups.push(full_group(behind.data()));
  }
  if (!behind.empty()) groups.push(group_value(behind.data(), behind.size(), kGroup));
  put(groups, negative, scale, out);
}

void put_numeric_field(std::uint64_t magnitude, bool negative, CopyBuffer& out) {
  constexpr unsigned kBase = 10000;
  std::array<unsigned, 5> parts{};  // 20 digits
  std::size_t count = 0;
  for (; magnitude != 0; magnitude /= kBase) {
    parts[count++] = static_cast<unsigned>(magnitude % kBase);
  }
  Groups groups;
  groups.weight = static_cast<int>(count) - 1;
  while (count > 0)
    groups.push(parts[--count]);
  put(groups, negative, 0, out);
}

}  // namespace godwit::schema
