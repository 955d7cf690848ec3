// Finding the tenants of shared tables: the rows of the directory.
#include <algorithm>
#include <map>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kExamplesMax = 10;

std::string directory_sql(const RowTenancy& tenancy) {
  const RowTenancy::Directory& directory = tenancy.directory;
  const std::string key = mariadb::quote_identifier(directory.key_column);
  const std::string name =
      directory.name_column.empty() ? key : mariadb::quote_identifier(directory.name_column);
  std::string sql = "SELECT " + key + ", " + name + " FROM " +
                    mariadb::quote_identifier(tenancy.database) + "." +
                    mariadb::quote_identifier(directory.table);
  // On lines of its own, so that a comment in it can't hide the parenthesis.
  if (!directory.where.empty()) sql += " WHERE (\n" + directory.where + "\n)";
  return sql;
}

mariadb::Rows read_directory(const Plan& plan, mariadb::Connection& source) {
  const std::string sql = directory_sql(*plan.rows);
  try {
    return source.query(sql);
  } catch (const Error& error) {
    if (error.retryable() || error.kind() == ErrorKind::cancelled) throw;
    throw Error(
        ErrorKind::plan_invalid,
        printable(plan.file) + ": error: the query of tenancy.directory failed: " + error.what(),
        "The query is: " + printable(sql));
  }
}

std::string repeated(const std::map<std::string, std::size_t>& counts) {
  std::vector<std::string> names;
  std::size_t more = 0;
  for (const auto& [name, count] : counts) {
    if (count < 2) continue;
    if (names.size() < kExamplesMax) {
      names.push_back(printable(name));
    } else {
      ++more;
    }
  }
  std::string text = join(names, ", ");
  if (more > 0) text += " and " + human_count(more) + " more";
  return text;
}

}  // namespace

std::vector<TenantSource> find_row_tenants(const Plan& plan, mariadb::Connection& source,
                                           bool with_central) {
  const RowTenancy& tenancy = *plan.rows;
  std::vector<TenantSource> tenants;
  std::map<std::string, std::size_t> keys;
  std::map<std::string, std::size_t> names;
  std::size_t empty = 0;
  for (mariadb::Row& row : read_directory(plan, source)) {
    if (!row.at(0) || !row.at(1) || row.at(1)->empty()) {
      ++empty;
      continue;
    }
    ++keys[*row.at(0)];
    ++names[*row.at(1)];
    tenants.push_back({std::move(*row[1]), tenancy.database, UnitKind::rows, std::move(*row[0])});
  }
  std::vector<std::string> problems;
  if (empty > 0) {
    problems.push_back("the directory has " + human_count(empty) + " rows without a key or name");
  }
  if (tenants.empty()) problems.emplace_back("the directory has no tenant");
  if (const std::string twice = repeated(keys); !twice.empty()) {
    problems.push_back("the directory has these keys more than once: " + twice);
  }
  if (const std::string twice = repeated(names); !twice.empty()) {
    problems.push_back("the directory has these names more than once: " + twice);
  }
  if (with_central && names.contains(tenancy.central_name)) {
    problems.push_back("a tenant has the name of the central unit, '" + tenancy.central_name +
                       "': choose another by tenancy.central");
  }
  if (!problems.empty()) {
    throw Error(ErrorKind::plan_invalid, printable(plan.file) + ": error: " + join(problems, "; "),
                "Correct the rows or narrow tenancy.directory.where.");
  }
  if (with_central) {
    tenants.push_back({tenancy.central_name, tenancy.database, UnitKind::central});
  }
  std::sort(tenants.begin(), tenants.end(),
            [](const TenantSource& a, const TenantSource& b) { return a.tenant < b.tenant; });
  return tenants;
}

}  // namespace godwit::plan
