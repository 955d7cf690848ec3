// How one table is compared: its columns on both sides, the two statements, and the key, if both
// servers can deliver the rows in one order.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/schema/target.hpp"
#include "godwit/verify/source_digests.hpp"
#include "source_column.hpp"
#include "target_catalog.hpp"
#include "target_column.hpp"

namespace godwit::verify {

struct ComparedColumn {
  std::string name;  // on the source
  SourceColumn source;
  std::size_t first_value = 0;  // of the source row's values
  ReadTarget target = nullptr;
};

struct TablePlan {
  std::string table;  // on the source
  std::vector<ComparedColumn> columns;
  std::vector<std::size_t> key;  // indexes into `columns`; empty: compared as a multiset
  std::string source_select;     // without an order
  std::string target_select;
  std::string source_where;  // which of the source's rows are compared; empty: all
  std::string source_hint;   // index and ORDER BY, when there is a key
  std::string source_order;
  std::string target_order;
  bool has_key_value = false;  // the last of the source row's values says whose the row is

  [[nodiscard]] std::string source_sql(bool ordered) const;
  /// COPY … TO STDOUT (FORMAT binary)
  [[nodiscard]] std::string target_sql(bool ordered) const;
};

/// `actual` are the target table's columns; all of the plan's must be there with their types.
/// `where` is an SQL condition on the source's rows, or empty.
TablePlan plan_table(const std::string& database, const mariadb::Table& source,
                     const schema::TargetTable& target, const std::vector<CatalogColumn>& actual,
                     const std::string& where, mariadb::Connection& connection);

/// For the source's side alone, in no order.
TablePlan plan_digest(const std::string& database, const mariadb::Table& source,
                      const schema::TargetTable& target, const DigestQuery& query,
                      mariadb::Connection& connection);

}  // namespace godwit::verify
