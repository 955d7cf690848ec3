#include "row_findings.hpp"

#include <algorithm>

#include "godwit/core/text.hpp"

namespace godwit::plan {
namespace {

using mariadb::Column;
using mariadb::ColumnType;

constexpr std::size_t kTablesShown = 8;

std::string object(const RowContext& context, const std::string& table,
                   const std::string& part = {}) {
  return context.database.name + "." + table + (part.empty() ? "" : "." + part);
}

/// What to do about rows that no tenant gets.
std::string unrouted_fix(bool left) {
  return left ? "`unrouted: leave` keeps them on the source; mend them there to move them"
              : "mend the rows on the source, or leave them behind: `unrouted: leave` in the "
                "table's rule";
}

std::string column_names(const mariadb::Table& table, const std::vector<std::size_t>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const std::size_t column : columns)
    names.push_back(table.columns[column].name);
  return join(names, ", ");
}

std::string described(const RowContext& context, std::size_t table, const RoutePath& path) {
  return column_names(context.source(table), path.columns) + " -> " +
         context.source(path.parent).name;
}

/// The greatest value of an integer type; nullopt for others, which a counter may use, too.
std::optional<std::uint64_t> greatest(const Column& column) {
  const auto of_bits = [&](unsigned bits) -> std::uint64_t {
    const std::uint64_t all = ~std::uint64_t{0} >> (64U - bits);
    return column.is_unsigned ? all : all >> 1U;
  };
  if (column.type == ColumnType::tinyint) return of_bits(8);
  if (column.type == ColumnType::smallint) return of_bits(16);
  if (column.type == ColumnType::mediumint) return of_bits(24);
  if (column.type == ColumnType::integer) return of_bits(32);
  if (column.type == ColumnType::bigint) return of_bits(64);
  return std::nullopt;
}

void check_room(const RowContext& context, const mariadb::Table& table, const Column& column,
                std::uint64_t tenants, Findings& findings) {
  const auto limit = greatest(column);
  if (!limit) return;
  const std::uint64_t next = table.auto_increment.value_or(1);
  const std::uint64_t room = next > *limit ? 0 : *limit - next + 1;
  if (room / kIdBlock >= tenants) return;
  findings.push_back({"id-blocks-no-room",
                      Severity::degraded,
                      object(context, table.name, column.name),
                      column.declared_type + " leaves " + human_count(room) + " ids from " +
                          human_count(next) + " on; blocks of " + human_count(kIdBlock) + " for " +
                          human_count(tenants) + " tenants need " + human_count(tenants * kIdBlock),
                      "make the column, and those that refer to it, BIGINT on the source before "
                      "the cutover",
                      {}});
}

}  // namespace

std::string described(const FaultyRows& rows) {
  std::string text = human_count(rows.count);
  if (rows.examples.empty()) return text;
  text += " (" + join(rows.examples, "; ");
  return text + (rows.examples.size() < rows.count ? "; …)" : ")");
}

