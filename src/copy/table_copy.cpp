#include "godwit/copy/table_copy.hpp"

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::copy {

std::string describe_row(const schema::TargetTable& table, const schema::RowCodec& codec,
                         std::span<const mariadb::RawValue> row) {
  if (table.key.empty()) return "a table without key";
  std::string text;
  for (const std::size_t column : table.key) {
    if (!text.empty()) text += ", ";
    text += printable(table.columns[column].source_name) + "=" +
            schema::display(codec.columns()[column], row[column]);
  }
  return "row " + text;
}

Error refused_value(const mariadb::Table& source, const schema::TargetTable& target,
                    const schema::RowCodec& codec, std::span<const mariadb::RawValue> row,
                    schema::Refusal refusal) {
  const schema::TargetColumn& column = target.columns[codec.refused_column()];
  const std::string place = printable(source.name) + "." + printable(column.source_name);
  std::string hint;
  if (const std::string_view choices = schema::policy_choices(refusal); !choices.empty()) {
    hint = "choose a policy in the plan, for example  schema: { columns: { \"" + place + "\": { " +
           std::string(choices) + " } } }";
  }
  return Error(ErrorKind::rejected,
               "table " + printable(source.name) + ", column " + printable(column.source_name) +
                   ", " + describe_row(target, codec, row) + ": value refused (" +
                   std::string(schema::name(refusal)) + "); " + column.type +
                   " on the target can't hold it unchanged",
               hint);
}

PumpResult copy_table(mariadb::Connection& source, postgres::Session& target,
                      schema::RowCodec& codec, const TableCopy& table, const PumpOptions& options) {
  const std::string where = "table " + printable(table.source->name);
  try {
    if (options.before_rows) options.before_rows();
    // the COPY is opened only after the first SELECT was accepted by the source
    mariadb::RowStream rows(
        source, schema::select_sql(table.database, *table.source, *table.target, table.where));
    postgres::CopyIn copy(target, schema::copy_sql(*table.target));
    PumpResult result;
    try {
      result = pump_rows(rows, codec, copy, options);
    } catch (const schema::ValueRefused& refusal) {
      throw refused_value(*table.source, *table.target, codec, rows.row(), refusal.refusal());
    }
    const std::uint64_t taken = copy.finish();
    if (taken != result.rows) {
      throw Error(ErrorKind::internal, "sent " + std::to_string(result.rows) +
                                           " rows, the target took " + std::to_string(taken));
    }
    return result;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::rejected && !error.hint().empty()) throw;
    throw error.within(where);
  }
}

}  // namespace godwit::copy
