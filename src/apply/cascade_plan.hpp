// Cascades of foreign keys that the source has and the target can't hold: statements that do to the
// children what InnoDB did, before the parent's row changes. Where only a part of a chain is
// missing, the target's own keys do the rest.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::apply {

/// A value of the parent's row.
struct CascadeValue {
  bool after = false;      // of the new row, else of the old one
  std::size_t column = 0;  // of TargetTable::columns
  bool operator==(const CascadeValue&) const = default;
};

struct CascadeStatement {
  std::string sql;
  std::vector<CascadeValue> parameters;
};

/// What a change of the parent does by one key that leads to it. A row whose referenced columns
/// hold a NULL has no children.
struct CascadeKey {
  std::string name;                  // the source's
  std::vector<std::size_t> columns;  // those referenced, of the parent's TargetTable::columns
  std::vector<CascadeStatement> on_delete;  // in this order
  std::vector<CascadeStatement> on_update;  // when one of `columns` changes
  /// Why there are no statements though there should be; empty: all is well.
  std::string delete_problem;
  std::string update_problem;
};

/// Immutable. InnoDB follows cascades over at most 15 tables; so does this.
class CascadePlan {
 public:
  static constexpr std::size_t kDepthMax = 15;
  static constexpr std::size_t kStatementsMax = 1'000;  // of one key

  CascadePlan(const mariadb::Database& model, const schema::TargetSchema& target);

  /// Keys that lead to the table and need something done; nullptr: the target's own keys do it all.
  [[nodiscard]] const std::vector<CascadeKey>* find(const schema::TargetTable& parent) const;

 private:
  std::unordered_map<const schema::TargetTable*, std::vector<CascadeKey>> keys_;
};

}  // namespace godwit::apply
