#include "progress_printer.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <ostream>
#include <string_view>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

constexpr std::chrono::milliseconds kBarInterval{250};
constexpr std::chrono::seconds kPlainInterval{10};
constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kPhasesShown = 3;

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

std::string bar(double share) {
  const auto full = static_cast<std::size_t>(share * kBarWidth);
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "]";
}

}  // namespace

ProgressStyle progress_style(const std::string& word) {
  if (word == "none") return ProgressStyle::none;
  if (word == "plain") return ProgressStyle::plain;
  if (word != "auto") {
    throw Error(ErrorKind::usage, "--progress takes auto, plain or none, not '" + word + "'");
  }
  const char* term = std::getenv("TERM");
  const bool terminal = isatty(STDERR_FILENO) == 1 && term != nullptr &&
                        std::string_view(term) != "dumb" && std::getenv("NO_COLOR") == nullptr;
  return terminal ? ProgressStyle::bar : ProgressStyle::plain;
}

ProgressPrinter::ProgressPrinter(const engine::ProgressBoard& board, ProgressStyle style,
                                 std::ostream& err)
    : board_(board), style_(style), err_(err) {
  if (style == ProgressStyle::none) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { print_until(stop); });
}

ProgressPrinter::~ProgressPrinter() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  if (style_ == ProgressStyle::bar) err_ << "\r\x1b[K" << std::flush;
}

std::string ProgressPrinter::line() const {
  const std::uint64_t total = board_.tenants_total;
  const std::uint64_t done = board_.tenants_done;
  const std::uint64_t failed = board_.tenants_failed;
  const std::uint64_t rows = board_.rows;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  // rows are the finer measure, but their number is an estimate of the source's statistics
  const std::uint64_t expected = std::max(board_.rows_expected.load(), rows);
  double share = total == 0 ? 0 : static_cast<double>(done + failed) / static_cast<double>(total);
  if (expected > 0 && board_.rows_expected > 0) {
    share = std::max(share, static_cast<double>(rows) / static_cast<double>(expected));
  }
  if (done + failed < total) share = std::min(share, 0.99);
  std::string text;
  if (style_ == ProgressStyle::bar) text = bar(share) + " ";
  text += std::to_string(static_cast<int>(share * 100)) + "%  " + std::to_string(done) + "/" +
          std::to_string(total) + " tenants";
  if (failed > 0) text += ", " + std::to_string(failed) + " failed";
  text += "  " + human_count(rows) + " rows";
  if (seconds > 0.5) {
    text += "  " + human_count(static_cast<std::uint64_t>(static_cast<double>(rows) / seconds)) +
            " rows/s";
  }
  if (share > 0.01 && share < 1) text += "  ETA " + human_seconds(seconds * (1 - share) / share);
  std::size_t shown = 0;
  for (const engine::ProgressBoard::Phase& phase : board_.phases()) {
    if (shown++ == kPhasesShown) break;
    text += "  " + printable(phase.tenant) + ": " + phase.phase;
  }
  return text;
}

void ProgressPrinter::print_until(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  const auto interval = style_ == ProgressStyle::bar
                            ? kBarInterval
                            : std::chrono::duration_cast<std::chrono::milliseconds>(kPlainInterval);
  while (!stop.stop_requested()) {
    ended.wait_for(lock, stop, interval, [] { return false; });
    if (stop.stop_requested()) return;
    if (style_ == ProgressStyle::bar) {
      std::string text = line();
      text.resize(std::min(text.size(), terminal_columns() - 1));
      err_ << "\r\x1b[K" << text << std::flush;
    } else {
      err_ << "progress: " << line() << std::endl;
    }
  }
}

}  // namespace godwit::cli
