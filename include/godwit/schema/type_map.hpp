// Type maps: which PostgreSQL type a MariaDB column becomes, as data (schema_maps/*.yaml).
// A plan names a map and overrides it per table and column; each lossy choice is a named policy.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/core/diagnostic.hpp"
#include "godwit/mariadb/catalog.hpp"

namespace godwit::schema {

/// What to do with a value that the target type can't hold. `refuse` stops the tenant with the
/// value's place; every other choice changes the value and is counted in the report.
enum class ZeroDate { refuse, null, minus_infinity, text };  // '0000-00-00', '2024-00-15'
enum class NulByte { refuse, bytea, symbol };                // U+0000 in text; symbol: U+2400
enum class InvalidText { refuse, bytea, replacement };       // replacement: U+FFFD
enum class InvalidEnum { refuse, empty, null };              // an ENUM's error value, index 0

struct Policies {
  ZeroDate zero_date = ZeroDate::refuse;
  NulByte nul_byte = NulByte::refuse;
  InvalidText invalid_text = InvalidText::refuse;
  InvalidEnum invalid_enum = InvalidEnum::refuse;
  bool operator==(const Policies&) const = default;
};

/// How values are written in COPY BINARY; decides the codec together with the source's type.
enum class TargetForm {
  int2,
  int4,
  int8,
  numeric,
  float4,
  float8,
  boolean,
  bit,
  date,
  timestamp,
  timestamptz,
  time,
  interval,
  text,        // text, varchar, json (COPY BINARY is the same: the bytes)
  jsonb,       // one version byte, then the text
  text_array,  // SET opt-in
  bytea,
  uuid,
  inet,
};

/// Overrides for one column from the plan; what isn't set comes from the map.
struct ColumnOverride {
  std::optional<std::string> type;  // a name of the map's `alternatives` for the source's type
  std::optional<ZeroDate> zero_date;
  std::optional<NulByte> nul_byte;
  std::optional<InvalidText> invalid_text;
  std::optional<InvalidEnum> invalid_enum;
  std::string where;  // file:line:col of the plan, for messages
};

/// The plan's `schema:` section. Keys of columns are "table.column" or "database.table.column";
/// of tables "table". Patterns with * are allowed.
struct SchemaOptions {
  std::string map = "default";  // a built-in map's name or a path
  std::map<std::string, ColumnOverride> columns;
  std::map<std::string, ColumnOverride> tables;  // all columns of the table
  std::vector<std::string> excluded_tables;
  /// false: tables get their columns and rows only, no keys, indexes, foreign keys or statistics
  /// (staging, measuring).
  bool indexes = true;
  bool operator==(const SchemaOptions&) const;
};

/// One rule of a map: the first that matches a column decides.
struct TypeRule {
  /// A type as MariaDB names it, "unsigned" where it is ("bigint unsigned"; without the word the
  /// rule is for signed columns), with a width where only that width is meant ("tinyint(1)").
  std::string source;
  std::string target;  // SQL with {precision}, {scale}, {length}, {fraction}
  TargetForm form = TargetForm::text;
  std::string check;  // SQL with {column}, {members}, {member_array}, {length}
  std::string loss;   // what is lost or narrower; empty: lossless
  bool operator==(const TypeRule&) const = default;
};

class TypeMap {
 public:
  /// Parses a map's YAML; all mistakes go to `diagnostics` (then the map must not be used).
  static TypeMap parse(std::string_view text, const std::string& file, Diagnostics& diagnostics);
  /// A built-in map ("default", "compact") or a file's path. Throws Error(plan_invalid) with all
  /// diagnostics, or naming the built-in ones when there is none of that name.
  static TypeMap load(const std::string& name_or_path);
  static std::vector<std::string> built_in_names();

  /// The rule for a column, `type_override` being an alternative's name; nullptr: the map has no
  /// rule (the column is then refused).
  [[nodiscard]] const TypeRule* find(const mariadb::Column& column,
                                     const std::optional<std::string>& type_override) const;
  [[nodiscard]] std::vector<std::string> alternatives(const mariadb::Column& column) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Policies& policies() const { return policies_; }
  [[nodiscard]] std::span<const TypeRule> rules() const { return rules_; }
  /// By "source/name", e.g. "tinyint(1)/boolean".
  [[nodiscard]] const std::map<std::string, TypeRule>& all_alternatives() const {
    return alternatives_;
  }

 private:
  friend class TypeMapReader;
  std::string name_;
  Policies policies_;
  std::vector<TypeRule> rules_;
  std::map<std::string, TypeRule> alternatives_;  // "tinyint(1)/boolean" → rule
};

std::string_view name(TargetForm);
/// The words of plan files and maps.
std::string_view name(ZeroDate);
std::string_view name(NulByte);
std::string_view name(InvalidText);
std::string_view name(InvalidEnum);
/// All words of a policy, in the order of its enumerators: for readers of plans and maps.
std::span<const std::string_view> zero_date_words();
std::span<const std::string_view> nul_byte_words();
std::span<const std::string_view> invalid_text_words();
std::span<const std::string_view> invalid_enum_words();

}  // namespace godwit::schema
