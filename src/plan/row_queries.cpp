#include "row_queries.hpp"

#include <algorithm>
#include <charconv>

#include "godwit/core/text.hpp"
#include "godwit/plan/tenant_rows.hpp"

namespace godwit::plan {
namespace {

using mariadb::Column;
using mariadb::ColumnType;
using mariadb::Table;

constexpr std::size_t kShownCharacters = 40;
constexpr std::size_t kShownBytes = 20;

bool is_text(const Column& column) {
  return column.type == ColumnType::char_ || column.type == ColumnType::varchar;
}

bool is_bytes(const Column& column) {
  return column.type == ColumnType::binary || column.type == ColumnType::varbinary ||
         column.type == ColumnType::blob;
}

std::string qualified(const mariadb::Database& database, const std::string& table) {
  return mariadb::quote_identifier(database.name) + "." + mariadb::quote_identifier(table);
}

std::string place(const std::string& alias, const std::string& column) {
  return alias + "." + mariadb::quote_identifier(column);
}

/// A tenant's key as an expression that compares by value or by bytes, whatever its collation.
std::string routing_value(const std::string& expression, const Column& column) {
  return is_text(column) ? "BINARY " + expression : expression;
}

/// A tenant's key as the bytes that key_bytes() makes of a printed one.
std::string routing_bytes(const std::string& expression, const Column& column) {
  if (is_text(column)) return "BINARY " + expression;
  if (is_bytes(column)) return expression;
  if (column.type == ColumnType::uuid) return "CAST(" + expression + " AS CHAR)";
  // the sum has no ZEROFILL
  return "CAST(" + expression + " + 0 AS CHAR)";
}

std::string shown_tenant(const std::string& expression, const Column& key) {
  if (is_bytes(key)) return "CONCAT('0x', HEX(" + expression + "))";
  if (!is_text(key)) return expression;
  return "LEFT(CONVERT(" + expression + " USING utf8mb4), " + std::to_string(kShownCharacters) +
         ")";
}

std::string all_set(const std::string& alias, const Table& table,
                    const std::vector<std::size_t>& columns) {
  std::vector<std::string> parts;
  parts.reserve(columns.size());
  for (const std::size_t column : columns)
    parts.push_back(place(alias, table.columns[column].name) + " IS NOT NULL");
  return join(parts, " AND ");
}

std::string one_null(const std::string& alias, const Table& table,
                     const std::vector<std::size_t>& columns) {
  std::vector<std::string> parts;
  parts.reserve(columns.size());
  for (const std::size_t column : columns)
    parts.push_back(place(alias, table.columns[column].name) + " IS NULL");
  return "(" + join(parts, " OR ") + ")";
}

bool can_be_null(const Table& table, const std::vector<std::size_t>& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](std::size_t column) { return table.columns[column].nullable; });
}

/// This path decides: its columns are set, and every path before has a NULL.
std::string decides(const std::string& alias, const Table& table, const ClassifiedTable& classified,
                    std::size_t path) {
  std::string condition = all_set(alias, table, classified.paths[path].columns);
  for (std::size_t i = 0; i < path; ++i)
    condition += " AND " + one_null(alias, table, classified.paths[i].columns);
  return condition;
}

std::string path_condition(const Table& child, const std::string& alias, const Table& parent,
                           const std::string& parent_alias, const RoutePath& path) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < path.columns.size(); ++i) {
    const Column& own = parent.columns[path.parent_columns[i]];
    const Column& other = child.columns[path.columns[i]];
    parts.push_back(
        routing_equality(place(parent_alias, own.name), own, place(alias, other.name), other));
  }
  return join(parts, " AND ");
}

/// LEFT JOINs from rows to their tenants, each with an alias of its own.
class TenantJoins {
 public:
  /// `write` makes an expression of the column that holds a tenant's key.
  using Write = std::string (*)(const std::string& expression, const Column& column);
  TenantJoins(const RowContext& context, std::string prefix, Write write = routing_value)
      : context_(context), prefix_(std::move(prefix)), write_(write) {}

