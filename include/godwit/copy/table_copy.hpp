// Copies one table, or one key range of it, from a source snapshot into the target.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "godwit/copy/row_pump.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/codec.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::copy {

struct TableCopy {
  std::string database;  // on the source
  const mariadb::Table* source = nullptr;
  const schema::TargetTable* target = nullptr;
  std::string where;  // a key range, empty: the whole table
};

/// Copies through the connection's snapshot into the session's open transaction (or its own
/// implicit one). `codec` is of this table; its policy counts add up. Throws what pump_rows
/// throws; a refused value becomes Error(rejected) naming table, column, key and the policies to
/// choose from.
PumpResult copy_table(mariadb::Connection& source, postgres::Session& target,
                      schema::RowCodec& codec, const TableCopy& table, const PumpOptions& options);

/// "row id=42", or that the table has no key: for messages.
std::string describe_row(const schema::TargetTable& table, const schema::RowCodec& codec,
                         std::span<const mariadb::RawValue> row);
/// Error(rejected) that names table, column, key and the policies to choose from.
Error refused_value(const mariadb::Table& source, const schema::TargetTable& target,
                    const schema::RowCodec& codec, std::span<const mariadb::RawValue> row,
                    schema::Refusal refusal);

}  // namespace godwit::copy
