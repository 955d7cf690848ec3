// What status says of tenants that follow their source.
#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>

#include "cli/following.hpp"
#include "cli/following_output.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using cli::Following;
using cli::FollowingRun;
using cli::FollowState;
using cli::Json;
using control::FollowActivity;
using control::FollowRecord;
using control::RunRecord;
using control::TenantRecord;
using control::TenantState;

namespace {

constexpr const char* kStarted = "2026-11-22T10:00:00.000Z";
const UtcTime kNow = parse_utc("2026-11-22T10:10:00.000Z").value();

TenantRecord tenant(const std::string& name, TenantState state, std::uint64_t run) {
  TenantRecord record;
  record.tenant = name;
  record.state = state;
  record.wave = "small";
  record.followed_by = run;
  return record;
}

FollowActivity activity(const std::string& tenant, double lag,
                        const std::string& at = "2026-11-22T10:09:59.500Z") {
  FollowActivity made;
  made.tenant = tenant;
  made.at = at;
  made.lag_seconds = lag;
  made.rows = 12;
  made.transactions = 5;
  return made;
}

FollowRecord word(std::uint64_t run, const std::string& at = "2026-11-22T10:09:59.500Z") {
  FollowRecord record;
  record.run = run;
  record.followed_to = "0-1-40";
  record.reader_position = "0-1-42";
  record.at = at;
  record.reader_lag_seconds = 0.25;
  return record;
}

RunRecord run(std::uint64_t id, const std::string& ended_at = "") {
  RunRecord record;
  record.id = id;
  record.started_at = kStarted;
  record.ended_at = ended_at;
  return record;
}

/// A tenant that has diverged, as the engine records it.
TenantRecord diverged() {
  TenantRecord record = tenant("acme", TenantState::diverged, 1);
  record.evidence =
      R"({"problem":"DELETE affected 0 rows, not 1","operation":"delete","table":"notes",)"
      R"("key":"id=7","before":"id=7, body='x\u001b[2J'","after":"","gtid":"0-1-41",)"
      R"("position":"binlog.000003:4711","sqlstate":"","message":""})";
  return record;
}

std::string shown_evidence(const TenantRecord& record) {
  std::ostringstream out;
  cli::print_evidence(out, record);
  return out.str();
}

}  // namespace

TEST_CASE("a tenant's lag holds while its run has a word to say", "[cli_following]") {
  const std::vector<TenantRecord> tenants = {
      tenant("acme", TenantState::ready, 1), tenant("bolt", TenantState::catching_up, 1),
      tenant("core", TenantState::copied, 0), tenant("dune", TenantState::ready, 1)};
  const std::vector<FollowActivity> activities = {activity("acme", 0.3), activity("bolt", -1),
                                                  activity("core", 1)};
  SECTION("it follows") {
    const Following following = cli::following_of(tenants, activities, {word(1)}, {run(1)}, kNow);
    REQUIRE(following.runs.size() == 1);
    CHECK(following.runs[0].state == FollowState::following);
    CHECK(following.runs[0].tenants == 3);
    CHECK(following.runs[0].age_seconds == 0.5);
    CHECK(following.runs[0].reader_lag() == 0.25);
    CHECK(cli::trouble_text(following.runs[0]).empty());
    REQUIRE(following.tenants.size() == 4);
    REQUIRE(following.tenants[0]);
    CHECK(following.tenants[0]->lag_seconds == 0.3);
    CHECK(following.tenants[0]->activity->rows == 12);
    REQUIRE(following.tenants[1]);
    CHECK_FALSE(following.tenants[1]->lag_seconds);
    CHECK_FALSE(following.tenants[2]);
    REQUIRE(following.tenants[3]);
    CHECK(following.tenants[3]->activity == nullptr);
    CHECK(following.find(1) == &following.runs[0]);
    CHECK(following.find(2) == nullptr);
  }
  SECTION("it was killed: its last word is old") {
    const Following following = cli::following_of(
        tenants, activities, {word(1, "2026-11-22T10:09:20.000Z")}, {run(1)}, kNow);
    REQUIRE(following.runs.size() == 1);
    CHECK(following.runs[0].state == FollowState::silent);
    CHECK_FALSE(following.runs[0].reader_lag());
    CHECK(cli::trouble_text(following.runs[0]) == "no word for 40.0 s");
    CHECK_FALSE(following.tenants[0]->lag_seconds);
    CHECK(following.tenants[0]->activity != nullptr);
  }
  SECTION("it has ended") {
    const Following following = cli::following_of(tenants, activities, {word(1)},
                                                  {run(1, "2026-11-22T10:09:59.600Z")}, kNow);
    REQUIRE(following.runs.size() == 1);
    CHECK(following.runs[0].state == FollowState::ended);
    CHECK(cli::trouble_text(following.runs[0]) == "ended at 2026-11-22T10:09:59.600Z");
    CHECK_FALSE(following.tenants[0]->lag_seconds);
  }
  SECTION("a clock that was set back makes no age below zero") {
    const Following following = cli::following_of(
        tenants, activities, {word(1, "2026-11-22T10:12:00.000Z")}, {run(1)}, kNow);
    CHECK(following.runs.at(0).age_seconds == 0.0);
    CHECK(following.runs.at(0).state == FollowState::following);
  }
}

