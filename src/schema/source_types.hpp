// The vocabulary of type maps: how MariaDB's types are named there, which target forms each can
// take, and which placeholders its SQL may use.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/type_map.hpp"

namespace godwit::schema {

struct SourceType {
  std::string_view name;  // as in COLUMN_TYPE: "int", "varchar"
  mariadb::ColumnType type;
  bool has_sign = false;              // may be UNSIGNED
  std::span<const TargetForm> forms;  // for which codecs exist
  std::span<const std::string_view> placeholders;
};

/// nullptr: no such type.
const SourceType* find_source_type(std::string_view name);
const SourceType& source_type(mariadb::ColumnType type);
std::span<const std::string_view> source_type_names();

/// A rule's `source`, taken apart.
struct SourcePattern {
  const SourceType* type = nullptr;
  std::optional<std::uint32_t> width;  // "tinyint(1)"
  bool is_unsigned = false;
};
/// nullopt: not of the form `name[(width)][ unsigned]`; `type` is null when only the name is
/// unknown.
std::optional<SourcePattern> parse_source_pattern(std::string_view text);

bool matches(const SourcePattern& pattern, const mariadb::Column& column);

}  // namespace godwit::schema
