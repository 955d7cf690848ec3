#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/plan/plan.hpp"

using namespace godwit;

TEST_CASE("every example plan loads as it is") {
  const auto folder =
      std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / "plans";
  std::vector<std::string> loaded;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(entry.path());
    const plan::Plan plan = plan::load_plan(entry.path().string());
    CHECK_FALSE(plan.waves.empty());
    CHECK_FALSE(plan.clusters.empty());
    loaded.push_back(entry.path().filename().string());
  }
  std::sort(loaded.begin(), loaded.end());
  CHECK(std::find(loaded.begin(), loaded.end(), "database-tenancy.yaml") != loaded.end());
}
