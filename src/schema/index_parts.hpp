// One column's part in an index: the SQL expressions it can take and their width.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "build_context.hpp"
#include "collation.hpp"

namespace godwit::schema {

struct IndexPartSql {
  std::string column;  // quoted
  bool descending = false;
  bool text = false;   // left() and rtrim() apply
  bool bytes = false;  // substring() applies
  bool json = false;   // has no order of its own: always by its text
  bool array = false;
  std::optional<std::uint32_t> prefix;  // only where it is shorter than the column
  std::uint64_t bytes_max = 8;          // of the indexed value
  std::uint64_t bytes_per_unit = 1;     // of a character
  CollationRule collation;              // exact() for what is no text

  /// The indexed value: the column, or its beginning.
  [[nodiscard]] std::string value() const;
  /// value() as the collation compares it.
  [[nodiscard]] std::string folded() const;
  [[nodiscard]] bool plain() const { return !prefix && !json; }
  [[nodiscard]] bool variable() const { return text || bytes || json || array; }
};

/// nullopt: the column isn't on the target, or has no order (then the index is left out).
std::optional<IndexPartSql> index_part(const TableBuild& table, const mariadb::IndexPart& part);

inline constexpr std::uint64_t kIndexBytesMax = 2704;
/// Of all parts, with the entry's own 8 bytes and 4 bytes of header and padding for each.
std::uint64_t index_bytes(const std::vector<IndexPartSql>& parts);

}  // namespace godwit::schema
