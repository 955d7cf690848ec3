// `plan --simulate`: plays the waves as the engine would run them, one after the other, and says
// how long they take and what they ask of the servers. Pure and deterministic.
//
// The model. A tenant takes floor, rows and indexes (Rates) of the whole machine's time. A lane
// alone gets lane_mb_s ÷ copy_mb_s of the machine; lanes that together want more than all of it
// share it evenly. Lanes that read rows keep to the source's budget together. The tenants of a wave
// come in the engine's order: the large ones one after the other, each by up to `readers` lanes at
// once, then the small ones, one lane each; with the order `smallest` the small ones first.
//
// Tenants of shared tables come in groups of as many as one reading serves. A group begins when its
// wave may begin tenants, and then goes on to its end: its tables are read once, by `readers` lanes
// and at scan_mb_s of the whole machine; then its tenants are finished, each with floor, rows and
// indexes: the large ones that were given their rows meanwhile by all lanes, one after the other,
// then the others side by side. What such a tenant was given while the tables were read is counted
// with its rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "godwit/core/finding.hpp"
#include "godwit/core/ids.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/rates.hpp"
#include "godwit/plan/units.hpp"

namespace godwit::plan {

struct WaveForecast {
  std::string name;
  double start_seconds = 0;  // after the forecast's start
  double end_seconds = 0;    // when its last tenant is copied
  std::uint64_t lanes = 0;
  std::uint64_t tenants = 0;
  std::uint64_t rows = 0;                // estimate
  std::uint64_t bytes = 0;               // estimate, data and indexes
  double work_seconds = 0;               // of the whole machine, without any wait
  std::uint64_t source_connections = 0;  // at most at the same time
  double source_mb_s = 0;                // rows read from the source, peak
  // row tenancy only:
  std::uint64_t readings = 0;     // groups of tenants that are read together
  std::uint64_t bytes_read = 0;   // by all of them, see bytes_to_read()
  double reading_seconds = 0;     // in which rows are read
  std::uint64_t spill_bytes = 0;  // that wait on disk, of the group with the most
  /// The source's binlog must reach back so far at the wave's end: to its first snapshot, and over
  /// the catching up where that is forecast.
  double binlog_retention_seconds = 0;
  std::uint64_t binlog_bytes = 0;  // written in that time; 0 without binlog_mb_s
  /// After the wave's end; nothing without rates for it, or when changes come faster than they are
  /// applied.
  std::optional<double> catch_up_seconds;

  [[nodiscard]] double seconds() const { return end_seconds - start_seconds; }
};

struct ClusterForecast {
  std::string name;
  std::uint64_t databases = 0;           // of the forecast's tenants; shared ones count once
  std::uint64_t bytes = 0;               // theirs, with what an empty database takes
  std::uint64_t wal_bytes = 0;           // of rows, indexes and the making of the databases
  std::uint64_t connections = 0;         // of the engine, at most at the same time
  std::uint64_t engine_connections = 0;  // the plan's limit for them
};

struct Forecast {
  std::chrono::sys_seconds start{};
  Rates rates;                            // as they were used
  std::vector<WaveForecast> waves;        // those with tenants, in the plan's order
  std::vector<ClusterForecast> clusters;  // all, in the plan's order
  std::uint64_t spill_bytes_max = 0;      // row tenancy: the plan's copy.spill
  Findings findings;                      // code: spill-too-small

  [[nodiscard]] double seconds() const { return waves.empty() ? 0 : waves.back().end_seconds; }
};

struct SimulationOptions {
  std::chrono::sys_seconds start{};  // of the first wave
  int lanes = 0;                     // of every wave; 0: as the plan says
  SharedTables tables;               // row tenancy
  /// The earliest time from the given one on at which a tenant of the wave may begin; the given one
  /// when that is now. Asked before each tenant, or group that is read together. Not set: always.
  std::function<std::chrono::sys_seconds(WaveId, std::chrono::sys_seconds)> next_allowed;
};

/// `units` of the plan, by wave and name as make_units() and select_units() give them. Waves follow
/// each other without a pause. O(tenants × lanes).
Forecast simulate(const Plan& plan, const std::vector<const Unit*>& units, const Rates& rates,
                  const SimulationOptions& options);

/// A tenant of at least the plan's size for that is read by several lanes at once.
bool is_large(const Plan& plan, const Unit& unit);

/// As many of the lanes as keep to `engine_connections` of every cluster of these units, whichever
/// tenants they work on at the same time; one at least. A lane takes up to two connections to a
/// cluster, its session and its provisioner's, and a run two more.
std::size_t lanes_within_connections(const Plan& plan, const std::vector<const Unit*>& units,
                                     std::size_t lanes);

}  // namespace godwit::plan
