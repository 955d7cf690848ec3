#include "godwit/plan/row_sizes.hpp"

#include "size_spread.hpp"

namespace godwit::plan {
namespace {

CountedRows read_counts(mariadb::Connection& source, const RowContext& context, std::size_t table) {
  CountedRows counted;
  for (mariadb::Row& row : source.query_listed(count_by_tenant_sql(context, table))) {
    const std::uint64_t count = to_count(row.at(1));
    counted.all += count;
    if (row.at(0)) counted.by_key[std::move(*row.at(0))] += count;
  }
  return counted;
}

}  // namespace

RowSizes estimate_sizes(mariadb::Connection& source, const RowTenancy& tenancy,
                        const Classification& classification, const mariadb::Database& database) {
  const RowContext context{tenancy, classification, database};
  // without the directory nobody has a size; the classification says so
  if (context.key() == nullptr) return {};
  const std::string key = mariadb::quote_identifier(tenancy.directory.key_column);
  std::vector<std::string> keys;
  for (mariadb::Row& row : source.query_listed(
           "SELECT DISTINCT " + key + " FROM " + mariadb::quote_identifier(database.name) + "." +
           mariadb::quote_identifier(tenancy.directory.table) + " WHERE " + key + " IS NOT NULL")) {
    keys.push_back(std::move(row.at(0)).value());
  }
  std::map<std::size_t, CountedRows> counted;
  for (const std::size_t table : tables_to_count(context))
    counted.emplace(table, read_counts(source, context, table));
  return spread_sizes(context, keys, counted);
}

}  // namespace godwit::plan
