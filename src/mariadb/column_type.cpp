#include "column_type.hpp"

#include <array>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

constexpr std::array<std::pair<std::string_view, ColumnType>, 40> kDataTypes = {{
    {"tinyint", ColumnType::tinyint},
    {"smallint", ColumnType::smallint},
    {"mediumint", ColumnType::mediumint},
    {"int", ColumnType::integer},
    {"bigint", ColumnType::bigint},
    {"decimal", ColumnType::decimal},
    {"float", ColumnType::float_},
    {"double", ColumnType::double_},
    {"bit", ColumnType::bit},
    {"year", ColumnType::year},
    {"date", ColumnType::date},
    {"time", ColumnType::time},
    {"datetime", ColumnType::datetime},
    {"timestamp", ColumnType::timestamp},
    {"char", ColumnType::char_},
    {"varchar", ColumnType::varchar},
    {"tinytext", ColumnType::text},
    {"text", ColumnType::text},
    {"mediumtext", ColumnType::text},
    {"longtext", ColumnType::text},
    {"binary", ColumnType::binary},
    {"varbinary", ColumnType::varbinary},
    {"tinyblob", ColumnType::blob},
    {"blob", ColumnType::blob},
    {"mediumblob", ColumnType::blob},
    {"longblob", ColumnType::blob},
    {"enum", ColumnType::enum_},
    {"set", ColumnType::set},
    {"json", ColumnType::json},
    {"uuid", ColumnType::uuid},
    {"inet4", ColumnType::inet4},
    {"inet6", ColumnType::inet6},
    {"geometry", ColumnType::geometry},
    {"point", ColumnType::geometry},
    {"linestring", ColumnType::geometry},
    {"polygon", ColumnType::geometry},
    {"multipoint", ColumnType::geometry},
    {"multilinestring", ColumnType::geometry},
    {"multipolygon", ColumnType::geometry},
    {"geometrycollection", ColumnType::geometry},
}};

[[noreturn]] void refuse_members(std::string_view declared_type) {
  throw Error(ErrorKind::source, "not a list of members: " + printable(declared_type));
}

char unescaped(char c) {
  switch (c) {
    case '0': return '\0';
    case 'n': return '\n';
    case 'r': return '\r';
    default: return c;
  }
}

}  // namespace

std::optional<ColumnType> parse_data_type(std::string_view data_type) {
  for (const auto& [name, type] : kDataTypes) {
    if (name == data_type) return type;
  }
  return std::nullopt;
}

std::string_view name(ColumnType type) {
  // The shortest name of each type comes first for all but the texts and blobs.
  if (type == ColumnType::text) return "text";
  if (type == ColumnType::blob) return "blob";
  for (const auto& [type_name, candidate] : kDataTypes) {
    if (candidate == type) return type_name;
  }
  return "unknown";
}

bool is_numeric(ColumnType type) {
  switch (type) {
    case ColumnType::tinyint:
    case ColumnType::smallint:
    case ColumnType::mediumint:
    case ColumnType::integer:
    case ColumnType::bigint:
    case ColumnType::decimal:
    case ColumnType::float_:
    case ColumnType::double_: return true;
    case ColumnType::bit:
    case ColumnType::year:
    case ColumnType::date:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text:
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob:
    case ColumnType::enum_:
    case ColumnType::set:
    case ColumnType::json:
    case ColumnType::uuid:
    case ColumnType::inet4:
    case ColumnType::inet6:
    case ColumnType::geometry: return false;
  }
  return false;
}

bool is_text(ColumnType type) {
  return type == ColumnType::char_ || type == ColumnType::varchar || type == ColumnType::text ||
         type == ColumnType::enum_ || type == ColumnType::set || type == ColumnType::json;
}

std::vector<std::string> parse_members(std::string_view declared_type) {
  const std::size_t open = declared_type.find('(');
  if (open == std::string_view::npos) refuse_members(declared_type);
  std::string_view rest = declared_type.substr(open + 1);
  std::vector<std::string> members;
  while (true) {
    if (rest.empty() || rest.front() != '\'') refuse_members(declared_type);
    std::string member;
    std::size_t i = 1;
    for (; i < rest.size(); ++i) {
      const bool followed = i + 1 < rest.size();
      if (rest[i] == '\'') {
        if (!followed || rest[i + 1] != '\'') break;
        ++i;
        member += '\'';
      } else if (rest[i] == '\\' && followed) {
        member += unescaped(rest[++i]);
      } else {
        member += rest[i];
      }
    }
    if (i + 1 >= rest.size()) refuse_members(declared_type);
    members.push_back(std::move(member));
    const char separator = rest[i + 1];
    if (separator == ')') return members;
    if (separator != ',') refuse_members(declared_type);
    rest.remove_prefix(i + 2);
  }
}

}  // namespace godwit::mariadb
