#include "default_sql.hpp"

#include <array>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "default_literal.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::schema {

namespace {

using Kind = DefaultLiteral::Kind;
using mariadb::ColumnType;

DefaultSql literal(std::string sql) { return {std::move(sql), "", {}}; }
DefaultSql dropped(const char* code, std::string message) { return {{}, code, std::move(message)}; }

DefaultSql unsuited(const mariadb::Column& source, const std::string& why) {
  return dropped("default-dropped", "the default " + source.default_text.value_or("") + " " + why);
}

/// Whether information_schema can't show all of this column's possible defaults.
bool may_be_masked(const mariadb::Column& source) {
  switch (source.type) {
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob: return true;
    default:
      return source.charset == "utf8mb4" || source.charset.starts_with("utf16") ||
             source.charset == "utf32";
  }
}

DefaultSql integer_default(const mariadb::Column& source, TargetForm form,
                           const std::string& text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) {
    return unsuited(source, "is no integer of the target's range");
  }
  const std::int64_t limit = form == TargetForm::int2   ? std::numeric_limits<std::int16_t>::max()
                             : form == TargetForm::int4 ? std::numeric_limits<std::int32_t>::max()
                                                        : std::numeric_limits<std::int64_t>::max();
  if (value > limit || value < -limit - 1) {
    return unsuited(source, "is beyond the target type's range");
  }
  return literal(std::to_string(value));
}

/// "000042" → "42", "-0.50" stays.
std::string without_zero_fill(const std::string& text) {
  const std::size_t first = text.find_first_not_of('0');
  if (first == 0 || text.empty()) return text;
  if (first == std::string::npos) return "0";
  const bool digit = text[first] >= '0' && text[first] <= '9';
  return digit ? text.substr(first) : text.substr(first - 1);
}

DefaultSql number_default(const mariadb::Column& source, TargetForm form,
                          const DefaultLiteral& value) {
  if (value.kind != Kind::number && value.kind != Kind::text) {
    return unsuited(source, "is no number");
  }
  if (parse_default(value.value).kind != Kind::number) return unsuited(source, "is no number");
  const std::string text = without_zero_fill(value.value);
  switch (form) {
    case TargetForm::int2:
    case TargetForm::int4:
    case TargetForm::int8: return integer_default(source, form, text);
    default:  // quoted: a bare 1e300 would be a numeric of 301 digits first
      return literal("'" + text + "'");
  }
}

DefaultSql boolean_default(const mariadb::Column& source, const DefaultLiteral& value) {
  if (value.kind == Kind::number || value.kind == Kind::bits || value.kind == Kind::text) {
    if (value.value == "1") return literal("true");
    if (value.value == "0") return literal("false");
  }
  return unsuited(source, "is neither 0 nor 1");
}

DefaultSql bit_default(const mariadb::Column& source, const DefaultLiteral& value) {
  if (value.kind != Kind::bits || value.value.size() > source.length) {
    return unsuited(source, "is no bit string of the column's length");
  }
  return literal("B'" + std::string(source.length - value.value.size(), '0') + value.value + "'");
}

/// PostgreSQL rounds what it shortens, MariaDB cuts: cut before it can round.
std::string now_sql(int fraction, bool with_zone) {
  std::string now = with_zone ? "CURRENT_TIMESTAMP" : "LOCALTIMESTAMP";
  static constexpr std::array<const char*, 7> kSteps = {"second",
                                                        "100 milliseconds",
                                                        "10 milliseconds",
                                                        "milliseconds",
                                                        "100 microseconds",
                                                        "10 microseconds",
                                                        ""};
  const auto digits = static_cast<std::size_t>(fraction);
  if (fraction == 6) return now;
  if (fraction == 0 || fraction == 3) {
    return std::string("date_trunc('") + kSteps[digits] + "', " + now + ")";
  }
  const std::string origin =
      with_zone ? "timestamptz '2000-01-01 00:00:00+00'" : "timestamp '2000-01-01 00:00:00'";
  return std::string("date_bin('") + kSteps[digits] + "', " + now + ", " + origin + ")";
}

DefaultSql now_default(const mariadb::Column& source, TargetForm form) {
  switch (form) {
    case TargetForm::date: return literal("CURRENT_DATE");
    case TargetForm::timestamp: return literal(now_sql(source.fraction, false));
    case TargetForm::timestamptz: return literal(now_sql(source.fraction, true));
    default:
      return dropped("default-expression", "the default " + source.default_text.value_or("") +
                                               " is an expression of another type");
  }
}

