#include "table_change.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::engine {
namespace {

using mariadb::Column;
using postgres::quote_identifier;
using schema::TargetColumn;
using schema::TargetForeignKey;
using schema::TargetIndex;

std::string column_text(const Column& column) {
  std::string text = printable(column.declared_type);
  if (!column.collation.empty()) text += " COLLATE " + column.collation;
  text += column.nullable ? " NULL" : " NOT NULL";
  if (column.default_text) text += " DEFAULT " + printable(*column.default_text);
  if (column.auto_increment) text += " AUTO_INCREMENT";
  if (!column.generation_expression.empty()) {
    text += " AS (" + printable(column.generation_expression) + ")";
  }
  return text;
}

/// In all that decides what is stored.
bool holds_the_same(const Column& before, const Column& after) {
  return before.type == after.type && before.declared_type == after.declared_type &&
         before.nullable == after.nullable && before.octet_length == after.octet_length &&
         before.charset == after.charset && before.collation == after.collation &&
         before.members == after.members && before.srid == after.srid &&
         before.auto_increment == after.auto_increment &&
         before.generation_expression == after.generation_expression &&
         before.stored_generated == after.stored_generated && before.compressed == after.compressed;
}

bool stored_the_same(const TargetColumn& before, const TargetColumn& after) {
  return before.name == after.name && before.type == after.type && before.form == after.form &&
         before.policies == after.policies && before.not_null == after.not_null &&
         before.identity == after.identity && before.check_sql == after.check_sql &&
         before.owned_sequence.empty() == after.owned_sequence.empty();
}

template <class Item>
const Item* find_source(const std::vector<Item>& items, const std::string& source_name) {
  const auto at = std::find_if(items.begin(), items.end(),
                               [&](const Item& item) { return item.source_name == source_name; });
  return at == items.end() ? nullptr : &*at;
}

template <class Item>
const Item* find_name(const std::vector<Item>& items, const std::string& name) {
  const auto at =
      std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  return at == items.end() ? nullptr : &*at;
}

void erase_first(std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  if (at != std::string::npos) text.erase(at, part.size());
}

/// An index's statement without its own and its table's name: equal for equal indexes.
std::string definition(const TargetIndex& index, const std::string& table) {
  std::string text = index.sql;
  erase_first(text, quote_identifier(index.name));
  erase_first(text, quote_identifier(table));
  return text;
}

bool is_constraint(const TargetIndex& index) { return index.sql.starts_with("ALTER TABLE "); }

std::set<std::string> key_columns(const schema::TargetTable& table) {
  std::set<std::string> names;
  for (const std::size_t column : table.key)
    names.insert(table.columns[column].source_name);
  return names;
}

class TableComparison {
 public:
  TableComparison(const TableSide& before, const TableSide& after, ChangeScript& script)
      : before_(before), after_(after), script_(script), table_(after.target.name) {}

  TableDifference run() {
    script_.renames.add("TABLE", before_.target.name, table_);
    differs_ = rows_differ_ = before_.source.name != after_.source.name;
    compare_table();
    compare_columns();
    compare_indexes();
    compare_foreign_keys();
    return {differs_, rows_differ_};
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    refuse_change(after_.source.name, problem);
  }

  void compare_table() {
    const mariadb::Table& before = before_.source;
    const mariadb::Table& after = after_.source;
    if (before.engine != after.engine) {
      refuse("the engine was " + printable(before.engine) + ", it is " + printable(after.engine));
    }
    if (before.system_versioned != after.system_versioned ||
        before.partitioned != after.partitioned) {
      refuse("its versioning or partitions changed");
    }
    if (before.comment != after.comment) {
      comment("TABLE " + quote_identifier(table_), after.comment);
    }
    const auto same_check = [](const mariadb::Check& one, const mariadb::Check& other) {
      return one.name == other.name && one.expression == other.expression;
    };
    differs_ |= before.collation != after.collation ||
                !std::equal(before.checks.begin(), before.checks.end(), after.checks.begin(),
                            after.checks.end(), same_check);
  }

  void comment(const std::string& object, const std::string& text) {
    differs_ = true;
    script_.comments.push_back("COMMENT ON " + object + " IS " +
                               (text.empty() ? "NULL" : postgres::quote_literal(text)));
  }

  void compare_columns() {
    for (const Column& column : before_.source.columns) {
      const Column* after = after_.source.find_column(column.name);
      if (after == nullptr) {
        refuse("column " + printable(column.name) + " (" + column_text(column) + ") is gone");
      }
      if (!holds_the_same(column, *after)) {
        refuse("column " + printable(column.name) + " was " + column_text(column) + ", it is " +
               column_text(*after));
      }
      compare_column(column, *after);
    }
    for (const Column& column : after_.source.columns) {
      if (before_.source.find_column(column.name) == nullptr) add_column(column);
    }
    std::size_t next = 0;
    for (const Column& column : after_.source.columns) {
      if (before_.source.find_column(column.name) == nullptr) continue;
      if (before_.source.columns[next++].name != column.name) {
        differs_ = rows_differ_ = true;  // the order: the plan knows it, the target doesn't care
      }
    }
  }