TEST_CASE("runs that no tenant follows with any more are left out", "[cli_following]") {
  const std::vector<TenantRecord> tenants = {tenant("acme", TenantState::ready, 3)};
  // run 1 was killed, run 2 has ended, run 4 follows tenants that aren't looked at
  const Following following =
      cli::following_of(tenants, {activity("acme", 1)},
                        {word(1, "2026-11-22T09:00:00.000Z"), word(2), word(3), word(4)},
                        {run(1), run(2, "2026-11-22T10:05:00.000Z"), run(3), run(4)}, kNow);
  REQUIRE(following.runs.size() == 2);
  CHECK(following.runs[0].record.run == 3);
  CHECK(following.runs[1].record.run == 4);
  CHECK(following.runs[1].tenants == 0);
  CHECK(cli::following_of({}, {}, {}, {}, kNow).runs.empty());
}

TEST_CASE("counters of an earlier run are not this one's", "[cli_following]") {
  const std::vector<TenantRecord> tenants = {tenant("acme", TenantState::ready, 1)};
  const Following following = cli::following_of(
      tenants, {activity("acme", 1, "2026-11-22T09:59:59.999Z")}, {word(1)}, {run(1)}, kNow);
  REQUIRE(following.tenants[0]);
  CHECK(following.tenants[0]->activity == nullptr);
  CHECK_FALSE(following.tenants[0]->lag_seconds);
}

TEST_CASE("a run that has joined a tenant a moment ago has no word yet", "[cli_following]") {
  FollowRecord record;
  record.run = 1;
  record.followed_to = "0-1-40";
  const Following following = cli::following_of({tenant("acme", TenantState::catching_up, 1)}, {},
                                                {record}, {run(1)}, kNow);
  REQUIRE(following.runs.size() == 1);
  CHECK(cli::trouble_text(following.runs[0]) == "no word yet");
}

TEST_CASE("a queue says what waits, and where", "[cli_following]") {
  FollowActivity one = activity("acme", 1);
  CHECK(cli::queue_text(one).empty());
  one.queued_transactions = 1200;
  one.queued_bytes = 3'400'000;
  CHECK(cli::queue_text(one) == "1,200 transactions, 3.4 MB");
  one.spilled_bytes = 1'200'000;
  CHECK(cli::queue_text(one) == "1,200 transactions, 3.4 MB (1.2 MB on disk)");
  CHECK(cli::lag_text(0.3) == "300 ms");
  CHECK(cli::lag_text(std::nullopt) == "unknown");
}

TEST_CASE("evidence is shown whole, and can't drive the terminal", "[cli_following]") {
  const std::string shown = shown_evidence(diverged());
  INFO(shown);
  CHECK_THAT(shown, Catch::Contains("acme is diverged"));
  CHECK_THAT(shown, Catch::Contains("problem") && Catch::Contains("DELETE affected 0 rows"));
  CHECK_THAT(shown, Catch::Contains("notes") && Catch::Contains("id=7, body='x"));
  CHECK_THAT(shown, Catch::Contains("0-1-41") && Catch::Contains("binlog.000003:4711"));
  CHECK_THAT(shown, Catch::Contains("godwit recopy --tenant acme"));
  CHECK_THAT(shown, !Catch::Contains("SQLSTATE") && !Catch::Contains("row after"));
  CHECK(shown.find('\x1b') == std::string::npos);

  TenantRecord paused = tenant("bolt", TenantState::paused, 1);
  paused.evidence = R"({"problem":"the source's schema changed","hint":"do this"})";
  CHECK_THAT(shown_evidence(paused), Catch::Contains("bolt is paused") &&
                                         Catch::Contains("schema changed") &&
                                         Catch::Contains("do this"));
  paused.evidence = "no JSON";
  CHECK_THAT(shown_evidence(paused), Catch::Contains("godwit recopy --tenant bolt"));
  CHECK(shown_evidence(tenant("core", TenantState::ready, 1)).empty());
}

TEST_CASE("JSON has null where nothing is known", "[cli_following]") {
  const std::vector<FollowActivity> activities = {activity("acme", 0.5)};
  const Following following = cli::following_of(
      {tenant("acme", TenantState::ready, 1), tenant("bolt", TenantState::ready, 1)}, activities,
      {word(1)}, {run(1)}, kNow);
  const TenantRecord acme = tenant("acme", TenantState::ready, 1);
  const Json own = cli::tenant_following_json(acme, following.tenants[0]);
  CHECK(own.size() == 9);
  CHECK(own.at("lag_seconds") == 0.5);
  CHECK(own.at("rows") == 12);
  CHECK(own.at("run") == 1);
  CHECK(cli::tenant_following_json(acme, following.tenants[1]).at("lag_seconds").is_null());
  CHECK(cli::tenant_following_json(acme, std::nullopt).is_null());

  const Json runs = cli::following_json(following);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].size() == 10);
  CHECK(runs[0].at("state") == "following");
  CHECK(runs[0].at("tenants") == 2);
  CHECK(runs[0].at("reader_lag_seconds") == 0.25);

  CHECK(cli::evidence_json(diverged()).at("table") == "notes");
  CHECK(cli::evidence_json(acme).is_null());
}

TEST_CASE("fifty thousand tenants that follow are judged soon", "[cli_following]") {
  constexpr std::size_t kTenants = 50'000;
  std::vector<TenantRecord> tenants;
  std::vector<FollowActivity> activities;
  for (std::size_t i = 0; i < kTenants; ++i) {
    const std::string name = "t" + std::to_string(100'000 + i);
    tenants.push_back(tenant(name, TenantState::ready, 1));
    activities.push_back(activity(name, 1));
  }
  const double begin = test::thread_cpu_seconds();
  const Following following = cli::following_of(tenants, activities, {word(1)}, {run(1)}, kNow);
  CHECK(test::thread_cpu_seconds() - begin < 0.2 * test::kSlowdown);
  CHECK(following.runs.at(0).tenants == kTenants);
  CHECK(std::all_of(following.tenants.begin(), following.tenants.end(),
                    [](const auto& own) { return own && own->lag_seconds == 1.0; }));
}
