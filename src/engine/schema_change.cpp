#include "schema_change.hpp"

#include <algorithm>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "table_change.hpp"

namespace godwit::engine {
namespace {

using Kind = capture::SchemaStatement::Kind;

bool is_excluded(const SchemaVariant& schema, const std::string& table) {
  return schema.model.find_table(table) != nullptr &&
         schema.target.find_source_table(table) == nullptr;
}

class SaidReader {
 public:
  explicit SaidReader(const SchemaVariant& before) : before_(before) {}

  void take(const capture::SchemaStatement& statement) {
    switch (statement.kind) {
      case Kind::create_table: said_.created.insert(statement.tables.front()); break;
      case Kind::change_table: said_.changed.insert(statement.tables.front()); break;
      case Kind::rename: break;
      case Kind::other:
        if (concerns_nothing(statement)) return;
        throw Error(ErrorKind::rejected, "this can't be replayed: " + printable(statement.what));
    }
    for (const auto& [from, to] : statement.renames)
      rename(from, to);
  }

  SaidChanges result() { return std::move(said_); }

 private:
  [[nodiscard]] bool concerns_nothing(const capture::SchemaStatement& statement) const {
    return !statement.tables.empty() &&
           std::all_of(statement.tables.begin(), statement.tables.end(),
                       [&](const std::string& table) { return is_excluded(before_, table); });
  }

  void rename(const std::string& from, const std::string& to) {
    said_.moved.insert({from, to});
    move(said_.changed, from, to);
    for (auto& [first, last] : said_.renames) {
      if (last != from) continue;
      last = to;
      return;
    }
    if (move(said_.created, from, to)) return;
    said_.renames.insert_or_assign(from, to);
  }

  static bool move(std::set<std::string>& names, const std::string& from, const std::string& to) {
    if (names.erase(from) == 0) return false;
    names.insert(to);
    return true;
  }

  const SchemaVariant& before_;
  SaidChanges said_;
};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// Expressions and keys name the database that they stand in: tenants with one schema share a model,
/// so that the two that are compared may be of different ones.
mariadb::Database without_name(const mariadb::Database& model) {
  mariadb::Database database = model;
  const std::string qualifier = mariadb::quote_identifier(database.name) + ".";
  for (mariadb::Table& table : database.tables) {
    for (mariadb::Column& column : table.columns) {
      replace_all(column.generation_expression, qualifier, "``.");
      if (column.default_text) replace_all(*column.default_text, qualifier, "``.");
    }
    for (mariadb::Check& check : table.checks)
      replace_all(check.expression, qualifier, "``.");
    for (mariadb::ForeignKey& key : table.foreign_keys) {
      if (key.referenced_database == database.name) key.referenced_database.clear();
    }
  }
  database.name.clear();
  return database;
}

class Comparison {
 public:
  Comparison(const SchemaVariant& before, const SchemaVariant& after, const SaidChanges& said)
      : before_(before),
        after_(after),
        said_(said),
        old_model_(without_name(before.model)),
        new_model_(without_name(after.model)) {}

  SchemaChange run() {
    rename_references();
    compare_sequences();
    for (const mariadb::Table& table : old_model_.tables)
      compare_table(table);
    for (const mariadb::Table& table : new_model_.tables)
      add_table(table);
    SchemaChange change;
    for (const std::string& sql : after_.target.prelude_sql) {
      const auto& known = before_.target.prelude_sql;
      if (std::find(known.begin(), known.end(), sql) == known.end()) change.sql.push_back(sql);
    }
    const std::vector<std::string> rest = script_.sql();
    change.sql.insert(change.sql.end(), rest.begin(), rest.end());
    change.changed = std::move(changed_);
    change.changed.insert(said_.moved.begin(), said_.moved.end());
    return change;
  }

 private:
  [[nodiscard]] std::string name_after(const std::string& table) const {
    const auto renamed = said_.renames.find(table);
    return renamed == said_.renames.end() ? table : renamed->second;
  }