  void compare_column(const Column& before, const Column& after) {
    const TargetColumn* old = find_source(before_.target.columns, before.name);
    const TargetColumn* now = find_source(after_.target.columns, after.name);
    if (old == nullptr && now == nullptr) return;  // an error finding, which refuses the tenant
    if (old == nullptr || now == nullptr || !stored_the_same(*old, *now)) {
      refuse("column " + printable(before.name) + " is another one on the target: it was " +
             (old == nullptr ? "missing" : schema::column_sql(*old)) + ", it would be " +
             (now == nullptr ? "missing" : schema::column_sql(*now)));
    }
    const std::string column = quote_identifier(now->name);
    if (now->owned_sequence.empty()) {
      if (old->default_sql != now->default_sql) {
        differs_ = true;
        script_.columns.push_back(
            "ALTER TABLE " + quote_identifier(table_) + " ALTER COLUMN " + column +
            (now->default_sql.empty() ? " DROP DEFAULT" : " SET DEFAULT " + now->default_sql));
      }
    } else {
      script_.renames.add("SEQUENCE", old->owned_sequence, now->owned_sequence);
    }
    if (before.comment != after.comment) {
      comment("COLUMN " + quote_identifier(table_) + "." + column, after.comment);
    }
    differs_ |= before.default_text != after.default_text ||
                before.on_update_now != after.on_update_now || before.invisible != after.invisible;
  }

  void add_column(const Column& column) {
    const TargetColumn* target = find_source(after_.target.columns, column.name);
    const std::string named =
        "column " + printable(column.name) + " (" + column_text(column) + ") was added";
    if (target == nullptr) refuse(named + ", which isn't on the target");
    if (!schema::has_constant_default(column)) {
      refuse(named + ": which values the rows that are there got isn't known");
    }
    const bool has_value = column.default_text && *column.default_text != "NULL";
    if (has_value && target->default_sql.empty()) {
      refuse(named + ": its default has no equal on the target");
    }
    if (!column.nullable && !has_value) {
      refuse(named + ": it takes no NULL and has no default");
    }
    differs_ = rows_differ_ = true;
    script_.columns.push_back("ALTER TABLE " + quote_identifier(table_) + " ADD COLUMN " +
                              schema::column_sql(*target));
    if (!column.comment.empty()) {
      comment("COLUMN " + quote_identifier(table_) + "." + quote_identifier(target->name),
              column.comment);
    }
  }

  // --- indexes ---

  using Indexes = std::vector<const TargetIndex*>;

  void compare_indexes() {
    if (!before_.target.key.empty() && key_columns(before_.target) != key_columns(after_.target)) {
      refuse("the key that tells its rows apart changed");
    }
    Indexes gone;
    Indexes made;
    for (const TargetIndex& index : before_.target.indexes)
      gone.push_back(&index);
    for (const TargetIndex& index : after_.target.indexes)
      made.push_back(&index);
    const std::string& old_table = before_.target.name;
    // first those that kept their names on the source, then those that were renamed there
    for (const bool by_name : {true, false}) {
      for (const TargetIndex*& index : made) {
        const auto match = std::find_if(gone.begin(), gone.end(), [&](const TargetIndex* old) {
          return old != nullptr && (!by_name || old->source_name == index->source_name) &&
                 definition(*old, old_table) == definition(*index, table_);
        });
        if (match == gone.end()) continue;
        keep_index(**match, *index);
        *match = nullptr;
        index = nullptr;
      }
      std::erase(made, nullptr);
      std::erase(gone, nullptr);
    }
    for (const TargetIndex* index : gone)
      drop_index(*index);
    for (const TargetIndex* index : made)
      make_index(*index);
    compare_index_sources();
  }

  void keep_index(const TargetIndex& before, const TargetIndex& after) {
    script_.renames.add("INDEX", before.name, after.name);
    differs_ |= before.source_name != after.source_name;
    const std::string old_comment = comment_of(before_.source, before.source_name);
    const std::string new_comment = comment_of(after_.source, after.source_name);
    if (old_comment != new_comment) comment("INDEX " + quote_identifier(after.name), new_comment);
  }

  static std::string comment_of(const mariadb::Table& table, const std::string& index) {
    const mariadb::Index* found = find_name(table.indexes, index);
    return found == nullptr ? std::string() : found->comment;
  }

  void drop_index(const TargetIndex& index) {
    if (index.primary) refuse("the primary key changed");
    if (is_referenced(index)) {
      refuse("index " + printable(index.source_name) +
             " is gone, and a foreign key of the target may stand on it");
    }
    differs_ = true;
    script_.drops.push_back(is_constraint(index)
                                ? "ALTER TABLE " + quote_identifier(before_.target.name) +
                                      " DROP CONSTRAINT " + quote_identifier(index.name)
                                : "DROP INDEX " + quote_identifier(index.name));
  }

