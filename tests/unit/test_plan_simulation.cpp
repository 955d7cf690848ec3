#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/plan/simulation.hpp"
#include "plan/placement.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using namespace godwit::plan;

namespace {

constexpr std::uint64_t kMb = 1'000'000;
const std::chrono::sys_seconds kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

struct World {
  Plan plan;
  Rates rates;
  SimulationOptions options;
  std::deque<Unit> units;  // by wave, as they are added

  World() {
    add_cluster(1000);
    // one second a MB, one lane fills the machine; each test changes what it is about
    rates.floor_ms = 0;
    rates.copy_mb_s = 1;
    rates.lane_mb_s = 1;
    rates.index_mb_s = 0;
    options.start = kStart;
  }
  void add_cluster(int engine_connections) {
    ClusterSpec& cluster = plan.clusters.emplace_back();
    cluster.name = "pg-" + std::to_string(plan.clusters.size());
    cluster.engine_connections = engine_connections;
  }
  void add_wave(const std::string& name, int lanes) {
    WaveSpec& wave = plan.waves.emplace_back();
    wave.name = name;
    wave.lanes = lanes;
  }
  /// Tenants of the last wave.
  void add(std::size_t count, std::uint64_t bytes, std::uint32_t cluster = 0) {
    for (std::size_t i = 0; i < count; ++i) {
      Unit& unit = units.emplace_back();
      unit.id = TenantId{static_cast<std::uint32_t>(units.size() - 1)};
      unit.tenant = "t" + std::to_string(units.size());
      unit.wave = WaveId{static_cast<std::uint32_t>(plan.waves.size() - 1)};
      unit.cluster = ClusterId{cluster};
      unit.bytes = bytes;
      unit.rows = bytes / 100;
    }
  }
  /// Tenants of shared tables, which hold what the tenants added so far have.
  void share_tables() {
    plan.rows.emplace();
    for (Unit& unit : units) {
      unit.kind = UnitKind::rows;
      options.tables.tenants += unit.bytes;
    }
  }
  [[nodiscard]] Forecast forecast() const {
    std::vector<const Unit*> pointers;
    for (const Unit& unit : units)
      pointers.push_back(&unit);
    return simulate(plan, pointers, rates, options);
  }
};

double seconds_with(World world, int lanes) {
  world.options.lanes = lanes;
  return world.forecast().seconds();
}

}  // namespace

TEST_CASE("twice the lanes take half the time, until the machine is full") {
  World world;
  world.add_wave("all", 1);
  world.add(256, 5 * kMb);
  world.rates.floor_ms = 10;
  world.rates.copy_mb_s = 80;
  world.rates.lane_mb_s = 10;
  // a tenant takes 10 ms and a 16th of a second of a machine that eight lanes fill
  const double alone = 256 * 8 * (0.01 + 5.0 / 80);
  CHECK(seconds_with(world, 1) == Approx(alone));
  CHECK(seconds_with(world, 2) == Approx(alone / 2));
  CHECK(seconds_with(world, 4) == Approx(alone / 4));
  CHECK(seconds_with(world, 8) == Approx(alone / 8));
  CHECK(seconds_with(world, 16) == Approx(alone / 8));
  CHECK(seconds_with(world, 64) == Approx(alone / 8));
}

TEST_CASE("index builds take their time, unless the plan leaves indexes out") {
  World world;
  world.add_wave("all", 1);
  world.add(4, 10 * kMb);
  world.rates.index_mb_s = 2;
  CHECK(world.forecast().seconds() == Approx(4 * (10 + 5)));
  world.plan.schema.indexes = false;
  CHECK(world.forecast().seconds() == Approx(4 * 10));
}

