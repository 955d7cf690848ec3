// A migration as its user sees it: a plan file, a state folder, target databases; all of them go
// with the object.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "godwit/mariadb/catalog.hpp"

#include "support/process.hpp"
#include "support/servers.hpp"

namespace godwit::test {

class Migration {
 public:
  /// A plan for the source databases that `patterns` match; `more` is YAML appended at top level.
  explicit Migration(const std::vector<std::string>& patterns, const std::string& more = {});
  /// A plan with this `tenancy` section, as YAML behind "tenancy: ".
  enum class Tenancy { as_text };
  Migration(Tenancy, const std::string& tenancy, const std::string& more = {});
  ~Migration();
  Migration(const Migration&) = delete;
  Migration& operator=(const Migration&) = delete;

  [[nodiscard]] const std::string& plan() const { return plan_; }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  /// godwit COMMAND -p PLAN ARGUMENTS…
  ProcessResult godwit(const std::string& command, std::vector<std::string> arguments = {},
                       const std::map<std::string, std::string>& environment = {}) const;
  /// run --wave all --until copied
  ProcessResult copy(const std::map<std::string, std::string>& environment = {}) const;
  /// verify --wave all
  ProcessResult verify() const;
  /// The same with --json, parsed.
  nlohmann::json copy_json() const;
  nlohmann::json verify_json() const;
  /// A superuser's session on a target database, for looking and for doing harm.
  static postgres::Session target(const std::string& database);
  /// Tables of a target database that autovacuum would analyze again.
  static std::string left_to_autovacuum(const std::string& database);

 private:
  TemporaryFolder folder_;
  std::string plan_;
};

/// The generated monolith, size S: databases PREFIX0001… on the source, dropped when it goes.
class Monolith {
 public:
  Monolith(const std::string& prefix, int tenants, const std::string& seed = "7");
  ~Monolith();
  Monolith(const Monolith&) = delete;
  Monolith& operator=(const Monolith&) = delete;

  [[nodiscard]] const std::vector<std::string>& databases() const { return databases_; }
  [[nodiscard]] std::string pattern() const { return prefix_ + "%"; }

 private:
  std::string prefix_;
  std::vector<std::string> databases_;
};

/// The third opinion: compares a database on both sides with the servers' own clients. Empty when
/// they are equal, else what differs.
std::string compare_sides(const std::string& source_database, const std::string& target_database,
                          const std::string& target_schema = "public");

/// Databases on the target whose name starts with `prefix`.
std::vector<std::string> target_databases(const std::string& prefix);

}  // namespace godwit::test
