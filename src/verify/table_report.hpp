// What the comparison of one table found: exact counts, and the first differences.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "godwit/verify/verifier.hpp"

namespace godwit::verify {

struct TableReport {
  TableReport(std::string table, std::size_t listed_max) : differences_max(listed_max) {
    result.table = std::move(table);
  }

  TableResult result;
  std::vector<Difference> differences;
  std::size_t differences_max;

  [[nodiscard]] bool full() const { return differences.size() >= differences_max; }
  void add(Difference difference) {
    difference.table = result.table;
    if (!full()) differences.push_back(std::move(difference));
  }
};

}  // namespace godwit::verify
