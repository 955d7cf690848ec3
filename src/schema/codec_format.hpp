// Dates and times as MariaDB prints them, for columns that keep them as text.
#pragma once

#include <array>
#include <string_view>

#include "codec_value.hpp"

namespace godwit::schema {

/// Long enough for every value: "2024-12-31 23:59:59.999999", "-838:59:59.999999".
struct ShortText {
  std::array<char, 32> characters;
  std::size_t size = 0;

  [[nodiscard]] std::string_view view() const { return {characters.data(), size}; }
};

ShortText format_date(value::Date date);
/// `fraction`: digits of seconds, 0–6; further digits would be lost and must be zero.
ShortText format_datetime(value::DateTime value, int fraction);
ShortText format_duration(value::Duration value, int fraction);

}  // namespace godwit::schema
