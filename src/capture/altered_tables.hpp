// Tables of a row tenancy whose definition in the binlog isn't the one that the router was made with,
// though what it looks at is where it was.
#pragma once

#include <string>
#include <unordered_set>

#include "godwit/capture/schema_statement.hpp"

namespace godwit::capture {

/// Holds the names of the tables of one database at most.
class AlteredTables {
 public:
  /// Everyone who is there was given the statement.
  void said(const SchemaStatement& statement);
  /// A tenant's schema has other columns behind those that routing looks at, or fewer.
  void longer(const std::string& table);

  /// Its columns up to the last one of before are where they were.
  [[nodiscard]] bool may_be_longer(const std::string& table) const;
  /// A statement may have changed it that stops everyone who gets it.
  [[nodiscard]] bool stops(const std::string& table) const;

 private:
  // names in lower case: a statement may spell them otherwise
  std::unordered_set<std::string> longer_;
  std::unordered_set<std::string> changed_;
  bool any_ = false;  // a statement didn't say which
};

}  // namespace godwit::capture
