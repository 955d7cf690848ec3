#include "godwit/engine/rates.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "godwit/core/utc_time.hpp"

namespace godwit::engine {
namespace {

constexpr double kBytesPerMb = 1e6;
/// Sizes whose standard deviation is less than this part of their mean tell nothing apart.
constexpr double kSpreadMin = 0.1;
/// At most this part of a tenant's time is its floor where sizes can't tell.
constexpr double kFloorShareMax = 0.5;

/// At least this part of a reading's time is its own, whatever was written meanwhile.
constexpr double kScanShareMin = 0.2;

/// What one tenant took of the whole machine's time.
struct Sample {
  double mb = 0;
  double seconds = 0;
  bool streamed = false;
};

struct Line {
  double floor_seconds = 0;
  double seconds_per_mb = 0;  // 0: not known
};

/// Whether all lanes that were in use worked on it.
bool is_shared(const MeasuredTenant& tenant) { return tenant.serial || tenant.readers > 1; }

/// On a clock that stands still while none of the tenants is under way: pauses, such as closed
/// windows, are nobody's time. By their beginning.
std::vector<MeasuredTenant> without_pauses(std::vector<MeasuredTenant> tenants) {
  std::sort(tenants.begin(), tenants.end(),
            [](const MeasuredTenant& a, const MeasuredTenant& b) { return a.started < b.started; });
  double until = tenants.front().started;
  double pause = 0;
  for (MeasuredTenant& tenant : tenants) {
    pause += std::max(0.0, tenant.started - until);
    until = std::max(until, tenant.ended);
    tenant.started -= pause;
    tenant.ended -= pause;
  }
  return tenants;
}

/// How long the lanes were in use on average: the last ones to end are fewer and fewer.
double crew_seconds(const std::vector<MeasuredTenant>& measured, std::size_t lanes) {
  const std::vector<MeasuredTenant> tenants = without_pauses(measured);
  std::vector<double> ends;
  ends.reserve(tenants.size());
  for (const MeasuredTenant& tenant : tenants)
    ends.push_back(tenant.ended);
  std::sort(ends.rbegin(), ends.rend());
  double idle = 0;
  for (std::size_t i = 0; i < std::min(lanes, ends.size()); ++i)
    idle += ends.front() - ends[i];
  return ends.front() - tenants.front().started - idle / static_cast<double>(lanes);
}

/// The lanes that a run really had in use.
std::uint64_t lanes_used(const MeasuredRun& run) {
  const auto shared = std::count_if(run.tenants.begin(), run.tenants.end(), is_shared);
  std::uint64_t used = std::min(run.lanes, run.tenants.size() - static_cast<std::uint64_t>(shared));
  for (const MeasuredTenant& tenant : run.tenants)
    used = std::max(used, tenant.readers);
  return used;
}

/// The part of the machine that so many lanes take, when `fill` take all of it.
double part_of(std::uint64_t lanes, double fill) {
  return std::min(1.0, static_cast<double>(lanes) / fill);
}

void add_samples(const MeasuredRun& run, double fill, std::vector<Sample>& samples) {
  std::vector<MeasuredTenant> alone;  // one lane each
  double lane_seconds = 0;
  for (const MeasuredTenant& tenant : run.tenants) {
    if (is_shared(tenant)) {
      samples.push_back({static_cast<double>(tenant.bytes) / kBytesPerMb,
                         (tenant.ended - tenant.started) * part_of(tenant.readers, fill),
                         tenant.streamed});
      continue;
    }
    alone.push_back(tenant);
    lane_seconds += tenant.ended - tenant.started;
  }
  if (alone.empty() || lane_seconds <= 0) return;
  // a lane's waits for its next database belong to the tenants' times, too
  const std::size_t lanes = std::min(alone.size(), static_cast<std::size_t>(run.lanes));
  const double scale = crew_seconds(alone, lanes) / lane_seconds * part_of(lanes, fill);
  for (const MeasuredTenant& tenant : alone) {
    samples.push_back({static_cast<double>(tenant.bytes) / kBytesPerMb,
                       (tenant.ended - tenant.started) * scale, tenant.streamed});
  }
}

Line without_spread(double mean_mb, double mean_seconds, double known_floor) {
  if (mean_mb <= 0) return {mean_seconds, 0};
  const double floor = std::min(known_floor, kFloorShareMax * mean_seconds);
  return {floor, (mean_seconds - floor) / mean_mb};
}

/// The line through the samples; their sum always comes out as it was.
Line fit(const std::vector<Sample>& samples, double known_floor) {
  const auto count = static_cast<double>(samples.size());
  double mb = 0;
  double seconds = 0;
  for (const Sample& sample : samples) {
    mb += sample.mb / count;
    seconds += sample.seconds / count;
  }
  double variance = 0;
  double covariance = 0;
  for (const Sample& sample : samples) {
    variance += (sample.mb - mb) * (sample.mb - mb) / count;
    covariance += (sample.mb - mb) * (sample.seconds - seconds) / count;
  }
  if (variance <= std::pow(kSpreadMin * mb, 2) || covariance <= 0) {
    return without_spread(mb, seconds, known_floor);
  }
  const double slope = covariance / variance;
  const double floor = seconds - slope * mb;
  return floor >= 0 ? Line{floor, slope} : Line{0, seconds / mb};
}

/// Of the runs that had so many lanes in use.
std::vector<Sample> samples_of(std::span<const MeasuredRun> runs, std::uint64_t lanes,
                               double fill) {
  std::vector<Sample> samples;
  for (const MeasuredRun& run : runs) {
    if (lanes_used(run) == lanes) add_samples(run, fill, samples);
  }
  return samples;
}

/// Those that took all of their time after `started`; all when there is none of them.
std::vector<Sample> telling(const std::vector<Sample>& samples) {
  std::vector<Sample> told;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(told),
               [](const Sample& sample) { return !sample.streamed; });
  return told.empty() ? samples : told;
}

/// How many lanes fill the machine: those of the fullest runs, unless runs of fewer lanes were not
/// slower in proportion.
double lanes_to_fill(std::span<const MeasuredRun> runs, std::uint64_t fewest, std::uint64_t most,
                     const Line& line) {
  double took = 0;
  double would_take = 0;
  for (const Sample& sample : telling(samples_of(runs, fewest, 1))) {
    took += sample.seconds;
    would_take += line.floor_seconds + sample.mb * line.seconds_per_mb;
  }
  if (would_take <= 0) return static_cast<double>(most);
  return std::clamp(static_cast<double>(fewest) * took / would_take, static_cast<double>(fewest),
                    static_cast<double>(most));
}

/// The readings' rate, by what the others of the rates leave of their time.
std::optional<double> scan_rate(std::span<const MeasuredRun> runs, std::uint64_t lanes, double fill,
                                const plan::Rates& rates) {
  double mb = 0;
  double reading = 0;
  double streams = 0;  // less than the rates promise: written while the tables were read
  for (const MeasuredRun& run : runs) {
    if (lanes_used(run) != lanes || run.scans.empty()) continue;
    for (const MeasuredScan& scan : run.scans) {
      mb += static_cast<double>(scan.bytes) / kBytesPerMb;
      reading += scan.seconds * part_of(scan.readers, fill);
    }
    std::vector<Sample> samples;
    add_samples(run, fill, samples);
    for (const Sample& sample : samples) {
      if (!sample.streamed) continue;
      const auto bytes = static_cast<std::uint64_t>(sample.mb * kBytesPerMb);
      streams += plan::machine_seconds(rates, 1, bytes) - sample.seconds;
    }
  }
  if (mb <= 0 || reading <= 0) return std::nullopt;
  return mb / std::max(reading - streams, kScanShareMin * reading);
}

double seconds_between(UtcTime from, UtcTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::vector<MeasuredRun> measured_runs(const std::vector<control::TenantRecord>& tenants,
                                       const std::vector<control::RunRecord>& runs,
                                       const std::vector<control::ScanRecord>& scans,
                                       std::uint64_t large_tenant_bytes) {
  std::map<std::uint64_t, MeasuredRun> measured;
  std::map<std::uint64_t, UtcTime> begins;
  for (const control::RunRecord& run : runs) {
    const std::optional<UtcTime> begin = parse_utc(run.started_at);
    if (!begin) continue;
    measured[run.id].lanes = std::max<std::uint64_t>(run.lanes, 1);
    begins[run.id] = *begin;
  }
  for (const control::TenantRecord& tenant : tenants) {
    const auto run = measured.find(tenant.run);
    const bool read_before = !tenant.finishing_at.empty();
    const std::optional<UtcTime> started =
        parse_utc(read_before ? tenant.finishing_at : tenant.copy_started_at);
    const std::optional<UtcTime> ended = parse_utc(tenant.copied_at);
    if (run == measured.end() || !started || !ended || *ended <= *started) continue;
    const UtcTime begin = begins.at(tenant.run);
    MeasuredTenant& added = run->second.tenants.emplace_back();
    added.bytes = tenant.estimated_bytes;
    added.started = seconds_between(begin, *started);
    added.ended = seconds_between(begin, *ended);
    added.streamed = tenant.streamed;
    added.serial =
        tenant.estimated_bytes >= large_tenant_bytes && (!read_before || tenant.streamed);
    added.readers = read_before && added.serial ? run->second.lanes
                                                : std::max<std::uint64_t>(tenant.readers, 1);
  }
  for (const control::ScanRecord& scan : scans) {
    const auto run = measured.find(scan.run);
    const std::optional<UtcTime> started = parse_utc(scan.started_at);
    const std::optional<UtcTime> ended = parse_utc(scan.read_at);
    if (run == measured.end() || !started || !ended || *ended <= *started) continue;
    run->second.scans.push_back(
        {scan.bytes, seconds_between(*started, *ended), std::max<std::uint64_t>(scan.readers, 1)});
  }
  std::vector<MeasuredRun> result;
  for (auto& [id, run] : measured) {
    if (!run.tenants.empty()) result.push_back(std::move(run));
  }
  return result;
}

std::optional<plan::Rates> derive_rates(std::span<const MeasuredRun> runs,
                                        const plan::Rates& given) {
  std::uint64_t fewest = 0;
  std::uint64_t most = 0;
  for (const MeasuredRun& run : runs) {
    if (run.tenants.empty()) continue;
    const std::uint64_t used = lanes_used(run);
    fewest = most == 0 ? used : std::min(fewest, used);
    most = std::max(most, used);
  }
  auto fill = static_cast<double>(most);
  std::vector<Sample> samples = samples_of(runs, most, fill);
  if (samples.empty()) return std::nullopt;
  const double known_floor = given.floor_ms / 1000;
  Line line = fit(telling(samples), known_floor);
  if (fewest < most) {
    fill = lanes_to_fill(runs, fewest, most, line);
    samples = samples_of(runs, most, fill);
    line = fit(telling(samples), known_floor);
  }
  plan::Rates rates = given;
  rates.floor_ms = 1000 * line.floor_seconds;
  if (line.seconds_per_mb > 0) {
    rates.copy_mb_s = 1 / line.seconds_per_mb;
    rates.index_mb_s = 0;
  }
  rates.lane_mb_s = rates.copy_mb_s / fill;
  rates.scan_mb_s = scan_rate(runs, most, fill, rates).value_or(rates.scan_mb_s);
  rates.measured.emplace();
  for (const MeasuredRun& run : runs) {
    rates.measured->tenants += run.tenants.size();
    for (const MeasuredTenant& tenant : run.tenants)
      rates.measured->bytes += tenant.bytes;
  }
  rates.measured->lanes = most;
  return rates;
}

}  // namespace godwit::engine
