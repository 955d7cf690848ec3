#include "live_limits.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"

namespace godwit::engine {
namespace {

std::string count_or_none(const std::optional<std::uint64_t>& count) {
  return count ? human_count(*count) : "none";
}

}  // namespace

std::string describe(const plan::SourceLimits& limits) {
  return "replica_lag: " +
         (limits.replica_lag ? std::to_string(limits.replica_lag->count()) + "s" : "none") +
         ", threads_running: " + count_or_none(limits.threads_running) +
         ", history_list: " + count_or_none(limits.history_list);
}

bool LiveLimits::refresh() {
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(file_, failed);
  if (failed) return false;
  // an editor that empties the file first may be in the middle of its work
  const std::uintmax_t bytes = std::filesystem::file_size(file_, failed);
  if (failed || (written == written_ && bytes == bytes_)) return false;
  written_ = written;
  bytes_ = bytes;
  try {
    return take(plan::load_plan(file_).source);
  } catch (...) {
    log::event(log::Level::warn, "source.limits_refused", {{"error", current_error().what()}});
    return false;
  }
}

bool LiveLimits::take(const plan::SourceSpec& source) {
  const bool same_replicas =
      std::equal(source.replicas.begin(), source.replicas.end(), replicas_.begin(), replicas_.end(),
                 [](const auto& a, const auto& b) { return a.uri == b.uri; });
  if (same_replicas && source.limits == limits_) return false;
  limits_ = source.limits;
  replicas_ = source.replicas;
  log::event(log::Level::info, "source.limits_changed",
             {{"limits", describe(limits_)}, {"replicas", replicas_.size()}});
  return true;
}

}  // namespace godwit::engine
