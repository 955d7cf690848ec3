// A table's keys and indexes on the target.
//
// A unique key of text compares with its collation on the source, byte by byte on the target. It
// becomes a plain unique index, for look-ups and foreign keys, and beside it a unique index on
// what the collation takes for equal: rtrim() where it pads with spaces, an ICU collation where it
// ignores case or accents.
//
// A B-tree entry holds at most 2,704 bytes: an index whose values may be longer gets the beginning
// of its last columns, a unique one md5() of the long ones.
//
// A key WITHOUT OVERLAPS becomes an ordinary index: PostgreSQL 15 has none for it.
#pragma once

#include <string>
#include <vector>

#include "build_context.hpp"

namespace godwit::schema {

/// Fills `indexes` and `key` of table.target; its columns are there already. `referenced` lists
/// the column lists of this table that foreign keys refer to.
void build_indexes(BuildContext& context, TableBuild table,
                   const std::vector<std::vector<std::string>>& referenced);

/// Whether a unique index of plain columns exists for these source columns, in any order, as a
/// foreign key needs it.
bool has_plain_unique(const TableBuild& table, const std::vector<std::string>& columns);

}  // namespace godwit::schema
