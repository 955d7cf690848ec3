#include "godwit/plan/classification.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "crossing_keys.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/units.hpp"
#include "row_queries.hpp"

namespace godwit::plan {
namespace {

using mariadb::Column;
using mariadb::Table;

std::optional<std::size_t> index_of(const Table& table, std::string_view column) {
  const auto found =
      std::find_if(table.columns.begin(), table.columns.end(),
                   [&](const Column& candidate) { return candidate.name == column; });
  if (found == table.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - table.columns.begin());
}

class Classifier {
 public:
  Classifier(const RowTenancy& tenancy, const mariadb::Database& database)
      : tenancy_(tenancy), database_(database) {
    result_.database = database.name;
  }

  Classification run() {
    for (const Table& table : database_.tables)
      result_.tables.push_back(classify_table(table));
    for (std::size_t i = 0; i < result_.tables.size(); ++i)
      resolve_paths(i);
    set_levels();
    check_names();
    for (std::size_t i = 0; i < result_.tables.size(); ++i)
      check_index(i);
    for (Finding& finding : crossing_keys(result_, database_))
      result_.findings.push_back(std::move(finding));
    return std::move(result_);
  }

 private:
  void report(const char* code, Severity severity, const std::string& object, std::string message,
              std::string fix) {
    result_.findings.push_back(
        {code, severity, database_.name + "." + object, std::move(message), std::move(fix), {}});
  }

  ClassifiedTable classify_table(const Table& table) {
    ClassifiedTable classified;
    classified.name = table.name;
    if (const TableRule* rule = tenancy_.find_rule(table.name)) {
      classified.kind = rule->kind;
      classified.leave_unrouted = rule->leave_unrouted;
      if (rule->kind == TableClass::owned) set_tenant_column(table, rule->column, classified);
    } else if (!tenancy_.default_column.empty() && index_of(table, tenancy_.default_column)) {
      classified.kind = TableClass::owned;
      set_tenant_column(table, tenancy_.default_column, classified);
    }
    if (classified.kind == TableClass::undecided) {
      report("table-undecided", Severity::error, table.name,
             "the plan doesn't say whose rows these are",
             "add the table to tenancy.tables as { owned: COLUMN }, { inherited: [\"COLUMN -> "
             "TABLE\"] }, shared, central or excluded");
    }
    return classified;
  }

  void set_tenant_column(const Table& table, const std::string& column,
                         ClassifiedTable& classified) {
    classified.tenant_column = index_of(table, column);
    if (!classified.tenant_column) {
      report("tenant-column-missing", Severity::error, table.name,
             "the table has no column '" + column + "'", "correct the rule in tenancy.tables");
      return;
    }
    const Table* directory = database_.find_table(tenancy_.directory.table);
    const Column* key =
        directory == nullptr ? nullptr : directory->find_column(tenancy_.directory.key_column);
    if (key == nullptr) return;  // reported once, by check_names
    const Column& own = table.columns[*classified.tenant_column];
    if (same_routing(own, *key)) return;
    report("tenant-column-type", Severity::error, table.name + "." + column,
           "its type " + own.declared_type + " can't be compared with the directory's key (" +
               key->declared_type + ")",
           "give both columns one type: integers of any size, or the same CHAR, VARCHAR (UTF-8 or "
           "ASCII), BINARY or UUID");
  }

  void resolve_paths(std::size_t index) {
    ClassifiedTable& classified = result_.tables[index];
    if (classified.kind != TableClass::inherited) return;
    const Table& table = database_.tables[index];
    for (const TablePath& path : tenancy_.find_rule(table.name)->paths) {
      if (std::optional<RoutePath> resolved = resolve(table, path)) {
        classified.paths.push_back(std::move(*resolved));
      }
    }
    if (classified.paths.size() == 1) report_other_paths(index);
  }

