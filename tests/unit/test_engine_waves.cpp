// When a wave's tenants may be begun, and in which order.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/wave_gate.hpp"
#include "engine/wave_order.hpp"

using namespace godwit;
using namespace godwit::engine;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_days kDay = std::chrono::year(2026) / 11 / 23;

/// Wall time that passes only by sleeping.
class FakeTime final : public Clock {
 public:
  explicit FakeTime(std::chrono::sys_seconds wall) : wall(wall) {}
  [[nodiscard]] Instant now() const override { return Instant{}; }
  bool sleep(Duration duration, const std::stop_token& token) override {
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::seconds>(duration));
    wall += std::chrono::duration_cast<std::chrono::seconds>(duration);
    ++sleeps;
    if (while_asleep) while_asleep();
    return !token.stop_requested();
  }
  [[nodiscard]] WaveGate::WallClock wall_clock() {
    return [this] { return wall; };
  }

  std::chrono::sys_seconds wall;
  std::chrono::seconds longest{0};
  std::size_t sleeps = 0;
  std::function<void()> while_asleep;
};

plan::WaveSpec wave_with(const std::string& window) {
  plan::WaveSpec wave;
  wave.name = "night";
  std::string problem;
  if (!window.empty()) wave.windows.push_back(plan::parse_time_window(window, problem).value());
  return wave;
}

std::vector<std::string> names_of(const std::vector<const plan::Unit*>& units) {
  std::vector<std::string> names;
  for (const plan::Unit* unit : units)
    names.push_back(unit->tenant);
  return names;
}

}  // namespace

TEST_CASE("a wave without a window is open, and nobody waits") {
  FakeTime time(kDay + 12h);
  ProgressBoard board;
  const plan::WaveSpec wave = wave_with("");
  WaveGate gate(wave, false, time, time.wall_clock());
  CHECK(gate.open());
  CHECK(gate.wait(board, {}));
  CHECK(time.sleeps == 0);
}

TEST_CASE("a run waits for the wave's window, in short steps, and shows it") {
  FakeTime time(kDay + 21h);
  ProgressBoard board;
  const plan::WaveSpec wave = wave_with("22:00-05:00 UTC");
  WaveGate gate(wave, false, time, time.wall_clock());
  CHECK_FALSE(gate.open());
  time.while_asleep = [&] {
    const std::vector<ProgressBoard::Phase> phases = board.phases();
    REQUIRE(phases.size() == 1);
    CHECK(phases.front().tenant == "wave night");
    CHECK(phases.front().phase == "waiting: its window opens at 2026-11-23T22:00:00Z");
  };
  CHECK(gate.wait(board, {}));
  CHECK(time.wall == kDay + 22h);
  CHECK(time.longest <= 30s);  // the clock may be set, or the machine sleep
  CHECK(board.phases().empty());
  CHECK(gate.open());
  time.wall = kDay + 29h;
  CHECK_FALSE(gate.open());
}

TEST_CASE("a clock that is set meanwhile is heeded") {
  FakeTime time(kDay + 21h);
  ProgressBoard board;
  const plan::WaveSpec wave = wave_with("22:00-05:00 UTC");
  WaveGate gate(wave, false, time, time.wall_clock());
  time.while_asleep = [&] { time.wall = kDay + 23h; };
  CHECK(gate.wait(board, {}));
  CHECK(time.sleeps == 1);
}

TEST_CASE("a stop ends the wait") {
  FakeTime time(kDay + 12h);
  ProgressBoard board;
  std::stop_source stop;
  const plan::WaveSpec wave = wave_with("22:00-05:00 UTC");
  WaveGate gate(wave, false, time, time.wall_clock());
  time.while_asleep = [&] {
    if (time.sleeps == 3) stop.request_stop();
  };
  CHECK_FALSE(gate.wait(board, stop.get_token()));
  CHECK(time.sleeps == 3);
  CHECK(board.phases().empty());
}

TEST_CASE("windows that are ignored are open") {
  FakeTime time(kDay + 12h);
  ProgressBoard board;
  const plan::WaveSpec wave = wave_with("22:00-05:00 UTC");
  WaveGate gate(wave, true, time, time.wall_clock());
  CHECK(gate.open());
  CHECK(gate.wait(board, {}));
  CHECK(time.sleeps == 0);
}

TEST_CASE("a wave's limit of failures closes it for good") {
  FakeTime time(kDay + 12h);
  ProgressBoard board;
  plan::WaveSpec wave = wave_with("");
  SECTION("with a limit") {
    wave.abort_after = 2;
    WaveGate gate(wave, false, time, time.wall_clock());
    gate.count_failure();
    CHECK(gate.open());
    CHECK_FALSE(gate.aborted());
    gate.count_failure();
    CHECK_FALSE(gate.open());
    CHECK(gate.aborted());
    CHECK_FALSE(gate.wait(board, {}));
    gate.count_failure();  // of a tenant that was under way
    CHECK(gate.aborted());
    CHECK(gate.abort_reason() == "the wave's limit of 2 failures is reached");
  }
  SECTION("without one") {
    WaveGate gate(wave, false, time, time.wall_clock());
    for (int i = 0; i < 1000; ++i)
      gate.count_failure();
    CHECK(gate.open());
    CHECK(gate.wait(board, {}));
  }
  SECTION("of one") {
    wave.abort_after = 1;
    WaveGate gate(wave, true, time, time.wall_clock());
    gate.count_failure();
    CHECK_FALSE(gate.open());
    CHECK(gate.abort_reason() == "the wave's limit of 1 failure is reached");
  }
}

TEST_CASE("tenants are begun by size or by name; names decide between equals") {
  std::vector<plan::Unit> units(4);
  const char* names[] = {"c", "a", "d", "b"};
  const std::uint64_t sizes[] = {5, 7, 5, 1};
  std::vector<const plan::Unit*> order;
  for (std::size_t i = 0; i < units.size(); ++i) {
    units[i].tenant = names[i];
    units[i].bytes = sizes[i];
    order.push_back(&units[i]);
  }
  using Names = std::vector<std::string>;
  put_in_order(order, plan::WaveOrder::largest);
  CHECK(names_of(order) == Names{"a", "c", "d", "b"});
  put_in_order(order, plan::WaveOrder::smallest);
  CHECK(names_of(order) == Names{"b", "c", "d", "a"});
  put_in_order(order, plan::WaveOrder::name);
  CHECK(names_of(order) == Names{"a", "b", "c", "d"});
}
