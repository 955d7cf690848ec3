// Rows that wait on disk for their tenant's turn: encoded COPY rows in chains, one for each unit
// and table, in one file without a name. Written by all readers at once, read when all is written.
// A cache: after a crash the rows are read from the source again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace godwit::copy {

class Spill {
 public:
  /// `chains` chains, `bytes_max` on disk. The file is made with the first extent.
  Spill(std::string folder, std::size_t chains, std::uint64_t bytes_max);
  ~Spill();

  /// Appends an extent of whole rows. Throws Error(internal): the disk is full, or the limit is
  /// reached.
  void append(std::size_t chain, std::span<const std::byte> rows, std::uint64_t count);

  struct Total {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Total total(std::size_t chain) const;
  [[nodiscard]] std::uint64_t bytes() const;

  /// Calls `take` with each extent in the order it was appended; only one is in memory. From any
  /// thread, also of the same chain. Throws Error(internal) when a checksum is wrong.
  void read(std::size_t chain, const std::function<void(std::span<const std::byte>)>& take) const;

 private:
  struct Chain {
    std::uint64_t last = 0;  // offset of its last extent's header plus one; 0: none
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };
  class File;

  const std::string folder_;
  const std::uint64_t bytes_max_;
  mutable std::mutex mutex_;
  std::unique_ptr<File> file_;  // guarded by mutex_ until it is made
  std::uint64_t end_ = 0;       // guarded by mutex_
  std::vector<Chain> chains_;   // guarded by mutex_
};

}  // namespace godwit::copy
