#include "godwit/plan/proposal.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "database_group.hpp"
#include "directory_search.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/secret.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"
#include "plan_text.hpp"
#include "row_search.hpp"

namespace godwit::plan {
namespace {

constexpr std::size_t kComparedMax = 200;  // deviating databases whose tables are looked at
constexpr double kOverlapMin = 0.5;
constexpr std::size_t kCanaryTenants = 2;
constexpr std::size_t kShownMax = 20;
constexpr std::size_t kRowDatabasesMax = 20;  // the largest, that are looked at for row tenancy
constexpr std::uint64_t kRowTablesMin = 3;

/// All databases with a digest of their tables' names: one query, whatever their number.
std::vector<DatabaseShape> read_shapes(mariadb::Connection& source) {
  source.execute("SET SESSION group_concat_max_len = 268435456");
  std::map<std::string, std::string> table_sets;
  for (const mariadb::Row& row : source.query(
           "SELECT table_schema, MD5(GROUP_CONCAT(HEX(table_name) ORDER BY BINARY table_name))"
           " FROM information_schema.tables GROUP BY BINARY table_schema")) {
    table_sets[row.at(0).value()] = row.at(1).value_or("");
  }
  std::vector<DatabaseShape> shapes;
  for (const mariadb::DatabaseSummary& database : mariadb::list_databases(source)) {
    shapes.push_back({database.name, database.tables, database.bytes, table_sets[database.name]});
  }
  return shapes;
}

std::string database_list(const std::vector<DatabaseShape>& shapes) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(shapes.size(), kShownMax); ++i) {
    parts.push_back(printable(shapes[i].name) + " (" + human_count(shapes[i].tables) + " tables, " +
                    human_bytes(shapes[i].bytes) + ")");
  }
  if (shapes.empty()) return "The account sees no database.";
  std::string text =
      "The account sees " + human_count(shapes.size()) + " databases: " + join(parts, ", ");
  if (shapes.size() > kShownMax) text += ", …";
  return text;
}

DatabaseGroup choose_group(const ProposalOptions& options,
                           const std::vector<DatabaseShape>& shapes) {
  if (!options.pattern.empty()) {
    if (auto group = group_by_pattern(shapes, options.pattern)) return *group;
    throw Error(
        ErrorKind::plan_invalid,
        "no database matches '" + printable(options.pattern) + "'. " + database_list(shapes),
        "The wildcard is % (any text); _ stands for itself.");
  }
  if (auto group = find_group(shapes)) return *group;
  throw Error(ErrorKind::plan_invalid,
              "no two databases look like tenants of one application" +
                  std::string(options.tenancy.empty()
                                  ? ", and no database has tables that tenants seem to share. "
                                  : ". ") +
                  database_list(shapes),
              "Say which are tenants: --databases 'PREFIX%' or --directory DB.TABLE(COLUMN); for "
              "tenants that share tables --tenancy row with --directory DB.TABLE(KEY).");
}

/// Deviating members that share less than half of the model's tables: they only have the name.
std::set<std::string> find_strangers(mariadb::Connection& source, const DatabaseGroup& group,
                                     const std::vector<DatabaseShape>& shapes) {
  if (group.deviating.empty()) return {};
  std::string list = mariadb::quote_literal(shapes[group.model].name);
  std::map<std::string, std::set<std::string>> tables;
  for (std::size_t i = 0; i < std::min(group.deviating.size(), kComparedMax); ++i) {
    const std::string& name = shapes[group.deviating[i]].name;
    tables[name];
    list += ", " + mariadb::quote_literal(name);
  }
  for (mariadb::Row& row :
       source.query("SELECT table_schema, table_name FROM information_schema.tables"
                    " WHERE table_schema IN (" +
                    list + ")")) {
    tables[row.at(0).value()].insert(std::move(row.at(1)).value());
  }
  const std::set<std::string> model = tables[shapes[group.model].name];
  std::set<std::string> strangers;
  for (const auto& entry : tables) {
    const auto common =
        std::count_if(model.begin(), model.end(),
                      [&entry](const std::string& name) { return entry.second.contains(name); });
    if (static_cast<double>(common) < kOverlapMin * static_cast<double>(model.size())) {
      strangers.insert(entry.first);
    }
  }
  return strangers;
}

/// database.table(column)
DirectoryColumn parse_directory(const std::string& text) {
  const std::size_t dot = text.find('.');
  const std::size_t open = text.find('(');
  const bool well_formed = dot != std::string::npos && open != std::string::npos && dot > 0 &&
                           open > dot + 1 && text.back() == ')' && open + 2 < text.size();
  if (!well_formed) {
    throw Error(ErrorKind::usage,
                "--directory: expected DATABASE.TABLE(COLUMN), found '" + printable(text) + "'");
  }
  return {text.substr(0, dot), text.substr(dot + 1, open - dot - 1),
          text.substr(open + 1, text.size() - open - 2)};
}

