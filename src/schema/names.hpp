// Names on the target: at most 63 bytes, unique among their kind, none that PostgreSQL keeps for
// itself. Case is kept, names are always quoted.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace godwit::schema {

inline constexpr std::size_t kNameBytesMax = 63;

/// `name` itself if it fits; else its beginning (whole characters), "_" and 8 hex digits of a
/// hash of all of it. The same name gives the same result everywhere.
std::string fit_name(std::string_view name);

/// A column's name: fit_name(), and "_" appended to the names of PostgreSQL's system columns.
std::string column_name(std::string_view name);

/// A table's, index's or sequence's name: the same, "_" appended to names of pg_catalog's relations.
std::string relation_name(std::string_view name);

/// Names of one namespace: the tables, indexes and sequences of a schema, or a table's columns.
class NameSet {
 public:
  /// fit_name(name), or a variant that ends in a hash of `unique_context` (what tells this object
  /// from others of the same name) when that is taken.
  std::string add(std::string_view name, std::string_view unique_context);
  [[nodiscard]] bool contains(const std::string& name) const { return names_.count(name) != 0; }

 private:
  std::set<std::string> names_;
};

}  // namespace godwit::schema
