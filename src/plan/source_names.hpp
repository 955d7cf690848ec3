// What the names and keys of a catalog say beside its foreign keys. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"

namespace godwit::plan {

/// The table that a column's name speaks of: invoice_id → invoices or invoice, categoryId →
/// categories; index into the database's tables.
std::optional<std::size_t> table_of_name(const mariadb::Database& database,
                                         std::string_view column);

/// A unique key, or the primary key, is this column alone.
bool is_unique_column(const mariadb::Table& table, std::string_view column);
/// The only column of the primary key; empty when it has several, or there is none.
std::string single_key(const mariadb::Table& table);

/// Columns that usually hold what people call a tenant, the best first.
constexpr std::array<std::string_view, 9> kNameColumns = {
    "slug", "code", "subdomain", "tenant", "tenant_name", "shortname", "short_name", "key", "name"};
/// Those of a table, then its other unique short ones.
std::vector<std::string> name_columns(const mariadb::Table& table, std::string_view key);

/// Values that are unique, not empty, and fit for a database's name and a command line.
bool fit_as_names(const std::map<std::string, std::string>& tenant_of);

}  // namespace godwit::plan