  /// The key of the tenant of the row that `alias` stands for; NULL where it reaches none.
  std::string tenant_of(std::size_t table, const std::string& alias) {
    const ClassifiedTable& classified = context_.classification.tables[table];
    const Table& source = context_.source(table);
    if (classified.tenant_column) {
      const Column& column = source.columns[*classified.tenant_column];
      return write_(place(alias, column.name), column);
    }
    std::string cases;
    std::string last;
    for (const RoutePath& path : classified.paths) {
      last = follow(source, alias, path);
      cases += " WHEN " + all_set(alias, source, path.columns) + " THEN " + last;
    }
    return classified.paths.size() == 1 ? last : "CASE" + cases + " END";
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Aliases of the rows that the first table's paths lead to, in their order.
  [[nodiscard]] const std::vector<std::string>& parents() const { return parents_; }

 private:
  std::string follow(const Table& source, const std::string& alias, const RoutePath& path) {
    const std::string parent = prefix_ + std::to_string(++count_);
    if (depth_ == 0) parents_.push_back(parent);
    const Table& table = context_.source(path.parent);
    text_ += " LEFT JOIN " + qualified(context_.database, table.name) + " AS " + parent + " ON " +
             path_condition(source, alias, table, parent, path);
    ++depth_;
    std::string tenant = tenant_of(path.parent, parent);
    --depth_;
    return tenant;
  }

  const RowContext& context_;
  const std::string prefix_;
  const Write write_;
  std::string text_;
  std::vector<std::string> parents_;
  std::size_t count_ = 0;
  std::size_t depth_ = 0;
};

std::string from_table(const RowContext& context, std::size_t table) {
  return "FROM " + qualified(context.database, context.source(table).name) + " AS t";
}

/// A column that MariaDB's own comparison decides, as its foreign keys do.
std::string key_condition(const mariadb::ForeignKey& key) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key.columns.size(); ++i)
    parts.push_back(place("r", key.referenced_columns[i]) + " = " + place("t", key.columns[i]));
  return join(parts, " AND ");
}

/// Both rows have one tenant because the key itself compares their tenant columns.
bool holds_tenant(const Table& child, const ClassifiedTable& own, const Table& parent,
                  const ClassifiedTable& other, const mariadb::ForeignKey& key) {
  if (!own.tenant_column || !other.tenant_column) return false;
  // text that only the collation calls equal are two tenants
  if (is_text(child.columns[*own.tenant_column])) return false;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    if (child.columns[*own.tenant_column].name == key.columns[i] &&
        parent.columns[*other.tenant_column].name == key.referenced_columns[i]) {
      return true;
    }
  }
  return false;
}

/// Rows of t whose tenant isn't that of the row r, found by `condition`.
RowQuery of_other_tenant(const RowContext& context, std::size_t child, std::size_t parent,
                         const std::string& condition) {
  TenantJoins own(context, "p");
  TenantJoins other(context, "q");
  const std::string own_tenant = own.tenant_of(child, "t");
  const std::string other_tenant = other.tenant_of(parent, "r");
  const Column& shown_as = *context.key();
  return {from_table(context, child) + " JOIN " +
              qualified(context.database, context.source(parent).name) + " AS r ON " + condition +
              own.text() + other.text(),
          own_tenant + " <> " + other_tenant,
          {shown_tenant(own_tenant, shown_as), shown_tenant(other_tenant, shown_as)}};
}

/// Whether a foreign key compares the same columns.
bool is_declared(const RowContext& context, std::size_t child, const RoutePath& path) {
  const Table& source = context.source(child);
  const Table& parent = context.source(path.parent);
  const auto compares = [&](const mariadb::ForeignKey& key, std::size_t i) {
    for (std::size_t part = 0; part < key.columns.size(); ++part) {
      if (key.columns[part] == source.columns[path.columns[i]].name &&
          key.referenced_columns[part] == parent.columns[path.parent_columns[i]].name) {
        return true;
      }
    }
    return false;
  };
  return std::any_of(source.foreign_keys.begin(), source.foreign_keys.end(), [&](const auto& key) {
    if (key.referenced_database != context.database.name || key.referenced_table != parent.name ||
        key.columns.size() != path.columns.size()) {
      return false;
    }
    for (std::size_t i = 0; i < path.columns.size(); ++i) {
      if (!compares(key, i)) return false;
    }
    return true;
  });
}

