// Which databases of a source look like tenants: many of one naming scheme with the same tables.
// Pure; the evidence is kept for the comments of a proposed plan.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::plan {

struct DatabaseShape {
  std::string name;
  std::uint64_t tables = 0;
  std::uint64_t bytes = 0;  // estimate
  std::string table_set;    // equal for databases with the same names of tables; empty: no tables
};

struct DatabaseGroup {
  std::vector<std::string> patterns;  // one pattern, or plain names where no pattern fits
  /// Indexes into the shapes, in their order.
  std::vector<std::size_t> members;    // all that the patterns match
  std::vector<std::size_t> deviating;  // members whose table set is not the most frequent one
  std::size_t model = 0;               // a member with the most frequent table set
};

/// The largest group of databases with the same tables and a common prefix or suffix; nullopt when
/// no two belong together. O(n log n) in the number of databases.
std::optional<DatabaseGroup> find_group(std::span<const DatabaseShape> shapes);

/// The group that a pattern chosen by the operator makes; nullopt when it matches nothing.
std::optional<DatabaseGroup> group_by_pattern(std::span<const DatabaseShape> shapes,
                                              const std::string& pattern);

}  // namespace godwit::plan
