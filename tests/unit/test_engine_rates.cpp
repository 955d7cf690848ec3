#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/engine/rates.hpp"
#include "godwit/plan/simulation.hpp"

using namespace godwit;
using namespace godwit::engine;

namespace {

constexpr double kFloorSeconds = 0.03;
constexpr double kMbPerSecond = 100;

double machine_seconds(std::uint64_t bytes) {
  return kFloorSeconds + static_cast<double>(bytes) / 1e6 / kMbPerSecond;
}

/// Between 0.2 and 20 MB, in no order.
std::vector<std::uint64_t> sizes_of(std::size_t count) {
  std::vector<std::uint64_t> sizes;
  for (std::size_t i = 0; i < count; ++i)
    sizes.push_back(200'000 + i * 7919 % 100 * 200'000);
  return sizes;
}

/// Lanes that take one tenant after the other, each with a short wait before it. `fill` lanes fill
/// the machine.
MeasuredRun run_of(const std::vector<std::uint64_t>& sizes, std::uint64_t lanes, double fill,
                   double wait = 0) {
  MeasuredRun run;
  run.lanes = lanes;
  const double slower = std::max(fill, static_cast<double>(lanes));
  std::vector<double> free(lanes, 0.0);
  for (const std::uint64_t bytes : sizes) {
    const auto lane = std::min_element(free.begin(), free.end());
    MeasuredTenant& tenant = run.tenants.emplace_back();
    tenant.bytes = bytes;
    tenant.started = *lane + wait;
    tenant.ended = tenant.started + slower * machine_seconds(bytes);
    *lane = tenant.ended;
  }
  return run;
}

double end_of(const MeasuredRun& run) {
  double end = 0;
  for (const MeasuredTenant& tenant : run.tenants)
    end = std::max(end, tenant.ended);
  return end;
}

}  // namespace

TEST_CASE("floor and rate are found again in what a run took") {
  const auto lanes = GENERATE(as<std::uint64_t>{}, 1, 2, 6);
  CAPTURE(lanes);
  const std::vector<MeasuredRun> runs = {run_of(sizes_of(300), lanes, 1)};
  const auto rates = derive_rates(runs);
  REQUIRE(rates);
  CHECK(rates->floor_ms == Approx(1000 * kFloorSeconds).epsilon(0.02));
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
  CHECK(rates->lane_mb_s == Approx(kMbPerSecond / static_cast<double>(lanes)).epsilon(0.02));
  CHECK(rates->index_mb_s == 0);
  REQUIRE(rates->measured);
  CHECK(rates->measured->tenants == 300);
  CHECK(rates->measured->lanes == lanes);
}

TEST_CASE("large tenants and small ones tell the same rates") {
  MeasuredRun run = run_of(sizes_of(100), 4, 4);
  double begin = 0;
  for (MeasuredTenant& tenant : run.tenants) {
    tenant.started += 100;
    tenant.ended += 100;
  }
  for (const std::uint64_t bytes : {3'000'000'000ULL, 1'000'000'000ULL}) {
    // three of the four lanes that fill the machine
    const double end = begin + machine_seconds(bytes) / 0.75;
    run.tenants.push_back({bytes, begin, end, 3});
    begin = end;
  }
  const auto rates = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(rates);
  CHECK(rates->floor_ms == Approx(1000 * kFloorSeconds).epsilon(0.02));
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
}

TEST_CASE("large tenants come one after the other also with one reader each") {
  MeasuredRun run = run_of(sizes_of(100), 4, 4);
  const double small_end = end_of(run);
  const std::vector<std::uint64_t> large = {3'000'000'000ULL, 1'000'000'000ULL};
  double begin = small_end;
  for (const std::uint64_t bytes : large) {
    // one of the four lanes that fill the machine
    const double end = begin + 4 * machine_seconds(bytes);
    run.tenants.push_back({bytes, begin, end, 1, true});
    begin = end;
  }
  const auto rates = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(rates);
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
}

