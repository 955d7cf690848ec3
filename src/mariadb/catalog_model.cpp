#include <algorithm>
#include <numeric>

#include "godwit/mariadb/catalog.hpp"

namespace godwit::mariadb {

namespace {

template <class T>
const T* find_by_name(const std::vector<T>& items, std::string_view name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

const Column* Table::find_column(std::string_view column) const {
  return find_by_name(columns, column);
}

const Index* Table::primary_key() const {
  return indexes.empty() || !indexes.front().primary ? nullptr : &indexes.front();
}

const Table* Database::find_table(std::string_view table) const {
  return find_by_name(tables, table);
}

std::uint64_t Database::data_bytes() const {
  return std::accumulate(
      tables.begin(), tables.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Table& table) { return sum + table.data_bytes; });
}

}  // namespace godwit::mariadb
