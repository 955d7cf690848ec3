#include "godwit/plan/tenant_rows.hpp"

#include <algorithm>
#include <array>

namespace godwit::plan {

std::string key_bytes(const mariadb::Column& column, const std::string& printed) {
  using mariadb::ColumnType;
  constexpr std::array<ColumnType, 5> kIntegers = {ColumnType::tinyint, ColumnType::smallint,
                                                   ColumnType::mediumint, ColumnType::integer,
                                                   ColumnType::bigint};
  if (std::find(kIntegers.begin(), kIntegers.end(), column.type) == kIntegers.end()) {
    return printed;
  }
  const std::size_t digit = printed.find_first_not_of('0');
  return digit == std::string::npos ? "0" : printed.substr(digit);
}

}  // namespace godwit::plan
