#include "row_model.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::capture {
namespace {

using plan::ClassifiedTable;
using plan::RoutePath;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::rejected, what,
              "leave the columns that rows are routed by the types that the map gives them");
}

std::string name_of(const mariadb::Table& table, const KeyColumn& column) {
  return printable(table.name) + "." + printable(column.source.name);
}

/// Turns the classification's indexes into keys.
class Builder {
 public:
  Builder(const mariadb::Database& database, const schema::TargetSchema& tenants,
          const CharsetLookup& charsets)
      : database_(database), tenants_(tenants), charsets_(charsets) {}

  std::vector<KeyColumn> key(std::size_t table, const std::vector<std::size_t>& columns) const {
    const mariadb::Table& source = database_.tables.at(table);
    const schema::TargetTable& target = target_of(table);
    std::vector<KeyColumn> key;
    for (const std::size_t index : columns) {
      const auto found =
          std::find_if(target.columns.begin(), target.columns.end(),
                       [&](const auto& column) { return column.source_index == index; });
      if (found == target.columns.end()) {
        refuse("rows of " + printable(source.name) + " are routed by " +
               printable(source.columns.at(index).name) + ", which the target doesn't have");
      }
      KeyColumn column;
      column.index = index;
      column.source = source.columns.at(index);
      column.form = found->form;
      column.policies = found->policies;
      column.target_name = found->name;
      if (!column.source.charset.empty()) column.charset = charsets_(column.source.charset);
      key.push_back(std::move(column));
    }
    return key;
  }

  const schema::TargetTable& target_of(std::size_t table) const {
    const std::string& name = database_.tables.at(table).name;
    const schema::TargetTable* target = tenants_.find_source_table(name);
    if (target == nullptr) refuse("the tenants' databases have no table " + printable(name));
    return *target;
  }

  void compare(std::size_t table, const std::vector<KeyColumn>& own, std::size_t other_table,
               const std::vector<KeyColumn>& other) const {
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (is_comparable(own[i], other.at(i))) continue;
      refuse("rows are routed by comparing " + name_of(database_.tables.at(table), own[i]) +
             " (on the target a " + std::string(schema::name(own[i].form)) + ") with " +
             name_of(database_.tables.at(other_table), other[i]) + " (a " +
             std::string(schema::name(other[i].form)) + "): equal values would differ");
    }
  }

  /// Whether a foreign key says what the path says.
  bool is_guarded(std::size_t table, const RoutePath& path) const {
    const mariadb::Table& child = database_.tables.at(table);
    const mariadb::Table& parent = database_.tables.at(path.parent);
    const auto are = [](const std::vector<std::string>& names, const mariadb::Table& of,
                        const std::vector<std::size_t>& columns) {
      return std::equal(
          names.begin(), names.end(), columns.begin(), columns.end(),
          [&](const std::string& name, std::size_t at) { return of.columns.at(at).name == name; });
    };
    return std::any_of(child.foreign_keys.begin(), child.foreign_keys.end(), [&](const auto& key) {
      return key.referenced_database == database_.name && key.referenced_table == parent.name &&
             are(key.columns, child, path.columns) &&
             are(key.referenced_columns, parent, path.parent_columns);
    });
  }

 private:
  const mariadb::Database& database_;
  const schema::TargetSchema& tenants_;
  const CharsetLookup& charsets_;
};

}  // namespace

std::string ParentKey::copy_sql() const {
  std::vector<std::string> columns;
  columns.reserve(target_columns.size());
  for (const std::string& column : target_columns)
    columns.push_back(postgres::quote_identifier(column));
  return "COPY (SELECT " + join(columns, ", ") + " FROM " +
         postgres::quote_identifier(target_table) + ") TO STDOUT (FORMAT binary)";
}

bool RoutedTable::looks_at_the_same(const mariadb::Table& other) const {
  const auto same = [&](std::size_t index) {
    return index < other.columns.size() && other.columns[index].name == columns[index];
  };
  const auto all_same = [&](const std::vector<Key>& keys) {
    return std::all_of(keys.begin(), keys.end(), [&](const Key& key) {
      return std::all_of(key.columns.begin(), key.columns.end(),
                         [&](const KeyColumn& column) { return same(column.index); });
    });
  };
  return all_same(paths) && all_same(own_keys) &&
         std::all_of(cascading.begin(), cascading.end(), same);
}

RowModel::RowModel(const plan::Classification& classification, const mariadb::Database& database,
                   const schema::TargetSchema& tenants, const CharsetLookup& charsets)
    : database_(database.name) {
  const Builder builder(database, tenants, charsets);
  std::optional<std::size_t> first_owned;
  for (std::size_t i = 0; i < classification.tables.size(); ++i) {
    const ClassifiedTable& classified = classification.tables[i];
    const mariadb::Table& source = database.tables.at(i);
    RoutedTable table;
    table.name = classified.name;
    table.kind = classified.kind;
    for (const mariadb::Column& column : source.columns)
      table.columns.push_back(column.name);
    table.hides_columns = source.system_versioned;
    if (classified.tenant_column) {
      std::vector<KeyColumn> key = builder.key(i, {*classified.tenant_column});
      if (!first_owned) first_owned = i;
      if (!tenant_column_) tenant_column_ = key.front();
      builder.compare(i, key, *first_owned, {*tenant_column_});
      table.paths.push_back({std::move(key), kDirectorySpace, false});
    }
    by_name_.emplace(table.name, i);
    tables_.push_back(std::move(table));
  }
  std::map<std::pair<std::size_t, std::vector<std::size_t>>, std::size_t> known;
  for (std::size_t i = 0; i < classification.tables.size(); ++i) {
    for (const RoutePath& path : classification.tables[i].paths) {
      std::vector<RoutedTable::Key>& own_keys = tables_[path.parent].own_keys;
      const auto [space, is_new] =
          known.try_emplace({path.parent, path.parent_columns}, parent_keys_.size());
      if (is_new) {
        const schema::TargetTable& target = builder.target_of(path.parent);
        std::vector<KeyColumn> key = builder.key(path.parent, path.parent_columns);
        ParentKey parent{classification.tables[path.parent].name, target.name, {}};
        for (const KeyColumn& column : key)
          parent.target_columns.push_back(column.target_name);
        own_keys.push_back({key, static_cast<std::uint32_t>(parent_keys_.size() + 1), true});
        parent_keys_.push_back(std::move(parent));
        key_columns_.push_back(std::move(key));
      }
      std::vector<KeyColumn> key = builder.key(i, path.columns);
      builder.compare(i, key, path.parent, key_columns_[space->second]);
      const auto number = static_cast<std::uint32_t>(space->second + 1);
      const bool guarded = builder.is_guarded(i, path);
      for (RoutedTable::Key& own : own_keys) {
        if (own.space == number) own.guarded = own.guarded && guarded;
      }
      tables_[i].paths.push_back({std::move(key), number, guarded});
    }
  }
  find_silent_changes(database, tables_);
}

const RoutedTable* RowModel::find(std::string_view table) const {
  const auto found = by_name_.find(std::string(table));
  return found == by_name_.end() ? nullptr : &tables_[found->second];
}

}  // namespace godwit::capture