Findings counter_findings(const RowContext& context, std::uint64_t tenants) {
  Findings findings;
  std::vector<std::string> sharing;
  for (std::size_t i = 0; i < context.classification.tables.size(); ++i) {
    if (!of_tenants(context.classification.tables[i].kind)) continue;
    const mariadb::Table& table = context.source(i);
    // its rows are tenants: a tenant's database never gets another
    if (table.name == context.tenancy.directory.table) continue;
    for (const Column& column : table.columns) {
      if (!column.auto_increment) continue;
      sharing.push_back(table.name);
      check_room(context, table, column, tenants, findings);
    }
  }
  if (sharing.empty()) return findings;
  const std::size_t shown = std::min(sharing.size(), kTablesShown);
  std::string list =
      join({sharing.begin(), sharing.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (shown < sharing.size()) list += ", …";
  findings.push_back({"ids-shared-counter",
                      Severity::info,
                      context.database.name,
                      "tables that draw ids from a counter which all tenants share: " +
                          human_count(sharing.size()) + " (" + list + ")",
                      "keep ids as they are; a tenant that has moved draws new ones from a block "
                      "of its own",
                      {}});
  return findings;
}

Findings keyless_findings(const RowContext& context) {
  Findings findings;
  for (std::size_t i = 0; i < context.classification.tables.size(); ++i) {
    if (!of_tenants(context.classification.tables[i].kind)) continue;
    if (!key_columns(context.source(i)).empty()) continue;
    findings.push_back({"table-without-key",
                        Severity::info,
                        object(context, context.source(i).name),
                        "no primary key and no unique key without NULL: equal rows are told apart "
                        "by their number only, and rows with faults can't be named",
                        "a primary key",
                        {}});
  }
  return findings;
}

Finding without_tenant(const RowContext& context, std::size_t table, const FaultyRows& rows) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const bool left = classified.leave_unrouted;
  const mariadb::Table& source = context.source(table);
  std::string columns;
  if (classified.tenant_column) {
    columns = source.columns[*classified.tenant_column].name;
  } else {
    for (const RoutePath& path : classified.paths) {
      columns += (columns.empty() ? "" : " and in ") + column_names(source, path.columns);
    }
  }
  return {"rows-without-tenant",
          left ? Severity::info : Severity::error,
          object(context, source.name),
          "rows with NULL in " + columns + ", which belong to no tenant: " + described(rows),
          unrouted_fix(left),
          {}};
}

Finding of_unknown_tenant(const RowContext& context, std::size_t table, const FaultyRows& rows) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const bool left = classified.leave_unrouted;
  const mariadb::Table& source = context.source(table);
  const RowTenancy::Directory& directory = context.tenancy.directory;
  return {"rows-of-unknown-tenant",
          left ? Severity::info : Severity::error,
          object(context, source.name, source.columns[*classified.tenant_column].name),
          "rows of a tenant that " + directory.table + "." + directory.key_column +
              " lacks: " + described(rows),
          unrouted_fix(left),
          {}};
}

Finding orphaned(const RowContext& context, std::size_t table, std::size_t path,
                 const FaultyRows& rows) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const bool left = classified.leave_unrouted;
  return {"orphans",
          left ? Severity::info : Severity::error,
          object(context, classified.name),
          "rows whose parent is missing (" + described(context, table, classified.paths[path]) +
              "): " + described(rows),
          unrouted_fix(left),
          {}};
}

Finding of_unrouted_parent(const RowContext& context, std::size_t table, const FaultyRows& rows) {
  const ClassifiedTable& classified = context.classification.tables[table];
  const bool left = classified.leave_unrouted;
  return {"rows-of-unrouted-parent",
          left ? Severity::info : Severity::error,
          object(context, classified.name),
          "rows whose parent belongs to no tenant itself: " + described(rows),
          unrouted_fix(left),
          {}};
}

Finding cross_tenant(const RowContext& context, std::size_t table, const mariadb::ForeignKey& key,
                     const FaultyRows& rows) {
  const std::string name = context.source(table).name + "." + key.name;
  const std::vector<std::string>& dropped = context.tenancy.dropped_keys;
  const bool is_dropped = std::find(dropped.begin(), dropped.end(), name) != dropped.end();
  return {
      "cross-tenant-reference",
      is_dropped ? Severity::info : Severity::error,
      context.database.name + "." + name,
      "rows that refer to another tenant's row of " + key.referenced_table + ": " + described(rows),
      is_dropped ? "tenancy.drop_keys leaves the key out of tenants' databases"
                 : "mend the rows on the source, or leave the key out of tenants' databases: "
                   "list " +
                       name + " in tenancy.drop_keys",
      {}};
}

Finding crossing_path(const RowContext& context, std::size_t table, std::size_t path,
                      const FaultyRows& rows) {
  const ClassifiedTable& classified = context.classification.tables[table];
  return {"cross-tenant-reference",
          Severity::error,
          object(context, classified.name),
          "rows whose path " + described(context, table, classified.paths[path]) +
              " leads to another tenant's row than the paths before it, which decide: " +
              described(rows),
          "mend the rows on the source, or take the path out of the table's rule",
          {}};
}

}  // namespace godwit::plan
