// How fast the machines work: what a forecast is computed from. Bytes are the source's estimates
// of data and indexes, as `plan` shows them, since nothing else is known before a run; MB are 10^6
// bytes. "The whole machine" is all that takes part, with as many lanes as it has use for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "godwit/core/diagnostic.hpp"

namespace godwit::plan {

/// Where measured rates come from; nothing for given ones.
struct RateMeasurement {
  std::string at;  // UTC
  std::uint64_t tenants = 0;
  std::uint64_t bytes = 0;  // of these tenants
  std::uint64_t lanes = 0;  // the most that were used
  bool operator==(const RateMeasurement&) const = default;
};

/// The defaults are the figures of docs/performance.md (2 cores for both servers and the engine),
/// where COPY data stands for the source's estimate. They give an order of magnitude; a canary
/// wave on the real machines gives rates to plan with.
struct Rates {
  /// What a tenant takes whatever its size, of the whole machine's time: the distance of empty
  /// tenants at full speed.
  double floor_ms = 27.4;
  /// Rows, by the whole machine.
  double copy_mb_s = 152;
  /// Rows, by one lane alone. copy_mb_s ÷ lane_mb_s lanes fill the machine; one alone takes as
  /// many times longer, with its floor and its indexes too. (Default: two lanes fill two cores.)
  double lane_mb_s = 76;
  /// Keys, indexes and statistics, by the whole machine; 0: copy_mb_s includes them.
  double index_mb_s = 109;
  /// Row tenancy: bytes of the shared tables that the whole machine reads, routes and keeps on disk
  /// for their tenants, before copy_mb_s and index_mb_s take them from there. (Default: of the
  /// seconds of CPU in docs/performance.md those of the source and the engine, on two cores.)
  double scan_mb_s = 420;
  double source_mb_s = 0;   // the source's budget: rows are read no faster; 0: no budget
  double write_rows_s = 0;  // rows that applications change on the source meanwhile
  double apply_rows_s = 0;  // rows that catching up applies; 0: no catching up is forecast
  double wal_factor = 1;   // bytes of WAL for a byte of the tenant, with its indexes (not measured)
  double binlog_mb_s = 0;  // what the source's binlog grows by

  std::optional<RateMeasurement> measured;  // nothing for given ones

  bool operator==(const Rates&) const = default;
};

/// Reads a rates file; keys that it leaves out keep their defaults. Throws Error(plan_invalid)
/// with all diagnostics.
Rates load_rates(const std::string& path);
/// The same from a text; diagnostics instead of an exception.
Rates parse_rates(const std::string& text, const std::string& file, Diagnostics& diagnostics);
/// The text of a rates file, every key named.
std::string rates_text(const Rates& rates);

/// What tenants of so many bytes in all take of the whole machine's time, in seconds.
double machine_seconds(const Rates& rates, std::uint64_t tenants, std::uint64_t bytes);
/// What readings of shared tables take of it, beside their tenants; `bytes` as bytes_to_read().
double scan_seconds(const Rates& rates, std::uint64_t bytes);

}  // namespace godwit::plan
