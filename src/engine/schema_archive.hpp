// Schemas that tenants were copied with or came to, as files of the state folder: what the source
// looked like when a row in the binlog was written can't be asked for any more.
#pragma once

#include <optional>
#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "schema_cache.hpp"

namespace godwit::engine {

/// Writes `<state>/schemas/<fingerprint>.json`, if it isn't there. A failure is logged: without the
/// file, a tenant whose schema changes while nobody follows it has to be copied afresh.
void keep_schema(const std::string& state, const SchemaVariant& schema);

/// The source's side of a schema of this TargetSchema::fingerprint; nullopt: it isn't kept, or was
/// by a version that described it otherwise.
std::optional<mariadb::Database> find_schema(const std::string& state,
                                             const std::string& fingerprint);

/// The file's text and back. Throws Error(internal) for a text that isn't such a file's.
std::string schema_text(const mariadb::Database& database);
mariadb::Database parse_schema(const std::string& text);

}  // namespace godwit::engine
