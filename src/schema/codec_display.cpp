#include <array>
#include <charconv>
#include <cmath>

#include "codec_format.hpp"
#include "codec_read_binary.hpp"
#include "codec_text.hpp"
#include "godwit/core/text.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::schema {
namespace {

using mariadb::ColumnType;
using mariadb::RawValue;
namespace r = read_binary;

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

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "X'";
  for (const char c : bytes.substr(0, kCharactersMax)) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text + "'";
}

template <class Float>
std::string shortest(Float number) {
  if (!std::isfinite(number)) return "not a number";
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return {buffer.data(), end};
}

std::string display_integer(const ColumnCodec& codec, RawValue value) {
  const auto text = [&]<class Signed, class Unsigned>(Signed, Unsigned) {
    return codec.is_unsigned ? std::to_string(r::Integer<Unsigned>::read(codec, value).number)
                             : std::to_string(r::Integer<Signed>::read(codec, value).number);
  };
  switch (value.size) {
    case 1: return text(std::int8_t{}, std::uint8_t{});
    case 2: return text(std::int16_t{}, std::uint16_t{});
    case 4: return text(std::int32_t{}, std::uint32_t{});
    default: return text(std::int64_t{}, std::uint64_t{});
  }
}

std::string display_text(const ColumnCodec& codec, RawValue value) {
  // No character takes more than four bytes; a key may be long, a message must not be.
  const std::string_view bytes = r::text_of(value).substr(0, 4 * (kCharactersMax + 1));
  return cut('\'' + printable(displayable_text(codec, bytes)) + '\'');
}

std::string display_members(const ColumnCodec& codec, RawValue value) {
  if (!codec.by_number) return display_text(codec, value);
  return std::to_string(r::load_unsigned(value));
}

std::string display_value(const ColumnCodec& codec, RawValue value) {
  switch (codec.source) {
    case ColumnType::tinyint:
    case ColumnType::smallint:
    case ColumnType::mediumint:
    case ColumnType::integer:
    case ColumnType::bigint:
    case ColumnType::year: return display_integer(codec, value);
    case ColumnType::float_:
      return shortest(std::bit_cast<float>(r::Float::read(codec, value).bits));
    case ColumnType::double_:
      return shortest(std::bit_cast<double>(r::Double::read(codec, value).bits));
    case ColumnType::bit: return std::to_string(r::Bit::read(codec, value).bits);
    case ColumnType::date: return std::string(format_date(r::Date::read(codec, value)).view());
    case ColumnType::datetime:
    case ColumnType::timestamp:
      return std::string(format_datetime(r::DateTime::read(codec, value), codec.fraction).view());
    case ColumnType::time:
      return std::string(format_duration(r::Time::read(codec, value), codec.fraction).view());
    case ColumnType::decimal:
    case ColumnType::uuid:
    case ColumnType::inet4:
    case ColumnType::inet6: return cut(printable(displayable_text(codec, r::text_of(value))));
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text:
    case ColumnType::json: return display_text(codec, value);
    case ColumnType::enum_:
    case ColumnType::set: return display_members(codec, value);
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob:
    case ColumnType::geometry: return cut(hex(r::text_of(value)));
  }
  return "?";
}

}  // namespace

std::string display(const ColumnCodec& codec, RawValue value) {
  if (value.is_null()) return "NULL";
  try {
    return display_value(codec, value);
  } catch (const ValueRefused&) {
    return cut(hex(r::text_of(value)));
  }
}

}  // namespace godwit::schema
