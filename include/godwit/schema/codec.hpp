// The one conversion table: how a column's values travel. Each column has one codec, chosen by
// its source type, target form, charset and policies. A codec is a pair of halves that meet in a
// `Value`: a reader of one wire format (binary result today; binlog row images and the reverse
// path read into the same Value) and a writer of another (COPY BINARY). The halves are fused at
// compile time, so a value costs one indirect call and no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/charset.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "godwit/schema/binlog_column.hpp"
#include "godwit/schema/copy_buffer.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::schema {

/// Why a value can't be represented; each has the policies that would accept it.
enum class Refusal {
  zero_date,     // zero or partial date
  invalid_date,  // 2023-02-31
  nul_byte,      // U+0000 in text
  invalid_text,  // bytes that are not valid in the column's charset
  invalid_enum,  // an ENUM's error value
  too_large,     // above 1 GB, or above the target type's range
  malformed,     // the wire format was not understood: a bug or a broken server
};
inline constexpr std::size_t kRefusalCount = 7;

std::string_view name(Refusal refusal);
/// The plan's key and its choices, e.g. "zero_date: null | minus_infinity | text"; empty: none.
std::string_view policy_choices(Refusal refusal);

/// Thrown by a codec for a value that the policy refuses; the copier adds tenant, table, column
/// and key.
class ValueRefused : public std::exception {
 public:
  explicit ValueRefused(Refusal refusal) : refusal_(refusal) {}
  [[nodiscard]] Refusal refusal() const { return refusal_; }
  [[nodiscard]] const char* what() const noexcept override { return "value refused"; }

 private:
  Refusal refusal_;
};

/// How many values of a column a policy changed, by kind.
using PolicyCounts = std::array<std::uint64_t, kRefusalCount>;

struct ColumnCodec;
/// Reads one value and appends its field (length and bytes) to the buffer.
using EncodeFunction = void (*)(const ColumnCodec&, mariadb::RawValue, CopyBuffer&, PolicyCounts&);
/// The value for people; throws ValueRefused(malformed).
using ShowFunction = std::string (*)(const ColumnCodec&, mariadb::RawValue);

struct ColumnCodec {
  EncodeFunction encode = nullptr;
  ShowFunction show = nullptr;  // see display()
  mariadb::ColumnType source = mariadb::ColumnType::integer;
  TargetForm target = TargetForm::text;
  Policies policies;
  bool is_unsigned = false;
  bool by_number = false;            // ENUM, SET: selected as a number, see select_sql
  bool ascii_is_utf8 = false;        // text types: ASCII bytes need no conversion
  int scale = 0;                     // DECIMAL
  int fraction = 0;                  // TIME, DATETIME, TIMESTAMP: digits of seconds
  std::uint32_t length = 0;          // BIT: bits; BINARY: bytes; YEAR: digits shown, 2 or 4
  BinlogColumn wire;                 // of row images; type 0: of result rows
  mariadb::CharsetPtr charset;       // text types, ENUM, SET, JSON; null: UTF-8
  std::vector<std::string> members;  // ENUM, SET: UTF-8
};

/// Whether a column can be copied into a target of that form.
bool has_codec(const mariadb::Column& column, TargetForm target);
/// The codec of one column; `charset` is that of a text column, null for others. Throws
/// Error(rejected) when there is none.
ColumnCodec make_codec(const mariadb::Column& column, TargetForm target, const Policies& policies,
                       mariadb::CharsetPtr charset);
/// The same for values of row images: data is null for NULL; the bytes behind the length prefix for
/// types of variable length (compressed ones inflated); else the packed bytes of the event. What it
/// writes and refuses is what make_codec's does with the same value. Throws Error(source) when
/// `wire` isn't how the server logs this column: the table was altered between event and catalog.
ColumnCodec make_binlog_codec(const mariadb::Column& column, const BinlogColumn& wire,
                              TargetForm target, const Policies& policies,
                              mariadb::CharsetPtr charset);

/// All columns of a table, in the order of TargetTable::columns (= the order of the SELECT and of
/// the COPY).
class RowCodec {
 public:
  /// Loads the charsets it needs through `connection`. Throws Error(rejected) when a column has no
  /// codec for its target form (build_target reports that as a finding before).
  RowCodec(const mariadb::Table& source, const TargetTable& target,
           mariadb::Connection& connection);

  /// Appends one COPY row (field count and fields). On ValueRefused the buffer is as before and
  /// refused_column() tells which it was.
  void encode(std::span<const mariadb::RawValue> row, CopyBuffer& buffer);

  [[nodiscard]] std::size_t refused_column() const { return column_; }
  [[nodiscard]] const std::vector<PolicyCounts>& counts() const { return counts_; }
  [[nodiscard]] const std::vector<ColumnCodec>& columns() const { return codecs_; }

 private:
  std::vector<ColumnCodec> codecs_;
  std::vector<PolicyCounts> counts_;
  std::size_t column_ = 0;
};

/// "SELECT `a`,`b`… FROM `db`.`table`" in COPY order for a connection with TextForm::column_bytes;
/// `where` may be empty. An ENUM or SET with a member '' is selected as a number, since its text
/// doesn't tell that member from the error value or the empty set; a FLOAT as a double with a mark
/// for -0.0, which the server would send as 0.
std::string select_sql(const std::string& database, const mariadb::Table& source,
                       const TargetTable& target, const std::string& where);
/// COPY "table" ("a","b"…) FROM STDIN (FORMAT binary)
std::string copy_sql(const TargetTable& target);
/// A value of a key column for messages, e.g. 42 or 'acme'; printable, cut at 60 characters.
std::string display(const ColumnCodec& codec, mariadb::RawValue value);

}  // namespace godwit::schema
