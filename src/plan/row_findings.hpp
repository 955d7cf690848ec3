// What counts of rows and the definitions amount to. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "godwit/core/finding.hpp"
#include "row_queries.hpp"

namespace godwit::plan {

/// Ids are leased to tenants in blocks of so many once they have left the shared counter.
constexpr std::uint64_t kIdBlock = 10'000;

/// Rows that a query found: how many, and the first of them as people read them.
struct FaultyRows {
  std::uint64_t count = 0;
  std::vector<std::string> examples;  // "id=4", "id=7: tenant 99"
};

/// "3 (id=4; id=7; id=9)"
std::string described(const FaultyRows& rows);

/// AUTO_INCREMENT columns of tenants' tables: counters that all tenants share, and types without
/// room for a block of ids for each of so many tenants.
Findings counter_findings(const RowContext& context, std::uint64_t tenants);
Findings keyless_findings(const RowContext& context);

Finding without_tenant(const RowContext& context, std::size_t table, const FaultyRows& rows);
Finding of_unknown_tenant(const RowContext& context, std::size_t table, const FaultyRows& rows);
Finding orphaned(const RowContext& context, std::size_t table, std::size_t path,
                 const FaultyRows& rows);
Finding of_unrouted_parent(const RowContext& context, std::size_t table, const FaultyRows& rows);
Finding cross_tenant(const RowContext& context, std::size_t table, const mariadb::ForeignKey& key,
                     const FaultyRows& rows);
Finding crossing_path(const RowContext& context, std::size_t table, std::size_t path,
                      const FaultyRows& rows);

}  // namespace godwit::plan
