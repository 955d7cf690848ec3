// Which of the types that row events name a column of the catalog has.
#pragma once

#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/binlog_column.hpp"

namespace godwit::schema {

/// Whether the server logs values of this column so, as the catalog describes it. Lengths, digits
/// and counts must be equal too: another one means another definition, and perhaps another charset,
/// which the event doesn't name.
bool is_logged_as(const mariadb::Column& column, const BinlogColumn& wire);

/// "VARCHAR, metadata 40"
std::string describe(const BinlogColumn& wire);

}  // namespace godwit::schema