  std::optional<RoutePath> resolve(const Table& table, const TablePath& path) {
    const auto fail = [&](const std::string& why) -> std::optional<RoutePath> {
      report("inherited-path-invalid", Severity::error, table.name,
             "the path " + join(path.columns, ", ") + " -> " + path.parent + " " + why,
             "correct the path in tenancy.tables");
      return std::nullopt;
    };
    const auto parent = std::find_if(
        result_.tables.begin(), result_.tables.end(),
        [&](const ClassifiedTable& candidate) { return candidate.name == path.parent; });
    if (parent == result_.tables.end()) return fail("leads to a table that doesn't exist");
    if (!of_tenants(parent->kind)) {
      return fail("leads to a table that is " + std::string(name(parent->kind)) +
                  ", which has no tenant");
    }
    RoutePath resolved;
    resolved.parent = static_cast<std::size_t>(parent - result_.tables.begin());
    const Table& parent_table = database_.tables[resolved.parent];
    const std::vector<std::string> referenced = referenced_columns(table, path, parent_table);
    if (referenced.size() != path.columns.size()) {
      return fail("has " + std::to_string(path.columns.size()) + " columns, and the parent's key " +
                  std::to_string(referenced.size()));
    }
    for (std::size_t i = 0; i < referenced.size(); ++i) {
      const auto own = index_of(table, path.columns[i]);
      const auto other = index_of(parent_table, referenced[i]);
      if (!own) return fail("begins at a column '" + path.columns[i] + "' that doesn't exist");
      if (!other) return fail("ends at a column '" + referenced[i] + "' that doesn't exist");
      if (!same_routing(table.columns[*own], parent_table.columns[*other])) {
        return fail("compares columns of types that differ: " + table.columns[*own].declared_type +
                    " and " + parent_table.columns[*other].declared_type);
      }
      resolved.columns.push_back(*own);
      resolved.parent_columns.push_back(*other);
    }
    if (!is_unique(parent_table, referenced)) {
      return fail("ends at columns (" + join(referenced, ", ") + ") that are not unique");
    }
    return resolved;
  }

  [[nodiscard]] bool is_internal(const mariadb::ForeignKey& key) const {
    return key.referenced_database == database_.name;
  }

  [[nodiscard]] std::vector<std::string> referenced_columns(const Table& table,
                                                            const TablePath& path,
                                                            const Table& parent) const {
    if (!path.parent_columns.empty()) return path.parent_columns;
    for (const mariadb::ForeignKey& key : table.foreign_keys) {
      if (is_internal(key) && key.referenced_table == path.parent && key.columns == path.columns) {
        return key.referenced_columns;
      }
    }
    std::vector<std::string> columns;
    if (const mariadb::Index* primary = parent.primary_key()) {
      for (const mariadb::IndexPart& part : primary->parts)
        columns.push_back(part.column);
    }
    return columns;
  }

  static bool is_unique(const Table& table, const std::vector<std::string>& columns) {
    const std::set<std::string> wanted(columns.begin(), columns.end());
    return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const auto& index) {
      if (!index.unique && !index.primary) return false;
      return std::all_of(index.parts.begin(), index.parts.end(), [&](const auto& part) {
        return !part.prefix && wanted.contains(part.column);
      });
    });
  }

  /// A key to another table of the tenants may lead to another tenant: `check` compares the rows.
  void report_other_paths(std::size_t index) {
    const Table& table = database_.tables[index];
    std::vector<std::string> others;
    for (const mariadb::ForeignKey& key : table.foreign_keys) {
      const ClassifiedTable* parent =
          is_internal(key) ? result_.find(key.referenced_table) : nullptr;
      if (parent == nullptr || !of_tenants(parent->kind) || parent->name == table.name) continue;
      if (index_of(table, key.columns.front()) ==
          result_.tables[index].paths.front().columns.front())
        continue;
      others.push_back(join(key.columns, ", ") + " -> " + key.referenced_table);
    }
    if (others.empty()) return;
    const RoutePath& chosen = result_.tables[index].paths.front();
    report("inherited-path-ambiguous", Severity::info, table.name,
           "the plan takes " + table.columns[chosen.columns.front()].name + " -> " +
               result_.tables[chosen.parent].name +
               "; other foreign keys lead to a tenant, too: " + join(others, "; "),
           "`check` says whether they lead to the same tenant");
  }

  void set_levels() {
    // at most as many rounds as the longest path; one more finds a cycle
    bool changed = true;
    for (std::size_t round = 0; changed && round <= result_.tables.size(); ++round) {
      changed = false;
      for (ClassifiedTable& table : result_.tables) {
        for (const RoutePath& path : table.paths) {
          const std::size_t level = result_.tables[path.parent].level + 1;
          if (level <= table.level) continue;
          table.level = level;
          changed = true;
        }
      }
    }
    if (!changed) return;
    for (ClassifiedTable& table : result_.tables) {
      if (table.level < result_.tables.size()) continue;
      report("inherited-cycle", Severity::error, table.name,
             "its path leads back to itself and never to a tenant column",
             "choose another path in tenancy.tables");
    }
  }

