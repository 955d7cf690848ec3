#include <array>

#include "codec_member.hpp"
#include "codec_text.hpp"
#include "godwit/core/error.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::schema {
namespace {

struct RefusalText {
  std::string_view name;
  std::string_view choices;
};

constexpr std::array<RefusalText, kRefusalCount> kRefusals{{
    {"zero_date", "zero_date: null | minus_infinity | text"},
    {"invalid_date", "zero_date: text"},
    {"nul_byte", "nul_byte: bytea | symbol"},
    {"invalid_text", "invalid_text: bytea | replacement"},
    {"invalid_enum", "invalid_enum: empty | null"},
    {"too_large", ""},
    {"malformed", ""},
}};

const RefusalText& text_of(Refusal refusal) { return kRefusals[static_cast<std::size_t>(refusal)]; }

// A tuple is built in one piece of memory before its large values move out of line: the headers
// (24 bytes each of HeapTupleData and HeapTupleHeaderData), the bitmap of NULLs and each value's
// length and alignment count too.
constexpr std::size_t kTupleHeaderBytes = 64;
constexpr std::size_t kValueOverheadBytes = 11;

std::size_t row_bytes_max(std::size_t columns) {
  return kAllocationMax - kTupleHeaderBytes - columns / 8 - columns * kValueOverheadBytes;
}

bool has_charset(mariadb::ColumnType type) {
  using enum mariadb::ColumnType;
  return type == char_ || type == varchar || type == text || type == enum_ || type == set ||
         type == json;
}

// The expression that gives a column's value in full.
std::string selected(const mariadb::Column& column) {
  std::string quoted = mariadb::quote_identifier(column.name);
  if (reads_by_number(column)) return "CAST(" + quoted + " AS UNSIGNED)";
  if (column.type == mariadb::ColumnType::float_) {
    // Underflow stores -0.0, which the server's results lose; see read_binary::Float.
    return "IF(" + quoted + "=0 AND ATAN2(" + quoted + ",-1)<0,1e300," + quoted + ')';
  }
  return quoted;
}

}  // namespace

std::string_view name(Refusal refusal) { return text_of(refusal).name; }
std::string_view policy_choices(Refusal refusal) { return text_of(refusal).choices; }

RowCodec::RowCodec(const mariadb::Table& source, const TargetTable& target,
                   mariadb::Connection& connection) {
  codecs_.reserve(target.columns.size());
  for (const TargetColumn& column : target.columns) {
    const mariadb::Column& from = source.columns.at(column.source_index);
    mariadb::CharsetPtr charset;
    if (has_charset(from.type)) charset = mariadb::load_charset(connection, from.charset);
    codecs_.push_back(make_codec(from, column.form, column.policies, std::move(charset)));
  }
  counts_.resize(codecs_.size());
}

void RowCodec::encode(std::span<const mariadb::RawValue> row, CopyBuffer& buffer) {
  if (row.size() != codecs_.size()) {
    throw Error(ErrorKind::internal, "a row of " + std::to_string(row.size()) + " values for " +
                                         std::to_string(codecs_.size()) + " columns");
  }
  const std::size_t start = buffer.size();
  const std::size_t end_max = start + row_bytes_max(row.size());
  try {
    buffer.put_int(static_cast<std::int16_t>(row.size()));
    for (column_ = 0; column_ < row.size(); ++column_) {
      const ColumnCodec& codec = codecs_[column_];
      codec.encode(codec, row[column_], buffer, counts_[column_]);
      if (buffer.size() > end_max) [[unlikely]]
        refuse(Refusal::too_large);
    }
  } catch (...) {
    buffer.truncate(start);
    throw;
  }
}

std::string select_sql(const std::string& database, const mariadb::Table& source,
                       const TargetTable& target, const std::string& where) {
  std::string sql = "SELECT ";
  const char* separator = "";
  for (const TargetColumn& column : target.columns) {
    const mariadb::Column& from = source.columns.at(column.source_index);
    sql += separator;
    sql += selected(from);
    separator = ",";
  }
  sql +=
      " FROM " + mariadb::quote_identifier(database) + '.' + mariadb::quote_identifier(source.name);
  if (!where.empty()) sql += " WHERE " + where;
  return sql;
}

std::string copy_sql(const TargetTable& target) {
  std::string sql = "COPY " + postgres::quote_identifier(target.name) + " (";
  const char* separator = "";
  for (const TargetColumn& column : target.columns) {
    sql += separator + postgres::quote_identifier(column.name);
    separator = ",";
  }
  return sql + ") FROM STDIN (FORMAT binary)";
}

}  // namespace godwit::schema