DefaultSql moment_default(const mariadb::Column& source, const TargetColumn& target,
                          const DefaultLiteral& value) {
  if (value.kind != Kind::text) return unsuited(source, "is no date");
  const DateKind kind = classify_date(value.value);
  if (kind == DateKind::zero) {
    switch (target.policies.zero_date) {
      case ZeroDate::minus_infinity: return literal("'-infinity'");
      case ZeroDate::null:
        return dropped("default-zero-date", "the default " + *source.default_text +
                                                " becomes NULL, as the policy zero_date says");
      case ZeroDate::text:
      case ZeroDate::refuse:
        return dropped("default-zero-date",
                       "the default " + *source.default_text + " is no date in PostgreSQL");
    }
  }
  if (kind == DateKind::invalid) return unsuited(source, "is no date of the calendar");
  // the catalog is read in a session of time zone +00:00
  return literal("'" + value.value + (target.form == TargetForm::timestamptz ? "+00'" : "'"));
}

DefaultSql text_default(const mariadb::Column& source, const TargetColumn& target,
                        const DefaultLiteral& value) {
  const std::string& text = value.value;
  if (value.kind == Kind::bytes) return unsuited(source, "is no text");
  if (text.find('\0') != std::string::npos || first_invalid_utf8(text)) {
    return unsuited(source, "holds what PostgreSQL's text can't");
  }
  if (source.type == ColumnType::json && !nlohmann::json::accept(text)) {
    return unsuited(source, "is no valid JSON");
  }
  if (target.form != TargetForm::text_array) return literal(postgres::quote_literal(text));
  std::string members;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    members +=
        (members.empty() ? "" : ", ") + postgres::quote_literal(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return literal("ARRAY[" + members + "]::text[]");
}

DefaultSql bytes_default(const mariadb::Column& source, const DefaultLiteral& value) {
  std::string bytes = value.value;
  const bool ascii = bytes.find('?') == std::string::npos &&
                     std::none_of(bytes.begin(), bytes.end(),
                                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (value.kind != Kind::bytes && !(value.kind == Kind::text && ascii)) {
    return dropped("default-unreadable",
                   "MariaDB's catalog does not show the bytes of the default");
  }
  if (source.type == ColumnType::binary) bytes.resize(source.length, '\0');
  std::string hex;
  for (const char c : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 0xFU];
  }
  return literal("'\\x" + hex + "'");
}

}  // namespace

DateKind classify_date(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  const auto number = [&](std::size_t at, std::size_t digits, int& value) {
    if (text.size() < at + digits) return false;
    const auto [end, code] = std::from_chars(text.data() + at, text.data() + at + digits, value);
    return code == std::errc() && end == text.data() + at + digits;
  };
  if (!number(0, 4, year) || !number(5, 2, month) || !number(8, 2, day)) return DateKind::invalid;
  if (year == 0 || month == 0 || day == 0) return DateKind::zero;
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month > 12) return DateKind::invalid;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int days = month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
  return day > days ? DateKind::invalid : DateKind::valid;
}

DefaultSql default_sql(const mariadb::Column& source, const TargetColumn& target) {
  if (!source.default_text || !source.generation_expression.empty()) return {};
  const DefaultLiteral value = parse_default(*source.default_text);
  if (value.kind == Kind::null) return {};
  if (value.kind == Kind::now) return now_default(source, target.form);
  if (value.kind == Kind::expression) {
    return dropped("default-expression",
                   "the default " + value.value + " is an expression, which is not translated");
  }
  if (may_be_masked(source) && value.kind == Kind::text &&
      value.value.find('?') != std::string::npos) {
    return dropped("default-unreadable",
                   "the default " + *source.default_text +
                       " may stand for characters that MariaDB's catalog can't show");
  }
  switch (target.form) {
    case TargetForm::int2:
    case TargetForm::int4:
    case TargetForm::int8:
    case TargetForm::numeric:
    case TargetForm::float4:
    case TargetForm::float8: return number_default(source, target.form, value);
    case TargetForm::boolean: return boolean_default(source, value);
    case TargetForm::bit: return bit_default(source, value);
    case TargetForm::date:
    case TargetForm::timestamp:
    case TargetForm::timestamptz: return moment_default(source, target, value);
    case TargetForm::text:
    case TargetForm::jsonb:
    case TargetForm::text_array: return text_default(source, target, value);
    case TargetForm::bytea: return bytes_default(source, value);
    case TargetForm::time:
      if (value.value.find(':') != 2 || value.value >= "24") {
        return unsuited(source, "is beyond the target type's range");
      }
      return literal(postgres::quote_literal(value.value));
    case TargetForm::interval:
    case TargetForm::uuid:
    case TargetForm::inet: return literal(postgres::quote_literal(value.value));
  }
  return {};
}

bool has_constant_default(const mariadb::Column& column) {
  if (!column.generation_expression.empty() || column.auto_increment) return false;
  if (!column.default_text) return true;
  const Kind kind = parse_default(*column.default_text).kind;
  return kind != Kind::now && kind != Kind::expression;
}

}  // namespace godwit::schema
