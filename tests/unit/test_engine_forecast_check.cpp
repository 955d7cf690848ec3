#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "cli/forecast_file.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/utc_time.hpp"
#include "godwit/engine/forecast_check.hpp"

using namespace godwit;
using namespace godwit::engine;

namespace {

constexpr std::uint64_t kMb = 1'000'000;

/// A second a MB, so that a wave's work is its duration.
plan::Forecast forecast_of() {
  plan::Forecast forecast;
  forecast.start = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};
  forecast.rates.floor_ms = 0;
  forecast.rates.copy_mb_s = 1;
  forecast.rates.index_mb_s = 0;
  double end = 0;
  const auto add = [&](const std::string& name, std::uint64_t tenants, std::uint64_t mb) {
    plan::WaveForecast& wave = forecast.waves.emplace_back();
    wave.name = name;
    wave.start_seconds = end;
    wave.work_seconds = static_cast<double>(mb);
    end += wave.work_seconds;
    wave.end_seconds = end;
    wave.tenants = tenants;
    wave.bytes = mb * kMb;
    wave.rows = 17 * tenants;
    wave.lanes = 2;
  };
  add("canary", 2, 100);
  add("rest", 4, 300);
  add("later", 1, 50);
  return forecast;
}

control::TenantRecord copied(const std::string& wave, std::uint64_t run, std::uint64_t mb, int from,
                             int to) {
  const UtcTime begin = parse_utc("2026-11-22T10:00:00.000Z").value();
  control::TenantRecord record;
  record.wave = wave;
  record.run = run;
  record.estimated_bytes = mb * kMb;
  record.rows = 10;
  record.bytes = 100;
  record.copy_started_at = utc_text(begin + std::chrono::seconds(from));
  record.copied_at = utc_text(begin + std::chrono::seconds(to));
  return record;
}

}  // namespace

TEST_CASE("waves that are done, begun and not begun are held against their forecast") {
  control::TenantRecord under_way = copied("rest", 2, 100, 280, 300);
  under_way.copied_at.clear();
  const ForecastCheck check = check_forecast(
      forecast_of(), {copied("canary", 1, 60, 0, 70), copied("canary", 1, 50, 10, 110),
                      copied("rest", 2, 100, 200, 280), under_way});
  REQUIRE(check.waves.size() == 3);
  const WaveProgress& canary = check.waves[0];
  CHECK(canary.tenants_done == 2);
  CHECK(canary.bytes_done == 110 * kMb);
  CHECK(canary.rows_copied == 20);
  CHECK(canary.bytes_copied == 200);
  CHECK(canary.expected_seconds == Approx(100));
  CHECK(canary.fact_seconds == Approx(110));
  CHECK(*canary.ratio == Approx(1.1));
  CHECK(canary.left_seconds == Approx(0).margin(1e-9));
  CHECK(canary.started_at == "2026-11-22T10:00:00.000Z");
  CHECK(canary.ended_at == "2026-11-22T10:01:50.000Z");

  const WaveProgress& rest = check.waves[1];
  CHECK(rest.tenants_done == 1);
  CHECK(rest.expected_seconds == Approx(100));
  CHECK(rest.fact_seconds == Approx(80));
  CHECK(*rest.ratio == Approx(0.8));
  CHECK(rest.left_seconds == Approx(200 * 0.8));

  const WaveProgress& later = check.waves[2];
  CHECK(later.tenants_done == 0);
  CHECK_FALSE(later.ratio);
  CHECK(later.left_seconds == Approx(50 * 0.95));
  CHECK(*check.ratio == Approx(190.0 / 200));
  CHECK(check.left_seconds == Approx(160 + 47.5));
}

TEST_CASE("the time between two runs of a wave is nobody's work") {
  const ForecastCheck check = check_forecast(
      forecast_of(), {copied("canary", 1, 60, 0, 60), copied("canary", 2, 40, 3600, 3650)});
  CHECK(check.waves[0].fact_seconds == Approx(110));
}

