// The pure parts of estimating tenants' sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "godwit/plan/row_sizes.hpp"
#include "row_queries.hpp"

namespace godwit::plan {

/// Rows per tenant of one table; keys as key_bytes() writes them.
struct CountedRows {
  std::map<std::string, std::uint64_t> by_key;
  std::uint64_t all = 0;  // with those of no tenant
};

/// Owned tables whose rows are worth counting; indexes, the largest first.
std::vector<std::size_t> tables_to_count(const RowContext& context);
/// Answers with a row per tenant: key and number of rows.
std::string count_by_tenant_sql(const RowContext& context, std::size_t table);

/// `keys` as the directory prints them, each once.
RowSizes spread_sizes(const RowContext& context, const std::vector<std::string>& keys,
                      const std::map<std::size_t, CountedRows>& counted);

}  // namespace godwit::plan