TEST_CASE("waves follow each other, in the plan's order") {
  World world;
  world.add_wave("canary", 1);
  world.add(2, 10 * kMb);
  world.add_wave("nobody", 1);
  world.add_wave("rest", 1);
  world.add(3, 20 * kMb);
  const Forecast forecast = world.forecast();
  REQUIRE(forecast.waves.size() == 2);
  CHECK(forecast.waves[0].name == "canary");
  CHECK(forecast.waves[0].start_seconds == 0);
  CHECK(forecast.waves[0].end_seconds == Approx(20));
  CHECK(forecast.waves[0].tenants == 2);
  CHECK(forecast.waves[0].bytes == 20 * kMb);
  CHECK(forecast.waves[0].rows == 200'000);
  CHECK(forecast.waves[1].name == "rest");
  CHECK(forecast.waves[1].start_seconds == forecast.waves[0].end_seconds);
  CHECK(forecast.waves[1].seconds() == Approx(60));
  CHECK(forecast.waves[1].work_seconds == Approx(60));
  CHECK(forecast.seconds() == Approx(80));
  CHECK(forecast.start == kStart);
}

TEST_CASE("a wave's order decides who waits for whom") {
  // two lanes: 1, 1, 4 from the smallest on end after 5 s, from the largest on after 4
  World world;
  world.add_wave("all", 2);
  world.add(2, 1 * kMb);
  world.add(1, 4 * kMb);
  world.rates.copy_mb_s = 2;
  world.rates.lane_mb_s = 1;
  CHECK(world.forecast().seconds() == Approx(4));
  world.plan.waves[0].order = WaveOrder::name;  // t1, t2, t3
  CHECK(world.forecast().seconds() == Approx(5));
  world.plan.waves[0].order = WaveOrder::smallest;
  CHECK(world.forecast().seconds() == Approx(5));
}

TEST_CASE("the order smallest takes the large tenants last") {
  World world;
  world.add_wave("all", 1);
  world.add(1, 100 * kMb);
  world.add(1, 2 * kMb);
  // the second tenant of the wave, whoever it is, waits for an hour
  world.options.next_allowed = [](WaveId, std::chrono::sys_seconds time) {
    return time < kStart + std::chrono::seconds(1) ? time
                                                   : std::max(time, kStart + std::chrono::hours(1));
  };
  CHECK(world.forecast().seconds() == Approx(3602));
  world.plan.waves[0].order = WaveOrder::smallest;
  CHECK(world.forecast().seconds() == Approx(3700));
}

TEST_CASE("large tenants come one after the other, each with all its readers") {
  World world;
  world.add_wave("all", 8);
  world.add(2, 800 * kMb);
  world.add(16, 10 * kMb);
  world.rates.copy_mb_s = 80;
  world.rates.lane_mb_s = 20;
  world.plan.source.readers = 4;
  CHECK(world.forecast().seconds() == Approx(2 * 10 + 16 * 10.0 / 80));
  CHECK(world.forecast().waves[0].source_connections == 32U);
  // two readers are half of what fills the machine
  world.plan.source.readers = 2;
  CHECK(world.forecast().seconds() == Approx(2 * 20 + 16 * 10.0 / 80));
}

TEST_CASE("lanes keep to the connections of every cluster") {
  World world;
  world.add_cluster(10);
  world.add_wave("first", 64);
  world.add(200, kMb, 0);
  world.add_wave("second", 64);
  world.add(100, kMb, 0);
  world.add(100, kMb, 1);
  world.add(3, 200 * kMb, 1);
  const Forecast forecast = world.forecast();
  CHECK(forecast.waves[0].lanes == 64);
  CHECK(forecast.waves[1].lanes == 4);
  CHECK(forecast.clusters[0].connections == 2 * 64 + 2);
  CHECK(forecast.clusters[0].engine_connections == 1000);
  CHECK(forecast.clusters[1].connections == 10);
  CHECK(forecast.clusters[1].engine_connections == 10);
  CHECK(forecast.waves[1].source_connections == 16U);
}

TEST_CASE("even the narrowest limit leaves one lane") {
  World world;
  world.plan.clusters[0].engine_connections = 1;
  world.add_wave("all", 8);
  world.add(3, kMb);
  CHECK(world.forecast().waves[0].lanes == 1);
}

TEST_CASE("the source is read within its budget") {
  World world;
  world.add_wave("all", 4);
  world.add(40, 10 * kMb);
  world.rates.copy_mb_s = 100;
  world.rates.lane_mb_s = 50;
  CHECK(world.forecast().waves[0].source_mb_s == Approx(100));
  CHECK(world.forecast().seconds() == Approx(4));
  world.rates.source_mb_s = 40;
  CHECK(world.forecast().waves[0].source_mb_s == Approx(40));
  CHECK(world.forecast().seconds() == Approx(10));
  // one lane doesn't come near
  world.rates.source_mb_s = 60;
  world.options.lanes = 1;
  CHECK(world.forecast().waves[0].source_mb_s == Approx(50));
  CHECK(world.forecast().seconds() == Approx(8));
}

TEST_CASE("tenants begin only when they may; those under way go on") {
  World world;
  world.add_wave("all", 1);
  world.add(10, 10 * kMb);
  // the first 45 of every 100 seconds
  world.options.next_allowed = [](WaveId, std::chrono::sys_seconds time) {
    const auto into = (time - kStart).count() % 100;
    return into < 45 ? time : time + std::chrono::seconds(100 - into);
  };
  const Forecast forecast = world.forecast();
  // 0, 10, 20, 30, 40, 100, 110, …, 140
  CHECK(forecast.waves[0].start_seconds == 0);
  CHECK(forecast.waves[0].end_seconds == Approx(150));
  CHECK(forecast.waves[0].binlog_retention_seconds == Approx(150));
  CHECK(forecast.waves[0].work_seconds == Approx(100));

  world.options.start = kStart + std::chrono::seconds(70);
  CHECK(world.forecast().waves[0].start_seconds == Approx(30));
  CHECK(world.forecast().waves[0].binlog_retention_seconds == Approx(150));
}

TEST_CASE("each wave has its own times") {
  World world;
  world.add_wave("canary", 1);
  world.add(1, 10 * kMb);
  world.add_wave("night", 1);
  world.add(1, 10 * kMb);
  world.options.next_allowed = [](WaveId wave, std::chrono::sys_seconds time) {
    return wave == WaveId{1} ? std::max(time, kStart + std::chrono::hours(1)) : time;
  };
  const Forecast forecast = world.forecast();
  CHECK(forecast.waves[0].end_seconds == Approx(10));
  CHECK(forecast.waves[1].start_seconds == 3600);
  CHECK(forecast.waves[1].binlog_retention_seconds == Approx(10));
}

TEST_CASE("every cluster gets its databases and its WAL") {
  World world;
  world.add_cluster(40);
  world.add_wave("all", 2);
  world.add(3, 10 * kMb, 0);
  world.add(1, 20 * kMb, 1);
  world.rates.wal_factor = 2;
  const Forecast forecast = world.forecast();
  REQUIRE(forecast.clusters.size() == 2);
  CHECK(forecast.clusters[0].name == "pg-1");
  CHECK(forecast.clusters[0].databases == 3);
  CHECK(forecast.clusters[0].bytes == 3 * (10 * kMb + kEmptyDatabaseBytes));
  CHECK(forecast.clusters[0].wal_bytes == 3 * (20 * kMb + kEmptyDatabaseBytes));
  CHECK(forecast.clusters[1].databases == 1);
  CHECK(forecast.clusters[1].wal_bytes == 40 * kMb + kEmptyDatabaseBytes);
}

TEST_CASE("shared databases are made once") {
  World world;
  world.add_wave("all", 2);
  world.add(3, 10 * kMb);
  for (Unit& unit : world.units) {
    unit.isolation = Isolation::schema;
    unit.target_database = "tenants_1";
    unit.target_schema = unit.tenant;
  }
  const Forecast forecast = world.forecast();
  CHECK(forecast.clusters.at(0).databases == 1);
  CHECK(forecast.clusters[0].bytes == 30 * kMb + kEmptyDatabaseBytes);
  CHECK(forecast.clusters[0].wal_bytes == 30 * kMb + kEmptyDatabaseBytes);
}

TEST_CASE("the binlog is kept until a wave has caught up") {
  World world;
  world.add_wave("half", 1);
  world.add(10, 10 * kMb);
  world.add_wave("other half", 1);
  world.add(10, 10 * kMb);
  world.rates.binlog_mb_s = 2;
  CHECK(world.forecast().waves[0].binlog_retention_seconds == Approx(100));
  CHECK(world.forecast().waves[0].binlog_bytes == 200 * kMb);
  CHECK_FALSE(world.forecast().waves[0].catch_up_seconds);

  world.rates.write_rows_s = 100;
  world.rates.apply_rows_s = 300;
  // half of the changes: 5,000 rows wait, and 50 of the 300 a second go on coming
  const Forecast forecast = world.forecast();
  REQUIRE(forecast.waves[0].catch_up_seconds);
  CHECK(*forecast.waves[0].catch_up_seconds == Approx(20));
  CHECK(forecast.waves[0].binlog_retention_seconds == Approx(120));
  CHECK(forecast.waves[0].end_seconds == Approx(100));

  world.rates.apply_rows_s = 50;
  CHECK_FALSE(world.forecast().waves[0].catch_up_seconds);
}

TEST_CASE("shared tables are read once, however many tenants there are") {
  World world;
  world.add_wave("all", 1);
  world.add(100, 1 * kMb);
  world.share_tables();
  world.rates.scan_mb_s = 2;
  const Forecast forecast = world.forecast();
  const WaveForecast& wave = forecast.waves.at(0);
  CHECK(wave.readings == 1);
  CHECK(wave.bytes_read == 100 * kMb);
  CHECK(wave.reading_seconds == Approx(50));
  CHECK(wave.seconds() == Approx(50 + 100));
  CHECK(wave.work_seconds == Approx(150));
  CHECK(wave.binlog_retention_seconds == Approx(150));
  CHECK(wave.source_mb_s == Approx(2));
  CHECK(wave.source_connections == 1 + 2);
  CHECK(wave.spill_bytes == 100 * kMb);
  CHECK(forecast.spill_bytes_max == world.plan.spill_bytes);

  World halves;
  halves.add_wave("all", 1);
  halves.add(200, kMb / 2);
  halves.share_tables();
  halves.rates.scan_mb_s = 2;
  halves.rates.floor_ms = 100;
  CHECK(halves.forecast().waves.at(0).reading_seconds == Approx(50));
  CHECK(halves.forecast().seconds() == Approx(50 + 100 + 200 * 0.1));
}

TEST_CASE("each group of tenants costs a reading") {
  World world;
  world.add_wave("all", 1);
  world.add(100, 1 * kMb);
  world.share_tables();
  world.rates.scan_mb_s = 2;
  world.plan.together = 30;
  CHECK(world.forecast().waves.at(0).readings == 4);
  CHECK(world.forecast().waves.at(0).bytes_read == 400 * kMb);
  CHECK(world.forecast().seconds() == Approx(200 + 100));
  CHECK(world.forecast().waves.at(0).spill_bytes == 30 * kMb);
  // the last ten are found through indexes where there are any
  world.options.tables.secondary = 60 * kMb;
  CHECK(world.forecast().waves.at(0).bytes_read == (300 + 40 + 24) * kMb);
  CHECK(world.forecast().waves.at(0).reading_seconds == Approx(182));
}

TEST_CASE("shared tables are read by the readers, within the source's budget") {
  World world;
  world.add_wave("all", 4);
  world.add(40, 10 * kMb);
  world.share_tables();
  world.rates.copy_mb_s = 80;
  world.rates.lane_mb_s = 20;
  world.rates.scan_mb_s = 40;
  world.plan.source.readers = 2;
  // two of the four lanes that fill the machine; all four finish the tenants
  CHECK(world.forecast().seconds() == Approx(20 + 5));
  CHECK(world.forecast().waves.at(0).source_mb_s == Approx(20));
  CHECK(world.forecast().waves.at(0).source_connections == 2 + 2);
  // what comes after the reading doesn't read
  world.rates.source_mb_s = 10;
  CHECK(world.forecast().seconds() == Approx(40 + 5));
  CHECK(world.forecast().waves.at(0).source_mb_s == Approx(10));
}

TEST_CASE("large tenants of shared tables hold a connection each while these are read") {
  World world;
  world.add_wave("all", 4);
  world.add(40, 10 * kMb);
  world.share_tables();
  // 40 sessions, four threads that make databases, the tenants' locks and a template's DDL
  CHECK(world.forecast().clusters.at(0).connections == 46);
  CHECK(world.forecast().waves.at(0).spill_bytes == 0);
  // only six of them, as each lane may need three more; the others' rows wait on disk
  world.plan.clusters[0].engine_connections = 20;
  CHECK(world.forecast().clusters.at(0).connections == 12);
  CHECK(world.forecast().waves.at(0).spill_bytes == 340 * kMb);
}

TEST_CASE("large tenants of shared tables are finished one after the other by all lanes") {
  World world;
  world.add_wave("all", 4);
  world.add(1, 800 * kMb);
  world.add(1, 400 * kMb);
  world.share_tables();
  world.rates.copy_mb_s = 80;
  world.rates.lane_mb_s = 20;
  world.rates.scan_mb_s = 120;
  CHECK(world.forecast().seconds() == Approx(10 + 10 + 5));
  // side by side, a lane and a quarter of the machine each, when they aren't that large
  world.plan.large_tenant_bytes = 1000 * kMb;
  CHECK(world.forecast().seconds() == Approx(10 + 40));
}

TEST_CASE("every unit gets the shared tables, which wait on disk once") {
  World world;
  world.add_wave("all", 1);
  world.add(10, 3 * kMb);
  world.share_tables();
  world.options.tables = {20 * kMb, 0, 0, 1 * kMb, 7 * kMb};
  world.rates.scan_mb_s = 1;
  world.plan.spill_bytes = 21 * kMb;
  const Forecast forecast = world.forecast();
  CHECK(forecast.waves.at(0).bytes_read == 21 * kMb);
  CHECK(forecast.seconds() == Approx(21 + 30));
  CHECK(forecast.waves.at(0).spill_bytes == 21 * kMb);
  CHECK(forecast.findings.empty());

  world.plan.spill_bytes = 20 * kMb;
  const Findings findings = world.forecast().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].code == "spill-too-small");
  CHECK(findings[0].severity == Severity::degraded);
  CHECK(findings[0].object == "all");

  world.add(1, 8 * kMb);
  world.units.back().kind = UnitKind::central;
  CHECK(world.forecast().waves.at(0).bytes_read == 28 * kMb);
}

