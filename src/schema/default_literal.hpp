// A column's default as information_schema.COLUMNS prints it in MariaDB 10.6–11.x (measured):
// numbers plain, zero-filled where declared so; text in quotes with '' and the escapes
// \0 \n \r \\ whatever sql_mode is; BIT as b'101'; bytes as X'80' where they are no text; NULL;
// current_timestamp() or current_timestamp(3); anything else is an expression. Characters above
// U+FFFF, and bytes in the default of a BINARY column, are printed as '?'.
#pragma once

#include <string>
#include <string_view>

namespace godwit::schema {

struct DefaultLiteral {
  enum class Kind { null, text, number, bits, bytes, now, expression };
  Kind kind = Kind::expression;
  std::string value;  // text and bytes: decoded; number, bits: digits; expression: as it is
};

DefaultLiteral parse_default(std::string_view text);

}  // namespace godwit::schema
