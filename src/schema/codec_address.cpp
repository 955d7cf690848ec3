#include "codec_address.hpp"

#include <algorithm>
#include <cstdint>

#include <arpa/inet.h>

namespace godwit::schema {
namespace {

constexpr unsigned kNoDigit = 0x100;  // a bit that no digit has

constexpr auto kHexDigits = [] {
  std::array<std::uint16_t, 256> digits{};
  digits.fill(kNoDigit);
  for (unsigned i = 0; i < 10; ++i)
    digits['0' + i] = static_cast<std::uint16_t>(i);
  for (unsigned i = 0; i < 6; ++i) {
    digits['a' + i] = digits['A' + i] = static_cast<std::uint16_t>(10 + i);
  }
  return digits;
}();

unsigned hex_digit(char c) { return kHexDigits[static_cast<unsigned char>(c)]; }

bool parse_address(int family, std::string_view text, SixteenBytes& bytes) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size()) return false;
  if (text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  return inet_pton(family, terminated.data(), bytes.data()) == 1;
}

}  // namespace

bool parse_uuid(std::string_view text, SixteenBytes& bytes) {
  constexpr std::size_t kSize = 36;
  if (text.size() != kSize) return false;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  // Where each byte's two digits stand.
  constexpr std::array<std::uint8_t, 16> kPlaces{0,  2,  4,  6,  9,  11, 14, 16,
                                                 19, 21, 24, 26, 28, 30, 32, 34};
  unsigned all = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = hex_digit(text[kPlaces[i]]);
    const unsigned low = hex_digit(text[kPlaces[i] + 1U]);
    all |= high | low;
    bytes[i] = static_cast<std::byte>(high << 4U | low);
  }
  return (all & kNoDigit) == 0;
}

bool parse_inet4(std::string_view text, SixteenBytes& bytes) {
  return parse_address(AF_INET, text, bytes);
}

bool parse_inet6(std::string_view text, SixteenBytes& bytes) {
  return parse_address(AF_INET6, text, bytes);
}

std::string format_address(std::span<const std::byte> bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  return inet_ntop(family, bytes.data(), text.data(), text.size());
}

}  // namespace godwit::schema
