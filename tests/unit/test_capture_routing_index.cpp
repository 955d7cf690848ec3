#include <map>
#include <random>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "godwit/capture/routing_index.hpp"
#include "godwit/core/error.hpp"

using namespace godwit;
using capture::kNoSlot;
using capture::RoutingIndex;
using capture::RoutingKey;
using capture::Slot;

namespace {

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30U;

/// What the index should hold.
using Model = std::map<std::pair<std::uint32_t, std::uint64_t>, Slot>;

void set(Model& model, std::uint32_t space, std::uint64_t key, Slot slot) {
  if (slot == kNoSlot) {
    model.erase({space, key});
  } else {
    model[{space, key}] = slot;
  }
}

/// Of all keys below `keys` in three spaces.
void check_same(const RoutingIndex& index, const Model& model, std::uint64_t keys) {
  REQUIRE(index.size() == model.size());
  for (std::uint32_t space = 0; space < 3; ++space) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      const auto known = model.find({space, key});
      const Slot expected = known == model.end() ? kNoSlot : known->second;
      if (index.find(space, {0, key}) != expected) FAIL("space " << space << " key " << key);
    }
  }
}

}  // namespace

TEST_CASE("a routing index holds what a map holds", "[capture]") {
  const unsigned seed = GENERATE(1U, 2U, 3U);
  CAPTURE(seed);
  std::mt19937 random(seed);
  constexpr std::uint64_t kKeys = 700;
  RoutingIndex index(kPlenty);
  Model model;
  Model committed;
  std::map<std::string, Model> parked;  // changes only
  Model changes;
  for (int step = 0; step < 20'000; ++step) {
    const auto space = static_cast<std::uint32_t>(random() % 3);
    const std::uint64_t key = random() % kKeys;
    const Slot slot = random() % 3 == 0 ? kNoSlot : static_cast<Slot>(random() % 9);
    index.put(space, {0, key}, slot);
    set(model, space, key, slot);
    changes[{space, key}] = slot;
    if (random() % 20 != 0) continue;
    switch (random() % 3) {
      case 0:
        index.commit();
        committed = model;
        break;
      case 1:
        index.roll_back();
        model = committed;
        break;
      default: {
        // prepared: nothing of it is there until it commits, behind others
        index.park("x");
        model = committed;
        if (random() % 2 == 0) {
          index.complete_parked("x", true);
          index.commit();
          for (const auto& [place, value] : changes)
            set(model, place.first, place.second, value);
          committed = model;
        } else {
          index.complete_parked("x", false);
        }
        break;
      }
    }
    changes.clear();
    if (random() % 50 == 0) check_same(index, model, kKeys);
  }
  check_same(index, model, kKeys);
  index.drop(4);
  std::erase_if(model, [](const auto& entry) { return entry.second == 4; });
  check_same(index, model, kKeys);
}

TEST_CASE("keys of two integers with the same bits differ", "[capture]") {
  RoutingIndex index(kPlenty);
  index.load(1, {0, ~std::uint64_t{0}}, 1);
  index.load(1, {~std::uint64_t{0}, ~std::uint64_t{0}}, 2);
  index.load(2, {0, ~std::uint64_t{0}}, 3);
  CHECK(index.find(1, {0, ~std::uint64_t{0}}) == 1);
  CHECK(index.find(1, {~std::uint64_t{0}, ~std::uint64_t{0}}) == 2);
  CHECK(index.find(2, {0, ~std::uint64_t{0}}) == 3);
  CHECK(RoutingIndex(kPlenty).find(1, {}) == kNoSlot);
}

TEST_CASE("erasing leaves no traces, so the index doesn't grow by changes", "[capture]") {
  RoutingIndex index(kPlenty);
  for (std::uint64_t key = 0; key < 100'000; ++key) {
    index.put(1, {0, key}, 1);
    if (key >= 50) index.erase(1, {0, key - 50});
    index.commit();
  }
  CHECK(index.size() == 50);
  CHECK(index.bytes() < 16'384);
}

TEST_CASE("the memory of a routing index stays below its limit", "[capture]") {
  constexpr std::uint64_t kLimit = 100'000;
  RoutingIndex index(kLimit);
  std::uint64_t keys = 0;
  const auto fill = [&] {
    for (;; ++keys)
      index.load(1, {0, keys}, 1);
  };
  try {
    fill();
    FAIL("no limit");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::rejected);
    CHECK_THAT(error.what(), Catch::Contains("follow.routing") && Catch::Contains("kB"));
  }
  CHECK(index.bytes() <= kLimit);
  // 2048 cells fit (49 kB), the 4096 of the next step don't
  CHECK(keys == 2048 * 7 / 10);
  CHECK(index.find(1, {0, keys - 1}) == 1);
  // what a transaction changed counts, too, and can be taken back at the limit
  const auto change = [&] {
    for (std::uint64_t key = 0; key < keys; ++key)
      index.put(1, {0, key}, 2);
  };
  CHECK_THROWS_AS(change(), Error);
  index.roll_back();
  CHECK(index.find(1, {0, 0}) == 1);
  CHECK(index.bytes() <= kLimit);
}

TEST_CASE("a tenant that goes doesn't come back with a transaction", "[capture]") {
  RoutingIndex index(kPlenty);
  index.load(1, {0, 7}, 1);
  index.load(1, {0, 8}, 2);
  index.put(1, {0, 9}, 1);
  index.put(1, {0, 8}, 1);
  index.park("prepared");
  CHECK(index.find(1, {0, 9}) == kNoSlot);
  CHECK(index.find(1, {0, 8}) == 2);
  index.erase(1, {0, 7});
  index.drop(1);
  index.roll_back();
  CHECK(index.find(1, {0, 7}) == kNoSlot);
  index.complete_parked("prepared", true);
  index.commit();
  CHECK(index.size() == 0);
}

TEST_CASE("a prepared transaction that comes again replaces its first", "[capture]") {
  RoutingIndex index(kPlenty);
  for (const Slot slot : {1U, 2U}) {
    index.put(1, {0, 7}, slot);
    index.park("x");
  }
  index.complete_parked("y", true);
  index.complete_parked("x", true);
  index.complete_parked("x", false);
  index.commit();
  CHECK(index.find(1, {0, 7}) == 2);
  index.park("nothing");
  index.complete_parked("nothing", true);
  CHECK(index.size() == 1);
}