  void check_names() {
    const Table* directory = database_.find_table(tenancy_.directory.table);
    if (directory == nullptr) {
      report("no-such-table", Severity::error, tenancy_.directory.table,
             "the directory's table doesn't exist", "correct tenancy.directory.table");
    } else if (const Column* key = directory->find_column(tenancy_.directory.key_column);
               key == nullptr || !can_route(*key)) {
      report("tenant-column-type", Severity::error,
             directory->name + "." + tenancy_.directory.key_column,
             key == nullptr ? "the directory has no such column"
                            : "a key of type " + key->declared_type + " can't be routed by",
             "name an integer, CHAR, VARCHAR (UTF-8 or ASCII), BINARY or UUID column in "
             "tenancy.directory.key");
    }
    for (const auto& [pattern, rule] : tenancy_.tables) {
      const bool known = std::any_of(
          database_.tables.begin(), database_.tables.end(),
          [&, &pattern = pattern](const Table& table) { return matches(pattern, table.name); });
      if (known) continue;
      report("no-such-table", Severity::error, pattern, "tenancy.tables names no table",
             "correct the name, or take it out of the plan");
    }
    for (const std::string& name : tenancy_.dropped_keys) {
      if (find_key(name)) continue;
      report("no-such-key", Severity::error, name, "tenancy.drop_keys names no foreign key",
             "name it as TABLE.KEY, or take it out of the plan");
    }
  }

  [[nodiscard]] bool find_key(const std::string& name) const {
    for (const Table& table : database_.tables) {
      for (const mariadb::ForeignKey& key : table.foreign_keys) {
        if (table.name + "." + key.name == name) return true;
      }
    }
    return false;
  }

  void check_index(std::size_t index) {
    const ClassifiedTable& classified = result_.tables[index];
    const Table& table = database_.tables[index];
    const auto check = [&](std::size_t column) {
      if (tenant_access(table, table.columns[column].name) != TenantAccess::none) return;
      report("tenant-index-missing", Severity::info, table.name + "." + table.columns[column].name,
             "no index begins with the column: whoever reads one tenant reads the whole table; "
             "tenants of a wave are read together",
             "few large waves rather than many small ones; or an index");
    };
    if (classified.tenant_column) check(*classified.tenant_column);
    for (const RoutePath& path : classified.paths)
      check(path.columns.front());
    if (of_tenants(classified.kind) && !table.transactional() && !table.engine.empty()) {
      report("engine-without-snapshot", Severity::degraded, table.name,
             table.engine + " knows no snapshot: writes of all tenants wait while it is copied",
             "ALTER TABLE … ENGINE=InnoDB");
    }
  }

  const RowTenancy& tenancy_;
  const mariadb::Database& database_;
  Classification result_;
};

/// Keeps the tables of these classes, and the foreign keys among them; also those to other
/// databases and to tables that don't exist, which the schema reports.
template <class Keep>
mariadb::Database reduced(const Classification& classification, const mariadb::Database& database,
                          const std::vector<std::string>& dropped_keys, Keep keep) {
  mariadb::Database model = database;
  std::set<std::string_view> kept;
  for (const ClassifiedTable& table : classification.tables) {
    if (keep(table.kind)) kept.insert(table.name);
  }
  std::erase_if(model.tables, [&](const Table& table) { return !kept.contains(table.name); });
  for (Table& table : model.tables) {
    const TableClass own = classification.find(table.name)->kind;
    std::erase_if(table.foreign_keys, [&](const mariadb::ForeignKey& key) {
      if (std::find(dropped_keys.begin(), dropped_keys.end(), table.name + "." + key.name) !=
          dropped_keys.end()) {
        return true;
      }
      if (key.referenced_database != database.name) return false;
      const ClassifiedTable* parent = classification.find(key.referenced_table);
      if (parent == nullptr) return false;
      // a shared row is in every unit, the tenant's row that it refers to only in one
      return !kept.contains(parent->name) ||
             (own == TableClass::shared && of_tenants(parent->kind));
    });
  }
  std::erase_if(model.code, [&](const mariadb::CodeObject& code) {
    return !code.table.empty() && !kept.contains(code.table);
  });
  return model;
}

/// Builds tenant_condition().
class Condition {
 public:
  Condition(const Classification& classification, const mariadb::Database& database,
            const std::vector<std::string>& keys)
      : classification_(classification), database_(database), keys_(keys) {}

