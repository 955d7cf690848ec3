// Which columns routing can compare, and with which others.
#include <algorithm>
#include <array>
#include <string_view>

#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/classification.hpp"

namespace godwit::plan {
namespace {

enum class RoutingForm { none, integer, bytes };

bool is_plain_charset(std::string_view charset) {
  constexpr std::array<std::string_view, 4> kPlain = {"ascii", "utf8mb3", "utf8mb4", "utf8"};
  return std::find(kPlain.begin(), kPlain.end(), charset) != kPlain.end();
}

RoutingForm form_of(const mariadb::Column& column) {
  using mariadb::ColumnType;
  switch (column.type) {
    case ColumnType::tinyint:
    case ColumnType::smallint:
    case ColumnType::mediumint:
    case ColumnType::integer:
    case ColumnType::bigint: return RoutingForm::integer;
    case ColumnType::char_:
    case ColumnType::varchar:
      return is_plain_charset(column.charset) ? RoutingForm::bytes : RoutingForm::none;
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::uuid: return RoutingForm::bytes;
    case ColumnType::decimal:
    case ColumnType::float_:
    case ColumnType::double_:
    case ColumnType::bit:
    case ColumnType::year:
    case ColumnType::date:
    case ColumnType::time:
    case ColumnType::datetime:
    case ColumnType::timestamp:
    case ColumnType::text:
    case ColumnType::blob:
    case ColumnType::enum_:
    case ColumnType::set:
    case ColumnType::json:
    case ColumnType::inet4:
    case ColumnType::inet6:
    case ColumnType::geometry: return RoutingForm::none;
  }
  return RoutingForm::none;
}

}  // namespace

bool can_route(const mariadb::Column& column) { return form_of(column) != RoutingForm::none; }

bool same_routing(const mariadb::Column& left, const mariadb::Column& right) {
  const RoutingForm form = form_of(left);
  if (form == RoutingForm::none || form != form_of(right)) return false;
  // bytes: a BINARY(4) is padded with zeros where a VARBINARY isn't
  return form == RoutingForm::integer ||
         (left.type == right.type &&
          (left.type != mariadb::ColumnType::binary || left.length == right.length));
}

std::string key_literal(const mariadb::Column& column, const std::string& key) {
  if (form_of(column) == RoutingForm::integer) return key;
  if (column.type != mariadb::ColumnType::binary && column.type != mariadb::ColumnType::varbinary) {
    return mariadb::quote_literal(key);
  }
  return mariadb::bytes_literal(key);
}

}  // namespace godwit::plan