class Proposer {
 public:
  Proposer(const ProposalOptions& options, mariadb::Connection& source)
      : options_(options), source_(source), shapes_(read_shapes(source)) {}

  std::string run() {
    proposal_.source_uri = options_.source_uri;
    proposal_.target_uris = options_.target_uris;
    if (wants_rows()) {
      choose_rows();
      return plan_text(proposal_);
    }
    if (options_.directory.empty()) {
      choose_by_names();
    } else {
      choose_by_directory(parse_directory(options_.directory));
    }
    choose_canary();
    if (options_.tenancy.empty()) mention_rows();
    return plan_text(proposal_);
  }

 private:
  /// Asked for, or all that there is.
  bool wants_rows() {
    if (options_.tenancy == "row") return true;
    if (!options_.tenancy.empty() || !options_.pattern.empty() || !options_.directory.empty()) {
      return false;
    }
    return !find_group(shapes_) && glance_at_rows(source_, row_databases()).has_value();
  }

  /// Where tenants may share tables: the largest databases, but for those that are tenants
  /// themselves.
  [[nodiscard]] std::vector<std::string> row_databases() const {
    std::set<std::string> tenants;
    for (const DatabaseShape* shape : tenants_)
      tenants.insert(shape->name);
    if (const auto group = find_group(shapes_); group && tenants_.empty()) {
      for (const std::size_t i : group->members)
        tenants.insert(shapes_[i].name);
      for (const std::size_t i : group->deviating)
        tenants.erase(shapes_[i].name);
    }
    std::vector<const DatabaseShape*> candidates;
    for (const DatabaseShape& shape : shapes_) {
      const bool chosen = !options_.pattern.empty() && options_.tenancy == "row";
      if (chosen ? !matches(options_.pattern, shape.name)
                 : shape.tables < kRowTablesMin || tenants.contains(shape.name)) {
        continue;
      }
      candidates.push_back(&shape);
    }
    std::stable_sort(
        candidates.begin(), candidates.end(),
        [](const DatabaseShape* a, const DatabaseShape* b) { return a->bytes > b->bytes; });
    std::vector<std::string> names;
    for (const DatabaseShape* shape : candidates) {
      if (names.size() < kRowDatabasesMax) names.push_back(shape->name);
    }
    return names;
  }

  void choose_rows() {
    std::optional<DirectoryColumn> directory;
    std::vector<std::string> databases;
    if (options_.directory.empty()) {
      databases = row_databases();
    } else {
      directory = parse_directory(options_.directory);
      databases.push_back(directory->database);
    }
    auto search = search_rows(source_, databases, directory);
    if (!search) {
      throw Error(ErrorKind::plan_invalid,
                  directory ? "--directory: no column of another table leads to " +
                                  printable(options_.directory)
                            : "no database has tables that share a column which leads to a table "
                              "of tenants. " +
                                  database_list(shapes_),
                  "Name the table that lists the tenants, and its key: --directory "
                  "DB.TABLE(KEY).");
    }
    proposal_.tenants = search->proposal.tenants;
    proposal_.canary = std::move(search->canary);
    const std::string& chosen = search->proposal.database;
    const auto group = find_group(shapes_);
    if (group && options_.tenancy == "row") {
      proposal_.other_tenancy =
          human_count(group->members.size()) + " databases look like tenants of one application (" +
          join(group->patterns, ", ") +
          "): --tenancy database proposes a plan for those, not for " + chosen + ".";
    }
    proposal_.rows = std::move(search->proposal);
  }

  void mention_rows() {
    const auto rows = glance_at_rows(source_, row_databases());
    if (!rows) return;
    proposal_.other_tenancy =
        "In " + rows->database + " tenants seem to share tables: " + tenant_evidence(*rows) +
        ". --tenancy row --databases " + rows->database + " proposes a plan for those.";
  }

  void choose_by_names() {
    const DatabaseGroup group = choose_group(options_, shapes_);
    proposal_.patterns = group.patterns;
    std::set<std::string> strangers;
    if (options_.pattern.empty()) strangers = find_strangers(source_, group, shapes_);
    proposal_.exclude.assign(strangers.begin(), strangers.end());
    std::set<std::string> members;
    for (const std::size_t i : group.members) {
      if (!strangers.contains(shapes_[i].name)) members.insert(shapes_[i].name);
    }
    for (const std::size_t i : group.deviating) {
      if (members.contains(shapes_[i].name)) proposal_.deviating.push_back(shapes_[i].name);
    }
    take_members(members, strangers);
    DirectoryQuestion question = ask(members);
    proposal_.directory = find_directory(source_, question);
    proposal_.use_directory = proposal_.directory && proposal_.directory->usable() &&
                              proposal_.directory->listed == members.size() &&
                              proposal_.directory->tenant_of.size() == members.size();
  }

