// Compares a table as a multiset: which rows, and how often. For tables without a key, and for
// keys that both servers can't put into one order.
#pragma once

#include "godwit/mariadb/connection.hpp"
#include "godwit/postgres/session.hpp"
#include "table_plan.hpp"
#include "table_report.hpp"
#include "watch.hpp"

namespace godwit::verify {

/// Reads both sides once when they are equal. When they differ: a second time to count how often
/// each row of a differing bucket stands on each side, and a third time for the rows to list.
/// Every count is exact; memory is bounded (0.5 MB of sums, then about 20 MB), the rest is in a
/// temporary file. Both sides must not change meanwhile.
void compare_as_multiset(mariadb::Connection& source, postgres::Session& target,
                         const TablePlan& plan, TableReport& report, Watch& watch);

}  // namespace godwit::verify
