#include "source_judge.hpp"

#include <limits>
#include <utility>

#include "godwit/core/text.hpp"

namespace godwit::engine {
namespace {

constexpr std::uint64_t kEndlesslyBehind = std::numeric_limits<std::uint64_t>::max();

std::uint64_t rank(const SourceReadings::Replica& replica) {
  return replica.lag_seconds.value_or(kEndlesslyBehind);
}

/// "57 threads run, limit 40"; without a reading the limit alone.
std::string number_reason(std::optional<std::uint64_t> value, const std::string& what,
                          const std::string& subject, std::uint64_t limit) {
  const std::string bound = ", limit " + human_count(limit);
  if (!value) return subject + " is unknown, as the source doesn't answer" + bound;
  return human_count(*value) + " " + what + bound;
}

std::string lag_reason(const SourceReadings::Replica& replica, std::chrono::seconds limit) {
  const std::string name = "replica " + printable(replica.name);
  if (!replica.lag_seconds) return name + ": " + replica.problem;
  return name + " is " + human_count(*replica.lag_seconds) + " s behind, limit " +
         std::to_string(limit.count()) + " s";
}

}  // namespace

SourceReadings::Replica worse(SourceReadings::Replica a, SourceReadings::Replica b) {
  return rank(b) > rank(a) ? std::move(b) : std::move(a);
}

bool LimitJudge::judge(std::optional<std::uint64_t> limit, std::optional<std::uint64_t> reading) {
  if (!limit) {
    held_ = false;
    within_ = 0;
    return false;
  }
  if (!reading) {
    within_ = 0;
    if (++unanswered_ > kUnansweredMax) held_ = false;
    return held_;
  }
  unanswered_ = 0;
  within_ = *reading > *limit ? 0 : within_ + (within_ < 2 ? 1 : 0);
  if (within_ == 0) {
    held_ = true;
  } else if (held_) {
    held_ = release_ == Release::twice_within ? within_ < 2 : *reading >= *limit - *limit / 5;
  }
  return held_;
}

std::vector<SourceHold> SourceJudge::judge(const plan::SourceLimits& limits,
                                           const SourceReadings& readings) {
  std::vector<SourceHold> holds;
  if (threads_.judge(limits.threads_running, readings.threads_running)) {
    holds.push_back({"threads_running",
                     number_reason(readings.threads_running, "threads run", "the number of threads",
                                   *limits.threads_running),
                     false});
  }
  if (history_.judge(limits.history_list, readings.history_list)) {
    holds.push_back({"history_list",
                     number_reason(readings.history_list, "transactions wait for the purge",
                                   "the history list", *limits.history_list),
                     true});
  }
  std::optional<std::uint64_t> lag_limit;
  if (limits.replica_lag) lag_limit = static_cast<std::uint64_t>(limits.replica_lag->count());
  std::optional<std::uint64_t> lag;
  if (readings.replica) lag = rank(*readings.replica);
  if (lag_.judge(lag_limit, lag)) {
    holds.push_back({"replica_lag",
                     readings.replica ? lag_reason(*readings.replica, *limits.replica_lag)
                                      : "the replicas were not asked",
                     false});
  }
  return holds;
}

}  // namespace godwit::engine
