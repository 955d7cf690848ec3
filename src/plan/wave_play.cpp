#include "wave_play.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace godwit::plan {
namespace {

constexpr double kBytesPerMb = 1e6;
/// Shorter pieces of work are over.
constexpr double kWorkSecondsMin = 1e-9;

}  // namespace

WavePlay::WavePlay(const Plan& plan, const Rates& rates, double start, Allowed allowed)
    : rates_(rates),
      allowed_(std::move(allowed)),
      now_(start),
      connections_(plan.clusters.size()) {}

void WavePlay::play(const std::vector<const Unit*>& units, const Crew& crew) {
  if (units.empty()) return;
  crew_ = crew;
  lanes_.assign(crew.lanes, {});
  sessions_.assign(connections_.size(), 0);
  provided_.assign(connections_.size(), 0);
  for (const Unit* unit : units)
    ++provided_.at(unit->cluster.value);
  next_ = 0;
  for (;;) {
    const std::optional<double> wake = begin_tenants(units);
    if (busy_ > 0) {
      step(wake);
    } else if (wake) {
      now_ = *wake;
    } else if (next_ == units.size()) {
      return;
    }
  }
}

double WavePlay::read_together(std::uint64_t bytes, double share,
                               std::uint64_t source_connections) {
  // where one window ends another's time may not have come
  double allowed = allowed_(now_);
  while (allowed > now_) {
    now_ = allowed;
    allowed = allowed_(now_);
  }
  if (!first_snapshot_) first_snapshot_ = now_;
  source_connections_ = std::max(source_connections_, source_connections);
  double mb_s = share * rates_.scan_mb_s;
  if (rates_.source_mb_s > 0) mb_s = std::min(mb_s, rates_.source_mb_s);
  if (bytes == 0) return 0;
  source_mb_s_ = std::max(source_mb_s_, mb_s);
  const double seconds = static_cast<double>(bytes) / kBytesPerMb / mb_s;
  now_ += seconds;
  return seconds;
}

void WavePlay::hold(std::size_t cluster, std::uint64_t connections) {
  connections_.at(cluster) = std::max(connections_.at(cluster), connections + kConnectionsBeside);
}

/// Gives idle lanes their next tenants. When these may not begin yet: the time when they may.
std::optional<double> WavePlay::begin_tenants(const std::vector<const Unit*>& units) {
  for (Lane& lane : lanes_) {
    if (next_ == units.size()) return std::nullopt;
    if (lane.unit != nullptr) continue;
    if (crew_.reads) {
      const double allowed = allowed_(now_);
      if (allowed > now_) return allowed;
    }
    begin(lane, *units[next_++]);
  }
  return std::nullopt;
}

void WavePlay::begin(Lane& lane, const Unit& unit) {
  const double mb = static_cast<double>(unit.bytes) / kBytesPerMb;
  lane.unit = &unit;
  lane.left = {rates_.floor_ms / 1000, mb / rates_.copy_mb_s,
               rates_.index_mb_s > 0 ? mb / rates_.index_mb_s : 0};
  lane.phase = laying_out;
  ++busy_;
  if (!first_snapshot_) first_snapshot_ = now_;
  count_connections(unit);
  skip_empty_phases(lane);
}

void WavePlay::count_connections(const Unit& unit) {
  const std::size_t cluster = unit.cluster.value;
  ++sessions_.at(cluster);
  connections_[cluster] =
      std::max(connections_[cluster], sessions_[cluster] * crew_.readers +
                                          std::min(crew_.providers, provided_[cluster]) +
                                          kConnectionsBeside);
  if (!crew_.reads) return;
  source_connections_ =
      std::max(source_connections_, busy_ * (crew_.readers + crew_.beside) + crew_.providers);
}

/// On to the next phase in which there is something to do.
void WavePlay::skip_empty_phases(Lane& lane) {
  while (lane.phase < done && lane.left[lane.phase] <= kWorkSecondsMin)
    ++lane.phase;
  if (lane.phase != done) return;
  --sessions_[lane.unit->cluster.value];
  --busy_;
  lane.unit = nullptr;
}

/// On to the next moment at which anything changes, `wake` at the latest.
void WavePlay::step(std::optional<double> wake) {
  const double speed = std::min(crew_.share, 1 / static_cast<double>(busy_));
  double row_speed = speed;
  if (crew_.reads) {
    const auto reading = std::count_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
      return lane.unit != nullptr && lane.phase == rows;
    });
    double read_mb_s = static_cast<double>(reading) * speed * rates_.copy_mb_s;
    if (rates_.source_mb_s > 0 && read_mb_s > rates_.source_mb_s) {
      row_speed *= rates_.source_mb_s / read_mb_s;
      read_mb_s = rates_.source_mb_s;
    }
    source_mb_s_ = std::max(source_mb_s_, read_mb_s);
  }

  const auto speed_of = [&](const Lane& lane) { return lane.phase == rows ? row_speed : speed; };
  double pause = wake ? *wake - now_ : std::numeric_limits<double>::infinity();
  bool wakes = wake.has_value();
  for (const Lane& lane : lanes_) {
    if (lane.unit == nullptr) continue;
    const double left = lane.left[lane.phase] / speed_of(lane);
    if (left >= pause) continue;
    pause = left;
    wakes = false;
  }
  now_ = wakes ? *wake : now_ + pause;  // exactly: it is compared with the time allowed
  for (Lane& lane : lanes_) {
    if (lane.unit == nullptr) continue;
    lane.left[lane.phase] -= pause * speed_of(lane);
    skip_empty_phases(lane);
  }
}

}  // namespace godwit::plan
