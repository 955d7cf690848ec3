#include "godwit/plan/simulation.hpp"

#include <algorithm>
#include <cmath>

#include "godwit/core/text.hpp"
#include "godwit/plan/shared_reading.hpp"
#include "godwit/plan/wave_order.hpp"
#include "placement.hpp"
#include "wave_play.hpp"

namespace godwit::plan {
namespace {

constexpr double kBytesPerMb = 1e6;

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
    std::vector<const Unit*> ordered = units;
    put_in_order(ordered, spec.order);
    for (const Unit* unit : ordered) {
      ++wave.tenants;
      wave.rows += unit->rows;
      wave.bytes += unit->bytes;
    }
    wave.start_seconds = allowed(id, forecast_.seconds());
    WavePlay play(plan_, forecast_.rates, wave.start_seconds,
                  [this, id](double time) { return allowed(id, time); });
    if (plan_.rows) {
      play_together(ordered, play, wave);
    } else {
      play_alone(ordered, spec.order, play, wave);
    }
    wave.work_seconds = machine_seconds(forecast_.rates, wave.tenants, wave.bytes) +
                        scan_seconds(forecast_.rates, wave.bytes_read);
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

  /// Each tenant is a database of its own.
  void play_alone(const std::vector<const Unit*>& ordered, WaveOrder order, WavePlay& play,
                  const WaveForecast& wave) const {
    std::vector<const Unit*> large;
    std::vector<const Unit*> small;
    for (const Unit* unit : ordered)
      (is_large(plan_, *unit) ? large : small).push_back(unit);
    const Crew small_crew = crew_for_small(std::min<std::uint64_t>(wave.lanes, small.size()));
    const bool small_first = order == WaveOrder::smallest;
    if (small_first) play.play(small, small_crew);
    play.play(large, crew_for_large(wave.lanes));
    if (!small_first) play.play(small, small_crew);
  }

  /// The tenants share tables, which are read once for as many of them as one reading serves.
  void play_together(const std::vector<const Unit*>& ordered, WavePlay& play, WaveForecast& wave) {
    const std::size_t limit = units_per_reading(plan_, wave.lanes);
    for (std::size_t from = 0; from < ordered.size(); from += limit) {
      const auto begin = ordered.begin() + static_cast<std::ptrdiff_t>(from);
      const auto count = static_cast<std::ptrdiff_t>(std::min(limit, ordered.size() - from));
      play_group({begin, begin + count}, play, wave);
    }
    forecast_.spill_bytes_max = plan_.spill_bytes;
    if (wave.spill_bytes <= plan_.spill_bytes) return;
    forecast_.findings.push_back(
        {"spill-too-small",
         Severity::degraded,
         wave.name,
         "about " + human_bytes(wave.spill_bytes) +
             " of rows wait on disk for their tenants' databases, copy.spill allows " +
             human_bytes(plan_.spill_bytes) + ": a reading that reaches the limit fails",
         "raise copy.spill in the plan, or let one reading serve fewer tenants (copy.together)",
         {}});
  }

  void play_group(const std::vector<const Unit*>& group, WavePlay& play, WaveForecast& wave) {
    const std::vector<std::size_t> streaming = streaming_units(plan_, group, wave.lanes);
    std::vector<bool> streams(group.size());
    std::vector<const Unit*> large;
    std::vector<const Unit*> small;  // and those whose rows wait on disk, whatever their size
    for (const std::size_t i : streaming) {
      streams[i] = true;
      (is_large(plan_, *group[i]) ? large : small).push_back(group[i]);
    }
    hold_streams(large, small, play, wave);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!streams[i]) small.push_back(group[i]);
    }

    const std::uint64_t bytes = bytes_to_read(options_.tables, group);
    const std::size_t readers = readers_of_group(plan_, wave.lanes);
    ++wave.readings;
    wave.bytes_read += bytes;
    wave.spill_bytes =
        std::max(wave.spill_bytes, bytes_to_spill(options_.tables, group, streaming));
    // beside the readers: catalog and table locks
    wave.reading_seconds += play.read_together(bytes, share_of(readers), readers + 2);

    Crew crew = crew_for_small(std::min<std::uint64_t>(wave.lanes, small.size()));
    crew.reads = false;
    Crew all_lanes = crew;
    all_lanes.lanes = 1;
    all_lanes.share = share_of(wave.lanes);
    all_lanes.providers = 0;  // its database is there
    play.play(large, all_lanes);
    play.play(small, crew);
  }

  /// Sessions of units that get their rows while these are read, and of the lanes that then build
  /// the indexes of the large ones.
  void hold_streams(const std::vector<const Unit*>& large, const std::vector<const Unit*>& small,
                    WavePlay& play, const WaveForecast& wave) const {
    std::vector<std::uint64_t> streams(plan_.clusters.size());
    std::vector<std::uint64_t> builders(plan_.clusters.size());
    for (const Unit* unit : large) {
      ++streams.at(unit->cluster.value);
      builders[unit->cluster.value] = wave.lanes;
    }
    for (const Unit* unit : small)
      ++streams.at(unit->cluster.value);
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (streams[i] == 0) continue;
      const std::uint64_t providers = std::min(wave.lanes, streams[i]);
      play.hold(i, streams[i] + std::max(providers, builders[i]));
    }
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
