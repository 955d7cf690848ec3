#pragma once

#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/type_map.hpp"

namespace godwit::schema {

/// 32 hex digits over the source's fingerprint, the map's rules and what the options say about
/// this database's tables and columns: two databases with the same one get the same DDL and
/// codecs, whatever their names are.
std::string target_fingerprint(const mariadb::Database& database, const TypeMap& map,
                               const SchemaOptions& options);

}  // namespace godwit::schema
