// What the source's binlog holds of a test's tables, read as a replica does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "godwit/schema/binlog_column.hpp"
#include "support/servers.hpp"

namespace godwit::test {

/// One row as an event holds it; nothing of it is decoded.
struct RawImage {
  std::vector<schema::BinlogColumn> columns;
  std::vector<std::optional<std::string>> values;  // those of compressed columns inflated
};

/// @@gtid_binlog_pos
std::string binlog_position();

/// Digits of a second of the TIME, DATETIME and TIMESTAMP columns, by table.
using SecondDigits = std::map<std::string, int>;

/// The rows inserted into the tables of `database` behind the position `start`, by table. Creates
/// a table `stop_here` in it, whose row ends the reading. `digits` are needed for tables made with
/// mysql56_temporal_format=OFF: how long their values are depends on them, and TABLE_MAP doesn't
/// tell.
std::map<std::string, std::vector<RawImage>> images_of(SourceDatabase& database,
                                                       const std::string& start,
                                                       const SecondDigits& digits = {});

}  // namespace godwit::test
