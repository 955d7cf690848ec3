// When the copy is held up because the source is too busy, and when it goes on.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/live_limits.hpp"
#include "engine/source_judge.hpp"
#include "godwit/engine/progress.hpp"

using namespace godwit;
using namespace godwit::engine;

namespace {

using Release = LimitJudge::Release;

std::vector<std::string> reasons(const std::vector<SourceHold>& holds) {
  std::vector<std::string> texts;
  for (const SourceHold& hold : holds)
    texts.push_back(hold.limit + ": " + hold.reason);
  return texts;
}

plan::SourceLimits all_limits() {
  plan::SourceLimits limits;
  limits.replica_lag = std::chrono::seconds(10);
  limits.threads_running = 40;
  limits.history_list = 1'000'000;
  return limits;
}

class PlanFile {
 public:
  explicit PlanFile(const std::string& limits) { write(limits); }
  ~PlanFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  PlanFile(const PlanFile&) = delete;
  PlanFile& operator=(const PlanFile&) = delete;

  /// `limits` is YAML; each text differs in length from the one before, whatever the clock says.
  void write(const std::string& limits) {
    std::ofstream(path_) << "version: 1\nsource: { uri: \"mariadb://g@localhost/?socket=/s\", "
                            "limits: "
                         << limits
                         << " }\ntenancy: { mode: database, databases: [\"a%\"] }\n"
                            "clusters: [ { name: pg, uri: \"postgresql://g@pg\" } ]\n"
                            "waves: [ { name: rest, tenants: rest } ]\n";
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ =
      (std::filesystem::temp_directory_path() /
       ("godwit-limits-" +
        std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + ".yaml"))
          .string();
};

}  // namespace

TEST_CASE("held above the limit, released well below it") {
  LimitJudge judge(Release::below_four_fifths);
  CHECK_FALSE(judge.judge(40, 40));
  CHECK(judge.judge(40, 41));
  CHECK(judge.judge(40, 40));
  CHECK(judge.judge(40, 32));
  CHECK_FALSE(judge.judge(40, 31));
  CHECK_FALSE(judge.judge(40, 40));
}

TEST_CASE("the smallest limit is left when nothing runs") {
  LimitJudge judge(Release::below_four_fifths);
  CHECK_FALSE(judge.judge(1, 1));
  CHECK(judge.judge(1, 2));
  CHECK(judge.judge(1, 1));
  CHECK_FALSE(judge.judge(1, 0));
}

TEST_CASE("a replica must be in time twice in a row") {
  LimitJudge judge(Release::twice_within);
  CHECK_FALSE(judge.judge(10, 10));
  CHECK(judge.judge(10, 11));
  CHECK(judge.judge(10, 3));
  CHECK(judge.judge(10, 11));
  CHECK(judge.judge(10, 10));
  CHECK_FALSE(judge.judge(10, 10));
}

TEST_CASE("another limit counts from the next look on") {
  LimitJudge judge(Release::below_four_fifths);
  CHECK(judge.judge(10, 30));
  CHECK_FALSE(judge.judge(40, 30));
  CHECK(judge.judge(20, 30));
  CHECK_FALSE(judge.judge(std::nullopt, 30));
}

TEST_CASE("a source that doesn't answer is not waited for without end") {
  LimitJudge judge(Release::below_four_fifths);
  CHECK_FALSE(judge.judge(10, std::nullopt));
  CHECK(judge.judge(10, 11));
  for (int look = 0; look < LimitJudge::kUnansweredMax; ++look)
    CHECK(judge.judge(10, std::nullopt));
  CHECK_FALSE(judge.judge(10, std::nullopt));
  CHECK(judge.judge(10, 11));
}

TEST_CASE("each hold says what is too much; the history holds only beginnings") {
  SourceJudge judge;
  CHECK(judge.judge({}, {}).empty());
  SourceReadings readings;
  readings.threads_running = 57;
  readings.history_list = 1'000'001;
  readings.replica = SourceReadings::Replica{"g@r1:3306", 12, ""};
  const std::vector<SourceHold> holds = judge.judge(all_limits(), readings);
  CHECK(reasons(holds) ==
        std::vector<std::string>{
            "threads_running: 57 threads run, limit 40",
            "history_list: 1,000,001 transactions wait for the purge, limit 1,000,000",
            "replica_lag: replica g@r1:3306 is 12 s behind, limit 10 s"});
  REQUIRE(holds.size() == 3);
  CHECK_FALSE(holds[0].only_beginnings);
  CHECK(holds[1].only_beginnings);
  CHECK_FALSE(holds[2].only_beginnings);
  CHECK(judge.judge({}, readings).empty());
}

TEST_CASE("a replica that says no lag is behind any limit") {
  const SourceReadings::Replica late{"late", 100, ""};
  const SourceReadings::Replica stopped{"stopped", std::nullopt, "its replication doesn't run"};
  CHECK(worse(late, stopped).name == "stopped");
  CHECK(worse(stopped, late).name == "stopped");
  CHECK(worse(late, {"later", 101, ""}).name == "later");
  SourceJudge judge;
  SourceReadings readings;
  readings.replica = stopped;
  CHECK(reasons(judge.judge(all_limits(), readings)) ==
        std::vector<std::string>{"replica_lag: replica stopped: its replication doesn't run"});
}

TEST_CASE("the source's hold is shown before the tenants' phases") {
  ProgressBoard board;
  board.set_phase("acme", "copying");
  board.set_source_hold("57 threads run, limit 40");
  const std::vector<ProgressBoard::Phase> phases = board.phases();
  REQUIRE(phases.size() == 2);
  CHECK(phases[0].tenant == "source");
  CHECK(phases[0].phase == "waiting: 57 threads run, limit 40");
  board.set_source_hold("");
  CHECK(board.phases().size() == 1);
}

TEST_CASE("limits are taken from the plan file as it is now, unless it holds mistakes") {
  PlanFile file("{ threads_running: 4 }");
  const plan::Plan plan = plan::load_plan(file.path());
  LiveLimits live(plan);
  CHECK_FALSE(live.refresh());
  CHECK(live.limits().threads_running == 4U);
  file.write("{ threads_running: 4000, history_list: 1M }");
  CHECK(live.refresh());
  CHECK(live.limits().threads_running == 4000U);
  CHECK(live.limits().history_list == 1'000'000U);
  CHECK_FALSE(live.refresh());
  file.write("{ threads_running: many }");
  CHECK_FALSE(live.refresh());
  CHECK(live.limits().threads_running == 4000U);
  std::filesystem::remove(file.path());
  CHECK_FALSE(live.refresh());
  file.write("{}");
  CHECK(live.refresh());
  CHECK(live.limits() == plan::SourceLimits{});
}

TEST_CASE("limits are told in words") {
  CHECK(describe(all_limits()) == "replica_lag: 10s, threads_running: 40, history_list: 1,000,000");
  CHECK(describe({}) == "replica_lag: none, threads_running: none, history_list: none");
}
