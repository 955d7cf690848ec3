// Finding the tenants of a source: by the patterns of a plan or by its directory table.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kExamplesMax = 10;

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

/// "a, b, c and 7 more"
std::string examples(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kExamplesMax);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < shown; ++i)
    parts.push_back(printable(names[i]));
  std::string text = join(parts, ", ");
  if (names.size() > shown) text += " and " + human_count(names.size() - shown) + " more";
  return text;
}

class Problems {
 public:
  void add(const std::string& text) { lines_.push_back(text); }
  void add_names(const std::string& text, const std::vector<std::string>& names) {
    if (!names.empty()) add(text + ": " + examples(names));
  }
  void throw_if_any(const Plan& plan, const std::string& hint) const {
    if (lines_.empty()) return;
    throw Error(ErrorKind::plan_invalid, printable(plan.file) + ": error: " + join(lines_, "; "),
                hint);
  }

 private:
  std::vector<std::string> lines_;
};

std::vector<TenantSource> find_by_pattern(const Plan& plan,
                                          std::span<const mariadb::DatabaseSummary> databases) {
  std::vector<TenantSource> tenants;
  std::set<std::string> unused(plan.tenancy.patterns.begin(), plan.tenancy.patterns.end());
  for (const mariadb::DatabaseSummary& database : databases) {
    bool wanted = false;
    for (const std::string& pattern : plan.tenancy.patterns) {
      if (!matches(pattern, database.name)) continue;
      wanted = true;
      unused.erase(pattern);
    }
    if (wanted && !matches_any(plan.tenancy.exclude, database.name)) {
      tenants.push_back({database.name, database.name});
    }
  }
  Problems problems;
  problems.add_names("no database of the source matches", {unused.begin(), unused.end()});
  if (tenants.empty() && unused.empty()) problems.add("every tenant is excluded");
  problems.throw_if_any(plan,
                        "Correct tenancy.databases, or grant the source's account the "
                        "right to see the databases.");
  return tenants;
}

struct DirectoryEntry {
  std::optional<std::string> database;
  std::optional<std::string> tenant;
};

/// The operator's WHERE is theirs; the session is read-only, so it can't change anything.
std::vector<DirectoryEntry> read_directory(const Plan& plan, mariadb::Connection& source) {
  const DatabaseTenancy::Directory& directory = *plan.tenancy.directory;
  const std::size_t dot = directory.table.find('.');
  const std::string database = mariadb::quote_identifier(directory.database_column);
  const std::string name =
      directory.name_column.empty() ? database : mariadb::quote_identifier(directory.name_column);
  std::string sql = "SELECT " + database + ", " + name + " FROM " +
                    mariadb::quote_identifier(directory.table.substr(0, dot)) + "." +
                    mariadb::quote_identifier(directory.table.substr(dot + 1));
  // On lines of its own, so that a comment in it can't hide the parenthesis.
  if (!directory.where.empty()) sql += " WHERE (\n" + directory.where + "\n)";
  try {
    std::vector<DirectoryEntry> entries;
    for (mariadb::Row& row : source.query(sql)) {
      entries.push_back({std::move(row.at(0)), std::move(row.at(1))});
    }
    return entries;
  } catch (const Error& error) {
    if (error.retryable() || error.kind() == ErrorKind::cancelled) throw;
    throw Error(
        ErrorKind::plan_invalid,
        printable(plan.file) + ": error: the query of tenancy.directory failed: " + error.what(),
        "The query is: " + printable(sql));
  }
}

std::vector<TenantSource> find_by_directory(const Plan& plan, mariadb::Connection& source,
                                            std::span<const mariadb::DatabaseSummary> databases) {
  std::unordered_set<std::string_view> existing;
  for (const mariadb::DatabaseSummary& database : databases)
    existing.insert(database.name);

  std::vector<TenantSource> tenants;
  std::size_t without_database = 0;
  std::vector<std::string> without_name;
  std::vector<std::string> missing;
  for (DirectoryEntry& entry : read_directory(plan, source)) {
    if (!entry.database || entry.database->empty()) {
      ++without_database;
    } else if (matches_any(plan.tenancy.exclude, *entry.database)) {
      continue;
    } else if (!existing.contains(*entry.database)) {
      missing.push_back(*entry.database);
    } else if (!entry.tenant || entry.tenant->empty()) {
      without_name.push_back(*entry.database);
    } else {
      tenants.push_back({std::move(*entry.tenant), std::move(*entry.database)});
    }
  }
  std::sort(missing.begin(), missing.end());
  std::sort(without_name.begin(), without_name.end());

  std::map<std::string, std::size_t> names;
  std::map<std::string, std::size_t> used;
  for (const TenantSource& tenant : tenants) {
    ++names[tenant.tenant];
    ++used[tenant.database];
  }
  const auto repeated = [](const std::map<std::string, std::size_t>& counts) {
    std::vector<std::string> result;
    for (const auto& [name, count] : counts) {
      if (count > 1) result.push_back(name);
    }
    return result;
  };
  Problems problems;
  if (without_database > 0) {
    problems.add("the directory has " + human_count(without_database) + " rows without a database");
  }
  problems.add_names("the directory has no name for the databases", without_name);
  problems.add_names("the directory names databases that don't exist", missing);
  problems.add_names("the directory has these tenants more than once", repeated(names));
  problems.add_names("the directory has these databases more than once", repeated(used));
  if (tenants.empty()) problems.add("the directory has no tenant");
  problems.throw_if_any(plan,
                        "Correct the rows or narrow tenancy.directory.where; a database "
                        "that the source's account may not see counts as missing.");
  return tenants;
}

}  // namespace

std::vector<TenantSource> find_tenants(const Plan& plan, mariadb::Connection& source,
                                       std::span<const mariadb::DatabaseSummary> databases) {
  std::vector<TenantSource> tenants = plan.tenancy.directory
                                          ? find_by_directory(plan, source, databases)
                                          : find_by_pattern(plan, databases);
  std::sort(tenants.begin(), tenants.end(),
            [](const TenantSource& a, const TenantSource& b) { return a.tenant < b.tenant; });
  return tenants;
}

}  // namespace godwit::plan
