#include "support/random_values.hpp"

#include <cmath>
#include <cstring>

#include <spdlog/fmt/fmt.h>

namespace godwit::test {
namespace {

int between(Random& random, int low, int high) {
  return std::uniform_int_distribution(low, high)(random);
}

RandomValue same(const std::string& text) { return {"'" + text + "'", text}; }

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (const char c : bytes)
    text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

RandomValue bytes_value(const std::string& bytes, const std::string& prefix = "") {
  return {bytes.empty() ? "''" : prefix + "X'" + hex_of(bytes) + "'", hex_of(bytes)};
}

template <class Float, class Bits>
RandomValue float_value(Random& random) {
  Float number = 0;
  Bits bits = 0;
  do {
    bits = static_cast<Bits>(random());
    std::memcpy(&number, &bits, sizeof number);
  } while (!std::isfinite(number) || number == 0);
  return {fmt::format("{:.17e}", number), fmt::format("{:0{}x}", bits, 2 * sizeof bits)};
}

RandomValue decimal_value(Random& random) {
  std::string digits;
  for (int i = between(random, 1, 35); i > 0; --i)
    digits += fmt::format("{}", between(random, 0, 9));
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  digits += '.';
  for (int i = 0; i < 30; ++i)
    digits += fmt::format("{}", std::max(0, between(random, -9, 9)));
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return same((!zero && between(random, 0, 1) == 1 ? "-" : "") + digits);
}

std::string random_date(Random& random) {
  return fmt::format("{:04}-{:02}-{:02}", between(random, 1, 9999), between(random, 1, 12),
                     between(random, 1, 28));
}

std::string random_clock(Random& random, int hours_max) {
  return fmt::format("{:02}:{:02}:{:02}.{:06}", between(random, 0, hours_max),
                     between(random, 0, 59), between(random, 0, 59), between(random, 0, 999'999));
}

std::string random_utf8(Random& random) {
  std::string text;
  for (int left = between(random, 0, 40); left > 0; --left) {
    char32_t code = 0;
    switch (between(random, 0, 3)) {
      case 0: code = static_cast<char32_t>(between(random, 0x1, 0x7f)); break;
      case 1: code = static_cast<char32_t>(between(random, 0x80, 0x7ff)); break;
      case 2: code = static_cast<char32_t>(between(random, 0x800, 0xd7ff)); break;
      default: code = static_cast<char32_t>(between(random, 0x10000, 0x10ffff)); break;
    }
    const auto tail = [&](unsigned shift) {
      text += static_cast<char>(0x80U | ((code >> shift) & 0x3fU));
    };
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else if (code < 0x800) {
      text += static_cast<char>(0xc0U | (code >> 6U));
      tail(0);
    } else if (code < 0x10000) {
      text += static_cast<char>(0xe0U | (code >> 12U));
      tail(6);
      tail(0);
    } else {
      text += static_cast<char>(0xf0U | (code >> 18U));
      tail(12);
      tail(6);
      tail(0);
    }
  }
  return text;
}

std::string random_bytes(Random& random, int size) {
  std::string bytes;
  for (; size > 0; --size)
    bytes += static_cast<char>(random());
  return bytes;
}

}  // namespace

const std::vector<RandomType>& random_types() {
  static const std::string kTextHex = "encode(convert_to(v, 'UTF8'), 'hex')";
  static const std::string kBytesHex = "encode(v, 'hex')";
  static const std::vector<RandomType> kTypes{
      {"int", "v::text",
       [](Random& r) { return same(fmt::format("{}", static_cast<std::int32_t>(r()))); }},
      {"bigint", "v::text",
       [](Random& r) { return same(fmt::format("{}", static_cast<std::int64_t>(r()))); }},
      {"bigint unsigned", "v::text",
       [](Random& r) { return same(fmt::format("{}", r() >> (r() % 64))); }},
      {"decimal(65,30)", "v::text", decimal_value},
      {"float", "encode(float4send(v), 'hex')", float_value<float, std::uint32_t>},
      {"double", "encode(float8send(v), 'hex')", float_value<double, std::uint64_t>},
      {"bit(37)", "v::text",
       [](Random& r) {
         const std::string bits = fmt::format("{:037b}", r() >> 27U);
         return RandomValue{"b'" + bits + "'", bits};
       }},
      {"date", "to_char(v, 'YYYY-MM-DD')", [](Random& r) { return same(random_date(r)); }},
      {"datetime(6)", "to_char(v, 'YYYY-MM-DD HH24:MI:SS.US')",
       [](Random& r) { return same(random_date(r) + ' ' + random_clock(r, 23)); }},
      {"timestamp(6) NULL", "to_char(v, 'YYYY-MM-DD HH24:MI:SS.US')",
       [](Random& r) {
         return same(fmt::format("{}-{:02}-{:02} {}", between(r, 1971, 2037), between(r, 1, 12),
                                 between(r, 1, 28), random_clock(r, 23)));
       }},
      {"time(6)", "to_char(v, 'HH24:MI:SS.US')",
       [](Random& r) { return same(random_clock(r, 838)); }},
      {"varchar(40)", kTextHex, [](Random& r) { return bytes_value(random_utf8(r), "_utf8mb4 "); }},
      {"text CHARACTER SET utf16", kTextHex,
       [](Random& r) {
         const RandomValue value = bytes_value(random_utf8(r), "_utf8mb4 ");
         return RandomValue{"CONVERT(" + value.literal + " USING utf16)", value.expected};
       }},
      {"varbinary(50)", kBytesHex,
       [](Random& r) { return bytes_value(random_bytes(r, between(r, 0, 50))); }},
      {"binary(16)", kBytesHex, [](Random& r) { return bytes_value(random_bytes(r, 16)); }},
      {"inet6", "encode(inet_send(v), 'hex')",
       [](Random& r) {
         const std::string bytes = random_bytes(r, 16);
         return RandomValue{"CAST(X'" + hex_of(bytes) + "' AS INET6)", "03800010" + hex_of(bytes)};
       }},
  };
  return kTypes;
}

std::string insert_sql(const std::string& table, const std::vector<RandomValue>& values) {
  std::string sql = "INSERT INTO " + table + " VALUES ";
  for (std::size_t row = 0; row < values.size(); ++row)
    sql += fmt::format("{}({},{})", row == 0 ? "" : ",", row, values[row].literal);
  return sql;
}

}  // namespace godwit::test
