#include "godwit/plan/simulation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "godwit/plan/wave_order.hpp"
#include "placement.hpp"

namespace godwit::plan {
namespace {

constexpr double kBytesPerMb = 1e6;
/// Shorter pieces of work are over.
constexpr double kWorkSecondsMin = 1e-9;
/// Of a cluster, beside the lanes' and the provisioners': tenants' locks, and a template's DDL.
constexpr std::uint64_t kConnectionsBeside = 2;

/// What a tenant is made of, in this order.
enum Phase : std::size_t { laying_out, reading_rows, building, done };

/// Lanes side by side that take one tenant after the other.
struct Crew {
  std::uint64_t lanes = 1;
  double share = 1;             // of the whole machine, that one lane alone gets
  std::uint64_t readers = 1;    // connections of a tenant, on both sides
  std::uint64_t beside = 0;     // connections of a tenant to the source beside its readers
  std::uint64_t providers = 0;  // threads that make databases, each with a connection to both sides
};

/// Plays one wave from a moment on; all times in seconds after the forecast's start.
class WavePlay {
 public:
  using Allowed = std::function<double(double)>;

  WavePlay(const Plan& plan, const Rates& rates, double start, Allowed allowed)
      : rates_(rates),
        allowed_(std::move(allowed)),
        now_(start),
        connections_(plan.clusters.size()) {}

  void play(const std::vector<const Unit*>& units, const Crew& crew) {
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

  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] double first_snapshot() const { return first_snapshot_.value_or(now_); }
  [[nodiscard]] double source_mb_s() const { return source_mb_s_; }
  [[nodiscard]] std::uint64_t source_connections() const { return source_connections_; }
  /// The most at the same time, of each cluster.
  [[nodiscard]] const std::vector<std::uint64_t>& connections() const { return connections_; }

 private:
  struct Lane {
    const Unit* unit = nullptr;       // none: idle
    std::array<double, done> left{};  // of the whole machine's seconds, of each phase
    std::size_t phase = done;
  };

  /// Gives idle lanes their next tenants. When these may not begin yet: the time when they may.
  std::optional<double> begin_tenants(const std::vector<const Unit*>& units) {
    for (Lane& lane : lanes_) {
      if (next_ == units.size()) return std::nullopt;
      if (lane.unit != nullptr) continue;
      const double allowed = allowed_(now_);
      if (allowed > now_) return allowed;
      begin(lane, *units[next_++]);
    }
    return std::nullopt;
  }

  void begin(Lane& lane, const Unit& unit) {
    const double mb = static_cast<double>(unit.bytes) / kBytesPerMb;
    lane.unit = &unit;
    lane.left = {rates_.floor_ms / 1000, mb / rates_.copy_mb_s,
                 rates_.index_mb_s > 0 ? mb / rates_.index_mb_s : 0};
    lane.phase = laying_out;
    ++busy_;
    if (!first_snapshot_) first_snapshot_ = now_;
    const std::size_t cluster = unit.cluster.value;
    ++sessions_.at(cluster);
    connections_[cluster] =
        std::max(connections_[cluster], sessions_[cluster] * crew_.readers +
                                            std::min(crew_.providers, provided_[cluster]) +
                                            kConnectionsBeside);
    source_connections_ =
        std::max(source_connections_, busy_ * (crew_.readers + crew_.beside) + crew_.providers);
    skip_empty_phases(lane);
  }

  /// On to the next phase in which there is something to do.
  void skip_empty_phases(Lane& lane) {
    while (lane.phase < done && lane.left[lane.phase] <= kWorkSecondsMin)
      ++lane.phase;
    if (lane.phase != done) return;
    --sessions_[lane.unit->cluster.value];
    --busy_;
    lane.unit = nullptr;
  }

