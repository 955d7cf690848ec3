#include "shared_choice.hpp"

#include <algorithm>

#include <xxhash.h>

namespace godwit::plan {

SharedChoice::SharedChoice(const Plan& plan) {
  constexpr std::string_view kNumber = "{n}";
  for (std::uint64_t n = 1; n <= shared_databases_of(plan); ++n) {
    std::string name = plan.shared_databases.name;
    if (const std::size_t at = name.find(kNumber); at != std::string::npos) {
      name.replace(at, kNumber.size(), std::to_string(n));
    }
    const std::uint64_t hash = XXH3_64bits(name.data(), name.size());
    databases_.emplace_back(hash, std::move(name));
  }
}

const std::string& SharedChoice::database_of(std::string_view tenant) const {
  const std::uint64_t hash = XXH3_64bits(tenant.data(), tenant.size());
  const auto liking = [hash](const auto& database) {
    const std::uint64_t pair[] = {hash, database.first};
    return XXH3_64bits(pair, sizeof pair);
  };
  return std::max_element(databases_.begin(), databases_.end(),
                          [&](const auto& a, const auto& b) { return liking(a) < liking(b); })
      ->second;
}

}  // namespace godwit::plan
