// A table of the schema plan as the binlog describes it: checked to be the table that was copied,
// with a codec for each target column.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "godwit/apply/schema_plan.hpp"
#include "godwit/capture/table_cache.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::apply {

struct TableBinding {
  std::shared_ptr<const capture::MappedTable> map;
  /// The map's, and what the catalog adds: digits of a second.
  capture::ColumnMap columns;
  std::vector<schema::ColumnCodec> codecs;  // by TargetTable::columns
};

/// Why the map isn't that of the table in the catalog; empty: it is, as far as both tell.
std::string definition_problem(const TablePlan& plan, const capture::MappedTable& map);

/// Throws Diverged when the table isn't the one that was copied.
TableBinding bind_table(const TablePlan& plan, std::shared_ptr<const capture::MappedTable> map);

}  // namespace godwit::apply
