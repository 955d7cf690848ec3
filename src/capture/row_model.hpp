// Row tenancy's tables as routing needs them: whose rows they are, which columns tell, and what
// changes their tenants without a row image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "godwit/capture/row_router.hpp"
#include "godwit/mariadb/catalog.hpp"
#include "godwit/plan/classification.hpp"
#include "godwit/schema/target.hpp"
#include "routing_key.hpp"

namespace godwit::capture {

/// The keys of the directory; others are numbered from 1, the space of parent_keys()[i] is i + 1.
inline constexpr std::uint32_t kDirectorySpace = 0;

struct RoutedTable {
  struct Key {
    std::vector<KeyColumn> columns;
    std::uint32_t space = 0;
    /// No row refers to one that doesn't exist: a foreign key guards the path; of own_keys all
    /// paths to it.
    bool guarded = false;
  };

  std::string name;
  plan::TableClass kind = plan::TableClass::undecided;
  std::vector<std::string> columns;
  bool hides_columns = false;  // row images may have more at their end: implicit row_start, row_end
  std::vector<Key> paths;      // to its tenant: the first without NULL decides
  std::vector<Key> own_keys;   // that other tables' paths lead to
  /// Indexes of columns: when one of them changes, foreign keys change or null columns of other
  /// tables that those are routed by, without an image of it.
  std::vector<std::size_t> cascading;
  /// The same when a row is deleted.
  bool nulls_on_delete = false;

  [[nodiscard]] bool is_parent() const { return !own_keys.empty(); }
  /// Whether the columns that routing looks at have these names, by their place.
  [[nodiscard]] bool looks_at_the_same(const mariadb::Table& other) const;
};

class RowModel {
 public:
  /// `tenants`: what their databases consist of. Copies what it needs. Throws Error(rejected) when
  /// columns that are to be compared have forms that can't be.
  RowModel(const plan::Classification& classification, const mariadb::Database& database,
           const schema::TargetSchema& tenants, const CharsetLookup& charsets);

  /// nullptr: no such table.
  [[nodiscard]] const RoutedTable* find(std::string_view table) const;
  [[nodiscard]] const std::string& database() const { return database_; }
  /// Where tenants' keys are compared; nullptr: no table is owned.
  [[nodiscard]] const KeyColumn* tenant_column() const {
    return tenant_column_ ? &*tenant_column_ : nullptr;
  }
  [[nodiscard]] const std::vector<ParentKey>& parent_keys() const { return parent_keys_; }
  /// Of parent_keys()[i].
  [[nodiscard]] const std::vector<KeyColumn>& key_columns(std::size_t i) const {
    return key_columns_.at(i);
  }

 private:
  std::string database_;
  std::vector<RoutedTable> tables_;  // in the order of the classification
  std::unordered_map<std::string, std::size_t> by_name_;
  std::optional<KeyColumn> tenant_column_;
  std::vector<ParentKey> parent_keys_;
  std::vector<std::vector<KeyColumn>> key_columns_;
};

/// Fills `cascading` and `nulls_on_delete`; `tables` as RowModel has them, paths and keys filled.
void find_silent_changes(const mariadb::Database& database, std::vector<RoutedTable>& tables);

}  // namespace godwit::capture
