#include "touched_tables.hpp"

#include <algorithm>

namespace godwit::apply {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

std::vector<std::string> unexplained_tables(const mariadb::Database& model,
                                            const std::vector<std::string>& written,
                                            const std::vector<std::string>& touched) {
  std::vector<std::string> reached = written;
  for (std::size_t next = 0; next < reached.size(); ++next) {
    for (const mariadb::Table& child : model.tables) {
      const bool leads = std::any_of(child.foreign_keys.begin(), child.foreign_keys.end(),
                                     [&](const mariadb::ForeignKey& key) {
                                       return key.referenced_database == model.name &&
                                              key.referenced_table == reached[next];
                                     });
      if (leads && !contains(reached, child.name)) reached.push_back(child.name);
    }
  }
  std::vector<std::string> unexplained;
  for (const std::string& table : touched) {
    if (!contains(reached, table) && !contains(unexplained, table)) unexplained.push_back(table);
  }
  return unexplained;
}

}  // namespace godwit::apply