bool is_first_path(const RowContext& context, std::size_t child, std::size_t parent,
                   const mariadb::ForeignKey& key) {
  const ClassifiedTable& own = context.classification.tables[child];
  if (own.paths.empty() || own.paths.front().parent != parent) return false;
  const RoutePath& path = own.paths.front();
  if (path.columns.size() != key.columns.size()) return false;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const Column& column = context.source(child).columns[path.columns[i]];
    if (is_text(column) || column.name != key.columns[i] ||
        context.source(parent).columns[path.parent_columns[i]].name != key.referenced_columns[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

const Column* RowContext::key() const {
  const Table* directory = database.find_table(tenancy.directory.table);
  return directory == nullptr ? nullptr : directory->find_column(tenancy.directory.key_column);
}

bool has_route(const Classification& classification, std::size_t table) {
  const ClassifiedTable& classified = classification.tables[table];
  if (classified.kind == TableClass::owned) return classified.tenant_column.has_value();
  if (classified.kind != TableClass::inherited || classified.paths.empty()) return false;
  // whoever takes part in a cycle, or leads to one, stands as high as there are tables
  if (classified.level >= classification.tables.size()) return false;
  return std::all_of(classified.paths.begin(), classified.paths.end(),
                     [&](const RoutePath& path) { return has_route(classification, path.parent); });
}

std::string routing_equality(const std::string& own, const Column& own_column,
                             const std::string& other, const Column& other_column) {
  if (!is_text(own_column)) return own + " = " + other;
  // the collation's comparison finds the row by an index, the bytes decide
  const bool comparable = own_column.collation == other_column.collation;
  const std::string converted = comparable ? other
                                           : "CONVERT(" + other + " USING " + own_column.charset +
                                                 ") COLLATE " + own_column.collation;
  return own + " = " + converted + " AND BINARY " + own + " = BINARY " + other;
}

std::vector<std::size_t> key_columns(const Table& table) {
  const auto columns_of = [&](const mariadb::Index& index) -> std::vector<std::size_t> {
    std::vector<std::size_t> columns;
    for (const mariadb::IndexPart& part : index.parts) {
      const auto column =
          std::find_if(table.columns.begin(), table.columns.end(),
                       [&](const Column& candidate) { return candidate.name == part.column; });
      if (part.prefix || column == table.columns.end() || column->nullable) return {};
      columns.push_back(static_cast<std::size_t>(column - table.columns.begin()));
    }
    return columns;
  };
  for (const bool primary : {true, false}) {
    for (const mariadb::Index& index : table.indexes) {
      if (index.primary != primary || !(index.primary || index.unique)) continue;
      if (index.without_overlaps) continue;
      std::vector<std::size_t> columns = columns_of(index);
      if (!columns.empty()) return columns;
    }
  }
  return {};
}

std::string shown_value(const std::string& alias, const Column& column) {
  std::string value = place(alias, column.name);
  if (is_bytes(column)) {
    return "CONCAT('0x', HEX(LEFT(" + value + ", " + std::to_string(kShownBytes) + ")))";
  }
  if (column.type == ColumnType::bit) return value + " + 0";
  if (is_text(column) || column.type == ColumnType::text) {
    return "LEFT(" + value + ", " + std::to_string(kShownCharacters) + ")";
  }
  return value;
}

std::optional<RowQuery> rows_without_tenant(const RowContext& context, std::size_t table) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const Table& source = context.source(table);
  RowQuery query{from_table(context, table), {}, {}};
  if (classified.tenant_column) {
    const Column& column = source.columns[*classified.tenant_column];
    if (!column.nullable) return std::nullopt;
    query.where = place("t", column.name) + " IS NULL";
    return query;
  }
  std::vector<std::string> parts;
  for (const RoutePath& path : classified.paths) {
    if (!can_be_null(source, path.columns)) return std::nullopt;
    parts.push_back(one_null("t", source, path.columns));
  }
  query.where = join(parts, " AND ");
  return query;
}

std::optional<RowQuery> rows_of_unknown_tenant(const RowContext& context, std::size_t table) {
  const RowTenancy::Directory& directory = context.tenancy.directory;
  const Table& source = context.source(table);
  const Column& column = source.columns[*context.classification.tables[table].tenant_column];
  if (source.name == directory.table && column.name == directory.key_column) return std::nullopt;
  const std::string tenant = place("t", column.name);
  const std::string key = place("d", directory.key_column);
  return RowQuery{from_table(context, table) + " LEFT JOIN " +
                      qualified(context.database, directory.table) + " AS d ON " +
                      routing_equality(key, *context.key(), tenant, column),
                  tenant + " IS NOT NULL AND " + key + " IS NULL",
                  {shown_tenant(tenant, column)}};
}

RowQuery orphans(const RowContext& context, std::size_t table, std::size_t path) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const Table& source = context.source(table);
  const RoutePath& route = classified.paths[path];
  const Table& parent = context.source(route.parent);
  const std::string found = place("p", parent.columns[route.parent_columns.front()].name);
  return {from_table(context, table) + " LEFT JOIN " + qualified(context.database, parent.name) +
              " AS p ON " + path_condition(source, "t", parent, "p", route),
          decides("t", source, classified, path) + " AND " + found + " IS NULL",
          {}};
}

RowQuery rows_of_unrouted_parent(const RowContext& context, std::size_t table) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const Table& source = context.source(table);
  const Column& key = *context.key();
  TenantJoins joins(context, "p");
  const std::string tenant = joins.tenant_of(table, "t");
  std::vector<std::string> with_parent;
  for (std::size_t i = 0; i < classified.paths.size(); ++i) {
    const RoutePath& path = classified.paths[i];
    const Table& parent = context.source(path.parent);
    with_parent.push_back(
        "(" + decides("t", source, classified, i) + " AND " +
        place(joins.parents()[i], parent.columns[path.parent_columns.front()].name) +
        " IS NOT NULL)");
  }
  // the tenant is an expression here, of bytes where it is text
  Column bytes = key;
  bytes.collation.clear();
  const std::string found = place("d", key.name);
  return {from_table(context, table) + joins.text() + " LEFT JOIN " +
              qualified(context.database, context.tenancy.directory.table) + " AS d ON " +
              routing_equality(found, key, "(" + tenant + ")", bytes),
          "(" + join(with_parent, " OR ") + ") AND " + found + " IS NULL",
          {}};
}

