#include "codec_display.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include "codec_address.hpp"
#include "codec_format.hpp"
#include "codec_member.hpp"
#include "codec_text.hpp"
#include "godwit/core/text.hpp"

namespace godwit::schema {
namespace {

constexpr std::size_t kCharactersMax = 60;

// Cut between characters, with an ellipsis.
std::string cut(std::string text) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts_character && characters++ == kCharactersMax) {
      text.resize(i);
      return text + "…";
    }
  }
  return text;
}

void put_hex(std::string_view bytes, std::string& text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
}

std::string hex(std::string_view bytes) {
  std::string text = "X'";
  put_hex(bytes.substr(0, kCharactersMax), text);
  return text + "'";
}

template <class Float>
std::string shortest(Float number) {
  if (!std::isfinite(number)) return "not a number";
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

std::string show_bytes(std::string_view bytes) { return cut(hex(bytes)); }

std::string show_text(const ColumnCodec& codec, std::string_view bytes) {
  // No character takes more than four bytes; a key may be long, a message must not be.
  const std::string_view head = bytes.substr(0, 4 * (kCharactersMax + 1));
  return cut('\'' + printable(displayable_text(codec, head)) + '\'');
}

std::string show_plain(const ColumnCodec& codec, std::string_view text) {
  return cut(printable(displayable_text(codec, text)));
}

std::string_view characters(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string shown(const ColumnCodec&, value::Float4 value) {
  return shortest(std::bit_cast<float>(value.bits));
}

std::string shown(const ColumnCodec&, value::Float8 value) {
  return shortest(std::bit_cast<double>(value.bits));
}

std::string shown(const ColumnCodec& codec, value::Decimal value) {
  return show_plain(codec, value.text);
}

std::string shown(const ColumnCodec&, const value::DecimalDigits& value) {
  std::string text(value.view());
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  const std::size_t last = std::min(text.find('.'), text.size()) - 1;  // before the point
  text.erase(first, std::min(text.find_first_not_of('0', first), last) - first);
  return cut(std::move(text));
}

std::string shown(const ColumnCodec&, value::Bits value) { return std::to_string(value.bits); }

std::string shown(const ColumnCodec&, value::Date value) {
  return std::string(format_date(value).view());
}

std::string shown(const ColumnCodec& codec, value::DateTime value) {
  return std::string(format_datetime(value, codec.fraction).view());
}

std::string shown(const ColumnCodec& codec, value::Duration value) {
  return std::string(format_duration(value, codec.fraction).view());
}

std::string shown(const ColumnCodec&, value::Bytes value) { return show_bytes(value.bytes); }

std::string shown(const ColumnCodec&, value::PaddedBytes value) {
  std::string bytes(value.bytes.substr(0, kCharactersMax));
  bytes.resize(std::min(value.size, kCharactersMax));
  return show_bytes(bytes);
}

std::string shown(const ColumnCodec& codec, value::Text value) {
  return show_text(codec, value.bytes);
}

std::string shown(const ColumnCodec& codec, value::Label value) {
  return show_text(codec, value.bytes);
}

std::string shown(const ColumnCodec& codec, value::MemberNumber value) {
  if (codec.by_number) return std::to_string(value.number);
  return show_text(codec, value.number == 0 ? std::string_view() : codec.members[value.number - 1]);
}

std::string shown(const ColumnCodec& codec, value::MemberMask value) {
  if (codec.by_number) return std::to_string(value.mask);
  return show_text(codec, member_list(codec, value.mask));
}

std::string shown(const ColumnCodec&, const value::Uuid& value) {
  std::string text;
  for (std::size_t i = 0; i < value.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    put_hex(characters(value.bytes).substr(i, 1), text);
  }
  return text;
}

std::string shown(const ColumnCodec&, const value::Address& value) {
  return format_address({value.bytes.data(), value.size});
}

std::string display(const ColumnCodec& codec, mariadb::RawValue value) {
  if (value.is_null()) return "NULL";
  try {
    return codec.show(codec, value);
  } catch (const ValueRefused&) {
    return show_bytes(characters(value.bytes()));
  }
}

}  // namespace godwit::schema
