#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/scan_tasks.hpp"

using godwit::engine::ScanTasks;

TEST_CASE("parents are read before the tables that inherit from them", "[engine]") {
  ScanTasks tasks({{{"a", "b"}, 10, {}, false},  // parent
                   {{""}, 1'000, {0}, false},    // child, larger
                   {{""}, 5, {}, false}});
  const auto first = tasks.take();
  const auto second = tasks.take();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->table == 0);
  CHECK(second->table == 0);
  CHECK(first->where != second->where);
  const auto third = tasks.take();  // the child has to wait
  REQUIRE(third);
  CHECK(third->table == 2);
  CHECK_FALSE(tasks.done(*first));
  CHECK(tasks.done(*second));
  const auto child = tasks.take();
  REQUIRE(child);
  CHECK(child->table == 1);
  tasks.done(*third);
  tasks.done(*child);
  CHECK_FALSE(tasks.take());
}

TEST_CASE("a reader waits for another one's parent, and ends when that one fails", "[engine]") {
  ScanTasks tasks({{{""}, 10, {}, false}, {{""}, 10, {0}, false}});
  const auto parent = tasks.take();
  REQUIRE(parent);
  bool got_child = false;
  SECTION("done") {
    std::jthread waiting([&] { got_child = tasks.take().has_value(); });
    tasks.done(*parent);
    waiting.join();
    CHECK(got_child);
  }
  SECTION("failed") {
    got_child = true;
    std::jthread waiting([&] { got_child = tasks.take().has_value(); });
    tasks.abandon();
    waiting.join();
    CHECK_FALSE(got_child);
  }
}

TEST_CASE("locked tables go first, then parents, then the most bytes", "[engine]") {
  ScanTasks tasks({{{""}, 1'000, {}, false},
                   {{""}, 10, {}, true},
                   {{""}, 20, {}, false},
                   {{""}, 1, {2}, false}});
  std::vector<std::size_t> order;
  for (int i = 0; i < 3; ++i)
    order.push_back(tasks.take()->table);
  CHECK(order == std::vector<std::size_t>{1, 2, 0});
}