std::optional<RowQuery> cross_tenant_rows(const RowContext& context, std::size_t child,
                                          const mariadb::ForeignKey& key) {
  const Classification& classification = context.classification;
  const ClassifiedTable* referenced = classification.find(key.referenced_table);
  if (referenced == nullptr) return std::nullopt;
  const auto parent = static_cast<std::size_t>(referenced - classification.tables.data());
  if (holds_tenant(context.source(child), classification.tables[child], context.source(parent),
                   *referenced, key) ||
      is_first_path(context, child, parent, key)) {
    return std::nullopt;
  }
  return of_other_tenant(context, child, parent, key_condition(key));
}

std::optional<RowQuery> crossing_path_rows(const RowContext& context, std::size_t table,
                                           std::size_t path) {
  const RoutePath& route = context.classification.tables[table].paths[path];
  if (path == 0 || is_declared(context, table, route)) return std::nullopt;
  return of_other_tenant(
      context, table, route.parent,
      path_condition(context.source(table), "t", context.source(route.parent), "r", route));
}

TenantOfRow tenant_of_row(const RowTenancy& tenancy, const Classification& classification,
                          const mariadb::Database& database, std::size_t table) {
  const RowContext context{tenancy, classification, database};
  TenantJoins joins(context, "p", routing_bytes);
  std::string key = joins.tenant_of(table, "t");
  return {joins.text(), std::move(key)};
}

std::string count_sql(const RowQuery& query) {
  return "SELECT COUNT(*) " + query.from + " WHERE " + query.where;
}

std::string example_sql(const RowQuery& query, const Table& table,
                        const std::vector<std::size_t>& columns, std::size_t limit) {
  std::vector<std::string> selected;
  std::vector<std::string> order;
  for (const std::size_t column : columns) {
    selected.push_back(shown_value("t", table.columns[column]));
    order.push_back(place("t", table.columns[column].name));
  }
  selected.insert(selected.end(), query.shown.begin(), query.shown.end());
  return "SELECT " + join(selected, ", ") + " " + query.from + " WHERE " + query.where +
         (order.empty() ? "" : " ORDER BY " + join(order, ", ")) + " LIMIT " +
         std::to_string(limit);
}

std::uint64_t to_count(const std::optional<std::string>& text) {
  std::uint64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

}  // namespace godwit::plan
