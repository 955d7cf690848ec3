#include "source_names.hpp"

#include <algorithm>
#include <set>

#include "godwit/core/text.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kTenantNameMax = 63;

/// "invoice_id" → "invoice", "invoiceId" → "invoice"; empty where the name says nothing.
std::string stem_of(std::string_view column) {
  const std::string lower = lowercase_ascii(column);
  for (const std::string_view ending : {std::string_view("_id"), std::string_view("_uuid")}) {
    if (lower.size() > ending.size() && lower.ends_with(ending)) {
      return lower.substr(0, lower.size() - ending.size());
    }
  }
  if (column.size() > 2 && column.ends_with("Id")) return lower.substr(0, lower.size() - 2);
  return {};
}

bool is_short_text(const mariadb::Column& column) {
  return column.type == mariadb::ColumnType::varchar || column.type == mariadb::ColumnType::char_;
}

}  // namespace

std::optional<std::size_t> table_of_name(const mariadb::Database& database,
                                         std::string_view column) {
  const std::string stem = stem_of(column);
  if (stem.empty()) return std::nullopt;
  std::vector<std::string> names = {stem + "s", stem, stem + "es"};
  if (stem.ends_with('y')) names.push_back(stem.substr(0, stem.size() - 1) + "ies");
  for (const std::string& name : names) {
    const auto table = std::find_if(
        database.tables.begin(), database.tables.end(),
        [&](const mariadb::Table& candidate) { return lowercase_ascii(candidate.name) == name; });
    if (table != database.tables.end()) {
      return static_cast<std::size_t>(table - database.tables.begin());
    }
  }
  return std::nullopt;
}

bool is_unique_column(const mariadb::Table& table, std::string_view column) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const mariadb::Index& index) {
    return (index.primary || index.unique) && index.parts.size() == 1 &&
           index.parts.front().column == column && !index.parts.front().prefix;
  });
}

std::string single_key(const mariadb::Table& table) {
  const mariadb::Index* primary = table.primary_key();
  if (primary == nullptr || primary->parts.size() != 1) return {};
  return primary->parts.front().prefix ? std::string() : primary->parts.front().column;
}

std::vector<std::string> name_columns(const mariadb::Table& table, std::string_view key) {
  std::vector<std::string> names;
  for (const std::string_view wanted : kNameColumns) {
    const mariadb::Column* column = table.find_column(wanted);
    if (column != nullptr && is_short_text(*column) && wanted != key) names.emplace_back(wanted);
  }
  for (const mariadb::Column& column : table.columns) {
    if (!is_short_text(column) || column.name == key || column.length > kTenantNameMax) continue;
    if (!is_unique_column(table, column.name)) continue;
    if (std::find(names.begin(), names.end(), column.name) == names.end()) {
      names.push_back(column.name);
    }
  }
  return names;
}

bool fit_as_names(const std::map<std::string, std::string>& tenant_of) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  std::set<std::string_view> seen;
  return std::all_of(tenant_of.begin(), tenant_of.end(), [&](const auto& entry) {
    const std::string& name = entry.second;
    return !name.empty() && name.size() <= kTenantNameMax &&
           name.find_first_not_of(kPlain) == std::string::npos && seen.insert(name).second;
  });
}

}  // namespace godwit::plan
