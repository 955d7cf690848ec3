#include "row_proposal.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "godwit/core/text.hpp"
#include "godwit/plan/classification.hpp"
#include "row_queries.hpp"
#include "source_names.hpp"

namespace godwit::plan {
namespace {

using mariadb::Column;
using mariadb::ForeignKey;
using mariadb::Table;

constexpr std::uint64_t kSmallRows = 10'000;    // reference data has no more
constexpr std::uint64_t kSharedRows = 100'000;  // a copy for every tenant of more is a question

/// People and what lets them in: a copy for every tenant is nothing to guess.
constexpr std::array<std::string_view, 8> kPeopleWords = {
    "user", "login", "session", "password", "credential", "token", "admin", "permission"};

bool holds_people(const Table& table) {
  const auto speaks = [](std::string_view name) {
    const std::string lower = lowercase_ascii(name);
    return std::any_of(kPeopleWords.begin(), kPeopleWords.end(), [&](std::string_view word) {
      return lower.find(word) != std::string::npos;
    });
  };
  return speaks(table.name) ||
         std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& column) {
           return lowercase_ascii(column.name).find("password") != std::string::npos;
         });
}

/// A path as the plan writes it; names with its own signs can't be written.
bool can_write(const std::string& name) {
  return name.find_first_of(",<>") == std::string::npos && !name.starts_with(' ') &&
         !name.ends_with(' ');
}

std::string path_text(const ForeignKey& key) {
  return join(key.columns, ", ") + " -> " + key.referenced_table;
}

/// A foreign key on the way to a tenant, with what makes it the likelier one.
struct Step {
  const ForeignKey* key = nullptr;
  bool not_null = false;
  bool cascades = false;
  bool leads_key = false;  // its columns begin the primary key

  [[nodiscard]] auto rank() const { return std::tuple(not_null, cascades, leads_key); }
};

bool begins_primary_key(const Table& table, const std::vector<std::string>& columns) {
  const mariadb::Index* primary = table.primary_key();
  if (primary == nullptr || primary->parts.size() < columns.size()) return false;
  return std::equal(columns.begin(), columns.end(), primary->parts.begin(),
                    [](const std::string& column, const mariadb::IndexPart& part) {
                      return column == part.column && !part.prefix;
                    });
}

Step step_along(const Table& table, const ForeignKey& key) {
  Step step{&key};
  step.not_null = std::all_of(key.columns.begin(), key.columns.end(), [&](const auto& name) {
    const Column* column = table.find_column(name);
    return column != nullptr && !column->nullable;
  });
  step.cascades = key.on_delete == "CASCADE";
  step.leads_key = begins_primary_key(table, key.columns);
  return step;
}

class TableProposer {
 public:
  TableProposer(const mariadb::Database& database, const TenantColumn& tenant)
      : database_(database),
        tenant_(tenant),
        result_(database.tables.size()),
        decided_(database.tables.size(), false),
        reached_(database.tables.size(), false) {
    for (std::size_t i = 0; i < database.tables.size(); ++i)
      index_.emplace(database.tables[i].name, i);
  }

