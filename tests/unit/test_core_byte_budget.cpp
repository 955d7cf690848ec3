#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/byte_budget.hpp"
#include "godwit/core/error.hpp"

using namespace godwit;
using namespace std::chrono_literals;

namespace {

/// Waits until a condition holds; false after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

}  // namespace

TEST_CASE("a lease gives its bytes back once, whatever happens to it") {
  ByteBudget budget(100);
  const std::stop_token stop;
  {
    ByteBudget::Lease first = budget.acquire(60, stop);
    CHECK(first.bytes() == 60);
    ByteBudget::Lease moved = std::move(first);
    CHECK(budget.used() == 60);
    moved = budget.acquire(40, stop);
    CHECK(budget.used() == 40);
    moved.release();
    moved.release();
    CHECK(budget.used() == 0);
    CHECK(moved.bytes() == 0);
  }
  CHECK(budget.used() == 0);
  CHECK(budget.limit() == 100);
}

TEST_CASE("a request waits until the budget has room") {
  ByteBudget budget(100);
  ByteBudget::Lease held = budget.acquire(60, {});
  std::atomic<bool> granted{false};
  std::jthread waiter([&] {
    const ByteBudget::Lease lease = budget.acquire(41, {});
    granted = true;
  });
  std::this_thread::sleep_for(30ms);
  CHECK_FALSE(granted);
  CHECK(budget.used() == 60);
  held.release();
  CHECK(eventually([&] { return granted.load(); }));
}

TEST_CASE("a request above the limit is granted, but alone") {
  ByteBudget budget(100);
  ByteBudget::Lease small = budget.acquire(1, {});
  std::atomic<bool> granted{false};
  std::atomic<bool> finish{false};
  std::jthread huge([&] {
    const ByteBudget::Lease lease = budget.acquire(1000, {});
    granted = true;
    eventually([&] { return finish.load(); });
  });
  std::this_thread::sleep_for(30ms);
  CHECK_FALSE(granted);
  small.release();
  REQUIRE(eventually([&] { return granted.load(); }));
  CHECK(budget.used() == 1000);

  std::atomic<bool> next{false};
  std::jthread after([&] {
    const ByteBudget::Lease lease = budget.acquire(1, {});
    next = true;
  });
  std::this_thread::sleep_for(30ms);
  CHECK_FALSE(next);
  finish = true;
  CHECK(eventually([&] { return next.load(); }));
}

TEST_CASE("small requests that come later don't starve a large one") {
  ByteBudget budget(100);
  ByteBudget::Lease held = budget.acquire(50, {});
  std::atomic<int> order{0};
  std::atomic<int> large_at{0};
  std::atomic<int> small_at{0};
  std::atomic<bool> large_started{false};
  std::jthread large([&] {
    large_started = true;
    const ByteBudget::Lease lease = budget.acquire(100, {});
    large_at = ++order;
  });
  REQUIRE(eventually([&] { return large_started.load(); }));
  std::this_thread::sleep_for(30ms);
  std::jthread small([&] {
    const ByteBudget::Lease lease = budget.acquire(10, {});
    small_at = ++order;
  });
  std::this_thread::sleep_for(30ms);
  CHECK(small_at == 0);  // would fit beside the 50, but the large one was first
  held.release();
  CHECK(eventually([&] { return small_at.load() != 0; }));
  CHECK(large_at == 1);
  CHECK(small_at == 2);
}

TEST_CASE("a stop ends the wait and lets the next in line go on") {
  ByteBudget budget(100);
  ByteBudget::Lease held = budget.acquire(50, {});
  std::stop_source stop;
  std::atomic<bool> cancelled{false};
  std::jthread large([&] {
    try {
      budget.acquire(100, stop.get_token());
    } catch (const Error& error) {
      cancelled = error.kind() == ErrorKind::cancelled;
    }
  });
  std::this_thread::sleep_for(30ms);
  std::atomic<bool> granted{false};
  std::jthread small([&] {
    const ByteBudget::Lease lease = budget.acquire(10, {});
    granted = true;
  });
  std::this_thread::sleep_for(30ms);
  CHECK_FALSE(granted);
  stop.request_stop();
  CHECK(eventually([&] { return cancelled.load(); }));
  CHECK(eventually([&] { return granted.load(); }));
  CHECK_THROWS_AS(budget.acquire(1, stop.get_token()), Error);
  CHECK(eventually([&] { return budget.used() == 50; }));
}

TEST_CASE("many threads never hold more than the limit together") {
  constexpr std::size_t kLimit = 1000;
  ByteBudget budget(kLimit);
  std::atomic<std::size_t> out{0};
  std::atomic<std::size_t> most{0};
  std::atomic<int> grants{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 500; ++i) {
          const std::size_t bytes = 1 + (t * 131 + i * 17) % 400;
          ByteBudget::Lease lease = budget.acquire(bytes, {});
          const std::size_t now = out.fetch_add(bytes) + bytes;
          std::size_t seen = most.load();
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          ++grants;
          out.fetch_sub(bytes);
          lease.release();
        }
      });
    }
  }
  CHECK(grants == 8 * 500);
  CHECK(most <= kLimit);
  CHECK(budget.used() == 0);
}
