// Which indexes lead from a value of a column to its rows.
#pragma once

#include <string_view>

#include "godwit/mariadb/catalog.hpp"

namespace godwit::plan {

/// Whether the index finds rows by whole values of this column. A hash is of all its columns at
/// once; outside of MEMORY it only keeps long values unique, and no query looks anything up by it.
inline bool begins_with(const mariadb::Table& table, const mariadb::Index& index,
                        std::string_view column) {
  const bool looks_up = index.kind == mariadb::IndexKind::btree ||
                        (index.kind == mariadb::IndexKind::hash && index.parts.size() == 1 &&
                         table.engine == "MEMORY");
  return looks_up && !index.ignored && !index.parts.empty() &&
         index.parts.front().column == column && !index.parts.front().prefix;
}

/// Whether the rows lie in the index itself, in its order.
inline bool is_clustered(const mariadb::Table& table, const mariadb::Index& index) {
  return index.primary && table.engine == "InnoDB";
}

}  // namespace godwit::plan
