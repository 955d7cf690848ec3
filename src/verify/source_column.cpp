#include "source_column.hpp"

#include <utility>

#include "godwit/core/error.hpp"
#include "source_readers.hpp"

namespace godwit::verify {

using mariadb::ColumnType;
using schema::TargetForm;

namespace {

// UTF-8 already: the server has nothing to convert.
bool is_utf8(const std::string& charset) {
  return charset == "utf8mb4" || charset == "utf8mb3" || charset == "utf8" || charset == "ascii";
}

/// Ordered by code point, a shorter text before its continuations: what "C" does in PostgreSQL.
std::string by_code_point(const std::string& text) {
  return "CONVERT(" + text + " USING utf8mb4) COLLATE utf8mb4_nopad_bin";
}

void read_plainly(SourceColumn& column, const std::string& name, ReadSource read) {
  column.read = read;
  column.select = {name};
  column.order_by = name;
  column.order_by_index = true;
}

/// The result protocols print -0.0 as 0.0, so its sign comes on its own.
void read_floating(SourceColumn& column, const std::string& name, ReadSource read) {
  read_plainly(column, name, read);
  column.select.push_back("IF(" + name + " = 0 AND ATAN2(" + name + ", -1) < 0, 1, NULL)");
}

void read_text_column(SourceColumn& column, const std::string& name, const std::string& charset,
                      mariadb::Connection& connection) {
  if (column.form == TargetForm::bytea) {
    column.read = read_bytes;
    column.select = {name};
    column.order_by = "CAST(" + name + " AS BINARY)";
    return;
  }
  if (column.form == TargetForm::text) column.order_by = by_code_point(name);
  if (is_utf8(charset)) {
    column.read = read_utf8;
    column.select = {name};
    return;
  }
  const std::string converted = "CONVERT(" + name + " USING utf8mb4)";
  const std::string lossless = "(CAST(CONVERT(" + converted + " USING " +
                               mariadb::quote_identifier(charset) + ") AS BINARY) = CAST(" + name +
                               " AS BINARY))";
  const std::string bytes = "CAST(" + name + " AS BINARY)";
  column.read = read_converted;
  if (column.policies.invalid_text == schema::InvalidText::replacement) {
    column.charset = mariadb::load_charset(connection, charset);
    column.select = {converted, lossless, bytes};
  } else {
    column.select = {converted, lossless, "IF(" + lossless + ", NULL, " + bytes + ")"};
  }
}

void read_members(SourceColumn& column, const std::string& name, ReadSource read) {
  column.read = read;
  column.select = {"CAST(" + name + " AS UNSIGNED)"};
  if (column.form == TargetForm::text) column.order_by = by_code_point(name);
}

void read_moment(SourceColumn& column, const std::string& name, ReadSource read) {
  read_plainly(column, name, read);
  if (column.form == TargetForm::text) {
    column.order_by = by_code_point("CAST(" + name + " AS CHAR)");
    column.order_by_index = false;
  }
}

void choose(SourceColumn& column, const mariadb::Column& source, const std::string& name,
            mariadb::Connection& connection) {
  switch (source.type) {
    case ColumnType::tinyint:
    case ColumnType::smallint:
    case ColumnType::mediumint:
    case ColumnType::integer:
    case ColumnType::bigint:
    case ColumnType::year: return read_plainly(column, name, read_integer);
    case ColumnType::decimal: return read_plainly(column, name, read_decimal);
    case ColumnType::float_: return read_floating(column, name, read_float);
    case ColumnType::double_: return read_floating(column, name, read_double);
    case ColumnType::bit: return read_plainly(column, name, read_bit);
    case ColumnType::date:
    case ColumnType::datetime:
    case ColumnType::timestamp: return read_moment(column, name, read_datetime);
    case ColumnType::time: return read_moment(column, name, read_time);
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text:
    case ColumnType::json: return read_text_column(column, name, source.charset, connection);
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob: return read_plainly(column, name, read_bytes);
    case ColumnType::enum_: return read_members(column, name, read_enum);
    case ColumnType::set: return read_members(column, name, read_set);
    case ColumnType::uuid:
      // MariaDB orders UUIDs by version and time; PostgreSQL, like their text, by bytes.
      read_plainly(column, name, read_uuid);
      column.order_by = by_code_point("CAST(" + name + " AS CHAR)");
      column.order_by_index = false;
      return;
    case ColumnType::inet4:
    case ColumnType::inet6: return read_plainly(column, name, read_inet);
    case ColumnType::geometry:
      column.read = read_bytes;
      column.select = {name};
      return;
  }
}

bool is_integer_form(TargetForm form) {
  return form == TargetForm::int2 || form == TargetForm::int4 || form == TargetForm::int8 ||
         form == TargetForm::numeric;
}

bool comparable(ColumnType type, TargetForm form) {
  switch (type) {
    case ColumnType::tinyint: return is_integer_form(form) || form == TargetForm::boolean;
    case ColumnType::smallint:
    case ColumnType::mediumint:
    case ColumnType::integer:
    case ColumnType::bigint:
    case ColumnType::year: return is_integer_form(form);
    case ColumnType::decimal: return form == TargetForm::numeric;
    case ColumnType::float_: return form == TargetForm::float4 || form == TargetForm::float8;
    case ColumnType::double_: return form == TargetForm::float8;
    case ColumnType::bit: return form == TargetForm::bit || form == TargetForm::boolean;
    case ColumnType::date: return form == TargetForm::date || form == TargetForm::text;
    case ColumnType::time:
      return form == TargetForm::interval || form == TargetForm::time || form == TargetForm::text;
    case ColumnType::datetime: return form == TargetForm::timestamp || form == TargetForm::text;
    case ColumnType::timestamp: return form == TargetForm::timestamptz || form == TargetForm::text;
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text: return form == TargetForm::text || form == TargetForm::bytea;
    case ColumnType::json:
      return form == TargetForm::text || form == TargetForm::jsonb || form == TargetForm::bytea;
    case ColumnType::binary:
    case ColumnType::varbinary:
    case ColumnType::blob:
    case ColumnType::geometry: return form == TargetForm::bytea;
    case ColumnType::enum_: return form == TargetForm::text;
    case ColumnType::set: return form == TargetForm::text || form == TargetForm::text_array;
    case ColumnType::uuid: return form == TargetForm::uuid;
    case ColumnType::inet4:
    case ColumnType::inet6: return form == TargetForm::inet;
  }
  return false;
}

}  // namespace

SourceColumn source_column(const mariadb::Column& column, const schema::TargetColumn& target,
                           const std::string& alias, mariadb::Connection& connection) {
  if (!comparable(column.type, target.form)) {
    throw Error(ErrorKind::rejected, "column '" + column.name + "' (" + column.declared_type +
                                         ") can't be compared with a target column of type " +
                                         target.type);
  }
  SourceColumn result;
  result.form = target.form;
  result.policies = target.policies;
  result.is_unsigned = column.is_unsigned;
  result.fraction = column.type == ColumnType::date ? -1 : column.fraction;
  result.bit_count = static_cast<std::uint8_t>(column.length);
  result.members = column.members;
  choose(result, column, alias + mariadb::quote_identifier(column.name), connection);
  return result;
}

}  // namespace godwit::verify