  /// `alias`: what the table is called in the query, quoted.
  std::string of(const ClassifiedTable& table, const std::string& alias) {
    const Table& own = *database_.find_table(table.name);
    if (table.tenant_column) return by_column(own.columns[*table.tenant_column], alias);
    std::string condition;
    std::string earlier_null;
    for (const RoutePath& path : table.paths) {
      std::string one = along(path, own, alias);
      if (!earlier_null.empty()) one = "(" + earlier_null + " AND " + one + ")";
      condition += (condition.empty() ? "" : " OR ") + one;
      earlier_null += (earlier_null.empty() ? "" : " AND ") + any_null(path, own, alias);
    }
    return table.paths.size() == 1 ? condition : "(" + condition + ")";
  }

 private:
  std::string by_column(const Column& column, const std::string& alias) const {
    const std::string place = alias + "." + mariadb::quote_identifier(column.name);
    const auto compare = [&](const std::string& what, const std::string& prefix) {
      if (keys_.size() == 1) return what + " = " + prefix + keys_.front();
      std::vector<std::string> keys;
      keys.reserve(keys_.size());
      for (const std::string& key : keys_)
        keys.push_back(prefix + key);
      return what + " IN (" + join(keys, ", ") + ")";
    };
    if (column.charset.empty()) return compare(place, "");
    // the collation's comparison may use an index, the bytes decide
    return "(" + compare(place, "") + " AND " + compare("BINARY " + place, "BINARY ") + ")";
  }

  std::string along(const RoutePath& path, const Table& own, const std::string& alias) {
    const ClassifiedTable& parent = classification_.tables[path.parent];
    const Table& parent_table = *database_.find_table(parent.name);
    const std::string parent_alias = "p" + std::to_string(++aliases_);
    std::vector<std::string> equalities;
    equalities.reserve(path.columns.size());
    for (std::size_t i = 0; i < path.columns.size(); ++i) {
      const Column& child_column = own.columns[path.columns[i]];
      const Column& parent_column = parent_table.columns[path.parent_columns[i]];
      equalities.push_back(routing_equality(
          parent_alias + "." + mariadb::quote_identifier(parent_column.name), parent_column,
          alias + "." + mariadb::quote_identifier(child_column.name), child_column));
    }
    return "EXISTS (SELECT 1 FROM " + mariadb::quote_identifier(database_.name) + "." +
           mariadb::quote_identifier(parent.name) + " AS " + parent_alias + " WHERE " +
           join(equalities, " AND ") + " AND " + of(parent, parent_alias) + ")";
  }

  static std::string any_null(const RoutePath& path, const Table& own, const std::string& alias) {
    std::vector<std::string> nulls;
    nulls.reserve(path.columns.size());
    for (const std::size_t column : path.columns) {
      nulls.push_back(alias + "." + mariadb::quote_identifier(own.columns[column].name) +
                      " IS NULL");
    }
    return "(" + join(nulls, " OR ") + ")";
  }

  const Classification& classification_;
  const mariadb::Database& database_;
  const std::vector<std::string>& keys_;
  std::size_t aliases_ = 0;
};

}  // namespace

const ClassifiedTable* Classification::find(std::string_view table) const {
  const auto found =
      std::find_if(tables.begin(), tables.end(),
                   [&](const ClassifiedTable& candidate) { return candidate.name == table; });
  return found == tables.end() ? nullptr : &*found;
}

std::size_t Classification::count(TableClass kind) const {
  return static_cast<std::size_t>(
      std::count_if(tables.begin(), tables.end(),
                    [&](const ClassifiedTable& table) { return table.kind == kind; }));
}

Classification classify(const RowTenancy& tenancy, const mariadb::Database& database) {
  return Classifier(tenancy, database).run();
}

mariadb::Database tenant_model(const RowTenancy& tenancy, const Classification& classification,
                               const mariadb::Database& database) {
  return reduced(classification, database, tenancy.dropped_keys,
                 [](TableClass kind) { return of_tenants(kind) || kind == TableClass::shared; });
}

mariadb::Database central_model(const Classification& classification,
                                const mariadb::Database& database) {
  return reduced(classification, database, {}, [](TableClass kind) {
    return kind == TableClass::central || kind == TableClass::shared;
  });
}

std::string tenant_condition(const Classification& classification,
                             const mariadb::Database& database, const ClassifiedTable& table,
                             const std::vector<std::string>& keys) {
  if (table.kind != TableClass::owned && table.kind != TableClass::inherited) return {};
  return Condition(classification, database, keys).of(table, mariadb::quote_identifier(table.name));
}

}  // namespace godwit::plan