  /// On to the next moment at which anything changes, `wake` at the latest.
  void step(std::optional<double> wake) {
    const double speed = std::min(crew_.share, 1 / static_cast<double>(busy_));
    const auto reading = std::count_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
      return lane.unit != nullptr && lane.phase == reading_rows;
    });
    double read_mb_s = static_cast<double>(reading) * speed * rates_.copy_mb_s;
    double read_speed = speed;
    if (rates_.source_mb_s > 0 && read_mb_s > rates_.source_mb_s) {
      read_speed *= rates_.source_mb_s / read_mb_s;
      read_mb_s = rates_.source_mb_s;
    }
    source_mb_s_ = std::max(source_mb_s_, read_mb_s);

    const auto speed_of = [&](const Lane& lane) {
      return lane.phase == reading_rows ? read_speed : speed;
    };
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

  const Rates& rates_;
  const Allowed allowed_;
  double now_;
  std::optional<double> first_snapshot_;
  double source_mb_s_ = 0;
  std::uint64_t source_connections_ = 0;
  std::vector<std::uint64_t> connections_;

  Crew crew_;
  std::vector<Lane> lanes_;
  std::vector<std::uint64_t> sessions_;  // tenants in work, of each cluster
  std::vector<std::uint64_t> provided_;  // tenants in all, of each cluster
  std::size_t next_ = 0;
  std::uint64_t busy_ = 0;
};

class Simulation {
 public:
  Simulation(const Plan& plan, const Rates& rates, const SimulationOptions& options)
      : plan_(plan), options_(options) {
    forecast_.start = options.start;
    forecast_.rates = rates;
    if (!plan.schema.indexes) forecast_.rates.index_mb_s = 0;
  }

  Forecast run(const std::vector<const Unit*>& units) {
    std::vector<std::vector<const Unit*>> waves(plan_.waves.size());
    for (const Unit* unit : units) {
      waves.at(unit->wave.value).push_back(unit);
      rows_ += unit->rows;
    }
    fill_clusters(units);
    for (std::uint32_t wave = 0; wave < waves.size(); ++wave) {
      if (!waves[wave].empty()) play(WaveId{wave}, waves[wave]);
    }
    return std::move(forecast_);
  }

 private:
  void fill_clusters(const std::vector<const Unit*>& units) {
    for (const ClusterSpec& spec : plan_.clusters) {
      ClusterForecast& cluster = forecast_.clusters.emplace_back();
      cluster.name = spec.name;
      cluster.engine_connections = static_cast<std::uint64_t>(spec.engine_connections);
    }
    SeenDatabases seen;
    for (const Unit* unit : units) {
      ClusterForecast& cluster = forecast_.clusters.at(unit->cluster.value);
      if (seen.is_first(*unit)) {
        ++cluster.databases;
        cluster.bytes += kEmptyDatabaseBytes;
        cluster.wal_bytes += kEmptyDatabaseBytes;  // a database made of a template logs all of that
      }
      cluster.bytes += unit->bytes;
      cluster.wal_bytes +=
          static_cast<std::uint64_t>(static_cast<double>(unit->bytes) * forecast_.rates.wal_factor);
    }
  }

  void play(WaveId id, const std::vector<const Unit*>& units) {
    const WaveSpec& spec = plan_.waves.at(id.value);
    WaveForecast wave;
    wave.name = spec.name;
    wave.lanes = lanes_within_connections(
        plan_, units, static_cast<std::size_t>(options_.lanes > 0 ? options_.lanes : spec.lanes));
    std::vector<const Unit*> large;
    std::vector<const Unit*> small;
    std::vector<const Unit*> ordered = units;
    put_in_order(ordered, spec.order);
    for (const Unit* unit : ordered) {
      (is_large(plan_, *unit) ? large : small).push_back(unit);
      ++wave.tenants;
      wave.rows += unit->rows;
      wave.bytes += unit->bytes;
    }
    wave.work_seconds = machine_seconds(forecast_.rates, wave.tenants, wave.bytes);

    wave.start_seconds = allowed(id, forecast_.seconds());
    WavePlay play(plan_, forecast_.rates, wave.start_seconds,
                  [this, id](double time) { return allowed(id, time); });
    const Crew small_crew = crew_for_small(std::min<std::uint64_t>(wave.lanes, small.size()));
    const bool small_first = spec.order == WaveOrder::smallest;
    if (small_first) play.play(small, small_crew);
    play.play(large, crew_for_large(wave.lanes));
    if (!small_first) play.play(small, small_crew);
    wave.end_seconds = play.now();
    wave.source_connections = play.source_connections();
    wave.source_mb_s = play.source_mb_s();
    forecast_binlog(play.first_snapshot(), wave);
    for (std::size_t i = 0; i < forecast_.clusters.size(); ++i) {
      std::uint64_t& connections = forecast_.clusters[i].connections;
      connections = std::max(connections, play.connections()[i]);
    }
    forecast_.waves.push_back(std::move(wave));
  }

