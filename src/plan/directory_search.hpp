// Looks for a table that lists the tenants' databases, such as companies(db_name, slug). The
// effort is bounded: character columns of small tables outside the tenants' own databases.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "godwit/mariadb/connection.hpp"

namespace godwit::plan {

struct DirectoryColumn {
  std::string database;
  std::string table;
  std::string column;
};

/// A column that lists databases, and how well it does.
struct DirectoryCandidate {
  DirectoryColumn place;
  std::size_t listed = 0;                        // tenants' databases among its values
  std::vector<std::string> unknown;              // values that are no database
  std::size_t empty = 0;                         // rows without a value
  std::size_t repeated = 0;                      // values that stand more than once
  std::string name_column;                       // of the same table, unique; may be empty
  std::map<std::string, std::string> tenant_of;  // database → tenant's name

  /// It can be used as it is: each row names one existing database, none twice.
  [[nodiscard]] bool usable() const { return unknown.empty() && empty == 0 && repeated == 0; }
};

struct DirectoryQuestion {
  std::vector<std::string> tenants;    // databases of the tenants, sorted
  std::vector<std::string> databases;  // all databases, sorted
};

/// The best candidate, if one lists at least four fifths of the tenants and little else.
std::optional<DirectoryCandidate> find_directory(mariadb::Connection& source,
                                                 const DirectoryQuestion& question);

/// Judges a column chosen by the operator. Throws Error(source).
DirectoryCandidate judge_directory(mariadb::Connection& source, const DirectoryQuestion& question,
                                   const DirectoryColumn& place);

}  // namespace godwit::plan
