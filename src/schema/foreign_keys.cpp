#include "foreign_keys.hpp"

#include <algorithm>

#include "collation.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"
#include "indexes.hpp"

namespace godwit::schema {

namespace {

using mariadb::ForeignKey;
using postgres::quote_identifier;

bool is_integer(TargetForm form) {
  return form == TargetForm::int2 || form == TargetForm::int4 || form == TargetForm::int8;
}

bool comparable(const TargetColumn& child, const TargetColumn& parent) {
  return child.form == parent.form || (is_integer(child.form) && is_integer(parent.form));
}

class ForeignKeyBuilder {
 public:
  ForeignKeyBuilder(BuildContext& context, TableBuild child, const std::vector<TableBuild>& tables)
      : context_(context), child_(child), tables_(tables) {}

  void build(const ForeignKey& key) {
    key_ = &key;
    const TableBuild* parent = find_parent();
    if (parent == nullptr || !columns_fit(*parent)) return;
    if (!has_plain_unique(*parent, key.referenced_columns)) {
      return report("foreign-key-not-unique", Severity::degraded,
                    "the foreign key refers to columns without a unique key of their own (" +
                        join(key.referenced_columns, ", ") + " of " + key.referenced_table +
                        "), which PostgreSQL doesn't allow: it is left out, its cascades with it",
                    "give the referenced columns a unique key, or keep the reference in the "
                    "application");
    }
    report_collation(*parent);
    const std::string name = names_.add(key.name, key.name);
    const std::string table = quote_identifier(child_.target.name);
    const bool self = parent->source.name == child_.source.name;
    child_.target.foreign_keys.push_back(
        {name,
         "ALTER TABLE " + table + " ADD CONSTRAINT " + quote_identifier(name) + " FOREIGN KEY (" +
             column_list(child_, key.columns) + ") REFERENCES " +
             quote_identifier(parent->target.name) + " (" +
             column_list(*parent, key.referenced_columns) + ")" +
             action(" ON DELETE ", key.on_delete, false) +
             action(" ON UPDATE ", key.on_update, self) + " NOT VALID",
         "ALTER TABLE " + table + " VALIDATE CONSTRAINT " + quote_identifier(name), key.name,
         target_names(child_, key.columns), parent->target.name,
         target_names(*parent, key.referenced_columns)});
  }

 private:
  void report(const char* code, Severity severity, std::string message, std::string fix) {
    context_.findings.add(code, severity, child_.object(key_->name), std::move(message),
                          std::move(fix));
  }

  const TableBuild* find_parent() {
    if (key_->referenced_database != context_.database.name) {
      report("foreign-key-other-database", Severity::degraded,
             "the foreign key refers to " + key_->referenced_database + "." +
                 key_->referenced_table +
                 ": keys don't reach into another PostgreSQL database, it "
                 "is left out, its cascades with it",
             "keep the reference in the application");
      return nullptr;
    }
    const auto parent = std::find_if(tables_.begin(), tables_.end(), [&](const TableBuild& table) {
      return table.source.name == key_->referenced_table;
    });
    if (parent != tables_.end()) return &*parent;
    report("foreign-key-no-table", Severity::degraded,
           "the foreign key refers to the table " + key_->referenced_table +
               ", which is excluded or doesn't exist: it is left out",
           "migrate that table too, or drop the key on the source");
    return nullptr;
  }

  bool columns_fit(const TableBuild& parent) {
    for (std::size_t i = 0; i < key_->columns.size(); ++i) {
      const TargetColumn* child = child_.find(key_->columns[i]);
      const TargetColumn* other = parent.find(key_->referenced_columns[i]);
      if (child == nullptr || other == nullptr) {
        report("foreign-key-no-column", Severity::degraded,
               "the foreign key is left out: a column of it isn't on the target",
               "see the column's own finding");
        return false;
      }
      if (comparable(*child, *other)) continue;
      report("foreign-key-types", Severity::error,
             "the key's columns have different types on the target: " + key_->columns[i] + " " +
                 child->type + ", " + key_->referenced_table + "." + key_->referenced_columns[i] +
                 " " + other->type,
             "override both columns' types in the same way");
      return false;
    }
    return true;
  }

  void report_collation(const TableBuild& parent) {
    for (const std::string& column : key_->referenced_columns) {
      const TargetColumn* target = parent.find(column);
      const mariadb::Column& source = parent.source_of(*target);
      if (source.charset.empty() || target->form != TargetForm::text) continue;
      if (!source.members.empty()) continue;  // ENUM, SET: stored as declared
      if (collation_rule(source.collation).exact()) continue;
      report("foreign-key-collation", Severity::silent,
             "the key compares by " + source.collation +
                 " on the source, byte by byte on the "
                 "target: a row that spells its parent's key otherwise is an orphan there",
             "spell the key as its parent does: UPDATE child JOIN parent USING (…) SET …");
      return;
    }
  }

  static std::vector<std::string> target_names(const TableBuild& table,
                                               const std::vector<std::string>& columns) {
    std::vector<std::string> names;
    names.reserve(columns.size());
    for (const std::string& column : columns)
      names.push_back(table.find(column)->name);
    return names;
  }

  static std::string column_list(const TableBuild& table, const std::vector<std::string>& columns) {
    std::vector<std::string> names = target_names(table, columns);
    for (std::string& name : names)
      name = quote_identifier(name);
    return join(names, ", ");
  }

  /// `restricted`: InnoDB treats this action as RESTRICT, whatever the table says.
  std::string action(const char* clause, const std::string& action, bool restricted) {
    if (action == "SET DEFAULT") {
      report("foreign-key-set-default", Severity::info,
             std::string(clause + 1) + action + " becomes NO ACTION, as InnoDB acts", "");
      return {};
    }
    if (action != "CASCADE" && action != "SET NULL") return {};
    if (restricted) {
      report("foreign-key-self-update", Severity::info,
             std::string(clause + 1) + action +
                 " of a table to itself becomes NO ACTION, as InnoDB "
                 "acts",
             "");
      return {};
    }
    return clause + action;
  }

  BuildContext& context_;
  TableBuild child_;
  const std::vector<TableBuild>& tables_;
  NameSet names_;
  const ForeignKey* key_ = nullptr;
};

}  // namespace

void build_foreign_keys(BuildContext& context, TableBuild child,
                        const std::vector<TableBuild>& tables) {
  ForeignKeyBuilder builder(context, child, tables);
  for (const ForeignKey& key : child.source.foreign_keys)
    builder.build(key);
}

}  // namespace godwit::schema
