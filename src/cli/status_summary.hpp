// What `status` picks from the control store, and what it says of many tenants in place of a line
// for each. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "godwit/control/store.hpp"

namespace godwit::cli {

/// Of each kind of restriction one must fit; an empty one lets every tenant pass.
struct StatusFilter {
  std::set<std::string> waves;
  std::set<control::TenantState> states;
  bool failed = false;  // only tenants whose last attempt failed

  [[nodiscard]] bool accepts(const control::TenantRecord& tenant) const;
};

/// The tenants of one wave or cluster.
struct StateCounts {
  std::string name;
  std::size_t tenants = 0;
  std::map<control::TenantState, std::size_t> states;  // in the order of a migration
  std::size_t failed = 0;                              // whose last attempt failed
  std::uint64_t rows = 0;                              // copied
};

struct FailureCount {
  std::string kind;  // of the error
  std::size_t tenants = 0;
};

/// Points into the tenants it was made of.
struct StatusSummary {
  std::vector<StateCounts> waves;                           // by name
  std::vector<StateCounts> clusters;                        // by name
  std::vector<FailureCount> failures;                       // the most frequent first
  std::vector<const control::TenantRecord*> latest_failed;  // the latest first
  std::vector<const control::TenantRecord*> slowest;        // of those that were copied
};

/// Of the failed and of the slowest, `shown` at most.
StatusSummary summarize(const std::vector<control::TenantRecord>& tenants, std::size_t shown);

/// "3 copying, 1,200 copied"
std::string states_text(const StateCounts& counts);

}  // namespace godwit::cli
