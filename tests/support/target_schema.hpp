// From a source database to a target database with its schema, without the engine.
#pragma once

#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::test {

/// The catalog of one database, read with the engine's own account.
mariadb::Database read_source(const std::string& database);

/// Runs the whole DDL and sets the counters; throws for the first statement that fails, with it.
void apply_schema(postgres::Session& target, const schema::TargetSchema& schema,
                  const mariadb::Database& source);

}  // namespace godwit::test
