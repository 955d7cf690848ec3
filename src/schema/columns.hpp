// From a table's source columns to its target columns, with types, checks and defaults.
#pragma once

#include "build_context.hpp"

namespace godwit::schema {

/// Fills `columns` of table.target in the order of the source.
void build_columns(BuildContext& context, TableBuild table);

/// A text or byte column's greatest possible value in bytes on the target; 0: of fixed width.
std::uint64_t target_bytes_max(const mariadb::Column& source, const TargetColumn& target);

}  // namespace godwit::schema
