#include "utf8_scan.hpp"

namespace godwit::schema {
namespace {

bool is_tail(unsigned char byte) { return (byte & 0xC0U) == 0x80U; }

// Length of the valid character of several bytes that starts at `at`; 0: there is none.
std::size_t multibyte_size(const unsigned char* at, std::size_t left) {
  const unsigned char lead = at[0];
  if (lead < 0xC2 || left < 2 || !is_tail(at[1])) return 0;
  if (lead < 0xE0) return 2;
  if (left < 3 || !is_tail(at[2])) return 0;
  if (lead < 0xF0) {
    // E0 before A0 would be overlong, ED from A0 on a surrogate.
    if ((lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] >= 0xA0)) return 0;
    return 3;
  }
  if (lead > 0xF4 || left < 4 || !is_tail(at[3])) return 0;
  // F0 before 90 would be overlong, F4 from 90 on beyond U+10FFFF.
  if ((lead == 0xF0 && at[1] < 0x90) || (lead == 0xF4 && at[1] >= 0x90)) return 0;
  return 4;
}

}  // namespace

std::size_t find_unstorable(std::string_view text) {
  const auto* const start = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t size = text.size();
  std::size_t at = 0;
  while (at < size) {
    while (size - at >= 8 && utf8_scan::odd_bytes(utf8_scan::load8(text.data() + at)) == 0)
      at += 8;
    // One run of ASCII up to eight bytes, then the characters beyond ASCII in a row: text in most
    // languages alternates between the two.
    while (at < size && start[at] - 1U < 0x7FU)
      ++at;
    while (at < size && start[at] >= 0x80) {
      const std::size_t length = multibyte_size(start + at, size - at);
      if (length == 0) return at;
      at += length;
    }
    if (at < size && start[at] == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace godwit::schema
