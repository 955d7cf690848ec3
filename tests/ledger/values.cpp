#include "values.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace godwit::ledger {
namespace {

constexpr unsigned kNullPercent = 12;
constexpr unsigned kExtremePercent = 20;

std::string hex(const std::string& bytes) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | code >> 6U);
    add(0x80U | (code & 63U));
  } else if (code < 0x10000) {
    add(0xE0U | code >> 12U);
    add(0x80U | (code >> 6U & 63U));
    add(0x80U | (code & 63U));
  } else {
    add(0xF0U | code >> 18U);
    add(0x80U | (code >> 12U & 63U));
    add(0x80U | (code >> 6U & 63U));
    add(0x80U | (code & 63U));
  }
}

/// No NUL, which PostgreSQL's text can't hold, and no surrogate.
std::uint32_t character(Random& random) {
  const auto of = [&random](std::int64_t from, std::int64_t to) {
    return static_cast<std::uint32_t>(random.between(from, to));
  };
  switch (random.below(8)) {
    case 0: return of(0xA1, 0x7FF);
    case 1: return of(0x4E00, 0x9FFF);
    case 2: return of(0x1F300, 0x1F9FF);
    case 3: return of(0x01, 0x1F);
    default: return of(0x20, 0x7E);
  }
}

std::string literal(const std::string& utf8) { return "_utf8mb4 X'" + hex(utf8) + "'"; }

std::string integer(Random& random, const char* least, const char* greatest, std::int64_t from,
                    std::int64_t to) {
  if (random.chance(kExtremePercent)) return random.chance(50) ? least : greatest;
  return random.number(from, to);
}

std::string digits(Random& random, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += static_cast<char>('0' + static_cast<char>(random.below(10)));
  return text;
}

std::string real(Random& random, const std::vector<std::string>& extremes, int exponent_max) {
  if (random.chance(kExtremePercent)) return random.one_of(extremes);
  return std::string(random.chance(50) ? "-" : "") + random.number(0, 9) + "." + digits(random, 8) +
         "e" + random.number(-exponent_max, exponent_max);
}

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 96> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

int of(Random& random, int from, int to) { return static_cast<int>(random.between(from, to)); }

std::string date(Random& random) {
  if (random.chance(kExtremePercent)) return random.chance(50) ? "1000-01-01" : "9999-12-31";
  return formatted("%04d-%02d-%02d", of(random, 1583, 2200), of(random, 1, 12), of(random, 1, 28));
}

std::string time_of_day(Random& random, unsigned fraction) {
  std::string text =
      formatted("%02d:%02d:%02d", of(random, 0, 23), of(random, 0, 59), of(random, 0, 59));
  return fraction == 0 ? text : text + "." + digits(random, fraction);
}

std::string duration(Random& random) {
  if (random.chance(kExtremePercent)) return random.chance(50) ? "'-838:59:59'" : "'838:59:59'";
  return formatted("'%s%d:%02d:%02d.%02d'", random.chance(50) ? "-" : "", of(random, 0, 837),
                   of(random, 0, 59), of(random, 0, 59), of(random, 0, 99));
}

std::string document(Random& random) {
  return "JSON_OBJECT('n', " + random.number(-1000000, 1000000) + ", 'list', JSON_ARRAY(1, " +
         random.fraction() + ", NULL), 't', " +
         literal(random.chance(50) ? "\xF0\x9F\x90\xA6" : "é") + ")";
}

/// Of version 4: MariaDB 10.11 takes no text of another kind.
std::string uuid(Random& random) {
  const auto part = [&random](std::uint64_t from, std::uint64_t to, int width) {
    const std::uint64_t value = from + random.below(to - from + 1);
    return formatted("%0*llx", width, static_cast<unsigned long long>(value));
  };
  return "'" + part(0, 0xFFFFFFFF, 8) + "-" + part(0, 0xFFFF, 4) + "-" + part(0x4000, 0x4FFF, 4) +
         "-" + part(0x8000, 0xBFFF, 4) + "-" + part(0, 0xFFFFFFFFFFFF, 12) + "'";
}

std::string address(Random& random) {
  return formatted("'2001:db8::%x:%x'", static_cast<unsigned>(of(random, 1, 0xFFFF)),
                   static_cast<unsigned>(of(random, 1, 0xFFFF)));
}

