#include "godwit/mariadb/charset.hpp"

#include <cstring>

#include "charset_codes.hpp"

#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

bool is_surrogate(std::uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

void append_utf8(std::string& out, std::uint32_t code) {
  char bytes[4];
  std::size_t count = 0;
  const auto add = [&](std::uint32_t byte) { bytes[count++] = static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | code >> 6U);
    add(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    add(0xE0U | code >> 12U);
    add(0x80U | (code >> 6U & 0x3FU));
    add(0x80U | (code & 0x3FU));
  } else {
    add(0xF0U | code >> 18U);
    add(0x80U | (code >> 12U & 0x3FU));
    add(0x80U | (code >> 6U & 0x3FU));
    add(0x80U | (code & 0x3FU));
  }
  out.append(bytes, count);
}

unsigned char byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// Bytes below 0x80 from `at` on.
std::size_t ascii_run(std::string_view bytes, std::size_t at) {
  const std::size_t start = at;
  for (std::uint64_t word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if ((word & 0x8080808080808080ULL) != 0) break;
  }
  while (at < bytes.size() && byte_at(bytes, at) < 0x80)
    ++at;
  return at - start;
}

std::size_t convert_utf8(std::string_view bytes, std::string& out) {
  const auto invalid = first_invalid_utf8(bytes);
  out.append(bytes.substr(0, invalid.value_or(bytes.size())));
  return invalid.value_or(Charset::npos);
}

template <bool kLittleEndian>
std::uint32_t unit16(std::string_view bytes, std::size_t at) {
  const std::uint32_t first = byte_at(bytes, at);
  const std::uint32_t second = byte_at(bytes, at + 1);
  return kLittleEndian ? second << 8U | first : first << 8U | second;
}

/// UTF-16, or UCS-2, which has no surrogate pairs.
template <bool kLittleEndian, bool kPairs>
std::size_t convert_utf16(std::string_view bytes, std::string& out) {
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    const std::size_t start = at;
    if (at + 2 > bytes.size()) return start;
    std::uint32_t code = unit16<kLittleEndian>(bytes, at);
    if (is_surrogate(code)) {
      if (!kPairs || code >= 0xDC00 || at + 4 > bytes.size()) return start;
      at += 2;
      const std::uint32_t low = unit16<kLittleEndian>(bytes, at);
      if (low < 0xDC00 || low > 0xDFFF) return start;
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    append_utf8(out, code);
  }
  return Charset::npos;
}

std::size_t convert_utf32(std::string_view bytes, std::string& out) {
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    if (at + 4 > bytes.size()) return at;
    const std::uint32_t code = unit16<false>(bytes, at) << 16U | unit16<false>(bytes, at + 2);
    if (code > 0x10FFFF || is_surrogate(code)) return at;
    append_utf8(out, code);
  }
  return Charset::npos;
}

}  // namespace

std::size_t Charset::to_utf8(std::string_view bytes, std::string& out) const {
  switch (form_) {
    case CharsetForm::binary: return bytes.empty() ? npos : 0;
    case CharsetForm::utf8: return convert_utf8(bytes, out);
    case CharsetForm::utf16be: return convert_utf16<false, true>(bytes, out);
    case CharsetForm::utf16le: return convert_utf16<true, true>(bytes, out);
    case CharsetForm::ucs2: return convert_utf16<false, false>(bytes, out);
    case CharsetForm::utf32: return convert_utf32(bytes, out);
    case CharsetForm::table: return convert_by_table(bytes, out);
  }
  return 0;
}

std::size_t Charset::convert_by_table(std::string_view bytes, std::string& out) const {
  for (std::size_t at = 0; at < bytes.size();) {
    if (const std::size_t run = ascii_ ? ascii_run(bytes, at) : 0; run > 0) {
      out.append(bytes, at, run);
      at += run;
      continue;
    }
    const unsigned char first = byte_at(bytes, at);
    std::uint32_t code = single_[first];
    std::size_t length = 1;
    if (code == kLead) {
      length = first == kTripleLead && !triple_.empty() ? 3 : 2;
      if (at + length > bytes.size()) return at;
      const std::uint32_t last_two = unit16<false>(bytes, at + length - 2);
      code = length == 3 ? triple_[last_two] : double_[last_two];
    }
    if (code == kInvalid) return at;
    append_utf8(out, code);
    at += length;
  }
  return npos;
}

}  // namespace godwit::mariadb
