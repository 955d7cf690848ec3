// Statements of the source that a followed tenant meets: the few that have an equal on the target.
#pragma once

#include <string>

#include "godwit/apply/applier.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

/// What the statement is on the target; empty: nothing. Throws Error(rejected) for one that needs a
/// decision, such as DDL.
std::string replay_sql(const SchemaVariant& schema, const std::string& source_database,
                       const apply::ApplyResult::Statement& statement);

}  // namespace godwit::engine
