#include "catalog_batch.hpp"

#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::mariadb {

namespace {

template <class T>
T* find_sorted(std::vector<T>& items, std::string_view name) {
  const auto found =
      std::lower_bound(items.begin(), items.end(), name,
                       [](const T& item, std::string_view wanted) { return item.name < wanted; });
  return found == items.end() || found->name != name ? nullptr : &*found;
}

template <class Int>
Int parse_integer(const std::string& text) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw Error(ErrorKind::source, "information_schema: not a number: '" + printable(text) + "'");
  }
  return value;
}

}  // namespace

Database* Batch::find(std::string_view database) { return find_sorted(databases, database); }

Table* Batch::find_table(std::string_view database, std::string_view table) {
  Database* owner = find(database);
  return owner == nullptr ? nullptr : find_sorted(owner->tables, table);
}

std::optional<std::uint64_t> FieldReader::count() {
  const auto text = nullable();
  if (!text) return std::nullopt;
  return parse_integer<std::uint64_t>(*text);
}

std::int64_t FieldReader::integer() {
  const auto text = nullable();
  return text ? parse_integer<std::int64_t>(*text) : 0;
}

std::string union_of_databases(const std::vector<Database>& databases, std::string_view columns,
                               std::string_view view, std::string_view schema_column,
                               std::string_view condition) {
  std::string sql;
  for (const Database& database : databases) {
    if (!sql.empty()) sql += " UNION ALL ";
    sql.append("SELECT ").append(columns).append(" FROM information_schema.").append(view);
    sql.append(" WHERE ").append(schema_column).append("=").append(quote_literal(database.name));
    if (!condition.empty()) sql.append(" AND ").append(condition);
  }
  return sql;
}

}  // namespace godwit::mariadb
