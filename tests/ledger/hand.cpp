#include "hand.hpp"

#include <algorithm>
#include <array>

namespace godwit::ledger {
namespace {

/// Their rows are the tenant's through a parent's, or everybody's.
constexpr std::array<std::string_view, 4> kWithoutTenantColumn = {"currencies", "order_lines",
                                                                  "line_notes", "bins"};
constexpr std::int64_t kKeysOfTenant = 1'000'000;

}  // namespace

std::string Hand::table(std::string_view name) const {
  return "`" + tenant_.database + "`.`" + std::string(name) + "`";
}

std::string Hand::scope() const {
  return tenant_.id == 0 ? "TRUE" : "tenant_id = " + std::to_string(tenant_.id);
}

std::string Hand::key(int from) {
  return std::to_string(tenant_.id * kKeysOfTenant % 2'000'000'000 + random_.between(from, 999));
}

void Hand::insert(std::string_view table_name, std::string_view columns,
                  const std::vector<Values>& rows, std::string_view verb,
                  std::string_view suffix) const {
  const bool with_tenant =
      tenant_.id != 0 && std::find(kWithoutTenantColumn.begin(), kWithoutTenantColumn.end(),
                                   table_name) == kWithoutTenantColumn.end();
  std::string sql = std::string(verb) + " INTO " + table(table_name) + " (" +
                    (with_tenant ? "tenant_id, " : "") + std::string(columns) + ") VALUES ";
  const char* between_rows = "";
  for (const Values& row : rows) {
    sql += between_rows;
    sql += '(';
    if (with_tenant) sql += std::to_string(tenant_.id) + ", ";
    const char* between = "";
    for (const std::string& value : row) {
      sql += between + value;
      between = ", ";
    }
    sql += ')';
    between_rows = ", ";
  }
  run(sql + " " + std::string(suffix));
}

std::optional<std::string> Hand::pick(std::string_view table_name, std::string_view column) const {
  const std::string name(column);
  return session_.scalar("SELECT " + name + " FROM " + own(table_name) + " AND " + name +
                         " >= (SELECT MIN(" + name + ") + FLOOR((MAX(" + name + ") - MIN(" + name +
                         ")) * " + random_.fraction() + ") FROM " + own(table_name) +
                         ") ORDER BY " + name + " LIMIT 1");
}

std::uint64_t Hand::count(std::string_view table_name) const {
  return std::stoull(session_.scalar("SELECT COUNT(*) FROM " + own(table_name)).value_or("0"));
}

}  // namespace godwit::ledger
