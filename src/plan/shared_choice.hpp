// Which of the databases that tenants share each tenant goes to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "godwit/plan/plan.hpp"

namespace godwit::plan {

/// Every tenant prefers the databases in an order of its own (rendezvous hashing of both names), so
/// that tenants that come and go move no other, and of n databases a new one takes about a n-th of
/// the tenants. By number, not by size: within a cluster all share its disks.
class SharedChoice {
 public:
  explicit SharedChoice(const Plan& plan);

  /// The name of the tenant's database. The plan's isolation must be Isolation::schema.
  [[nodiscard]] const std::string& database_of(std::string_view tenant) const;

 private:
  std::vector<std::pair<std::uint64_t, std::string>> databases_;  // hash of the name, and the name
};

}  // namespace godwit::plan
