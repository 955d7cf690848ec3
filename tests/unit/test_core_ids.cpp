#include <type_traits>
#include <unordered_set>

#include <catch2/catch.hpp>

#include "godwit/core/ids.hpp"

using namespace godwit;

static_assert(!std::is_convertible_v<TenantId, ClusterId>);
static_assert(!std::is_convertible_v<int, TenantId>);

TEST_CASE("ids are ordered and hashed by their value") {
  CHECK(TenantId{1} < TenantId{2});
  CHECK(TenantId{2} == TenantId{2});
  const std::unordered_set<WaveId> set = {WaveId{1}, WaveId{2}, WaveId{1}};
  CHECK(set.size() == 2);
}
