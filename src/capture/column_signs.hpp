// Which columns are unsigned, as far as a TABLE_MAP tells.
#pragma once

#include "godwit/capture/column_map.hpp"

namespace godwit::capture {

/// Fills is_unsigned and has_signedness; throws Error(source).
void apply_signedness(const TableMapEvent& event, ColumnMap& map);

}  // namespace godwit::capture
