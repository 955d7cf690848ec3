#include "godwit/core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "utf8.hpp"

namespace godwit {
namespace {

constexpr std::size_t kNearestDistanceMax = 2;

/// What a terminal acts upon or shows in another order than it stands in the text.
bool is_unprintable(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F ||
         c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void append_hex(std::string& text, std::string_view prefix, std::uint32_t value, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    text += kDigits[(value >> static_cast<unsigned>(shift)) & 0xFU];
  }
}

/// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 10> kUnits = {{
    {"", 1},
    {"k", 1000ULL},
    {"K", 1000ULL},
    {"M", 1000ULL * 1000},
    {"G", 1000ULL * 1000 * 1000},
    {"T", 1000ULL * 1000 * 1000 * 1000},
    {"Ki", 1ULL << 10U},
    {"Mi", 1ULL << 20U},
    {"Gi", 1ULL << 30U},
    {"Ti", 1ULL << 40U},
}};
constexpr std::array<Unit, 5> kCountUnits = {
    {{"", 1}, {"k", 1000ULL}, {"K", 1000ULL}, {"M", 1000ULL * 1000}, {"G", 1000ULL * 1000 * 1000}}};
constexpr std::array<Unit, 4> kTimeUnits = {{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};

/// A whole number with one of these units right behind it.
std::optional<std::uint64_t> number_with_unit(std::string_view text, std::span<const Unit> units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != text) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    const Utf8Char next = decode_utf8(text.substr(at));
    if (next.size == 0) {
      append_hex(out, "\\x", static_cast<unsigned char>(text[at]), 2);
      ++at;
    } else if (is_unprintable(next.code)) {
      append_hex(out, "\\u", static_cast<std::uint32_t>(next.code), 4);
      at += next.size;
    } else {
      out += text.substr(at, next.size);
      at += next.size;
    }
  }
  return out;
}

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word = 0;
    while (at + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & kHighBits) != 0) break;
      at += sizeof word;
    }
    if (at == text.size()) break;
    const std::size_t size = decode_utf8(text.substr(at)).size;
    if (size == 0) return at;
    at += size;
  }
  return std::nullopt;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = kNearestDistanceMax + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter > kNearestDistanceMax) continue;
    const std::size_t distance = edit_distance(word, candidate);
    // Two edits turn any word of two letters into any other: that is no likeness.
    if (distance < best_distance && 2 * distance <= longer) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::string lowercase_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  if (!text.empty() && text.back() == 'B') text.remove_suffix(1);
  return number_with_unit(text, kUnits);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  return number_with_unit(text, kCountUnits);
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  const auto seconds = number_with_unit(text, kTimeUnits);
  using Limits = std::numeric_limits<std::chrono::seconds::rep>;
  if (!seconds || *seconds > static_cast<std::uint64_t>(Limits::max())) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kNames = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  // In tenths, rounded half up at each step's own scale; 999,950 B is 1.0 MB, not 1000.0 kB.
  std::uint64_t divisor = 1000;
  std::size_t unit = 0;
  while (unit + 1 < kNames.size() && bytes / divisor >= 999 &&
         bytes >= divisor * 1000 - divisor / 20) {
    divisor *= 1000;
    ++unit;
  }
  const std::uint64_t whole = bytes / divisor;
  const std::uint64_t tenths = whole * 10 + (bytes % divisor + divisor / 20) / (divisor / 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " +
         std::string(kNames.at(unit));
}

std::string human_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3)
    digits.insert(at - 3, ",");
  return digits;
}

}  // namespace godwit
