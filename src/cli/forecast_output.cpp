#include "forecast_output.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ostream>

#include "finding_output.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/utc_time.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

using Align = TextTable::Align;

constexpr std::size_t kFindingsShown = 5;

/// To the minute: a forecast knows no more.
std::string minute_of(const plan::Forecast& forecast, double seconds) {
  constexpr std::size_t kToTheMinute = 16;
  const auto time = forecast.start + std::chrono::seconds(std::llround(seconds));
  return utc_text(UtcTime(time)).substr(0, kToTheMinute) + "Z";
}

std::string decimal(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

std::string rate_text(double mb_s) { return decimal(mb_s, mb_s < 10 ? 1 : 0) + " MB/s"; }

void print_waves(std::ostream& out, const plan::Forecast& forecast) {
  TextTable table({"wave", "lanes", "tenants", "size", "begins", "takes", "reads", "connections",
                   "binlog back"},
                  {Align::left, Align::right, Align::right, Align::right, Align::left, Align::right,
                   Align::right, Align::right, Align::right});
  for (const plan::WaveForecast& wave : forecast.waves) {
    table.add({wave.name, std::to_string(wave.lanes), human_count(wave.tenants),
               "~" + human_bytes(wave.bytes), minute_of(forecast, wave.start_seconds),
               human_seconds(wave.seconds()), rate_text(wave.source_mb_s),
               human_count(wave.source_connections),
               human_seconds(wave.binlog_retention_seconds) +
                   (wave.binlog_bytes > 0 ? ", " + human_bytes(wave.binlog_bytes) : "")});
  }
  table.print(out);
}

/// Row tenancy: how often the shared tables are read, and what waits on disk meanwhile.
void print_readings(std::ostream& out, const plan::Forecast& forecast) {
  TextTable table({"wave", "readings", "reads", "takes", "waits on disk"},
                  {Align::left, Align::right, Align::right, Align::right, Align::right});
  for (const plan::WaveForecast& wave : forecast.waves) {
    table.add(
        {wave.name, human_count(wave.readings), "~" + human_bytes(wave.bytes_read),
         human_seconds(wave.reading_seconds),
         "~" + human_bytes(wave.spill_bytes) + " of " + human_bytes(forecast.spill_bytes_max)});
  }
  table.print(out);
}

void print_clusters(std::ostream& out, const plan::Forecast& forecast) {
  TextTable table({"cluster", "databases", "size", "WAL", "connections"},
                  {Align::left, Align::right, Align::right, Align::right, Align::right});
  for (const plan::ClusterForecast& cluster : forecast.clusters) {
    table.add(
        {cluster.name, human_count(cluster.databases), "~" + human_bytes(cluster.bytes),
         "~" + human_bytes(cluster.wal_bytes),
         human_count(cluster.connections) + " of " + human_count(cluster.engine_connections)});
  }
  table.print(out);
}

void print_rates(std::ostream& out, const plan::Rates& rates, bool reads_together) {
  out << "rates: " << decimal(rates.floor_ms, 1) << " ms a tenant; rows "
      << rate_text(rates.copy_mb_s) << ", " << rate_text(rates.lane_mb_s) << " a lane alone; ";
  if (rates.index_mb_s > 0) {
    out << "indexes " << rate_text(rates.index_mb_s);
  } else {
    out << "indexes are part of that";
  }
  if (reads_together) out << "; shared tables read " << rate_text(rates.scan_mb_s);
  if (rates.source_mb_s > 0) out << "; the source's budget " << rate_text(rates.source_mb_s);
  if (rates.measured) {
    out << "\nmeasured from " << human_count(rates.measured->tenants) << " tenants of "
        << human_bytes(rates.measured->bytes) << " with up to " << rates.measured->lanes
        << " lanes\n";
  } else {
    out << "\nnot measured on these machines: copy a canary wave, then add --measured\n";
  }
}

std::string ratio_text(const std::optional<double>& ratio) {
  return ratio ? decimal(*ratio, 2) : "";
}

}  // namespace

void print_forecast(std::ostream& out, const plan::Forecast& forecast) {
  print_waves(out, forecast);
  out << '\n';
  const bool reads_together =
      std::any_of(forecast.waves.begin(), forecast.waves.end(),
                  [](const plan::WaveForecast& wave) { return wave.readings > 0; });
  if (reads_together) {
    print_readings(out, forecast);
    out << '\n';
  }
  print_clusters(out, forecast);
  std::uint64_t connections = 0;
  double read_mb_s = 0;
  double retention = 0;
  for (const plan::WaveForecast& wave : forecast.waves) {
    connections = std::max(connections, wave.source_connections);
    read_mb_s = std::max(read_mb_s, wave.source_mb_s);
    retention = std::max(retention, wave.binlog_retention_seconds);
  }
  out << "\nforecast: " << human_seconds(forecast.seconds()) << " in all, until "
      << minute_of(forecast, forecast.seconds()) << "; the source gives up to "
      << human_count(connections) << " connections and " << rate_text(read_mb_s)
      << ", and keeps its binlog for " << human_seconds(retention) << " at least\n";
  print_rates(out, forecast.rates, reads_together);
  if (forecast.findings.empty()) return;
  out << '\n';
  print_findings(out, forecast.findings, kFindingsShown);
}

void print_check(std::ostream& out, const engine::ForecastCheck& check) {
  TextTable table({"wave", "tenants", "forecast", "of it done", "took", "ratio", "left"},
                  {Align::left, Align::right, Align::right, Align::right, Align::right,
                   Align::right, Align::right});
  for (const engine::WaveProgress& wave : check.waves) {
    const bool begun = wave.tenants_done > 0;
    table.add({wave.wave, human_count(wave.tenants_done) + " of " + human_count(wave.tenants),
               human_seconds(wave.forecast_seconds),
               begun ? human_seconds(wave.expected_seconds) : "",
               begun ? human_seconds(wave.fact_seconds) : "", ratio_text(wave.ratio),
               wave.left_seconds > 0 ? human_seconds(wave.left_seconds) : ""});
  }
  table.print(out);
  out << "  forecast to fact: "
      << (check.ratio ? "took " + ratio_text(check.ratio) + " × the forecast so far"
                      : "no fact yet")
      << "; " << (check.left_seconds > 0 ? human_seconds(check.left_seconds) + " left" : "all done")
      << '\n';
}

Json check_json(const engine::ForecastCheck& check) {
  const auto ratio_json = [](const std::optional<double>& ratio) {
    return ratio ? Json(*ratio) : Json(nullptr);
  };
  Json waves = Json::array();
  for (const engine::WaveProgress& wave : check.waves) {
    waves.push_back({{"wave", wave.wave},
                     {"forecast_seconds", wave.forecast_seconds},
                     {"expected_seconds", wave.expected_seconds},
                     {"fact_seconds", wave.fact_seconds},
                     {"ratio", ratio_json(wave.ratio)},
                     {"left_seconds", wave.left_seconds},
                     {"tenants", wave.tenants},
                     {"tenants_done", wave.tenants_done},
                     {"bytes_estimate", wave.bytes},
                     {"bytes_estimate_done", wave.bytes_done},
                     {"rows", wave.rows_copied},
                     {"bytes", wave.bytes_copied},
                     {"started_at", wave.started_at},
                     {"ended_at", wave.ended_at}});
  }
  return {
      {"ratio", ratio_json(check.ratio)}, {"left_seconds", check.left_seconds}, {"waves", waves}};
}

}  // namespace godwit::cli
