#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/clock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/retry.hpp"

using namespace godwit;
using namespace std::chrono_literals;

namespace {

/// Time that passes only by sleeping.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  bool sleep(Duration duration, const std::stop_token& stop) override {
    now_ += duration;
    slept.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(duration));
    if (stop_after == slept.size()) source.request_stop();
    return !stop.stop_requested();
  }

  std::vector<std::chrono::milliseconds> slept;
  std::size_t stop_after = 0;  // request the stop during the nth sleep
  std::stop_source source;

 private:
  Instant now_{};
};

Error busy() { return Error(ErrorKind::source, "busy", {}, true); }

}  // namespace

TEST_CASE("what succeeds at once is not tried again") {
  FakeClock clock;
  int attempts = 0;
  retry("x", {}, clock, {}, [&] { ++attempts; });
  CHECK(attempts == 1);
  CHECK(clock.slept.empty());
}

TEST_CASE("a retryable failure is tried again after growing, capped, jittered pauses") {
  FakeClock clock;
  int attempts = 0;
  const RetryPolicy policy{100ms, 1000ms, 1h};
  retry("x", policy, clock, {}, [&] {
    if (++attempts < 9) throw busy();
  });
  CHECK(attempts == 9);
  REQUIRE(clock.slept.size() == 8);
  std::chrono::milliseconds full = 100ms;
  for (const std::chrono::milliseconds pause : clock.slept) {
    CHECK(pause >= full / 2);
    CHECK(pause <= full);
    full = std::min(full * 2, 1000ms);
  }
}

TEST_CASE("pauses differ between runs") {
  std::vector<std::chrono::milliseconds> pauses;
  for (int run = 0; run < 20; ++run) {
    FakeClock clock;
    bool failed = false;
    retry("x", {1000ms, 1000ms, 1h}, clock, {}, [&] {
      if (!std::exchange(failed, true)) throw busy();
    });
    pauses.push_back(clock.slept.at(0));
  }
  CHECK(std::adjacent_find(pauses.begin(), pauses.end(), std::not_equal_to<>()) != pauses.end());
}

TEST_CASE("other failures are passed on at once") {
  FakeClock clock;
  int attempts = 0;
  const auto fail = [&] {
    ++attempts;
    throw Error(ErrorKind::rejected, "no");
  };
  CHECK_THROWS_WITH(retry("x", {}, clock, {}, fail), "no");
  CHECK(attempts == 1);
  CHECK(clock.slept.empty());
}

TEST_CASE("the budget of time ends the attempts with the last failure") {
  FakeClock clock;
  int attempts = 0;
  const auto begin = clock.now();
  const auto fail = [&] {
    throw Error(ErrorKind::target, "attempt " + std::to_string(++attempts), {}, true);
  };
  const RetryPolicy policy{100ms, 200ms, 1s};
  CHECK_THROWS_WITH(retry("x", policy, clock, {}, fail), Catch::StartsWith("attempt "));
  CHECK(attempts >= 6);   // pauses of at most 200 ms
  CHECK(attempts <= 12);  // and of at least 100 ms, the first of 50 ms
  CHECK(static_cast<std::size_t>(attempts) == clock.slept.size() + 1);
  CHECK(clock.now() - begin <= 1s);
}

TEST_CASE("a stop while waiting is not a failure of the attempt") {
  FakeClock clock;
  clock.stop_after = 2;
  int attempts = 0;
  try {
    retry("connect", {}, clock, clock.source.get_token(), [&] {
      ++attempts;
      throw busy();
    });
    FAIL("went on");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::cancelled);
    CHECK(std::string(error.what()) == "connect: stopped on request");
  }
  CHECK(attempts == 2);
}

TEST_CASE("after a stop nothing is attempted") {
  FakeClock clock;
  clock.source.request_stop();
  int attempts = 0;
  CHECK_THROWS_AS(retry("x", {}, clock, clock.source.get_token(), [&] { ++attempts; }), Error);
  CHECK(attempts == 0);
}

TEST_CASE("the system clock sleeps, and wakes up on a stop") {
  Clock& clock = Clock::system();
  const auto begin = clock.now();
  CHECK(clock.sleep(20ms, {}));
  CHECK(clock.now() - begin >= 20ms);

  std::stop_source stop;
  stop.request_stop();
  const auto before = clock.now();
  CHECK_FALSE(clock.sleep(1h, stop.get_token()));
  CHECK(clock.now() - before < 10s);
}

TEST_CASE("timestamps are UTC with milliseconds") {
  const std::string text = utc_timestamp();
  REQUIRE(text.size() == 24);
  CHECK(text[10] == 'T');
  CHECK(text[19] == '.');
  CHECK(text[23] == 'Z');
  CHECK(text >= "2025-01-01T00:00:00.000Z");
}
