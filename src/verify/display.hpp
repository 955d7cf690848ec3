// Cells as people read them in a report: printable, cut.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "cell.hpp"
#include "table_plan.hpp"

namespace godwit::verify {

inline constexpr std::size_t kDisplayMax = 200;  // characters

/// NULL, 42, 'text', \x00ff, …
std::string display(const ComparedColumn& column, const Cell& cell);

/// Both values of a difference. Of long texts and bytes the part around the first difference,
/// with "@offset " (in bytes) before it.
std::pair<std::string, std::string> display_pair(const ComparedColumn& column, const Cell& source,
                                                 const Cell& target);

/// "id=42, language='fr'"
std::string display_key(const TablePlan& plan, std::span<const Cell> row);

/// All columns of a row, cut.
std::string display_row(const TablePlan& plan, std::span<const Cell> row);

}  // namespace godwit::verify
