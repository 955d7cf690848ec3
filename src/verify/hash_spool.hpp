// Hashes of the rows that may differ, in a temporary file (16 bytes a row) that has no name and
// goes with its owner: they are gone through several times, and may be more than memory holds.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>

#include "row_hash.hpp"

namespace godwit::verify {

class HashSpool {
 public:
  HashSpool();

  void put(const RowHash& hash);
  /// Back to the first; afterwards nothing may be put.
  void rewind();
  /// False at the end.
  bool next(RowHash& hash);

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace godwit::verify
