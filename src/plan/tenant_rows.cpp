#include "godwit/plan/tenant_rows.hpp"

#include "size_spread.hpp"

namespace godwit::plan {

std::string key_bytes(const mariadb::Column& column, const std::string& printed) {
  return routing_key(column, printed);
}

}  // namespace godwit::plan
