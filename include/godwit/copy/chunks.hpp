// Key ranges of a large table, so that several readers share it. Ranges are of key values, never
// of offsets: each is one range scan of the clustered index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"

namespace godwit::copy {

/// The WHERE clauses of `chunks` disjoint ranges that together are the whole table; fewer where
/// the key has fewer values, at most 10,000. A single empty clause for one chunk, for a table
/// without snapshot, and when the primary key doesn't start with an integer column. Reads MIN and
/// MAX of the key within the connection's snapshot; rows outside of them can't exist in that
/// snapshot, and the outer ranges are open anyway.
std::vector<std::string> split_table(mariadb::Connection& source, const std::string& database,
                                     const mariadb::Table& table, std::uint64_t chunks);

/// The bounds between `count` equal ranges of [low, high]; fewer when there are fewer values.
/// Pure; values are those of a signed or unsigned 64-bit key.
std::vector<std::string> range_bounds(const std::string& low, const std::string& high,
                                      std::uint64_t count);

}  // namespace godwit::copy
