// How many rows each tenant has in each table: heavy-tailed over the tenants, and where a
// tenant's ids begin when all share one table.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tables.hpp"

namespace godwit::monolith {

// A well-mixed number for a seed and a name; the only source of chance in this program.
std::uint64_t mix(std::uint64_t seed, std::string_view name);

// The share of each tenant in all rows, in tenant order; the sum is 1. From nine tenants on one
// holds 20 %, the others follow a Zipf curve. The seed decides who is large.
std::vector<double> tenant_shares(int tenants, std::uint64_t seed);

struct TableSize {
  std::uint64_t rows = 0;
  std::uint64_t base = 0;  // ids are base + 1 … base + rows
};

using TableSizes = std::map<std::string, TableSize, std::less<>>;

// Sizes of a tenant with about `rows` rows, ids from 1.
TableSizes tenant_sizes(const std::vector<Table>& tables, double rows);

}  // namespace godwit::monolith
