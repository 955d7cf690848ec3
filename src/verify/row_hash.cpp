#include "row_hash.hpp"

#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace godwit::verify {

namespace {

// Longer values go in by their own hash rather than by a copy.
constexpr std::size_t kCopyMax = 4096;

void append_number(std::string& buffer, std::uint64_t number) {
  buffer.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

RowHash RowHasher::hash(std::span<const Cell> row, Side side) {
  buffer_.clear();
  for (const Cell& cell : row) {
    buffer_.push_back(static_cast<char>(cell.state));
    if (cell.state == CellState::flawed) buffer_.push_back(static_cast<char>(side));
    append_number(buffer_, cell.size);
    if (cell.size <= kCopyMax) {
      buffer_.append(cell.text());
    } else {
      const XXH128_hash_t long_value = XXH3_128bits_withSeed(cell.data, cell.size, seed_);
      append_number(buffer_, long_value.high64);
      append_number(buffer_, long_value.low64);
    }
  }
  const XXH128_hash_t hash = XXH3_128bits_withSeed(buffer_.data(), buffer_.size(), seed_);
  return {hash.high64, (hash.low64 & ~1ULL) | static_cast<std::uint64_t>(side)};
}

void BucketSums::add(const RowHash& hash) {
  Bucket& bucket = buckets_[bucket_of(hash)];
  const RowHash value = hash.value();
  if (hash.side() == Side::source) {
    bucket.high += value.high;
    bucket.low += value.low;
    ++bucket.source_rows;
  } else {
    bucket.high -= value.high;
    bucket.low -= value.low;
    ++bucket.target_rows;
  }
}

bool BucketSums::differs(std::size_t bucket) const {
  const Bucket& sums = buckets_[bucket];
  return sums.high != 0 || sums.low != 0 || sums.source_rows != sums.target_rows;
}

std::uint64_t BucketSums::rows(std::size_t bucket) const {
  return buckets_[bucket].source_rows + buckets_[bucket].target_rows;
}

std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32U | device();
}

}  // namespace godwit::verify
