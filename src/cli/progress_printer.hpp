// Shows a ProgressBoard on stderr while a command runs: one redrawn line with a bar on a terminal,
// a plain line every ten seconds elsewhere.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <thread>

#include "godwit/engine/progress.hpp"

namespace godwit::cli {

enum class ProgressStyle { bar, plain, none };

/// "auto" asks the terminal (TERM=dumb and NO_COLOR count as none). Throws Error(usage) for an
/// unknown word.
ProgressStyle progress_style(const std::string& word);

class ProgressPrinter {
 public:
  ProgressPrinter(const engine::ProgressBoard& board, ProgressStyle style, std::ostream& err);
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;
  ~ProgressPrinter();  // clears the bar

 private:
  void print_until(const std::stop_token& stop);
  [[nodiscard]] std::string line() const;

  const engine::ProgressBoard& board_;
  const ProgressStyle style_;
  std::ostream& err_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::jthread thread_;
};

}  // namespace godwit::cli
