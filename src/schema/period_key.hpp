// Keys WITHOUT OVERLAPS, which PostgreSQL 15 has no index for: their text, and what stands in.
#pragma once

#include <string>

#include "build_context.hpp"

namespace godwit::schema {

/// The key and its period as SHOW CREATE TABLE has them: PERIOD FOR `p` (`s`, `e`),
/// UNIQUE KEY `k` (`id`,`p` WITHOUT OVERLAPS).
std::string period_key_text(const mariadb::Table& table, const mariadb::Index& index);

/// EXCLUDE USING gist (…) that refuses the same rows, of the extension btree_gist. All parts of
/// the index are on the target.
std::string period_exclusion(const TableBuild& table, const mariadb::Index& index);

}  // namespace godwit::schema
