#include "godwit/engine/forecast_check.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "godwit/core/utc_time.hpp"

namespace godwit::engine {
namespace {

struct Span {
  UtcTime begin = UtcTime::max();
  UtcTime end = UtcTime::min();

  void include(UtcTime from, UtcTime to) {
    begin = std::min(begin, from);
    end = std::max(end, to);
  }
};

/// What runs did for one wave.
struct Fact {
  std::uint64_t tenants = 0;
  std::uint64_t estimated_bytes = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::map<std::uint64_t, Span> spans;  // by run: between runs nothing is worked on
  /// Of shared tables: what was read together began together.
  std::set<std::pair<std::uint64_t, std::string>> readings;

  void add(const control::TenantRecord& tenant, UtcTime from, UtcTime to) {
    ++tenants;
    estimated_bytes += tenant.estimated_bytes;
    rows += tenant.rows;
    bytes += tenant.bytes;
    spans[tenant.run].include(from, to);
    if (!tenant.finishing_at.empty()) readings.emplace(tenant.run, tenant.copy_started_at);
  }
  [[nodiscard]] double seconds() const {
    double seconds = 0;
    for (const auto& [run, span] : spans)
      seconds += std::chrono::duration<double>(span.end - span.begin).count();
    return seconds;
  }
};

std::map<std::string, Fact> facts_of(const std::vector<control::TenantRecord>& tenants) {
  std::map<std::string, Fact> facts;
  for (const control::TenantRecord& tenant : tenants) {
    const std::optional<UtcTime> started = parse_utc(tenant.copy_started_at);
    const std::optional<UtcTime> ended = parse_utc(tenant.copied_at);
    if (started && ended) facts[tenant.wave].add(tenant, *started, std::max(*started, *ended));
  }
  return facts;
}

/// The forecast for so many of a wave's readings.
double scan_seconds(const plan::WaveForecast& wave, const plan::Rates& rates, std::size_t done) {
  if (wave.readings == 0) return 0;
  const double part = static_cast<double>(done) / static_cast<double>(wave.readings);
  return std::min(1.0, part) * plan::scan_seconds(rates, wave.bytes_read);
}

WaveProgress progress_of(const plan::WaveForecast& wave, const plan::Rates& rates,
                         const Fact& fact) {
  WaveProgress progress;
  progress.wave = wave.name;
  progress.forecast_seconds = wave.seconds();
  progress.tenants = wave.tenants;
  progress.bytes = wave.bytes;
  progress.tenants_done = fact.tenants;
  progress.bytes_done = fact.estimated_bytes;
  progress.rows_copied = fact.rows;
  progress.bytes_copied = fact.bytes;
  if (fact.tenants == 0) return progress;
  Span all;
  for (const auto& [run, span] : fact.spans)
    all.include(span.begin, span.end);
  progress.started_at = utc_text(all.begin);
  progress.ended_at = utc_text(all.end);
  progress.fact_seconds = fact.seconds();
  // all of the tenants are all of the time, however the source's estimates have changed since
  const double work = plan::machine_seconds(rates, fact.tenants, fact.estimated_bytes) +
                      scan_seconds(wave, rates, fact.readings.size());
  const double part = fact.tenants >= wave.tenants || wave.work_seconds <= 0
                          ? 1
                          : std::min(1.0, work / wave.work_seconds);
  progress.expected_seconds = part * wave.seconds();
  if (progress.expected_seconds > 0) {
    progress.ratio = progress.fact_seconds / progress.expected_seconds;
  }
  return progress;
}

}  // namespace

ForecastCheck check_forecast(const plan::Forecast& forecast,
                             const std::vector<control::TenantRecord>& tenants) {
  const std::map<std::string, Fact> facts = facts_of(tenants);
  ForecastCheck check;
  double fact_seconds = 0;
  double expected_seconds = 0;
  for (const plan::WaveForecast& wave : forecast.waves) {
    const auto fact = facts.find(wave.name);
    check.waves.push_back(
        progress_of(wave, forecast.rates, fact == facts.end() ? Fact{} : fact->second));
    fact_seconds += check.waves.back().fact_seconds;
    expected_seconds += check.waves.back().expected_seconds;
  }
  if (expected_seconds > 0) check.ratio = fact_seconds / expected_seconds;
  for (WaveProgress& wave : check.waves) {
    const double ratio = wave.ratio.value_or(check.ratio.value_or(1));
    wave.left_seconds = (wave.forecast_seconds - wave.expected_seconds) * ratio;
    check.left_seconds += wave.left_seconds;
  }
  return check;
}

}  // namespace godwit::engine