  void choose_by_directory(const DirectoryColumn& place) {
    DirectoryCandidate candidate = judge_directory(source_, ask({}), place);
    if (candidate.tenant_of.empty()) {
      throw Error(ErrorKind::plan_invalid, "--directory: no value of " +
                                               printable(options_.directory) + " is a database. " +
                                               database_list(shapes_));
    }
    std::set<std::string> members;
    std::map<std::string, std::size_t> table_sets;
    for (const DatabaseShape& shape : shapes_) {
      if (!candidate.tenant_of.contains(shape.name)) continue;
      members.insert(shape.name);
      ++table_sets[shape.table_set];
    }
    const auto common =
        std::max_element(table_sets.begin(), table_sets.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    for (const DatabaseShape& shape : shapes_) {
      if (members.contains(shape.name) && shape.table_set != common->first) {
        proposal_.deviating.push_back(shape.name);
      }
    }
    candidate.listed = members.size();
    take_members(members, {});
    proposal_.directory = std::move(candidate);
    proposal_.use_directory = true;
  }

  [[nodiscard]] DirectoryQuestion ask(const std::set<std::string>& members) const {
    DirectoryQuestion question;
    question.tenants.assign(members.begin(), members.end());
    for (const DatabaseShape& shape : shapes_)
      question.databases.push_back(shape.name);
    std::sort(question.databases.begin(), question.databases.end());
    return question;
  }

  void take_members(const std::set<std::string>& members, const std::set<std::string>& strangers) {
    for (const DatabaseShape& shape : shapes_) {
      if (!members.contains(shape.name)) {
        if (!strangers.contains(shape.name)) proposal_.not_tenants.push_back(shape.name);
        continue;
      }
      tenants_.push_back(&shape);
      proposal_.bytes += shape.bytes;
      if (proposal_.largest.empty() || shape.bytes > proposal_.largest_bytes) {
        proposal_.largest = shape.name;
        proposal_.largest_bytes = shape.bytes;
      }
    }
    proposal_.tenants = tenants_.size();
  }

  [[nodiscard]] std::string tenant_name(const std::string& database) const {
    if (!proposal_.use_directory) return database;
    const auto name = proposal_.directory->tenant_of.find(database);
    return name == proposal_.directory->tenant_of.end() ? database : name->second;
  }

  /// The smallest that hold something, but never all of the tenants.
  void choose_canary() {
    std::stable_sort(
        tenants_.begin(), tenants_.end(),
        [](const DatabaseShape* a, const DatabaseShape* b) { return a->bytes < b->bytes; });
    for (const DatabaseShape* shape : tenants_) {
      if (proposal_.canary.size() == std::min(kCanaryTenants, tenants_.size() - 1)) break;
      const std::string name = tenant_name(shape->name);
      if (shape->tables > 0 && name.find_first_of("%*?") == std::string::npos) {
        proposal_.canary.push_back(name);
      }
    }
    std::sort(proposal_.canary.begin(), proposal_.canary.end());
  }

  const ProposalOptions& options_;
  mariadb::Connection& source_;
  const std::vector<DatabaseShape> shapes_;
  std::vector<const DatabaseShape*> tenants_;
  Proposal proposal_;
};

void refuse_password(const std::string& uri, const std::string& option) {
  if (!holds_password(uri)) return;
  throw Error(ErrorKind::usage, option + ": the URI holds a password",
              "Passwords come from GODWIT_SOURCE_PASSWORD, option files, PGPASSFILE or PGSERVICE.");
}

}  // namespace

std::string propose_plan(const ProposalOptions& options, mariadb::Connection& source) {
  refuse_password(options.source_uri, "--source");
  for (const std::string& uri : options.target_uris)
    refuse_password(uri, "--target");
  if (!options.tenancy.empty() && options.tenancy != "database" && options.tenancy != "row") {
    throw Error(ErrorKind::usage,
                "--tenancy: expected database or row, found '" + printable(options.tenancy) + "'");
  }
  std::string text = Proposer(options, source).run();

  Diagnostics diagnostics;
  parse_plan(text, "proposed plan", diagnostics);
  if (!diagnostics.empty()) {
    throw Error(ErrorKind::plan_invalid,
                "no valid plan can be made of this:\n" + to_string(diagnostics));
  }
  return text;
}

}  // namespace godwit::plan
