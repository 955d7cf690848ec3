#include "sizing.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace godwit::monolith {

std::uint64_t mix(std::uint64_t seed, std::string_view name) {
  // FNV-1a over the name, then splitmix64's finisher.
  std::uint64_t hash = 0xcbf29ce484222325U ^ (seed * 0x9e3779b97f4a7c15U);
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31U);
}

std::vector<double> tenant_shares(int tenants, std::uint64_t seed) {
  const auto count = static_cast<std::size_t>(tenants);
  std::vector<double> shares(count);
  // With fewer than nine tenants 20 % would not be the largest share.
  shares[0] = std::max(0.2, 2.0 / (tenants + 1));
  double weights = 0;
  for (std::size_t rank = 1; rank < count; ++rank) {
    shares[rank] = 1.0 / static_cast<double>(rank + 3);
    weights += shares[rank];
  }
  for (std::size_t rank = 1; rank < count; ++rank) {
    shares[rank] *= (1 - shares[0]) / weights;
  }
  for (std::size_t i = count; i > 1; --i) {
    std::swap(shares[i - 1], shares[mix(seed, "rank" + std::to_string(i)) % i]);
  }
  return shares;
}

TableSizes tenant_sizes(const std::vector<Table>& tables, double rows) {
  double fixed = 0;
  double weights = 0;
  for (const auto& table : tables) {
    fixed += static_cast<double>(table.rows_fixed);
    weights += table.weight;
  }
  const double free = std::max(rows - fixed, 0.0);
  TableSizes sizes;
  for (const auto& table : tables) {
    const auto share = static_cast<std::uint64_t>(std::llround(free * table.weight / weights));
    const std::uint64_t least = table.weight > 0 ? 2 : 0;
    sizes[std::string(table.name)].rows = table.rows_fixed + std::max(share, least);
  }
  return sizes;
}

}  // namespace godwit::monolith
