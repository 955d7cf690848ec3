// SQL that follows rows to their tenants: pure texts, made from a classification. Everything is
// compared as the routing of rows compares it: integers by value, text byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/plan/row_tenancy.hpp"

namespace godwit::plan {

/// What all texts are made from; only references, so it doesn't outlive them.
struct RowContext {
  const RowTenancy& tenancy;
  const Classification& classification;
  const mariadb::Database& database;

  [[nodiscard]] const mariadb::Table& source(std::size_t table) const {
    return database.tables[table];
  }
  /// The directory's key; nullptr when the directory or the column doesn't exist.
  [[nodiscard]] const mariadb::Column* key() const;
};

/// Rows of one table, which has the alias t.
struct RowQuery {
  std::string from;                // FROM … with all joins
  std::string where;               // the condition
  std::vector<std::string> shown;  // further expressions of an example: tenants' keys
};

/// Whether every row's way to a tenant can be written down: owned by a column that exists, or
/// inherited along valid paths without a cycle.
bool has_route(const Classification& classification, std::size_t table);

/// `own` = `other` for routing; `own` stays bare, so that an index on it serves the comparison.
std::string routing_equality(const std::string& own, const mariadb::Column& own_column,
                             const std::string& other, const mariadb::Column& other_column);

/// Columns that tell a row: of the primary key, else of the first unique key without NULL; indexes
/// into the columns, none for a table without a key.
std::vector<std::size_t> key_columns(const mariadb::Table& table);
/// A column's value as people read it: bytes as 0x…, long text cut.
std::string shown_value(const std::string& alias, const mariadb::Column& column);

/// Rows with NULL in the tenant column, or in each path of an inherited table; nullopt where the
/// definition rules that out.
std::optional<RowQuery> rows_without_tenant(const RowContext& context, std::size_t table);
/// Rows of an owned table with a key that the directory, whatever its `where`, lacks; nullopt for
/// the directory's own table.
std::optional<RowQuery> rows_of_unknown_tenant(const RowContext& context, std::size_t table);
/// Rows of an inherited table for which this path decides and leads to no row.
RowQuery orphans(const RowContext& context, std::size_t table, std::size_t path);
/// Rows of an inherited table whose parent is there but reaches no tenant of the directory.
RowQuery rows_of_unrouted_parent(const RowContext& context, std::size_t table);
/// Rows whose foreign key leads to a row of another tenant; nullopt where that can't be, because
/// the key holds the tenant column of both sides or is itself the row's way to its tenant.
std::optional<RowQuery> cross_tenant_rows(const RowContext& context, std::size_t child,
                                          const mariadb::ForeignKey& key);

/// Rows of an inherited table for which an earlier path decides while this one leads to a row of
/// another tenant; nullopt for the first path, and for one that is a foreign key, too.
std::optional<RowQuery> crossing_path_rows(const RowContext& context, std::size_t table,
                                           std::size_t path);

std::string count_sql(const RowQuery& query);
/// What COUNT(*) answered; 0 for NULL.
std::uint64_t to_count(const std::optional<std::string>& text);
/// The first `limit` rows in the order of these columns of t: first their values, then `shown`.
std::string example_sql(const RowQuery& query, const mariadb::Table& table,
                        const std::vector<std::size_t>& columns, std::size_t limit);

}  // namespace godwit::plan
