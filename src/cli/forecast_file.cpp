#include "forecast_file.hpp"

#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>

#include "godwit/core/clock.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/utc_time.hpp"

namespace godwit::cli {
namespace {

UtcTime time_at(const plan::Forecast& forecast, double seconds) {
  return UtcTime(forecast.start) +
         std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(seconds * 1000)));
}

Json rates_json(const plan::Rates& rates) {
  Json json{{"floor_ms", rates.floor_ms},
            {"copy_mb_s", rates.copy_mb_s},
            {"lane_mb_s", rates.lane_mb_s},
            {"index_mb_s", rates.index_mb_s},
            {"scan_mb_s", rates.scan_mb_s},
            {"source_mb_s", rates.source_mb_s},
            {"write_rows_s", rates.write_rows_s},
            {"apply_rows_s", rates.apply_rows_s},
            {"wal_factor", rates.wal_factor},
            {"binlog_mb_s", rates.binlog_mb_s},
            {"measured", nullptr}};
  if (rates.measured) {
    json["measured"] = {{"at", rates.measured->at},
                        {"tenants", rates.measured->tenants},
                        {"bytes", rates.measured->bytes},
                        {"lanes", rates.measured->lanes}};
  }
  return json;
}

Json wave_json(const plan::Forecast& forecast, const plan::WaveForecast& wave) {
  Json json{{"wave", wave.name},
            {"start", utc_text(time_at(forecast, wave.start_seconds))},
            {"end", utc_text(time_at(forecast, wave.end_seconds))},
            {"start_seconds", wave.start_seconds},
            {"end_seconds", wave.end_seconds},
            {"work_seconds", wave.work_seconds},
            {"lanes", wave.lanes},
            {"tenants", wave.tenants},
            {"rows_estimate", wave.rows},
            {"bytes_estimate", wave.bytes},
            {"readings", wave.readings},
            {"bytes_read", wave.bytes_read},
            {"reading_seconds", wave.reading_seconds},
            {"spill_bytes", wave.spill_bytes},
            {"source_connections", wave.source_connections},
            {"source_mb_s", wave.source_mb_s},
            {"binlog_retention_seconds", wave.binlog_retention_seconds},
            {"binlog_bytes", wave.binlog_bytes},
            {"catch_up_seconds", nullptr}};
  if (wave.catch_up_seconds) json["catch_up_seconds"] = *wave.catch_up_seconds;
  return json;
}

/// The fields that decide what is expected of a part of a wave.
plan::Rates parse_rates_json(const Json& json) {
  plan::Rates rates;
  rates.floor_ms = json.at("floor_ms").get<double>();
  rates.copy_mb_s = json.at("copy_mb_s").get<double>();
  rates.lane_mb_s = json.at("lane_mb_s").get<double>();
  rates.index_mb_s = json.at("index_mb_s").get<double>();
  rates.scan_mb_s = json.value("scan_mb_s", rates.scan_mb_s);
  return rates;
}

plan::WaveForecast parse_wave(const Json& json) {
  plan::WaveForecast wave;
  wave.name = json.at("wave").get<std::string>();
  wave.start_seconds = json.at("start_seconds").get<double>();
  wave.end_seconds = json.at("end_seconds").get<double>();
  wave.work_seconds = json.at("work_seconds").get<double>();
  wave.lanes = json.at("lanes").get<std::uint64_t>();
  wave.tenants = json.at("tenants").get<std::uint64_t>();
  wave.rows = json.at("rows_estimate").get<std::uint64_t>();
  wave.bytes = json.at("bytes_estimate").get<std::uint64_t>();
  wave.readings = json.value("readings", wave.readings);
  wave.bytes_read = json.value("bytes_read", wave.bytes_read);
  return wave;
}

Error not_a_forecast(const std::string& path, const std::string& why) {
  return Error(ErrorKind::usage, printable(path) + " is not a forecast: " + printable(why),
               "godwit plan --simulate --write-forecast FILE writes one");
}

}  // namespace

Json forecast_json(const plan::Forecast& forecast) {
  Json waves = Json::array();
  for (const plan::WaveForecast& wave : forecast.waves)
    waves.push_back(wave_json(forecast, wave));
  Json clusters = Json::array();
  for (const plan::ClusterForecast& cluster : forecast.clusters) {
    clusters.push_back({{"cluster", cluster.name},
                        {"databases", cluster.databases},
                        {"bytes", cluster.bytes},
                        {"wal_bytes", cluster.wal_bytes},
                        {"connections", cluster.connections},
                        {"engine_connections", cluster.engine_connections}});
  }
  return {{"start", utc_text(UtcTime(forecast.start))},
          {"end", utc_text(time_at(forecast, forecast.seconds()))},
          {"seconds", forecast.seconds()},
          {"rates", rates_json(forecast.rates)},
          {"waves", waves},
          {"clusters", clusters},
          {"spill_bytes_max", forecast.spill_bytes_max},
          {"findings", findings_json(forecast.findings)}};
}

std::string forecast_text(const std::string& plan_file, const plan::Forecast& forecast) {
  const Json document{{"schema_version", kJsonSchemaVersion},
                      {"command", "forecast"},
                      {"written_at", utc_timestamp()},
                      {"plan", plan_file},
                      {"forecast", forecast_json(forecast)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

plan::Forecast parse_forecast(const std::string& text, const std::string& path) {
  plan::Forecast forecast;
  try {
    const Json document = Json::parse(text);
    if (document.at("command") != "forecast") throw not_a_forecast(path, "it is another document");
    if (document.at("schema_version") != kJsonSchemaVersion) {
      throw not_a_forecast(path, "this godwit reads forecasts of schema_version " +
                                     std::to_string(kJsonSchemaVersion));
    }
    const Json& json = document.at("forecast");
    const std::optional<UtcTime> start = parse_utc(json.at("start").get<std::string>());
    if (!start) throw not_a_forecast(path, "its start is not a time");
    forecast.start = std::chrono::floor<std::chrono::seconds>(*start);
    forecast.rates = parse_rates_json(json.at("rates"));
    for (const Json& wave : json.at("waves"))
      forecast.waves.push_back(parse_wave(wave));
  } catch (const Json::exception& error) {
    throw not_a_forecast(path, error.what());
  }
  if (!(forecast.rates.copy_mb_s > 0)) throw not_a_forecast(path, "its copy_mb_s is not positive");
  if (!(forecast.rates.scan_mb_s > 0)) throw not_a_forecast(path, "its scan_mb_s is not positive");
  return forecast;
}

plan::Forecast read_forecast(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) {
    throw Error(ErrorKind::usage, "the forecast " + printable(path) + " can't be read",
                "godwit plan --simulate --write-forecast FILE writes one");
  }
  return parse_forecast(text.str(), path);
}

}  // namespace godwit::cli
