#include "godwit/plan/row_inspection.hpp"

#include <algorithm>
#include <numeric>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "row_findings.hpp"
#include "row_queries.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kExamples = 5;

std::uint64_t count_tenants(mariadb::Connection& source, const RowTenancy& tenancy) {
  const RowTenancy::Directory& directory = tenancy.directory;
  std::string sql = "SELECT COUNT(*) FROM " + mariadb::quote_identifier(tenancy.database) + "." +
                    mariadb::quote_identifier(directory.table);
  // On lines of its own, so that a comment in it can't hide the parenthesis.
  if (!directory.where.empty()) sql += " WHERE (\n" + directory.where + "\n)";
  try {
    const mariadb::Rows rows = source.query(sql);
    return to_count(rows.at(0).at(0));
  } catch (const Error& error) {
    if (error.retryable() || error.kind() == ErrorKind::cancelled) throw;
    throw Error(ErrorKind::plan_invalid,
                std::string("the query of tenancy.directory failed: ") + error.what(),
                "The query is: " + printable(sql));
  }
}

class Inspector {
 public:
  Inspector(mariadb::Connection& source, const RowContext& context)
      : source_(source), context_(context), unrouted_(context.classification.tables.size()) {}

  Findings run() {
    const std::uint64_t tenants = count_tenants(source_, context_.tenancy);
    // parents first: only below rows without a tenant there can be more of them
    std::vector<std::size_t> order(context_.classification.tables.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return context_.classification.tables[a].level < context_.classification.tables[b].level;
    });
    for (const std::size_t table : order) {
      if (has_route(context_.classification, table)) inspect_routes(table);
    }
    for (std::size_t table = 0; table < order.size(); ++table) {
      if (has_route(context_.classification, table)) inspect_references(table);
    }
    add(counter_findings(context_, tenants));
    add(keyless_findings(context_));
    return std::move(findings_);
  }

 private:
  void add(Findings more) {
    for (Finding& finding : more)
      findings_.push_back(std::move(finding));
  }

  void inspect_routes(std::size_t table) {
    const ClassifiedTable& classified = context_.classification.tables[table];
    if (const auto query = rows_without_tenant(context_, table)) {
      take(table, find(table, *query),
           [&](const FaultyRows& rows) { return without_tenant(context_, table, rows); });
    }
    if (classified.tenant_column) {
      const auto query = rows_of_unknown_tenant(context_, table);
      if (!query) return;
      take(table, find(table, *query),
           [&](const FaultyRows& rows) { return of_unknown_tenant(context_, table, rows); });
      return;
    }
    bool parent_unrouted = false;
    for (std::size_t path = 0; path < classified.paths.size(); ++path) {
      parent_unrouted = parent_unrouted || unrouted_[classified.paths[path].parent];
      take(table, find(table, orphans(context_, table, path)),
           [&](const FaultyRows& rows) { return orphaned(context_, table, path, rows); });
    }
    if (!parent_unrouted) return;
    take(table, find(table, rows_of_unrouted_parent(context_, table)),
         [&](const FaultyRows& rows) { return of_unrouted_parent(context_, table, rows); });
  }

  /// Along foreign keys, and along paths that are none.
  void inspect_references(std::size_t table) {
    for (const mariadb::ForeignKey& key : context_.source(table).foreign_keys) {
      const ClassifiedTable* parent = context_.classification.find(key.referenced_table);
      if (parent == nullptr || key.referenced_database != context_.database.name) continue;
      const auto index = static_cast<std::size_t>(parent - context_.classification.tables.data());
      if (!has_route(context_.classification, index)) continue;
      const auto query = cross_tenant_rows(context_, table, key);
      if (!query) continue;
      const FaultyRows rows = find(table, *query);
      if (rows.count > 0) findings_.push_back(cross_tenant(context_, table, key, rows));
    }
    const std::size_t paths = context_.classification.tables[table].paths.size();
    for (std::size_t path = 0; path < paths; ++path) {
      const auto query = crossing_path_rows(context_, table, path);
      if (!query) continue;
      const FaultyRows rows = find(table, *query);
      if (rows.count > 0) findings_.push_back(crossing_path(context_, table, path, rows));
    }
  }

  template <class Describe>
  void take(std::size_t table, const FaultyRows& rows, Describe describe) {
    if (rows.count == 0) return;
    unrouted_[table] = true;
    findings_.push_back(describe(rows));
  }

  /// Counts first: where all is well, which is nearly everywhere, nothing has to be sorted.
  FaultyRows find(std::size_t table, const RowQuery& query) {
    FaultyRows rows;
    const mariadb::Rows counts = source_.query_listed(count_sql(query));
    rows.count = to_count(counts.at(0).at(0));
    const mariadb::Table& source = context_.source(table);
    const std::vector<std::size_t> columns = key_columns(source);
    if (rows.count == 0 || (columns.empty() && query.shown.empty())) return rows;
    for (const mariadb::Row& row :
         source_.query_listed(example_sql(query, source, columns, kExamples))) {
      rows.examples.push_back(example(source, columns, row));
    }
    return rows;
  }

  /// "order_id=4, line=2: tenant 7, its parent's 9"
  static std::string example(const mariadb::Table& table, const std::vector<std::size_t>& columns,
                             const mariadb::Row& row) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < columns.size(); ++i)
      parts.push_back(table.columns[columns[i]].name + "=" + row.at(i).value_or("NULL"));
    std::string text = join(parts, ", ");
    if (row.size() == columns.size()) return text;
    text += (text.empty() ? "tenant " : ": tenant ") + row.at(columns.size()).value_or("NULL");
    if (row.size() > columns.size() + 1) {
      text += ", its parent's " + row.at(columns.size() + 1).value_or("NULL");
    }
    return text;
  }

  mariadb::Connection& source_;
  const RowContext& context_;
  std::vector<bool> unrouted_;  // by table: it has rows that no tenant gets
  Findings findings_;
};

}  // namespace

Findings inspect_rows(mariadb::Connection& source, const RowTenancy& tenancy,
                      const Classification& classification, const mariadb::Database& database) {
  const RowContext context{tenancy, classification, database};
  // without the directory no row has a tenant; the classification says so
  if (context.key() == nullptr) return {};
  if (const mariadb::Table* directory = database.find_table(tenancy.directory.table);
      !tenancy.directory.name_column.empty() &&
      directory->find_column(tenancy.directory.name_column) == nullptr) {
    throw Error(ErrorKind::plan_invalid,
                "tenancy.directory.name: " + printable(tenancy.directory.table) +
                    " has no column '" + printable(tenancy.directory.name_column) + "'",
                "Correct the plan.");
  }
  return Inspector(source, context).run();
}

}  // namespace godwit::plan
