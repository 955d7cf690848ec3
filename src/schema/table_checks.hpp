// What stands against a table as a whole, or is worth knowing about it.
#pragma once

#include "build_context.hpp"

namespace godwit::schema {

/// Engine, partitions, versioning, CHECK constraints, size of a row, comparisons of text.
void check_table(BuildContext& context, TableBuild table);

/// Views, triggers, routines and events, with their text.
void report_code(BuildContext& context);

}  // namespace godwit::schema
