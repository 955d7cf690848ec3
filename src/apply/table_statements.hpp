// The SQL of row operations. Pure text: which columns a statement has is given by one letter a
// column of TargetTable::columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "godwit/apply/schema_plan.hpp"

namespace godwit::apply {

/// How an INSERT gives a column, one letter each.
namespace given {
inline constexpr char kValue = 'v';     // a parameter
inline constexpr char kDefault = 'd';   // not at all: the target's default is the source's
inline constexpr char kImplicit = 'i';  // the zero value of the source's type, see implicit_value()
}  // namespace given

/// How a row without a key is looked for, one letter each.
namespace match {
inline constexpr char kValue = 'v';  // a parameter
inline constexpr char kNull = 'n';   // IS NULL
}  // namespace match

/// Whether an UPDATE sets a column, one letter each.
namespace change {
inline constexpr char kSet = 's';  // to a parameter
inline constexpr char kKeep = '-';
}  // namespace change

/// What MariaDB stores in a NOT NULL column without a default when a statement names none (only in
/// lax modes), as a literal; nullopt: not known here. A row image leaves it out when
/// binlog_row_image is MINIMAL or NOBLOB.
std::optional<std::string> implicit_value(const mariadb::Column& source,
                                          const schema::TargetColumn& target);

/// Parameters: the values, in the columns' order.
std::string insert_sql(const TablePlan& plan, std::string_view given);
/// Parameters: the changed columns, then those that find the row: the key's, in its order, or
/// without one those that `match` has a value for, in the columns' order. With a key `match` is
/// empty.
std::string update_sql(const TablePlan& plan, std::string_view change, std::string_view match);
std::string delete_sql(const TablePlan& plan, std::string_view match);
/// The same for many rows of a table with a key (insert_set_sql: with or without one). Parameters:
/// the same as of one row, each an array with its values of all rows.
std::string insert_set_sql(const TablePlan& plan);
std::string update_set_sql(const TablePlan& plan, std::string_view change);
std::string delete_set_sql(const TablePlan& plan);
/// Finds and locks the row, for an update that changes nothing on the target.
std::string lock_sql(const TablePlan& plan, std::string_view match);

}  // namespace godwit::apply