TEST_CASE("large tenants alone use as many lanes as one has readers") {
  MeasuredRun run;
  run.lanes = 8;
  double begin = 0;
  for (const std::uint64_t bytes : {3'000'000'000ULL, 2'000'000'000ULL, 1'000'000'000ULL}) {
    const double end = begin + machine_seconds(bytes);
    run.tenants.push_back({bytes, begin, end, 1, true});
    begin = end;
  }
  const auto rates = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(rates);
  CHECK(rates->measured->lanes == 1);
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
}

TEST_CASE("a few tenants after a long pause change no rate") {
  MeasuredRun run = run_of(sizes_of(100), 8, 8);
  const double first_end = end_of(run);
  const MeasuredRun rest = run_of(sizes_of(3), 8, 8);
  const auto rates_after = [&](double pause) {
    MeasuredRun both = run;
    for (MeasuredTenant tenant : rest.tenants) {
      tenant.started += first_end + pause;
      tenant.ended += first_end + pause;
      both.tenants.push_back(tenant);
    }
    return derive_rates(std::vector<MeasuredRun>{both});
  };
  const auto without = rates_after(0);
  const auto with = rates_after(19 * 3600);
  REQUIRE(without);
  REQUIRE(with);
  CHECK(without->copy_mb_s > 0);
  CHECK(with->copy_mb_s == Approx(without->copy_mb_s));
  CHECK(with->lane_mb_s == Approx(without->lane_mb_s));
  CHECK(with->floor_ms == Approx(without->floor_ms));
}

TEST_CASE("a run with fewer lanes says how many fill the machine") {
  const std::vector<MeasuredRun> runs = {run_of(sizes_of(100), 1, 2.5),
                                         run_of(sizes_of(200), 6, 2.5)};
  const auto rates = derive_rates(runs);
  REQUIRE(rates);
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
  CHECK(rates->copy_mb_s / rates->lane_mb_s == Approx(2.5).epsilon(0.02));
  CHECK(rates->measured->tenants == 300);
  CHECK(rates->measured->lanes == 6);
}

TEST_CASE("waits between tenants count, pauses of all lanes don't") {
  MeasuredRun run = run_of(sizes_of(300), 2, 2, 0.01);
  const auto before = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(before);
  // 3 s of waits in 2 lanes, in all of a run of 300 tenants and 3 GB
  double mb = 0;
  for (const MeasuredTenant& tenant : run.tenants)
    mb += static_cast<double>(tenant.bytes) / 1e6;
  const double told = 300 * before->floor_ms / 1000 + mb / before->copy_mb_s;
  CHECK(told == Approx(end_of(run)).epsilon(0.02));
  CHECK(told > 300 * kFloorSeconds + mb / kMbPerSecond + 1);

  std::vector<double> starts;
  for (const MeasuredTenant& tenant : run.tenants)
    starts.push_back(tenant.started);
  const double middle = starts[150];
  for (MeasuredTenant& tenant : run.tenants) {
    if (tenant.started < middle) continue;
    tenant.started += 1000;
    tenant.ended += 1000;
  }
  const auto after = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(after);
  CHECK(after->floor_ms == Approx(before->floor_ms).epsilon(0.03));
  CHECK(after->copy_mb_s == Approx(before->copy_mb_s).epsilon(0.03));
}

TEST_CASE("what equal sizes can't tell, the known floor decides") {
  const std::vector<MeasuredRun> runs = {run_of(std::vector<std::uint64_t>(20, 10'000'000), 2, 2)};
  plan::Rates given;
  given.floor_ms = 40;
  given.source_mb_s = 33;
  const auto rates = derive_rates(runs, given);
  REQUIRE(rates);
  CHECK(rates->floor_ms == Approx(40));
  CHECK(rates->copy_mb_s == Approx(10 / (machine_seconds(10'000'000) - 0.04)));
  CHECK(rates->source_mb_s == 33);

  const std::vector<MeasuredRun> empty = {run_of(std::vector<std::uint64_t>(20, 0), 2, 2)};
  const auto floor_only = derive_rates(empty, given);
  REQUIRE(floor_only);
  CHECK(floor_only->floor_ms == Approx(1000 * kFloorSeconds));
  CHECK(floor_only->copy_mb_s == given.copy_mb_s);
  CHECK(floor_only->index_mb_s == given.index_mb_s);
}

TEST_CASE("rates of few small tenants forecast a run of many others") {
  const auto rates = derive_rates(std::vector<MeasuredRun>{run_of(sizes_of(40), 3, 3, 0.005)});
  REQUIRE(rates);
  std::vector<std::uint64_t> sizes = sizes_of(500);
  for (std::uint64_t& bytes : sizes)
    bytes = bytes * 5 / 2;

  plan::Plan plan;
  plan.clusters.emplace_back();
  plan.waves.emplace_back().lanes = 3;
  std::deque<plan::Unit> units;
  std::vector<const plan::Unit*> pointers;
  for (const std::uint64_t bytes : sizes) {
    plan::Unit& unit = units.emplace_back();
    unit.bytes = bytes;
    pointers.push_back(&unit);
  }
  const double fact = end_of(run_of(sizes, 3, 3, 0.005));
  CHECK(plan::simulate(plan, pointers, *rates, {}).seconds() == Approx(fact).epsilon(0.03));
}

TEST_CASE("of shared tables, the reading has a rate of its own") {
  MeasuredRun run = run_of(sizes_of(300), 2, 2);
  // both lanes that fill the machine read for 5 s
  run.scans = {{1'000'000'000, 5, 2}};
  plan::Rates given;
  given.scan_mb_s = 33;
  const auto rates = derive_rates(std::vector<MeasuredRun>{run}, given);
  REQUIRE(rates);
  CHECK(rates->scan_mb_s == Approx(200).epsilon(0.02));
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
  CHECK(rates->floor_ms == Approx(1000 * kFloorSeconds).epsilon(0.02));

  // one of the two reads: half of the machine
  run.scans = {{400'000'000, 4, 1}, {600'000'000, 6, 1}};
  CHECK(derive_rates(std::vector<MeasuredRun>{run})->scan_mb_s == Approx(200).epsilon(0.02));

  run.scans.clear();
  CHECK(derive_rates(std::vector<MeasuredRun>{run}, given)->scan_mb_s == 33);
}

TEST_CASE("what was written while shared tables were read is no part of the reading") {
  MeasuredRun run = run_of(sizes_of(300), 2, 2);
  const double end = end_of(run);
  // 100 MB: 1.03 s, of which 0.43 s were left to do after the reading
  run.tenants.push_back({100'000'000, end, end + 0.43, 2, true, true});
  run.scans = {{1'000'000'000, 5.6, 2}};
  const auto rates = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(rates);
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
  CHECK(rates->floor_ms == Approx(1000 * kFloorSeconds).epsilon(0.02));
  CHECK(rates->scan_mb_s == Approx(200).epsilon(0.02));

  // a fifth of the reading's time at least is its own
  run.tenants.back() = {1'000'000'000, end, end + 0.5, 2, true, true};
  CHECK(derive_rates(std::vector<MeasuredRun>{run})->scan_mb_s ==
        Approx(1000 / (0.2 * 5.6)).epsilon(0.02));
}

TEST_CASE("tenants that all were given rows meanwhile tell the rates of what was left") {
  MeasuredRun run = run_of(sizes_of(300), 2, 2);
  for (MeasuredTenant& tenant : run.tenants)
    tenant.streamed = true;
  run.scans = {{1'000'000'000, 5, 2}};
  const auto rates = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(rates);
  CHECK(rates->copy_mb_s == Approx(kMbPerSecond).epsilon(0.02));
  CHECK(rates->scan_mb_s == Approx(200).epsilon(0.02));
}

TEST_CASE("rates of a reading forecast the run they come from") {
  const std::vector<std::uint64_t> sizes = sizes_of(100);
  plan::Plan plan;
  plan.rows.emplace();
  plan.source.readers = 1;
  plan.clusters.emplace_back();
  plan.waves.emplace_back().lanes = 2;
  std::deque<plan::Unit> units;
  std::vector<const plan::Unit*> pointers;
  plan::SimulationOptions options;
  for (const std::uint64_t bytes : sizes) {
    plan::Unit& unit = units.emplace_back();
    unit.kind = plan::UnitKind::rows;
    unit.bytes = bytes;
    options.tables.tenants += bytes;
    pointers.push_back(&unit);
  }
  MeasuredRun run = run_of(sizes, 2, 2);
  run.scans = {{options.tables.tenants, 7, 1}};
  const auto rates = derive_rates(std::vector<MeasuredRun>{run});
  REQUIRE(rates);
  const plan::Forecast forecast = plan::simulate(plan, pointers, *rates, options);
  REQUIRE(forecast.waves.size() == 1);
  CHECK(forecast.waves[0].reading_seconds == Approx(7).epsilon(0.03));
  CHECK(forecast.seconds() == Approx(7 + end_of(run)).epsilon(0.03));
}

TEST_CASE("without a measured tenant there are no rates") {
  CHECK_FALSE(derive_rates({}));
  CHECK_FALSE(derive_rates(std::vector<MeasuredRun>(3)));
}

TEST_CASE("measured tenants are read from the control store's records") {
  control::RunRecord run;
  run.id = 7;
  run.lanes = 3;
  run.started_at = "2026-11-22T03:00:00.000Z";
  control::TenantRecord tenant;
  tenant.run = 7;
  tenant.readers = 2;
  tenant.estimated_bytes = 5000;
  tenant.copy_started_at = "2026-11-22T03:00:10.000Z";
  tenant.copied_at = "2026-11-22T03:00:12.500Z";
  control::TenantRecord under_way = tenant;
  under_way.copied_at.clear();
  control::TenantRecord of_no_run = tenant;
  of_no_run.run = 0;
  control::RunRecord without_tenants = run;
  without_tenants.id = 8;

  const auto runs = measured_runs({tenant, under_way, of_no_run}, {run, without_tenants}, {}, 5001);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].lanes == 3);
  REQUIRE(runs[0].tenants.size() == 1);
  CHECK(runs[0].tenants[0].bytes == 5000);
  CHECK(runs[0].tenants[0].started == Approx(10));
  CHECK(runs[0].tenants[0].ended == Approx(12.5));
  CHECK(runs[0].tenants[0].readers == 2);
  CHECK_FALSE(runs[0].tenants[0].serial);
  CHECK(measured_runs({tenant}, {run}, {}, 5000).at(0).tenants.at(0).serial);
}

TEST_CASE("tenants of shared tables are measured from the end of their reading on") {
  control::RunRecord run;
  run.id = 7;
  run.lanes = 3;
  run.started_at = "2026-11-22T03:00:00.000Z";
  control::ScanRecord scan;
  scan.run = 7;
  scan.started_at = "2026-11-22T03:00:11.000Z";
  scan.read_at = "2026-11-22T03:00:15.500Z";
  scan.readers = 2;
  scan.bytes = 900'000;
  control::ScanRecord of_another = scan;
  of_another.run = 8;
  control::TenantRecord waited;
  waited.run = 7;
  waited.readers = 1;
  waited.estimated_bytes = 5000;
  waited.copy_started_at = "2026-11-22T03:00:10.000Z";
  waited.finishing_at = "2026-11-22T03:00:16.000Z";
  waited.copied_at = "2026-11-22T03:00:17.000Z";
  control::TenantRecord streamed = waited;
  streamed.streamed = true;

  const auto runs = measured_runs({waited, streamed}, {run}, {scan, of_another}, 5000);
  REQUIRE(runs.size() == 1);
  REQUIRE(runs[0].scans.size() == 1);
  CHECK(runs[0].scans[0].bytes == 900'000);
  CHECK(runs[0].scans[0].seconds == Approx(4.5));
  CHECK(runs[0].scans[0].readers == 2);
  REQUIRE(runs[0].tenants.size() == 2);
  CHECK(runs[0].tenants[0].started == Approx(16));
  CHECK(runs[0].tenants[0].ended == Approx(17));
  // whatever its size, what waited on disk is finished by one lane
  CHECK_FALSE(runs[0].tenants[0].serial);
  CHECK(runs[0].tenants[0].readers == 1);
  CHECK_FALSE(runs[0].tenants[0].streamed);
  CHECK(runs[0].tenants[1].serial);
  CHECK(runs[0].tenants[1].readers == 3);
  CHECK(runs[0].tenants[1].streamed);
  CHECK_FALSE(measured_runs({streamed}, {run}, {}, 5001).at(0).tenants.at(0).serial);
}
