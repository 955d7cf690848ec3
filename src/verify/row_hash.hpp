// A row's 128-bit hash (XXH3 with a seed drawn for each run, so that no data can be made to
// collide), and sums of them: a multiset's fingerprint that needs no order and bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cell.hpp"

namespace godwit::verify {

enum class Side : std::uint64_t { source = 0, target = 1 };

/// The lowest bit of `low` says from which side the row is.
struct RowHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] Side side() const { return static_cast<Side>(low & 1U); }
  /// Equal for equal rows of both sides.
  [[nodiscard]] RowHash value() const { return {high, low | 1U}; }
  bool operator==(const RowHash&) const = default;
};

class RowHasher {
 public:
  explicit RowHasher(std::uint64_t seed) : seed_(seed) {}
  /// A row with a flawed value never equals one of the other side.
  RowHash hash(std::span<const Cell> row, Side side);

 private:
  std::uint64_t seed_;
  std::string buffer_;
};

/// Rows spread over a fixed number of sums by their hash; a bucket differs when the rows in it do.
class BucketSums {
 public:
  static constexpr std::size_t kBuckets = 16'384;

  void add(const RowHash& hash);
  [[nodiscard]] bool differs(const RowHash& hash) const { return differs(bucket_of(hash)); }
  [[nodiscard]] bool differs(std::size_t bucket) const;
  /// Rows of both sides in the bucket.
  [[nodiscard]] std::uint64_t rows(std::size_t bucket) const;
  static std::size_t bucket_of(const RowHash& hash) { return hash.high >> 50U; }

 private:
  struct Bucket {
    std::uint64_t high = 0;  // sums of the source's hashes less the target's, mod 2^64
    std::uint64_t low = 0;
    std::uint64_t source_rows = 0;
    std::uint64_t target_rows = 0;
  };
  std::vector<Bucket> buckets_ = std::vector<Bucket>(kBuckets);
};

/// A fresh seed.
std::uint64_t random_seed();

}  // namespace godwit::verify