  std::vector<ProposedTable> run() {
    for (std::size_t i = 0; i < result_.size(); ++i) {
      result_[i].name = database_.tables[i].name;
      if (i != tenant_.directory) propose_owned(i);
    }
    // its row is the tenant's own
    reached_[tenant_.directory] = true;
    // a path that may be NULL only where no other leads to a tenant
    bool more = true;
    while (more)
      more = propose_inherited(true) || propose_inherited(false);
    propose_directory();
    for (std::size_t i = 0; i < result_.size(); ++i) {
      if (!decided_[i]) propose_guess(i);
    }
    for (std::size_t i = 0; i < result_.size(); ++i) {
      if (!decided_[i]) question_other(i);
    }
    more = true;
    while (more)
      more = follow_questions();
    for (std::size_t i = 0; i < result_.size(); ++i) {
      if (!decided_[i]) share(i);
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::optional<std::size_t> target_of(const ForeignKey& key) const {
    const auto table = index_.find(key.referenced_table);
    if (table == index_.end() || key.referenced_database != database_.name) return std::nullopt;
    return table->second;
  }

  void own(std::size_t table, const std::string& column) {
    decided_[table] = true;
    reached_[table] = true;
    result_[table].kind = TableClass::owned;
    result_[table].column = column;
    result_[table].by_default = column == tenant_.column;
  }

  void ask(std::size_t table, std::string why) {
    decided_[table] = true;
    result_[table].kind = TableClass::undecided;
    result_[table].comment = std::move(why);
  }

  void propose_owned(std::size_t index) {
    const Table& table = database_.tables[index];
    const Column& key = *database_.tables[tenant_.directory].find_column(tenant_.key);
    std::vector<std::string> columns;
    for (const ForeignKey& foreign : table.foreign_keys) {
      if (foreign.columns.size() == 1 && target_of(foreign) == tenant_.directory &&
          foreign.referenced_columns.front() == tenant_.key) {
        columns.push_back(foreign.columns.front());
      }
    }
    if (const Column* column = table.find_column(tenant_.column)) {
      const bool elsewhere = std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(),
                                         [&](const ForeignKey& foreign) {
                                           return foreign.columns == std::vector{tenant_.column} &&
                                                  target_of(foreign) != tenant_.directory;
                                         });
      if (elsewhere) return;
      if (same_routing(*column, key)) return own(index, tenant_.column);
      return ask(index, tenant_.column + " is " + column->declared_type + ", " + key.declared_type +
                            " in the directory: they can't be compared");
    }
    if (columns.size() == 1) return own(index, columns.front());
    if (columns.empty()) return;
    ask(index, "several columns name a tenant; which one owns the row? " +
                   alternatives(columns, "{ owned: ", " }"));
  }

  static std::string alternatives(std::vector<std::string> parts, const std::string& before,
                                  const std::string& after) {
    for (std::string& part : parts)
      part = before + part + after;
    return join(parts, " or ");
  }

  /// Tables one step farther than those of the last rounds; whether there was one.
  bool propose_inherited(bool not_null) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < result_.size(); ++i) {
      if (decided_[i] || i == tenant_.directory) continue;
      const std::vector<Step> steps = steps_from(i);
      const bool fit = std::any_of(steps.begin(), steps.end(),
                                   [&](const Step& step) { return step.not_null || !not_null; });
      if (!fit) continue;
      choose(i, steps);
      found.push_back(i);
    }
    for (const std::size_t i : found) {
      decided_[i] = true;
      reached_[i] = result_[i].kind == TableClass::inherited;
    }
    return !found.empty();
  }

  /// Foreign keys to tables whose rows have reached their tenant.
  [[nodiscard]] std::vector<Step> steps_from(std::size_t index) const {
    const Table& table = database_.tables[index];
    std::vector<Step> steps;
    for (const ForeignKey& key : table.foreign_keys) {
      const auto target = target_of(key);
      if (!target || *target == index || !reached_[*target]) continue;
      if (can_follow(table, database_.tables[*target], key)) {
        steps.push_back(step_along(table, key));
      }
    }
    return steps;
  }

  static bool can_follow(const Table& table, const Table& parent, const ForeignKey& key) {
    for (std::size_t i = 0; i < key.columns.size(); ++i) {
      const Column* own = table.find_column(key.columns[i]);
      const Column* other = parent.find_column(key.referenced_columns[i]);
      if (own == nullptr || other == nullptr || !same_routing(*own, *other)) return false;
      if (!can_write(own->name)) return false;
    }
    // InnoDB takes any index for the referenced columns
    const std::set<std::string> columns(key.referenced_columns.begin(),
                                        key.referenced_columns.end());
    const bool unique =
        std::any_of(parent.indexes.begin(), parent.indexes.end(), [&](const auto& index) {
          return (index.primary || index.unique) &&
                 std::all_of(index.parts.begin(), index.parts.end(), [&](const auto& part) {
                   return !part.prefix && columns.contains(part.column);
                 });
        });
    return unique && can_write(parent.name);
  }

  void choose(std::size_t index, const std::vector<Step>& steps) {
    // of equals the first declared
    const Step& best =
        *std::max_element(steps.begin(), steps.end(),
                          [](const Step& a, const Step& b) { return a.rank() < b.rank(); });
    std::vector<std::string> others;
    bool equal = false;
    for (const Step& step : steps) {
      if (step.key->referenced_table == best.key->referenced_table) continue;
      others.push_back("\"" + path_text(*step.key) + "\"");
      // without NOT NULL none of them is the way of every row
      equal = equal || step.rank() == best.rank() || !best.not_null;
    }
    ProposedTable& table = result_[index];
    if (equal) {
      others.insert(others.begin(), "\"" + path_text(*best.key) + "\"");
      table.comment = "several paths lead to a tenant; which one decides? " +
                      alternatives(others, "{ inherited: [", "] }");
      return;
    }
    table.kind = TableClass::inherited;
    table.path = path_text(*best.key);
    if (!others.empty()) table.comment = "leads to a tenant, too: " + join(others, ", ");
    if (!best.not_null) table.comment = "rows with NULL there belong to nobody; check counts them";
  }

  void propose_directory() {
    const Table& directory = database_.tables[tenant_.directory];
    decided_[tenant_.directory] = true;
    ProposedTable& table = result_[tenant_.directory];
    find_referred();
    const bool referred = referred_[tenant_.directory];
    table.kind = referred ? TableClass::owned : TableClass::central;
    if (referred) {
      table.column = tenant_.key;
      table.by_default = tenant_.key == tenant_.column;
      table.comment = "the directory: each tenant gets its own row of it";
      find_referred();
    } else {
      table.comment = "the directory: no table of the tenants refers to " + directory.name;
    }
  }

  /// To be called when tables have become the tenants'.
  void find_referred() {
    referred_.assign(result_.size(), false);
    for (std::size_t i = 0; i < result_.size(); ++i) {
      if (!of_tenants(result_[i].kind)) continue;
      for (const ForeignKey& key : database_.tables[i].foreign_keys) {
        const auto target = target_of(key);
        if (target && *target != i) referred_[*target] = true;
      }
    }
  }

  /// A column whose name speaks of a tenants' table, where no foreign key says anything.
  void propose_guess(std::size_t index) {
    const Table& table = database_.tables[index];
    for (const Column& column : table.columns) {
      const auto parent = table_of_name(database_, column.name);
      if (!parent || *parent == index) continue;
      const Table& target = database_.tables[*parent];
      const bool to_directory = *parent == tenant_.directory;
      if (!to_directory && !of_tenants(result_[*parent].kind)) continue;
      const std::string key = to_directory ? tenant_.key : single_key(target);
      if (key.empty() || !same_routing(column, *target.find_column(key))) continue;
      ask(index,
          "guess: confirm " +
              (to_directory ? "{ owned: " + column.name + " }"
                            : "{ inherited: [\"" + column.name + " -> " + target.name + "\"] }") +
              "; no foreign key declares it");
      result_[index].guess = Guess{column.name, *parent, key};
      return;
    }
  }

  /// What refers to a question is one itself; whether there was one.
  bool follow_questions() {
    for (std::size_t i = 0; i < result_.size(); ++i) {
      if (decided_[i]) continue;
      for (const ForeignKey& key : database_.tables[i].foreign_keys) {
        const auto target = target_of(key);
        if (!target || !decided_[*target] || result_[*target].kind != TableClass::undecided) {
          continue;
        }
        ask(i, "depends on " + key.referenced_table + ": { inherited: [\"" + path_text(key) +
                   "\"] } if its rows have a tenant");
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::string rows_of(std::size_t index) const {
    return "about " + human_count(database_.tables[index].row_estimate) + " rows";
  }

  void question_other(std::size_t index) {
    const Table& table = database_.tables[index];
    const bool referred = referred_[index];
    for (const ForeignKey& key : table.foreign_keys) {
      const auto target = target_of(key);
      if (!target || *target == index || !of_tenants(result_[*target].kind)) continue;
      return ask(index, path_text(key) +
                            " leads to a tenant, but by columns that are not unique there, or of "
                            "types that can't be routed by");
    }
    if (holds_people(table)) {
      ask(index, "no path to a tenant, " + rows_of(index) +
                     "; central (one for all, in a database of its own) or shared (a copy for "
                     "every tenant)?");
    } else if (table.row_estimate > (referred ? kSharedRows : kSmallRows)) {
      ask(index,
          "no path to a tenant, " + rows_of(index) + ", " +
              (referred ? "tables of tenants refer to it" : "no table of tenants refers to it") +
              "; shared, central or excluded?");
    }
  }

  void share(std::size_t index) {
    decided_[index] = true;
    result_[index].kind = TableClass::shared;
    result_[index].comment = referred_[index] ? "tables of tenants refer to it" : rows_of(index);
  }

  const mariadb::Database& database_;
  const TenantColumn& tenant_;
  std::vector<ProposedTable> result_;
  std::vector<bool> decided_;
  std::vector<bool> reached_;                                // a way to a tenant column is chosen
  std::vector<bool> referred_;                               // a tenants' table refers to it
  std::unordered_map<std::string_view, std::size_t> index_;  // of the tables, by name
};

}  // namespace

std::vector<ProposedTable> propose_tables(const mariadb::Database& database,
                                          const TenantColumn& tenant) {
  return TableProposer(database, tenant).run();
}

}  // namespace godwit::plan
