// Statements of the source that a followed tenant meets: the few that have an equal on the target.
#pragma once

#include <string>

#include "godwit/apply/applier.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

/// Whether the statement may change the tenant's schema: for DdlReplay.
bool changes_schema(const apply::ApplyResult::Statement& statement);

/// Throws Error(rejected): the problem, where the statement stands, and its text.
[[noreturn]] void refuse_statement(const std::string& problem,
                                   const apply::ApplyResult::Statement& statement,
                                   const std::string& hint);

/// What another statement is on the target; empty: nothing. Throws Error(rejected) for one that
/// needs a decision.
std::string replay_sql(const SchemaVariant& schema, const std::string& source_database,
                       const apply::ApplyResult::Statement& statement);

}  // namespace godwit::engine
