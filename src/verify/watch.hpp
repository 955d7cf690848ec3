// Counts rows on their way through a comparison: stops it on request, tells its progress.
#pragma once

#include <cstdint>

#include "godwit/core/error.hpp"
#include "godwit/verify/verifier.hpp"

namespace godwit::verify {

class Watch {
 public:
  explicit Watch(const VerifyOptions& options) : options_(options) {}

  /// A row of the source was compared.
  void source_row() {
    if (again_ > 0) {
      --again_;
    } else {
      ++rows_;
    }
    any_row();
  }
  /// A row of the target, or one read a second time.
  void any_row() {
    if ((++ticks_ & kMask) == 0) look();
  }
  /// The next `rows` of the source are compared again: progress doesn't count them twice.
  void compare_again(std::uint64_t rows) { again_ = rows; }

  void look() const {
    if (options_.stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, "the comparison was stopped");
    }
    if (options_.progress) options_.progress(rows_);
  }

 private:
  static constexpr std::uint64_t kMask = 4095;

  const VerifyOptions& options_;
  std::uint64_t rows_ = 0;
  std::uint64_t again_ = 0;
  std::uint64_t ticks_ = 0;
};

}  // namespace godwit::verify
