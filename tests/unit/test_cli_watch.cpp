// watch: what changed since the look before, and how it is shown.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/following.hpp"
#include "cli/watch_output.hpp"
#include "cli/watch_view.hpp"
#include "godwit/cli/app.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/clock.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using cli::Following;
using cli::Look;
using cli::RateMeter;
using cli::WatchView;
using control::FollowActivity;
using control::FollowRecord;
using control::RunRecord;
using control::TenantRecord;
using control::TenantState;
using nlohmann::json;

namespace {

const UtcTime kStart = parse_utc("2026-11-22T10:00:00.000Z").value();

UtcTime at(double seconds) {
  return kStart + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// A look `seconds` after the start, at a store that one run has written to just now.
Look look_at(double seconds, double word_seconds) {
  Look look;
  look.at = at(seconds);
  RunRecord run;
  run.id = 1;
  run.started_at = utc_text(kStart);
  look.runs.push_back(run);
  FollowRecord record;
  record.run = 1;
  record.at = utc_text(at(word_seconds));
  record.reader_position = "0-1-42";
  record.reader_lag_seconds = 0;
  look.records.push_back(record);
  return look;
}

/// Tenants must be added by name.
void add_tenant(Look& look, const std::string& name, const std::string& wave, std::uint64_t rows,
                double lag = 0) {
  TenantRecord record;
  record.tenant = name;
  record.state = TenantState::ready;
  record.wave = wave;
  record.followed_by = 1;
  look.tenants.push_back(record);
  FollowActivity activity;
  activity.tenant = name;
  activity.at = look.records.at(0).at;
  activity.rows = rows;
  activity.lag_seconds = lag;
  look.activities.push_back(activity);
}

Following following_of(const Look& look) {
  return cli::following_of(look.tenants, look.activities, look.records, look.runs, look.at);
}

void add(RateMeter& meter, const Look& look) { meter.add(look, following_of(look)); }

WatchView view_of(const Look& look, const RateMeter& meter = {}) {
  return cli::view_of(look, following_of(look), meter);
}

/// A plan, and a control store in which one run follows two of three tenants.
class Migration {
 public:
  Migration() {
    static int count = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("godwit-watch-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directory(folder_);
    std::ofstream(plan()) << "version: 1\n"
                             "source: { uri: \"mariadb://godwit@localhost/\" }\n"
                             "tenancy: { mode: database, databases: [\"t_%\"] }\n"
                             "clusters: [ { name: pg, uri: \"postgresql://godwit@pg\" } ]\n"
                             "waves: [ { name: canary, tenants: [acme] },"
                             " { name: small, tenants: rest } ]\n";
  }
  ~Migration() { std::filesystem::remove_all(folder_); }
  Migration(const Migration&) = delete;
  Migration& operator=(const Migration&) = delete;

  void follow() const {
    control::Store store = control::Store::open(plan() + ".state");
    std::vector<TenantRecord> records(3);
    records[0].tenant = "acme";
    records[0].wave = "canary";
    records[1].tenant = "bolt";
    records[2].tenant = "core";
    records[1].wave = records[2].wave = "small";
    store.register_tenants(records);
    RunRecord run;
    run.waves = "canary,small";
    const std::uint64_t id = store.begin_run(run);
    for (const char* tenant : {"acme", "bolt"}) {
      for (const TenantState to : {TenantState::provisioned, TenantState::copying,
                                   TenantState::building, TenantState::copied})
        store.transition(store.find(tenant).value(), to, {}, "{}");
      store.follow(store.find(tenant).value(), id, "0-1-10");
    }
    FollowRecord record;
    record.run = id;
    record.followed_to = "0-1-10";
    record.reader_position = "0-1-4711";
    record.at = utc_timestamp();
    record.reader_lag_seconds = 0.25;
    FollowActivity acme;
    acme.tenant = "acme";
    acme.at = record.at;
    acme.lag_seconds = 3.5;
    acme.rows = 10'432;
    acme.transactions = 1200;
    acme.queued_transactions = 7;
    acme.queued_bytes = 4'000'000;
    acme.waits_for = "the target refuses connections";
    store.record_following(record, {acme});
  }
  /// bolt diverges.
  void diverge() const {
    control::Store store = control::Store::open(plan() + ".state");
    store.transition(
        store.find("bolt").value(), TenantState::diverged,
        [](TenantRecord& record) {
          record.evidence = R"({"problem":"UPDATE affected 0 rows, not 1","table":"notes"})";
        },
        "{}");
  }

  struct Result {
    int code = 0;
    std::string out;
    std::string err;
  };
  [[nodiscard]] Result godwit(const std::string& command,
                              const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{command, "-p", plan()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::run(all, out, err);
    return {code, out.str(), err.str()};
  }

 private:
  [[nodiscard]] std::string plan() const { return (folder_ / "plan.yaml").string(); }

  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("rates are those between two words of a run", "[cli_watch]") {
  RateMeter meter;
  Look look = look_at(1, 1);
  add_tenant(look, "acme", "canary", 100);
  add_tenant(look, "bolt", "small", 1000);
  add(meter, look);
  CHECK_FALSE(meter.of_wave("canary"));
  CHECK_FALSE(meter.of_all());

  // a tenant that joined since has applied all it has since
  look = look_at(3.2, 3);
  add_tenant(look, "acme", "canary", 400);
  add_tenant(look, "bolt", "small", 1000);
  add_tenant(look, "core", "small", 50);
  add(meter, look);
  CHECK(meter.of_wave("canary") == 150.0);
  CHECK(meter.of_wave("small") == 25.0);
  CHECK(meter.of_all() == 175.0);
  CHECK_FALSE(meter.of_wave("none"));

  // no word since: what was known holds
  look.at = at(3.9);
  add(meter, look);
  CHECK(meter.of_all() == 175.0);

  // nothing was applied since
  look = look_at(5, 5);
  add_tenant(look, "acme", "canary", 400);
  add_tenant(look, "bolt", "small", 1000);
  add_tenant(look, "core", "small", 50);
  add(meter, look);
  CHECK(meter.of_all() == 0.0);

  // the run was killed
  look.at = at(60);
  add(meter, look);
  CHECK_FALSE(meter.of_all());
}

TEST_CASE("a wave's lag, queue and the tenants furthest behind", "[cli_watch]") {
  Look look = look_at(1, 1);
  const std::vector<double> lags = {0.5, 9, 0, 2, 4, -1, 2, 7};
  for (std::size_t i = 0; i < lags.size(); ++i)
    add_tenant(look, "t" + std::to_string(i), i < 2 ? "canary" : "small", 0, lags[i]);
  look.activities[1].queued_bytes = 100;
  look.activities[1].queued_transactions = 3;
  look.activities[7].queued_bytes = 30;
  look.activities[7].spilled_bytes = 20;
  look.activities[3].waits_for = "a lock";
  look.tenants[4].state = TenantState::copied;
  const WatchView view = view_of(look);

  REQUIRE(view.waves.size() == 2);
  CHECK(view.waves[0].counts.name == "canary");
  CHECK(view.waves[0].following == 2);
  CHECK(view.waves[0].lag_max == 9.0);
  CHECK(view.waves[0].lag_median == 0.5);
  CHECK(view.waves[0].queued_transactions == 3);
  CHECK_FALSE(view.waves[0].rows_per_second);
  // 0, 2, 2, 7 and one that is unknown; t4 doesn't follow
  CHECK(view.waves[1].counts.tenants == 6);
  CHECK(view.waves[1].following == 5);
  CHECK(view.waves[1].lag_unknown == 1);
  CHECK(view.waves[1].lag_max == 7.0);
  CHECK(view.waves[1].lag_median == 2.0);
  CHECK(view.waves[1].spilled_bytes == 20);
  CHECK(view.total.following == 7);
  CHECK(view.total.counts.tenants == 8);
  CHECK(view.total.queued_bytes == 130);
  CHECK(view.total.lag_max == 9.0);

  std::vector<std::string> furthest;
  for (const cli::TenantBehind& one : view.furthest)
    furthest.push_back(one.tenant);
  CHECK(furthest == std::vector<std::string>{"t1", "t7", "t3", "t6", "t0"});
  REQUIRE(view.waiting.size() == 1);
  CHECK(view.waiting[0].tenant == "t3");
  CHECK(view.waiting_tenants == 1);
}

TEST_CASE("many that wait are counted, few are named", "[cli_watch]") {
  Look look = look_at(1, 1);
  for (int i = 0; i < 9; ++i) {
    add_tenant(look, "t" + std::to_string(i), "small", 0);
    look.activities.back().waits_for = "a lock";
  }
  CHECK(view_of(look).waiting_tenants == 9);
  CHECK(view_of(look).waiting.size() == cli::kWatchNamed);
  std::ostringstream page;
  cli::print_watch_page(page, "plan.yaml", view_of(look));
  CHECK_THAT(page.str(), Catch::Contains("9 tenants in all"));
  // of a run that is gone nobody waits
  look.at = at(60);
  CHECK(view_of(look).waiting_tenants == 0);
}

TEST_CASE("fifty thousand tenants are looked at soon", "[cli_watch]") {
  Look look = look_at(1, 1);
  for (int i = 0; i < 50'000; ++i)
    add_tenant(look, "t" + std::to_string(100'000 + i), i % 2 == 0 ? "a" : "b", 10, 1);
  RateMeter meter;
  const double begin = test::thread_cpu_seconds();
  add(meter, look);
  look.records[0].at = utc_text(at(2));
  look.at = at(2);
  add(meter, look);
  const WatchView view = view_of(look, meter);
  CHECK(test::thread_cpu_seconds() - begin < 1 * test::kSlowdown);
  CHECK(view.total.following == 50'000);
  CHECK(view.total.rows_per_second == 0.0);
  CHECK(view.furthest.size() == cli::kWatchNamed);
}

TEST_CASE("watch reads the control store, line by line or as JSON lines", "[cli_watch]") {
  const Migration migration;
  const Migration::Result before = migration.godwit("watch", {"--count", "1"});
  CHECK(before.code == 0);
  CHECK_THAT(before.out, Catch::Contains("nothing was run yet"));

  migration.follow();
  const Migration::Result line = migration.godwit("watch", {"--count", "1"});
  INFO(line.out << line.err);
  CHECK(line.code == 0);
  CHECK(std::count(line.out.begin(), line.out.end(), '\n') == 1);
  CHECK_THAT(line.out, Catch::Contains("1 planned, 2 catching_up") && Catch::Contains("3.5 s") &&
                           Catch::Contains("0-1-4711") && Catch::Contains("4.0 MB") &&
                           Catch::Contains("acme: the target refuses connections"));
  CHECK(line.out.find('\x1b') == std::string::npos);

  const Migration::Result lines =
      migration.godwit("watch", {"--count", "2", "--every", "1", "--json"});
  CHECK(lines.code == 0);
  REQUIRE(std::count(lines.out.begin(), lines.out.end(), '\n') == 2);
  const json document = json::parse(lines.out.substr(0, lines.out.find('\n')));
  CHECK(document.at("command") == "watch");
  REQUIRE(document.at("waves").size() == 2);
  CHECK(document.at("waves")[0].at("wave") == "canary");
  CHECK(document.at("waves")[0].at("states").at("catching_up") == 1);
  CHECK(document.at("waves")[0].at("lag_seconds_max") == 3.5);
  CHECK(document.at("waves")[0].at("rows_per_second").is_null());
  CHECK(document.at("waves")[1].at("lag_seconds_max").is_null());
  CHECK(document.at("waves")[1].at("lag_unknown") == 1);
  CHECK(document.at("following")[0].at("reader_position") == "0-1-4711");
  CHECK(document.at("furthest")[0].at("tenant") == "acme");
  CHECK(document.at("waiting")[0].at("waits_for") == "the target refuses connections");
  CHECK(document.at("waiting_tenants") == 1);
}

TEST_CASE("watch looks at a wave or a tenant, and refuses what isn't there", "[cli_watch]") {
  const Migration migration;
  migration.follow();
  const auto waves = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--count", "1", "--json"});
    return json::parse(migration.godwit("watch", arguments).out).at("waves");
  };
  CHECK(waves({"--wave", "small"}).size() == 1);
  CHECK(waves({"--wave", "small"})[0].at("tenants") == 2);
  CHECK(waves({"--tenant", "bolt"})[0].at("tenants") == 1);
  CHECK(waves({"--tenant", "bolt", "--wave", "canary"}).empty());

  const std::vector<std::vector<std::string>> refused = {{"--wave", "smal"}, {"--tenant", "nobody"},
                                                         {"--every", "0.5"}, {"--every", "nan"},
                                                         {"--count", "0"},   {"--every", "1e9"}};
  for (std::vector<std::string> arguments : refused) {
    CAPTURE(arguments);
    if (arguments[0] != "--count") arguments.insert(arguments.end(), {"--count", "1"});
    CHECK(migration.godwit("watch", arguments).code == 2);
  }
}

TEST_CASE("status shows who follows, and a tenant's evidence", "[cli_watch]") {
  const Migration migration;
  migration.follow();
  const Migration::Result all = migration.godwit("status", {});
  INFO(all.out << all.err);
  CHECK(all.code == 0);
  CHECK_THAT(all.out, Catch::Contains("run 1") && Catch::Contains("0-1-4711") &&
                          Catch::Contains("250 ms") && Catch::Contains("rows applied"));
  CHECK_THAT(all.out, Catch::Contains("7 transactions, 4.0 MB") && Catch::Contains("10,432"));

  const Migration::Result acme = migration.godwit("status", {"--tenant", "acme"});
  CHECK_THAT(acme.out, Catch::Contains("acme follows its source by run 1") &&
                           Catch::Contains("has all up to") && Catch::Contains("0-1-10") &&
                           Catch::Contains("10,432 rows in 1,200 transactions"));

  migration.diverge();
  const Migration::Result bolt = migration.godwit("status", {"--tenant", "bolt"});
  CHECK_THAT(bolt.out, Catch::Contains("bolt is diverged") &&
                           Catch::Contains("UPDATE affected 0 rows, not 1") &&
                           Catch::Contains("godwit recopy --tenant bolt"));
  const json document = json::parse(migration.godwit("status", {"--tenant", "bolt", "--json"}).out);
  CHECK(document.at("tenants")[0].at("evidence").at("table") == "notes");
  CHECK(document.at("tenants")[0].at("following").is_null());
  const json every = json::parse(migration.godwit("status", {"--json"}).out);
  CHECK(every.at("following")[0].at("tenants") == 1);
  CHECK(every.at("tenants")[0].at("following").at("queued_bytes") == 4'000'000);
  CHECK_FALSE(every.at("tenants")[1].contains("evidence"));
  // without a follower there is nothing to say of it
  const json core = json::parse(migration.godwit("status", {"--tenant", "core", "--json"}).out);
  CHECK(core.at("tenants")[0].at("following").is_null());
}
