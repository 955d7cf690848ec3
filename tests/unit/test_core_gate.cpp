#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include <catch2/catch.hpp>

#include "godwit/core/gate.hpp"

using godwit::Gate;
using namespace std::chrono_literals;

TEST_CASE("an open gate is passed at once, a closed one when it opens") {
  Gate gate;
  gate.wait({});
  gate.set_closed(true);
  CHECK(gate.closed());
  std::atomic<bool> passed{false};
  std::jthread waiter([&] {
    gate.wait({});
    passed = true;
  });
  std::this_thread::sleep_for(50ms);
  CHECK_FALSE(passed);
  gate.set_closed(false);
  waiter.join();
  CHECK(passed);
}

TEST_CASE("a stop ends the wait at a closed gate, and so does its limit") {
  Gate gate;
  gate.set_closed(true);
  gate.wait({}, 0s);
  std::stop_source stop;
  std::jthread waiter([&] { gate.wait(stop.get_token()); });
  stop.request_stop();
  waiter.join();
  CHECK(gate.closed());
}
