// Which indexes lead from a value of a column to its rows.
#pragma once

#include <string_view>

#include "godwit/mariadb/catalog.hpp"

namespace godwit::plan {

/// Whether the index finds rows by whole values of this column.
inline bool begins_with(const mariadb::Index& index, std::string_view column) {
  return (index.kind == mariadb::IndexKind::btree || index.kind == mariadb::IndexKind::hash) &&
         !index.ignored && !index.parts.empty() && index.parts.front().column == column &&
         !index.parts.front().prefix;
}

/// Whether the rows lie in the index itself, in its order.
inline bool is_clustered(const mariadb::Table& table, const mariadb::Index& index) {
  return index.primary && table.engine == "InnoDB";
}

}  // namespace godwit::plan