TEST_CASE("a group that was begun goes on when its window has closed") {
  World world;
  world.add_wave("all", 1);
  world.add(10, 10 * kMb);
  world.share_tables();
  world.rates.scan_mb_s = 1;
  world.plan.together = 5;
  // the first 45 of every 100 seconds
  world.options.next_allowed = [](WaveId, std::chrono::sys_seconds time) {
    const auto into = (time - kStart).count() % 100;
    return into < 45 ? time : time + std::chrono::seconds(100 - into);
  };
  // 100 s for each reading and 50 for its tenants; the second group waits from 150 to 200
  CHECK(world.forecast().seconds() == Approx(350));
  CHECK(world.forecast().waves.at(0).reading_seconds == Approx(200));
  CHECK(world.forecast().waves.at(0).binlog_retention_seconds == Approx(350));
}

TEST_CASE("empty tenants that cost nothing are over at once") {
  World world;
  world.add_wave("all", 2);
  world.add(100, 0);
  CHECK(world.forecast().seconds() == 0);
  CHECK(world.forecast().waves[0].tenants == 100);
  world.rates.floor_ms = 20;
  CHECK(world.forecast().seconds() == Approx(2));
}

TEST_CASE("no tenants, no waves") {
  World world;
  world.add_wave("all", 2);
  const Forecast forecast = world.forecast();
  CHECK(forecast.waves.empty());
  CHECK(forecast.seconds() == 0);
  CHECK(forecast.clusters.size() == 1);
}

TEST_CASE("fifty thousand tenants on fifty clusters are played within a second") {
  World world;
  for (int i = 1; i < 50; ++i)
    world.add_cluster(1000);
  world.rates = Rates{};
  world.rates.lane_mb_s = world.rates.copy_mb_s / 64;
  world.add_wave("canary", 2);
  world.add(20, 10 * kMb);
  world.add_wave("rest", 64);
  for (std::size_t i = 1; i <= 50'000; ++i)
    world.add(1, 20'000 * kMb / i, static_cast<std::uint32_t>(i % 50));
  const double begin = test::thread_cpu_seconds();
  const Forecast first = world.forecast();
  CHECK(test::thread_cpu_seconds() - begin < 1 * test::kSlowdown);
  const Forecast second = world.forecast();
  REQUIRE(first.waves.size() == 2);
  CHECK(first.waves[1].tenants == 50'000);
  CHECK(first.waves[1].seconds() >= first.waves[1].work_seconds);
  CHECK(first.seconds() == second.seconds());
  CHECK(first.waves[1].source_mb_s == second.waves[1].source_mb_s);
  for (std::size_t i = 0; i < 50; ++i)
    CHECK(first.clusters[i].connections == second.clusters[i].connections);
}
