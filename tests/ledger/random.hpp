// Choices of one thread; the seed decides them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace godwit::ledger {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// 0 to n - 1; n must not be 0
  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(engine_);
  }
  std::int64_t between(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(engine_);
  }
  bool chance(unsigned percent) { return below(100) < percent; }
  /// 0 to 1 with six digits, as a literal.
  std::string fraction() {
    std::string digits = std::to_string(below(1'000'000));
    return "0." + std::string(6 - digits.size(), '0') + digits;
  }
  std::string number(std::int64_t from, std::int64_t to) {
    return std::to_string(between(from, to));
  }
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(below(list.size()))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace godwit::ledger
