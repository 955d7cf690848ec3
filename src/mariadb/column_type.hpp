// Decoding of what information_schema says about a column's type. Private to this room.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"

namespace godwit::mariadb {

/// From DATA_TYPE ("longtext", "multipoint", …); nullopt for one this version doesn't know.
std::optional<ColumnType> parse_data_type(std::string_view data_type);

bool is_numeric(ColumnType type);
/// Types that have a charset: CHAR to LONGTEXT, ENUM, SET, JSON.
bool is_text(ColumnType type);

/// The members in "enum('a','it''s','back\\slash')", as the server prints them while sql_mode has
/// no NO_BACKSLASH_ESCAPES. Throws Error(source) for anything else.
std::vector<std::string> parse_members(std::string_view declared_type);

}  // namespace godwit::mariadb