std::string long_bytes(Random& random) {
  return bytes(random, static_cast<std::size_t>(random.below(random.chance(3) ? 70'000 : 400)));
}

}  // namespace

std::string text(Random& random, std::size_t characters_max) {
  std::string utf8;
  for (std::uint64_t left = random.below(characters_max + 1); left > 0; --left)
    append_utf8(utf8, character(random));
  return literal(utf8);
}

std::string latin_text(Random& random, std::size_t characters_max) {
  std::string utf8;
  for (std::uint64_t left = random.below(characters_max + 1); left > 0; --left)
    append_utf8(utf8, static_cast<std::uint32_t>(random.chance(70) ? random.between(0x20, 0x7E)
                                                                   : random.between(0xA1, 0xFF)));
  return literal(utf8);
}

std::string bytes(Random& random, std::size_t size) {
  std::string content(size, '\0');
  std::generate(content.begin(), content.end(),
                [&random] { return static_cast<char>(random.between(-128, 127)); });
  return "X'" + hex(content) + "'";
}

std::string decimal(Random& random, unsigned precision, unsigned scale) {
  const std::string sign = random.chance(50) ? "-" : "";
  if (random.chance(kExtremePercent)) {
    if (random.chance(30)) return "0";
    return sign + std::string(precision - scale, '9') + "." + std::string(scale, '9');
  }
  const auto whole = static_cast<unsigned>(1 + random.below(precision - scale));
  return sign + digits(random, whole) + "." + digits(random, scale);
}

const std::vector<SampleColumn>& sample_columns() {
  static const std::vector<SampleColumn> columns = {
      {"tiny", [](Random& r) { return integer(r, "-128", "127", -9, 9); }},
      {"tiny_unsigned", [](Random& r) { return integer(r, "0", "255", 0, 9); }},
      {"small", [](Random& r) { return integer(r, "-32768", "32767", -999, 999); }},
      {"medium", [](Random& r) { return integer(r, "-8388608", "8388607", -99999, 99999); }},
      {"medium_unsigned", [](Random& r) { return integer(r, "0", "16777215", 0, 99999); }},
      {"whole", [](Random& r) { return integer(r, "-2147483648", "2147483647", -9999, 9999); }},
      {"whole_unsigned", [](Random& r) { return integer(r, "0", "4294967295", 0, 99999); }},
      {"big",
       [](Random& r) {
         return integer(r, "-9223372036854775808", "9223372036854775807", -99999, 99999);
       }},
      {"big_unsigned", [](Random& r) { return integer(r, "0", "18446744073709551615", 0, 99999); }},
      {"exact", [](Random& r) { return decimal(r, 20, 6); }},
      {"wide", [](Random& r) { return decimal(r, 65, 30); }},
      {"narrow",
       [](Random& r) {
         return real(r, {"-3.4028234e38", "3.4028234e38", "-0e0", "1.2e-38"}, 30);
       }},
      {"broad",
       [](Random& r) {
         return real(r, {"-1.7976931348623157e308", "1.7976931348623157e308", "-0e0", "2.3e-308"},
                     300);
       }},
      {"flags", [](Random& r) { return integer(r, "0", "131071", 0, 131071); }},
      {"born", [](Random& r) { return integer(r, "1901", "2155", 1950, 2030); }},
      {"day", [](Random& r) { return "'" + date(r) + "'"; }},
      {"at", [](Random& r) { return "'" + date(r) + " " + time_of_day(r, 0) + "'"; }},
      {"at_micro", [](Random& r) { return "'" + date(r) + " " + time_of_day(r, 6) + "'"; }},
      {"stamp",
       [](Random& r) {
         return "FROM_UNIXTIME(" + integer(r, "1", "2147483647", 1, 2147483646) + "." +
                digits(r, 3) + ")";
       }},
      {"lasted", duration},
      {"code", [](Random& r) { return text(r, 12); }},
      {"title", [](Random& r) { return text(r, 200); }},
      {"latin", [](Random& r) { return latin_text(r, 60); }},
      {"body", [](Random& r) { return text(r, r.chance(3) ? 20'000 : 300); }},
      {"raw", [](Random& r) { return bytes(r, 8); }},
      {"raw_short", [](Random& r) { return bytes(r, static_cast<std::size_t>(r.below(101))); }},
      {"raw_long", long_bytes},
      {"mood", [](Random& r) { return r.number(1, 4); }},
      {"tags", [](Random& r) { return r.number(0, 15); }},
      {"document", document},
      {"token", uuid},
      {"address", address},
  };
  return columns;
}

std::string sample(Random& random, const SampleColumn& column) {
  return random.chance(kNullPercent) ? "NULL" : column.value(random);
}

}  // namespace godwit::ledger