  /// Foreign keys follow the tables that they refer to.
  void rename_references() {
    for (mariadb::Table& table : old_model_.tables) {
      for (mariadb::ForeignKey& key : table.foreign_keys) {
        if (key.referenced_database.empty())
          key.referenced_table = name_after(key.referenced_table);
      }
    }
  }

  void compare_sequences() {
    const auto equal = [](const mariadb::Sequence& one, const mariadb::Sequence& other) {
      return one.name == other.name && one.start == other.start &&
             one.increment == other.increment && one.minimum == other.minimum &&
             one.maximum == other.maximum && one.cache == other.cache && one.cycle == other.cycle;
    };
    if (!std::equal(old_model_.sequences.begin(), old_model_.sequences.end(),
                    new_model_.sequences.begin(), new_model_.sequences.end(), equal)) {
      throw Error(ErrorKind::rejected, "sequences were made, dropped or altered");
    }
    for (const schema::TargetSequence& old : before_.target.sequences) {
      for (const schema::TargetSequence& now : after_.target.sequences) {
        if (old.source_name == now.source_name) {
          script_.renames.add("SEQUENCE", old.name, now.name);
        }
      }
    }
  }

  void compare_table(const mariadb::Table& old) {
    const std::string name = name_after(old.name);
    const schema::TargetTable* old_target = before_.target.find_source_table(old.name);
    const schema::TargetTable* new_target = after_.target.find_source_table(name);
    const mariadb::Table* now = new_model_.find_table(name);
    if (old_target == nullptr && new_target == nullptr) {
      kept_.insert(name);  // it doesn't move
      return;
    }
    if (now == nullptr) refuse_change(old.name, "it is gone");
    if (old_target == nullptr || new_target == nullptr) {
      refuse_change(old.name,
                    "it is named " + printable(name) + " now, and the plan " +
                        (old_target == nullptr ? "left it out before" : "leaves that out"));
    }
    kept_.insert(name);
    const TableSide before{old_model_, old, *old_target};
    const TableSide after{new_model_, *now, *new_target};
    const TableDifference difference = compare_tables(before, after, script_);
    if (difference.rows) changed_.insert({old.name, name});
    if (difference.any) require_said(old, *now);
  }

  /// What no statement speaks of happened in a way that isn't in the binlog.
  void require_said(const mariadb::Table& old, const mariadb::Table& now) const {
    if (said_.changed.contains(now.name) || said_.renames.contains(old.name)) return;
    refuse_change(now.name, "its definition changed, of which the binlog says nothing here");
  }

  void add_table(const mariadb::Table& table) {
    if (kept_.contains(table.name)) return;
    const schema::TargetTable* target = after_.target.find_source_table(table.name);
    if (target == nullptr) return;  // it doesn't move
    if (!said_.created.contains(table.name)) {
      refuse_change(table.name, "it is there now, of which the binlog says nothing here");
    }
    create_table(*target, script_);
  }

  const SchemaVariant& before_;
  const SchemaVariant& after_;
  const SaidChanges& said_;
  mariadb::Database old_model_;
  mariadb::Database new_model_;
  ChangeScript script_;
  std::set<std::string> kept_;  // names after, of tables that were there before
  std::set<std::string> changed_;
};

}  // namespace

SaidChanges said_changes(const SchemaVariant& before,
                         const std::vector<capture::SchemaStatement>& statements) {
  SaidReader reader(before);
  for (const capture::SchemaStatement& statement : statements) {
    if (statement.redefines && statements.size() > 1) {
      throw Error(ErrorKind::rejected,
                  "a column of table " + printable(statement.tables.front()) +
                      " was defined anew among other changes: what its values went through isn't "
                      "known");
    }
    reader.take(statement);
  }
  return reader.result();
}

SchemaChange compare_schemas(const SchemaVariant& before, const SchemaVariant& after,
                             const SaidChanges& said) {
  return Comparison(before, after, said).run();
}

bool keeps_rows_between(const std::string& table, const SchemaVariant& before,
                        const SchemaVariant& after, const SchemaChange& change) {
  if (change.changed.contains(table)) return false;
  return before.model.find_table(table) != nullptr || after.model.find_table(table) != nullptr;
}

}  // namespace godwit::engine
