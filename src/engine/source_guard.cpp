#include "source_guard.hpp"

#include <algorithm>
#include <utility>

#include "godwit/core/clock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"
#include "godwit/mariadb/server_load.hpp"

namespace godwit::engine {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr int kLooksPerRefresh = 2;
/// A server that takes longer to say how busy it is counts as one that doesn't answer.
constexpr std::chrono::seconds kAnswerMax{5};

mariadb::Endpoint impatient(mariadb::Endpoint endpoint) {
  endpoint.connect_timeout = std::min(endpoint.connect_timeout, kAnswerMax);
  endpoint.io_timeout = kAnswerMax;
  return endpoint;
}

}  // namespace

SourceGuard::SourceGuard(RunContext& run, LiveLimits& limits) : run_(run), limits_(limits) {
  refresh();
  look();
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

SourceGuard::~SourceGuard() {
  thread_.request_stop();
  thread_.join();
  apply({});
}

void SourceGuard::watch(const std::stop_token& stop) {
  for (int looks = 1; Clock::system().sleep(kLookEvery, stop); ++looks) {
    if (looks % kLooksPerRefresh == 0) refresh();
    look();
  }
}

void SourceGuard::refresh() {
  if (!limits_.refresh() && replicas_.size() == limits_.replicas().size()) return;
  replicas_.clear();
  for (const plan::ReplicaSpec& spec : limits_.replicas())
    replicas_.push_back({&spec, std::nullopt});
}

void SourceGuard::look() {
  const plan::SourceLimits& limits = limits_.limits();
  SourceReadings readings;
  if (limits.threads_running || limits.history_list) read_source(readings);
  if (limits.replica_lag) {
    for (Replica& replica : replicas_) {
      SourceReadings::Replica read = read_replica(replica);
      readings.replica =
          readings.replica ? worse(std::move(*readings.replica), std::move(read)) : std::move(read);
    }
  }
  apply(judge_.judge(limits, readings));
}

void SourceGuard::read_source(SourceReadings& readings) {
  try {
    if (!source_) source_.emplace(impatient(run_.plan.source.endpoint));
    const mariadb::ServerLoad load = mariadb::server_load(*source_);
    readings.threads_running = load.threads_running;
    readings.history_list = load.history_list;
    answers_ = true;
  } catch (...) {
    source_.reset();
    // once, not every second
    if (std::exchange(answers_, false)) {
      log::event(log::Level::warn, "source.look_failed", {{"error", current_error().what()}});
    }
  }
}

SourceReadings::Replica SourceGuard::read_replica(Replica& replica) {
  SourceReadings::Replica read;
  read.name = replica.spec->endpoint.describe();
  try {
    if (!replica.connection) replica.connection.emplace(impatient(replica.spec->endpoint));
    mariadb::ReplicaState state = mariadb::replica_state(*replica.connection);
    read.lag_seconds = state.lag_seconds;
    read.problem = std::move(state.problem);
  } catch (...) {
    replica.connection.reset();
    read.problem = current_error().what();
  }
  return read;
}

void SourceGuard::apply(const std::vector<SourceHold>& holds) {
  const auto now = std::chrono::steady_clock::now();
  std::string reasons;
  bool reading = false;
  for (const SourceHold& hold : holds) {
    reasons += (reasons.empty() ? "" : "; ") + hold.reason;
    reading |= !hold.only_beginnings;
    if (!held_.try_emplace(hold.limit, now).second) continue;
    log::event(log::Level::warn, "source.held",
               {{"limit", hold.limit},
                {"reason", hold.reason},
                {"holds", hold.only_beginnings ? "beginning" : "reading"}});
  }
  // closed before it is shown, shown for as long as it is closed
  run_.gates.begin.set_closed(!holds.empty());
  run_.gates.read.set_closed(reading);
  run_.board.set_source_hold(std::move(reasons));
  for (auto held = held_.begin(); held != held_.end();) {
    const bool still = std::any_of(holds.begin(), holds.end(), [&](const SourceHold& hold) {
      return hold.limit == held->first;
    });
    if (still) {
      ++held;
      continue;
    }
    log::event(log::Level::info, "source.released",
               {{"limit", held->first},
                {"seconds", std::chrono::duration<double>(now - held->second).count()}});
    held = held_.erase(held);
  }
}

}  // namespace godwit::engine
