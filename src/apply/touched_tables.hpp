// Tables that a transaction opened for writing without a row of theirs in the binlog: what a
// cascade did isn't logged, so they are what cascades may have changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"

namespace godwit::apply {

/// Those of `touched` that no foreign key leads to, over any number of hops, from a table of
/// `written`. A trigger's tables and those of a multi-table UPDATE or DELETE are mapped as well,
/// with or without rows, so such a table isn't wrong in itself (measured on 10.11).
std::vector<std::string> unexplained_tables(const mariadb::Database& model,
                                            const std::vector<std::string>& written,
                                            const std::vector<std::string>& touched);

}  // namespace godwit::apply
