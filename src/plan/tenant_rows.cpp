#include "godwit/plan/tenant_rows.hpp"

#include <string_view>

#include "godwit/plan/row_sizes.hpp"
#include "size_spread.hpp"

namespace godwit::plan {

bool is_indexed_by_tenant(const Classification& classification, const mariadb::Database& database,
                          std::size_t table) {
  const ClassifiedTable& classified = classification.tables[table];
  const mariadb::Table& source = database.tables[table];
  const auto leads = [&](const mariadb::Column& column) {
    return tenant_access(source, column.name) != TenantAccess::none;
  };
  if (classified.tenant_column) return leads(source.columns[*classified.tenant_column]);
  // whoever takes part in a cycle, or leads to one, stands as high as there are tables
  if (classified.paths.size() != 1 || classified.level >= classification.tables.size()) {
    return false;
  }
  const RoutePath& path = classified.paths.front();
  const mariadb::Column& own = source.columns[path.columns.front()];
  const mariadb::Column& other = database.tables[path.parent].columns[path.parent_columns.front()];
  // text of another collation is converted first: no index finds that
  return own.collation == other.collation && leads(own) &&
         is_indexed_by_tenant(classification, database, path.parent);
}

std::string key_bytes(const mariadb::Column& column, const std::string& printed) {
  return routing_key(column, printed);
}

std::string key_bytes_literal(const std::string& bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string literal = "X'";
  literal.reserve(2 * bytes.size() + 3);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    literal += kDigits[byte >> 4U];
    literal += kDigits[byte & 0xFU];
  }
  return literal + "'";
}

}  // namespace godwit::plan
