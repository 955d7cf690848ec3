// What an account may do, read from SHOW GRANTS. Private to this room.
// Format: https://mariadb.com/kb/en/show-grants/
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace godwit::mariadb {

using Privileges = std::set<std::string>;  // "SELECT", "LOCK TABLES", …; "ALL PRIVILEGES"

/// The grants of an account and of its active roles.
class Grants {
 public:
  /// From the lines of SHOW GRANTS. Lines that grant nothing on data (roles, proxies, routines)
  /// are passed over.
  static Grants parse(std::span<const std::string> lines, bool fold_case);

  [[nodiscard]] bool has_global(const std::string& privilege) const;
  /// Of several patterns that match, the server takes only the most specific one of each grantee.
  [[nodiscard]] bool has(const std::string& privilege, const std::string& database) const;
  [[nodiscard]] bool has(const std::string& privilege, const std::string& database,
                         const std::string& table) const;
  /// The pattern that decides what the grantee (as SHOW GRANTS names it: `user`@`host`) may do in
  /// this database; empty: none. A new grant on a more specific one would hide it.
  [[nodiscard]] std::string deciding_pattern(const std::string& grantee,
                                             const std::string& database) const;

 private:
  struct Grantee {
    Privileges global;
    std::map<std::string, Privileges> databases;                      // by pattern
    std::map<std::string, std::map<std::string, Privileges>> tables;  // by database, table
  };

  using DatabaseGrants = std::map<std::string, Privileges>;
  [[nodiscard]] const DatabaseGrants::value_type* most_specific(const Grantee& grantee,
                                                                const std::string& database) const;

  std::map<std::string, Grantee> grantees_;
  bool fold_case_ = false;
};

/// Whether a grant's database pattern means this database: `%` any text, `_` any one character,
/// `\_` and `\%` themselves.
bool pattern_matches(std::string_view pattern, std::string_view database);

/// The pattern that means exactly this database.
std::string exact_pattern(std::string_view database);

}  // namespace godwit::mariadb
