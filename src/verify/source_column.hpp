// How a source column takes part in the comparison: what the SELECT asks for, how its rows are
// ordered so that PostgreSQL orders them alike, and how the wire's bytes become a cell that
// already has the form and the policies of the target column.
//
// Nothing here is shared with the copy's codecs. Where the server has a second way to say the
// same thing, that one is used: ENUM and SET come as numbers and are spelt by the catalog's
// members, charsets are converted by the server.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cell.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/charset.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::verify {

struct SourceColumn;

/// Reads the column's values (as many as SourceColumn::select has expressions) into its cell.
using ReadSource = void (*)(const SourceColumn& column, std::span<const mariadb::RawValue> values,
                            Scratch& scratch, Cell& cell);

struct SourceColumn {
  ReadSource read = nullptr;
  std::vector<std::string> select;  // SQL expressions
  std::string order_by;             // empty: both servers have no order in common
  bool order_by_index = false;      // an index on the column delivers that order

  schema::TargetForm form = schema::TargetForm::text;
  schema::Policies policies;
  bool is_unsigned = false;
  int fraction = 0;                  // digits of seconds; -1: a DATE, without time
  std::uint8_t bit_count = 0;        // BIT
  std::vector<std::string> members;  // ENUM, SET
  mariadb::CharsetPtr charset;       // text that policy invalid_text: replacement may apply to
};

/// `alias` goes before the column's name: empty, or "t.". Throws Error(rejected) when a column of
/// this type has no comparison in the target's form.
SourceColumn source_column(const mariadb::Column& column, const schema::TargetColumn& target,
                           const std::string& alias, mariadb::Connection& connection);

}  // namespace godwit::verify
