// Values as they look on MariaDB's wire, through a codec, as hexadecimal COPY fields.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "godwit/schema/codec.hpp"

namespace godwit::test {

inline std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

/// Blanks between the digits are for the reader.
inline std::string unhex(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return bytes;
}

inline mariadb::Column column(mariadb::ColumnType type, bool is_unsigned = false) {
  mariadb::Column column;
  column.name = "c";
  column.type = type;
  column.is_unsigned = is_unsigned;
  column.declared_type = std::string(mariadb::name(type));
  return column;
}

inline mariadb::CharsetPtr utf8() {
  return std::make_shared<mariadb::Charset>("utf8mb4", mariadb::CharsetForm::utf8);
}

struct Encoded {
  std::string field;  // length and bytes, in hexadecimal
  schema::PolicyCounts counts{};
};

/// Encodes one value whose bytes end where their allocation ends, so that AddressSanitizer sees a
/// read beyond.
inline Encoded encode(const schema::ColumnCodec& codec, std::string_view wire) {
  const auto exact = std::make_unique<std::byte[]>(wire.size());
  std::memcpy(exact.get(), wire.data(), wire.size());
  schema::CopyBuffer buffer(16);
  Encoded encoded;
  codec.encode(codec, {exact.get(), wire.size()}, buffer, encoded.counts);
  const auto bytes = buffer.bytes();
  encoded.field = hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return encoded;
}

inline std::string encode_null(const schema::ColumnCodec& codec) {
  schema::CopyBuffer buffer;
  schema::PolicyCounts counts{};
  codec.encode(codec, {}, buffer, counts);
  const auto bytes = buffer.bytes();
  return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// "" when the value is accepted, the refusal's name otherwise.
inline std::string refusal_of(const schema::ColumnCodec& codec, std::string_view wire) {
  try {
    (void)encode(codec, wire);
    return "";
  } catch (const schema::ValueRefused& refused) {
    return std::string(schema::name(refused.refusal()));
  }
}

}  // namespace godwit::test
