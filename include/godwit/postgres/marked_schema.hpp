// Schemas as places for tenants, in a database that several share. A comment marks them as Godwit's,
// as Cluster's databases are.
#pragma once

#include <optional>
#include <string>

#include "godwit/postgres/session.hpp"

namespace godwit::postgres {

/// nullopt: no such schema in the session's database; empty: not Godwit's.
std::optional<std::string> schema_mark(Session& session, const std::string& schema);
/// A schema of this mark other than `schema`, if there is one.
std::optional<std::string> other_schema_of_mark(Session& session, const std::string& mark,
                                                const std::string& schema);
/// CREATE SCHEMA and its mark: two statements, to be run in one transaction.
std::string create_schema_sql(const std::string& schema, const std::string& mark);
/// Drops a schema that carries Godwit's mark with everything in it and everything elsewhere that
/// depends on it: ten tables a transaction, as each of their relations is a lock in the server's
/// shared memory. Other sessions of the role that logged in, if they hold locks on its relations,
/// are ended before. Interrupted, it leaves a marked schema. Nothing for a schema that isn't there;
/// throws Error(rejected) for one without the mark. Not within a transaction.
void drop_schema(Session& session, const std::string& schema);

}  // namespace godwit::postgres
