// The generated monolith in row tenancy: all tenants in shared tables of one database.
#pragma once

#include <set>
#include <string>

#include "godwit/plan/row_tenancy.hpp"

namespace godwit::test {

class RowMonolith {
 public:
  /// About `rows` rows in all.
  RowMonolith(int tenants, int rows);
  ~RowMonolith();
  RowMonolith(const RowMonolith&) = delete;
  RowMonolith& operator=(const RowMonolith&) = delete;

  [[nodiscard]] const std::string& database() const { return database_; }
  /// The right answer for each of its tables.
  [[nodiscard]] plan::RowTenancy tenancy() const;
  /// The same as a plan's `tenancy` section, but for the tables of `unanswered`; `more` are further
  /// lines of it, of tables first.
  [[nodiscard]] std::string tenancy_text(const std::string& more = {},
                                         const std::set<std::string>& unanswered = {}) const;

 private:
  std::string database_;
};

/// A rule: owned by a column, or inherited along "COLUMN" to a table's primary key.
plan::TableRule owned_by(const std::string& column);
plan::TableRule inherited_by(const std::string& column, const std::string& parent);
plan::TableRule classified_as(plan::TableClass kind);

}  // namespace godwit::test
