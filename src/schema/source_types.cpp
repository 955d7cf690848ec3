#include "source_types.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace godwit::schema {

namespace {

using mariadb::ColumnType;
using enum TargetForm;

constexpr std::array kTinyForms = {int2, int4, int8, numeric, boolean};
constexpr std::array kIntegerForms = {int2, int4, int8, numeric};
constexpr std::array kDecimalForms = {numeric};
constexpr std::array kFloatForms = {float4, float8};
constexpr std::array kDoubleForms = {float8};
constexpr std::array kBitForms = {bit, boolean};
constexpr std::array kDateForms = {date, text};
constexpr std::array kTimeForms = {interval, time, text};
constexpr std::array kDatetimeForms = {timestamp, text};
constexpr std::array kTimestampForms = {timestamptz, text};
constexpr std::array kTextForms = {text, bytea};
constexpr std::array kEnumForms = {text};
constexpr std::array kSetForms = {text, text_array};
constexpr std::array kJsonForms = {text, jsonb};
constexpr std::array kBytesForms = {bytea};
constexpr std::array kUuidForms = {uuid};
constexpr std::array kInetForms = {inet};

constexpr std::array<std::string_view, 2> kPrecision = {"precision", "scale"};
constexpr std::array<std::string_view, 1> kLength = {"length"};
constexpr std::array<std::string_view, 1> kFraction = {"fraction"};
constexpr std::span<const std::string_view> kNone;

constexpr std::array<SourceType, 27> kTypes = {{
    {"tinyint", ColumnType::tinyint, true, kTinyForms, kNone},
    {"smallint", ColumnType::smallint, true, kIntegerForms, kNone},
    {"mediumint", ColumnType::mediumint, true, kIntegerForms, kNone},
    {"int", ColumnType::integer, true, kIntegerForms, kNone},
    {"bigint", ColumnType::bigint, true, kIntegerForms, kNone},
    {"decimal", ColumnType::decimal, true, kDecimalForms, kPrecision},
    {"float", ColumnType::float_, true, kFloatForms, kNone},
    {"double", ColumnType::double_, true, kDoubleForms, kNone},
    {"bit", ColumnType::bit, false, kBitForms, kLength},
    {"year", ColumnType::year, false, kIntegerForms, kNone},
    {"date", ColumnType::date, false, kDateForms, kNone},
    {"time", ColumnType::time, false, kTimeForms, kFraction},
    {"datetime", ColumnType::datetime, false, kDatetimeForms, kFraction},
    {"timestamp", ColumnType::timestamp, false, kTimestampForms, kFraction},
    {"char", ColumnType::char_, false, kTextForms, kLength},
    {"varchar", ColumnType::varchar, false, kTextForms, kLength},
    {"text", ColumnType::text, false, kTextForms, kNone},
    {"binary", ColumnType::binary, false, kBytesForms, kLength},
    {"varbinary", ColumnType::varbinary, false, kBytesForms, kLength},
    {"blob", ColumnType::blob, false, kBytesForms, kNone},
    {"enum", ColumnType::enum_, false, kEnumForms, kNone},
    {"set", ColumnType::set, false, kSetForms, kNone},
    {"json", ColumnType::json, false, kJsonForms, kNone},
    {"uuid", ColumnType::uuid, false, kUuidForms, kNone},
    {"inet4", ColumnType::inet4, false, kInetForms, kNone},
    {"inet6", ColumnType::inet6, false, kInetForms, kNone},
    {"geometry", ColumnType::geometry, false, kBytesForms, kNone},
}};
static_assert(kTypes.size() == static_cast<std::size_t>(ColumnType::geometry) + 1);

constexpr auto kTypeNames = [] {
  std::array<std::string_view, kTypes.size()> names{};
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    names[i] = kTypes[i].name;
  return names;
}();

/// The width COLUMN_TYPE shows: 1 of "tinyint(1) unsigned".
std::optional<std::uint32_t> declared_width(std::string_view declared) {
  const std::size_t open = declared.find('(');
  if (open == std::string_view::npos) return std::nullopt;
  std::uint32_t width = 0;
  const char* begin = declared.data() + open + 1;
  const char* end = declared.data() + declared.size();
  const auto [at, code] = std::from_chars(begin, end, width);
  if (code != std::errc() || at == end || *at != ')') return std::nullopt;
  return width;
}

}  // namespace

const SourceType* find_source_type(std::string_view name) {
  const auto at = std::find_if(kTypes.begin(), kTypes.end(),
                               [&](const SourceType& type) { return type.name == name; });
  return at == kTypes.end() ? nullptr : &*at;
}

const SourceType& source_type(mariadb::ColumnType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

std::span<const std::string_view> source_type_names() { return kTypeNames; }

std::optional<SourcePattern> parse_source_pattern(std::string_view text) {
  SourcePattern pattern;
  constexpr std::string_view kUnsigned = " unsigned";
  if (text.ends_with(kUnsigned)) {
    pattern.is_unsigned = true;
    text.remove_suffix(kUnsigned.size());
  }
  if (const std::size_t open = text.find('('); open != std::string_view::npos) {
    pattern.width = declared_width(text);
    if (!pattern.width || !text.ends_with(')') || text.find(')') != text.size() - 1) {
      return std::nullopt;
    }
    text = text.substr(0, open);
  }
  pattern.type = find_source_type(text);
  if (pattern.is_unsigned && pattern.type != nullptr && !pattern.type->has_sign) {
    return std::nullopt;
  }
  return pattern;
}

bool matches(const SourcePattern& pattern, const mariadb::Column& column) {
  if (pattern.type == nullptr || pattern.type->type != column.type) return false;
  if (pattern.type->has_sign && pattern.is_unsigned != column.is_unsigned) return false;
  return !pattern.width || pattern.width == declared_width(column.declared_type);
}

}  // namespace godwit::schema
