// Turns the row expressions of tables.hpp into SQL for one table of one tenant.
//
//   {seq} {id}                  number of the row, its id
//   {r} {r:TAG}                 a 32-bit random number; same column and tag, same number
//   {pick:LIST} {pick:LIST:TAG} a random word; {nth:LIST} {nth:LIST:N} the seq-th, each N times;
//                               {cycle:LIST} the list over and over
//   {ref:TABLE}                 a random id of that table
//   {base:TABLE} {count:TABLE}  its ids are base + 1 … base + count
//   {parent:TABLE} {nth_child:TABLE}   the row's parent, and its number among the siblings
//   {with_children:PARENTS:CHILDREN}   a random parent that has children
//   {date} {datetime} {datetime6}      between 2018 and 2024; each also with :TAG
//   {uuid} {blob}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sizing.hpp"

namespace godwit::monolith {

class Expansion {
 public:
  // `stream` names the tenant and the seed: equal streams give equal rows.
  Expansion(std::uint64_t stream, const Table& table, const TableSizes& sizes)
      : stream_(stream), table_(table), sizes_(sizes) {}

  // Throws std::invalid_argument for a placeholder that does not exist.
  std::string expand(const Column& column) const;

 private:
  std::string placeholder(std::string_view column, std::string_view text) const;
  std::string random(std::string_view column, std::string_view tag) const;
  std::uint64_t children_per_parent(std::string_view parents, std::string_view children) const;
  const TableSize& size_of(std::string_view table) const;

  std::uint64_t stream_;
  const Table& table_;
  const TableSizes& sizes_;
};

}  // namespace godwit::monolith
