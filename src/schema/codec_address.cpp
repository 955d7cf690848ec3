#include "codec_address.hpp"

#include <algorithm>

#include <arpa/inet.h>

namespace godwit::schema {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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
  std::size_t at = 0;
  for (std::byte& byte : bytes) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at++] != '-') return false;
    }
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return false;
    byte = static_cast<std::byte>(high * 16 + low);
    at += 2;
  }
  return true;
}

bool parse_inet4(std::string_view text, SixteenBytes& bytes) {
  return parse_address(AF_INET, text, bytes);
}

bool parse_inet6(std::string_view text, SixteenBytes& bytes) {
  return parse_address(AF_INET6, text, bytes);
}

}  // namespace godwit::schema
