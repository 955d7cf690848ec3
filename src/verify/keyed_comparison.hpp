// Compares a table with a key as a merge of two streams in the key's order.
#pragma once

#include "cursors.hpp"
#include "table_report.hpp"
#include "watch.hpp"

namespace godwit::verify {

/// Reads both sides once. False when one of them was not in ascending order of the key (a value
/// that its policy changes, or a key that holds what its type shouldn't): then the report holds
/// nothing and the table has to be compared as a multiset.
bool compare_by_key(SourceCursor& source, TargetCursor& target, const TablePlan& plan,
                    TableReport& report, Watch& watch);

}  // namespace godwit::verify
