// How the rows of a schema are applied: what doesn't change from tenant to tenant. Built once per
// distinct schema.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/schema/codec.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::apply {

struct TablePlan {
  const mariadb::Table* source = nullptr;
  const schema::TargetTable* target = nullptr;
  /// By TargetTable::columns; null where the column needs none.
  std::vector<mariadb::CharsetPtr> charsets;
};

class CascadePlan;

/// Immutable: used by all appliers at once. Holds pointers into `model` and `target`, which must
/// outlive it.
class SchemaPlan {
 public:
  /// Loads the charsets it needs through `connection`. Throws as schema::RowCodec does.
  SchemaPlan(const mariadb::Database& model, const schema::TargetSchema& target,
             mariadb::Connection& connection);

  /// By the source table's name; nullptr: the table isn't on the target (excluded).
  [[nodiscard]] const TablePlan* find(std::string_view source_table) const;
  [[nodiscard]] const std::vector<TablePlan>& tables() const { return tables_; }
  [[nodiscard]] const mariadb::Database& model() const { return *model_; }
  [[nodiscard]] const schema::TargetSchema& target() const { return *target_; }
  /// For this room only.
  [[nodiscard]] const CascadePlan& cascades() const { return *cascades_; }

 private:
  const mariadb::Database* model_;
  const schema::TargetSchema* target_;
  std::vector<TablePlan> tables_;  // by source name
  std::shared_ptr<const CascadePlan> cascades_;
};

}  // namespace godwit::apply