  /// `lanes` lanes' part of the machine.
  [[nodiscard]] double share_of(std::uint64_t lanes) const {
    return std::min(
        1.0, static_cast<double>(lanes) * forecast_.rates.lane_mb_s / forecast_.rates.copy_mb_s);
  }

  [[nodiscard]] Crew crew_for_large(std::uint64_t lanes) const {
    Crew crew;
    crew.readers = std::min(lanes, static_cast<std::uint64_t>(plan_.source.readers));
    crew.share = share_of(crew.readers);
    crew.beside = 2;  // catalog and table locks
    crew.providers = 1;
    return crew;
  }

  [[nodiscard]] Crew crew_for_small(std::uint64_t lanes) const {
    Crew crew;
    crew.lanes = lanes;
    crew.share = share_of(1);
    crew.beside = 2;
    crew.providers = lanes;
    return crew;
  }

  void forecast_binlog(double first_snapshot, WaveForecast& wave) const {
    const Rates& rates = forecast_.rates;
    wave.binlog_retention_seconds = wave.end_seconds - first_snapshot;
    if (rates.apply_rows_s > 0 && rows_ > 0) {
      // changes are spread over the tenants as their rows are
      const double part = static_cast<double>(wave.rows) / static_cast<double>(rows_);
      const double changes = rates.write_rows_s * part;
      if (changes < rates.apply_rows_s) {
        wave.catch_up_seconds =
            changes * wave.binlog_retention_seconds / (rates.apply_rows_s - changes);
        wave.binlog_retention_seconds += *wave.catch_up_seconds;
      }
    }
    wave.binlog_bytes =
        static_cast<std::uint64_t>(wave.binlog_retention_seconds * rates.binlog_mb_s * kBytesPerMb);
  }

  [[nodiscard]] double allowed(WaveId wave, double time) const {
    if (!options_.next_allowed) return time;
    const auto asked =
        options_.start + std::chrono::seconds(static_cast<std::int64_t>(std::floor(time)));
    const auto answer = options_.next_allowed(wave, asked);
    if (answer <= asked) return time;
    return static_cast<double>((answer - options_.start).count());
  }

  const Plan& plan_;
  const SimulationOptions& options_;
  Forecast forecast_;
  std::uint64_t rows_ = 0;  // of all tenants
};

}  // namespace

Forecast simulate(const Plan& plan, const std::vector<const Unit*>& units, const Rates& rates,
                  const SimulationOptions& options) {
  return Simulation(plan, rates, options).run(units);
}

bool is_large(const Plan& plan, const Unit& unit) { return unit.bytes >= plan.large_tenant_bytes; }

std::size_t lanes_within_connections(const Plan& plan, const std::vector<const Unit*>& units,
                                     std::size_t lanes) {
  std::vector<bool> used(plan.clusters.size());
  for (const Unit* unit : units)
    used.at(unit->cluster.value) = true;
  std::size_t within = lanes;
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    const auto limit = static_cast<std::size_t>(plan.clusters[i].engine_connections);
    within = std::min(within, limit > kConnectionsBeside ? (limit - kConnectionsBeside) / 2 : 0);
  }
  return std::max<std::size_t>(within, 1);
}

}  // namespace godwit::plan