  [[nodiscard]] bool is_referenced(const TargetIndex& index) const {
    const mariadb::Index* source = find_name(before_.source.indexes, index.source_name);
    if (source == nullptr || !source->unique) return false;
    std::set<std::string> parts;
    for (const mariadb::IndexPart& part : source->parts)
      parts.insert(part.column);
    for (const mariadb::Table& child : before_.database.tables) {
      for (const mariadb::ForeignKey& key : child.foreign_keys) {
        const bool here = key.referenced_database == before_.database.name &&
                          key.referenced_table == before_.source.name;
        if (here && parts == std::set<std::string>(key.referenced_columns.begin(),
                                                   key.referenced_columns.end())) {
          return true;
        }
      }
    }
    return false;
  }

  void make_index(const TargetIndex& index) {
    if (index.primary) refuse("a primary key was added");
    differs_ = true;
    rows_differ_ |= index.unique;  // it refuses what the source still took
    script_.indexes.push_back(index.sql);
    const std::string text = comment_of(after_.source, index.source_name);
    // of the two that stand for a unique one, the comment is the first one's
    if (!text.empty() && find_source(after_.target.indexes, index.source_name) == &index) {
      comment("INDEX " + quote_identifier(index.name), text);
    }
  }

  /// Indexes that are on neither target, or are there in the same form: IGNORED, a spatial one.
  void compare_index_sources() {
    const auto equal = [](const mariadb::Index& one, const mariadb::Index& other) {
      return one.name == other.name && one.kind == other.kind && one.ignored == other.ignored &&
             one.unique == other.unique && one.parts.size() == other.parts.size();
    };
    differs_ |= !std::equal(before_.source.indexes.begin(), before_.source.indexes.end(),
                            after_.source.indexes.begin(), after_.source.indexes.end(), equal);
  }

  // --- foreign keys ---

  [[nodiscard]] static bool is_same(const mariadb::ForeignKey& before, const TableSide& old,
                                    const mariadb::ForeignKey& after, const TableSide& now) {
    const bool own_before = before.referenced_database == old.database.name;
    const bool own_after = after.referenced_database == now.database.name;
    return before.columns == after.columns && own_before == own_after &&
           (own_before || before.referenced_database == after.referenced_database) &&
           before.referenced_table == after.referenced_table &&
           before.referenced_columns == after.referenced_columns &&
           before.on_delete == after.on_delete && before.on_update == after.on_update;
  }

  void compare_foreign_keys() {
    std::vector<const mariadb::ForeignKey*> made;
    for (const mariadb::ForeignKey& key : after_.source.foreign_keys)
      made.push_back(&key);
    for (const mariadb::ForeignKey& key : before_.source.foreign_keys) {
      auto match = std::find_if(made.begin(), made.end(), [&](const mariadb::ForeignKey* now) {
        return now->name == key.name && is_same(key, before_, *now, after_);
      });
      if (match == made.end()) {
        // an automatic name follows the table's
        match = std::find_if(made.begin(), made.end(), [&](const mariadb::ForeignKey* now) {
          return is_same(key, before_, *now, after_);
        });
      }
      if (match == made.end()) refuse("foreign key " + printable(key.name) + " is gone or changed");
      compare_foreign_key(key, **match);
      made.erase(match);
    }
    if (!made.empty()) refuse("foreign key " + printable(made.front()->name) + " was added");
  }

  void compare_foreign_key(const mariadb::ForeignKey& before, const mariadb::ForeignKey& after) {
    const TargetForeignKey* old = find_source(before_.target.foreign_keys, before.name);
    const TargetForeignKey* now = find_source(after_.target.foreign_keys, after.name);
    if (old == nullptr && now == nullptr) return;
    if (now == nullptr) refuse("foreign key " + printable(before.name) + " has lost its footing");
    differs_ |= before.name != after.name;
    if (old != nullptr) {
      script_.renames.add_constraint(table_, old->name, now->name);
      return;
    }
    rows_differ_ = true;
    script_.foreign_keys.push_back(now->add_sql);  // what it refers to is there only now
    script_.validations.push_back(now->validate_sql);
  }

  const TableSide& before_;
  const TableSide& after_;
  ChangeScript& script_;
  const std::string& table_;  // on the target, behind the renames
  bool differs_ = false;
  bool rows_differ_ = false;
};

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

std::vector<std::string> ChangeScript::sql() const {
  std::vector<std::string> all = drops;
  append(all, renames.sql());
  for (const auto* part : {&columns, &tables, &indexes, &foreign_keys, &validations, &comments})
    append(all, *part);
  return all;
}

TableDifference compare_tables(const TableSide& before, const TableSide& after,
                               ChangeScript& script) {
  return TableComparison(before, after, script).run();
}

void create_table(const schema::TargetTable& table, ChangeScript& script) {
  script.tables.push_back(table.create_sql);
  for (const TargetIndex& index : table.indexes)
    script.indexes.push_back(index.sql);
  for (const TargetForeignKey& key : table.foreign_keys) {
    script.foreign_keys.push_back(key.add_sql);
    script.validations.push_back(key.validate_sql);
  }
  append(script.comments, table.comment_sql);
}

void refuse_change(const std::string& table, const std::string& problem) {
  throw Error(ErrorKind::rejected, "table " + printable(table) + ": " + problem);
}

}  // namespace godwit::engine