TEST_CASE("of shared tables, tenants done stand for the readings that gave them their rows") {
  plan::Forecast forecast = forecast_of();
  forecast.rates.scan_mb_s = 2;
  plan::WaveForecast& wave = forecast.waves[1];
  // two readings of 100 s each, then 300 s for the tenants
  wave.readings = 2;
  wave.bytes_read = 400 * kMb;
  wave.work_seconds = 500;
  wave.end_seconds = wave.start_seconds + 500;
  const auto read_from = [](control::TenantRecord tenant) {
    tenant.finishing_at = tenant.copied_at;
    return tenant;
  };
  std::vector<control::TenantRecord> done = {read_from(copied("rest", 1, 70, 0, 150)),
                                             read_from(copied("rest", 1, 30, 0, 180))};
  const auto rest = [&] { return check_forecast(forecast, done).waves.at(1); };
  CHECK(rest().expected_seconds == Approx(100 + 100));
  CHECK(rest().fact_seconds == Approx(180));
  CHECK(*rest().ratio == Approx(0.9));
  CHECK(rest().left_seconds == Approx(300 * 0.9));
  // the next reading's first tenant
  done.push_back(read_from(copied("rest", 1, 50, 180, 320)));
  CHECK(rest().expected_seconds == Approx(200 + 150));
  CHECK(rest().fact_seconds == Approx(320));
  // a third, of tenants that failed before, was not forecast
  done.pop_back();
  done.push_back(read_from(copied("rest", 1, 0, 180, 320)));
  done.back().tenant = "again";
  forecast.waves[1].readings = 1;
  CHECK(rest().expected_seconds == Approx(200 + 100));
}

TEST_CASE("before the first tenant all of the forecast is left") {
  const ForecastCheck check = check_forecast(forecast_of(), {});
  CHECK_FALSE(check.ratio);
  CHECK(check.left_seconds == Approx(450));
  CHECK(check.waves[0].started_at.empty());
}

TEST_CASE("a forecast file holds what the comparison needs", "[cli]") {
  plan::Forecast forecast = forecast_of();
  forecast.rates.floor_ms = 12.5;
  forecast.rates.index_mb_s = 3;
  forecast.rates.scan_mb_s = 77;
  forecast.waves[1].readings = 2;
  forecast.waves[1].bytes_read = 600 * kMb;
  const plan::Forecast read =
      cli::parse_forecast(cli::forecast_text("plan.yaml", forecast), "f.json");
  CHECK(read.start == forecast.start);
  CHECK(read.rates.floor_ms == 12.5);
  CHECK(read.rates.copy_mb_s == 1);
  CHECK(read.rates.index_mb_s == 3);
  REQUIRE(read.waves.size() == 3);
  CHECK(read.waves[1].name == "rest");
  CHECK(read.waves[1].start_seconds == 100);
  CHECK(read.waves[1].end_seconds == 400);
  CHECK(read.waves[1].work_seconds == 300);
  CHECK(read.waves[1].tenants == 4);
  CHECK(read.waves[1].bytes == 300 * kMb);
  CHECK(read.waves[1].rows == 68);
  CHECK(read.waves[1].lanes == 2);
  CHECK(read.rates.scan_mb_s == 77);
  CHECK(read.waves[1].readings == 2);
  CHECK(read.waves[1].bytes_read == 600 * kMb);
}

TEST_CASE("a forecast file from before there were readings is read", "[cli]") {
  auto document = cli::Json::parse(cli::forecast_text("plan.yaml", forecast_of()));
  document["forecast"]["rates"].erase("scan_mb_s");
  for (auto& wave : document["forecast"]["waves"]) {
    wave.erase("readings");
    wave.erase("bytes_read");
  }
  const plan::Forecast read = cli::parse_forecast(document.dump(), "f.json");
  CHECK(read.rates.scan_mb_s == plan::Rates{}.scan_mb_s);
  CHECK(read.waves.at(1).readings == 0);
  CHECK(read.waves.at(1).work_seconds == 300);
}

TEST_CASE("what is no forecast file is refused", "[cli]") {
  const std::string good = cli::forecast_text("plan.yaml", forecast_of());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() / 2),
        with("\"command\": \"forecast\"", "\"command\": \"plan\""),
        with("\"schema_version\": 1", "\"schema_version\": 99"),
        with("\"copy_mb_s\": 1.0", "\"copy_mb_s\": 0.0"),
        with("\"scan_mb_s\": 420.0", "\"scan_mb_s\": 0.0"),
        with("\"work_seconds\": 100.0", "\"work_seconds\": \"long\""),
        with("\"start\": \"2026", "\"start\": \"26")}) {
    CAPTURE(text);
    try {
      cli::parse_forecast(text, "f.json");
      FAIL("was accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      CHECK_THAT(error.what(), Catch::StartsWith("f.json is not a forecast: "));
    }
  }
}
