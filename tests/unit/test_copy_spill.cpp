#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/copy/spill.hpp"
#include "godwit/core/error.hpp"

using godwit::copy::Spill;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string folder() { return std::filesystem::temp_directory_path().string(); }

std::string content(const Spill& spill, std::size_t chain) {
  std::string text;
  spill.read(chain, [&](std::span<const std::byte> rows) {
    text.append(reinterpret_cast<const char*>(rows.data()), rows.size());
  });
  return text;
}

}  // namespace

TEST_CASE("a spill gives each chain back in the order it was written", "[copy]") {
  Spill spill(folder(), 3, 1U << 20U);
  CHECK(content(spill, 0).empty());
  spill.append(0, bytes_of("first "), 1);
  spill.append(2, bytes_of("other"), 5);
  spill.append(0, bytes_of("second"), 2);
  CHECK(content(spill, 0) == "first second");
  CHECK(content(spill, 1).empty());
  CHECK(content(spill, 2) == "other");
  CHECK(spill.total(0).rows == 3);
  CHECK(spill.total(0).bytes == 12);
  // any number of times: shared tables are read by every unit
  CHECK(content(spill, 0) == "first second");
}

TEST_CASE("a spill stops at its limit", "[copy]") {
  Spill spill(folder(), 1, 100);
  spill.append(0, bytes_of("0123456789"), 1);
  CHECK_THROWS_AS(spill.append(0, bytes_of(std::string(90, 'x')), 1), godwit::Error);
  CHECK(content(spill, 0) == "0123456789");
}

TEST_CASE("a spill in a folder that doesn't exist says so", "[copy]") {
  Spill spill("/nowhere/at/all", 1, 100);
  CHECK_THROWS_WITH(spill.append(0, bytes_of("x"), 1), Catch::Contains("/nowhere/at/all"));
}

TEST_CASE("several writers lose nothing", "[copy]") {
  Spill spill(folder(), 2, 64U << 20U);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&spill, t] {
        for (int i = 0; i < 500; ++i)
          spill.append(static_cast<std::size_t>(i % 2),
                       bytes_of(std::string(10, static_cast<char>('a' + t))), 1);
      });
    }
  }
  for (std::size_t chain = 0; chain < 2; ++chain) {
    const std::string text = content(spill, chain);
    CHECK(text.size() == 10'000);
    for (int t = 0; t < 4; ++t)
      CHECK(std::count(text.begin(), text.end(), static_cast<char>('a' + t)) == 2'500);
  }
}
