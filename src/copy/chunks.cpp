#include "godwit/copy/chunks.hpp"

#include <algorithm>

#include "godwit/core/error.hpp"

namespace godwit::copy {
namespace {

// signed and unsigned 64-bit keys together need 65 bits
__extension__ using Wide = __int128;

constexpr std::uint64_t kChunksMax = 10'000;

bool is_integer(mariadb::ColumnType type) {
  switch (type) {
    case mariadb::ColumnType::tinyint:
    case mariadb::ColumnType::smallint:
    case mariadb::ColumnType::mediumint:
    case mariadb::ColumnType::integer:
    case mariadb::ColumnType::bigint: return true;
    case mariadb::ColumnType::decimal:
    case mariadb::ColumnType::float_:
    case mariadb::ColumnType::double_:
    case mariadb::ColumnType::bit:
    case mariadb::ColumnType::year:
    case mariadb::ColumnType::date:
    case mariadb::ColumnType::time:
    case mariadb::ColumnType::datetime:
    case mariadb::ColumnType::timestamp:
    case mariadb::ColumnType::char_:
    case mariadb::ColumnType::varchar:
    case mariadb::ColumnType::text:
    case mariadb::ColumnType::binary:
    case mariadb::ColumnType::varbinary:
    case mariadb::ColumnType::blob:
    case mariadb::ColumnType::enum_:
    case mariadb::ColumnType::set:
    case mariadb::ColumnType::json:
    case mariadb::ColumnType::uuid:
    case mariadb::ColumnType::inet4:
    case mariadb::ColumnType::inet6:
    case mariadb::ColumnType::geometry: return false;
  }
  return false;
}

Wide parse(const std::string& text) {
  const bool negative = !text.empty() && text.front() == '-';
  Wide value = 0;
  for (std::size_t i = negative ? 1 : 0; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') {
      throw Error(ErrorKind::internal, "not an integer key: " + text);
    }
    value = value * 10 + (text[i] - '0');
  }
  return negative ? -value : value;
}

std::string print(Wide value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  std::string digits;
  for (Wide rest = negative ? -value : value; rest > 0; rest /= 10) {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::vector<std::string> range_bounds(const std::string& low, const std::string& high,
                                      std::uint64_t count) {
  const Wide from = parse(low);
  const Wide values = parse(high) - from + 1;
  std::vector<std::string> bounds;
  if (values <= 1) return bounds;
  const Wide ranges = std::min<Wide>(values, static_cast<Wide>(count));
  for (Wide i = 1; i < ranges; ++i)
    bounds.push_back(print(from + values * i / ranges));
  return bounds;
}

std::vector<std::string> split_table(mariadb::Connection& source, const std::string& database,
                                     const mariadb::Table& table, std::uint64_t chunks) {
  std::vector<std::string> whole{""};
  const mariadb::Index* primary = table.primary_key();
  if (chunks <= 1 || !table.transactional() || primary == nullptr || primary->parts.empty()) {
    return whole;
  }
  const mariadb::Column* first = table.find_column(primary->parts.front().column);
  if (first == nullptr || !is_integer(first->type)) return whole;

  const std::string key = mariadb::quote_identifier(first->name);
  const mariadb::Rows rows = source.query_listed("SELECT MIN(" + key + "), MAX(" + key + ") FROM " +
                                                 mariadb::quote_identifier(database) + "." +
                                                 mariadb::quote_identifier(table.name));
  if (rows.empty() || !rows[0][0] || !rows[0][1]) return whole;

  const std::vector<std::string> bounds =
      range_bounds(*rows[0][0], *rows[0][1], std::min(chunks, kChunksMax));
  if (bounds.empty()) return whole;
  std::vector<std::string> clauses{key + " < " + bounds.front()};
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    clauses.push_back(key + " >= " + bounds[i - 1] + " AND " + key + " < " + bounds[i]);
  }
  clauses.push_back(key + " >= " + bounds.back());
  return clauses;
}

}  // namespace godwit::copy
