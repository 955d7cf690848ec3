// status: which tenants it picks, and how it speaks of many.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/json_output.hpp"
#include "cli/status_summary.hpp"
#include "godwit/cli/app.hpp"
#include "godwit/control/store.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using cli::StatusFilter;
using cli::StatusSummary;
using control::TenantRecord;
using control::TenantState;
using nlohmann::json;

namespace {

TenantRecord tenant(const std::string& name, TenantState state, const std::string& wave,
                    const std::string& cluster) {
  TenantRecord record;
  record.tenant = name;
  record.state = state;
  record.wave = wave;
  record.cluster = cluster;
  record.source_database = "crm_" + name;
  record.target_database = name;
  return record;
}

TenantRecord copied(const std::string& name, double seconds, std::uint64_t rows = 10) {
  TenantRecord record = tenant(name, TenantState::copied, "small", "pg-01");
  record.seconds = seconds;
  record.rows = rows;
  record.copied_at = "2026-11-22T10:00:00.000Z";
  return record;
}

TenantRecord failed(const std::string& name, const std::string& kind, const std::string& at) {
  TenantRecord record = tenant(name, TenantState::quarantined, "canary", "pg-02");
  record.error = "refused: " + name;
  record.error_kind = kind;
  record.updated_at = at;
  return record;
}

std::vector<std::string> names(const std::vector<const TenantRecord*>& tenants) {
  std::vector<std::string> list;
  for (const TenantRecord* record : tenants)
    list.push_back(record->tenant);
  return list;
}

std::string numbered(std::size_t i) {
  const std::string digits = std::to_string(i);
  return "t_" + std::string(5 - std::min<std::size_t>(5, digits.size()), '0') + digits;
}

/// A plan and its control store, as a run leaves them; `status` needs no server.
class Migration {
 public:
  explicit Migration(std::size_t tenants) {
    static int count = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("godwit-status-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directory(folder_);
    std::ofstream(plan()) << "version: 1\n"
                             "source: { uri: \"mariadb://godwit@localhost/\" }\n"
                             "tenancy: { mode: database, databases: [\"t_%\"] }\n"
                             "clusters: [ { name: pg-01, uri: \"postgresql://godwit@pg-01\" },"
                             " { name: pg-02, uri: \"postgresql://godwit@pg-02\" } ]\n"
                             "waves: [ { name: canary, tenants: [t_00000] },"
                             " { name: small, tenants: rest } ]\n";
    std::vector<TenantRecord> records;
    for (std::size_t i = 0; i < tenants; ++i) {
      records.push_back(tenant(numbered(i), TenantState::planned, i < 3 ? "canary" : "small",
                               i % 2 == 0 ? "pg-01" : "pg-02"));
    }
    control::Store store = control::Store::open(plan() + ".state");
    store.register_tenants(records);
    refuse(store, numbered(1));
  }
  ~Migration() { std::filesystem::remove_all(folder_); }
  Migration(const Migration&) = delete;
  Migration& operator=(const Migration&) = delete;

  struct Result {
    int code = 0;
    std::string out;
    std::string err;
  };
  [[nodiscard]] Result status(const std::vector<std::string>& arguments = {}) const {
    std::vector<std::string> all{"status", "-p", plan()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::run(all, out, err);
    return {code, out.str(), err.str()};
  }
  /// The names in the document that --json prints.
  [[nodiscard]] std::vector<std::string> listed(std::vector<std::string> arguments = {}) const {
    arguments.emplace_back("--json");
    std::vector<std::string> list;
    const json document = json::parse(status(arguments).out);
    for (const json& record : document.at("tenants"))
      list.push_back(record.at("tenant"));
    return list;
  }

 private:
  [[nodiscard]] std::string plan() const { return (folder_ / "plan.yaml").string(); }
  static void refuse(control::Store& store, const std::string& name) {
    store.transition(store.find(name).value(), TenantState::quarantined, {}, "{}");
    store.record_failure(name, "rejected", "a value of notes.body is refused");
  }

  std::filesystem::path folder_;
};

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("tenants are counted by wave, cluster and kind of failure", "[cli_status]") {
  const std::vector<TenantRecord> tenants = {copied("a", 2),
                                             copied("b", 9, 30),
                                             copied("c", 2),
                                             tenant("d", TenantState::planned, "small", "pg-02"),
                                             failed("e", "target", "2026-11-22T10:00:00.000Z"),
                                             failed("f", "rejected", "2026-11-22T12:00:00.000Z"),
                                             failed("g", "rejected", "2026-11-22T11:00:00.000Z")};
  const StatusSummary summary = cli::summarize(tenants, 2);

  REQUIRE(summary.waves.size() == 2);
  CHECK(summary.waves[0].name == "canary");
  CHECK(summary.waves[0].tenants == 3);
  CHECK(summary.waves[0].failed == 3);
  CHECK(summary.waves[0].rows == 0);
  CHECK(summary.waves[1].name == "small");
  CHECK(summary.waves[1].failed == 0);
  CHECK(summary.waves[1].rows == 50);
  CHECK(cli::states_text(summary.waves[1]) == "1 planned, 3 copied");
  REQUIRE(summary.clusters.size() == 2);
  CHECK(summary.clusters[0].name == "pg-01");
  CHECK(summary.clusters[0].tenants == 3);
  CHECK(cli::states_text(summary.clusters[1]) == "1 planned, 3 quarantined");

  REQUIRE(summary.failures.size() == 2);
  CHECK(summary.failures[0].kind == "rejected");
  CHECK(summary.failures[0].tenants == 2);
  CHECK(summary.failures[1].kind == "target");
  CHECK(names(summary.latest_failed) == std::vector<std::string>{"f", "g"});
  CHECK(names(summary.slowest) == std::vector<std::string>{"b", "a"});

  const StatusSummary all = cli::summarize(tenants, 100);
  CHECK(names(all.latest_failed) == std::vector<std::string>{"f", "g", "e"});
  CHECK(names(all.slowest) == std::vector<std::string>{"b", "a", "c"});
  CHECK(cli::summarize({}, 2).waves.empty());
}

TEST_CASE("a filter lets those pass that fit each kind of restriction", "[cli_status]") {
  const TenantRecord good = copied("a", 1);
  const TenantRecord bad = failed("b", "rejected", "2026-11-22T10:00:00.000Z");
  CHECK(StatusFilter{}.accepts(good));
  CHECK(StatusFilter{}.accepts(bad));
  CHECK(StatusFilter{{"small"}, {}, false}.accepts(good));
  CHECK_FALSE(StatusFilter{{"small"}, {}, false}.accepts(bad));
  CHECK(StatusFilter{{"small", "canary"}, {}, false}.accepts(bad));
  CHECK_FALSE(StatusFilter{{}, {TenantState::planned}, false}.accepts(good));
  CHECK(StatusFilter{{}, {TenantState::planned, TenantState::copied}, false}.accepts(good));
  CHECK_FALSE(StatusFilter{{}, {}, true}.accepts(good));
  CHECK(StatusFilter{{}, {}, true}.accepts(bad));
  CHECK_FALSE(StatusFilter{{"small"}, {}, true}.accepts(bad));
}

TEST_CASE("a list printed element by element is the same document", "[cli_status]") {
  using cli::Json;
  Json elements = Json::array();
  const auto count = static_cast<std::size_t>(GENERATE(0, 1, 3));
  for (std::size_t i = 0; i < count; ++i) {
    elements.push_back({{"name", "line\n  \"tenants\": []"},
                        {"number", i},
                        {"empty", Json::array()},
                        {"inner", Json::array({Json{{"bytes", "\xff"}}})}});
  }
  const Json whole{
      {"plan", "\n  \"tenants\": []"}, {"tenants", elements}, {"runs", Json::array({1, 2})}};
  Json frame = whole;
  frame["tenants"] = Json::array();
  std::ostringstream expected;
  cli::print_json(expected, "status", whole);
  std::ostringstream printed;
  cli::print_json_list(printed, "status", frame, "tenants", count,
                       [&](std::size_t i) { return elements[i]; });
  CHECK(printed.str() == expected.str());
}

TEST_CASE("few tenants are listed, many are summed up", "[cli_status]") {
  const Migration few(200);
  CHECK_THAT(few.status().out, Catch::Contains("t_00199"));

  const Migration many(201);
  const Migration::Result summary = many.status();
  INFO(summary.out);
  CHECK(summary.code == 0);
  CHECK_THAT(summary.out, Catch::Contains("2 planned, 1 quarantined"));
  CHECK_THAT(summary.out, Catch::Contains("pg-02"));
  CHECK_THAT(summary.out, Catch::Contains("t_00001: last error (rejected): a value of notes.body"));
  CHECK_THAT(summary.out, Catch::Contains("201 tenants: --wave"));
  CHECK_THAT(summary.out, !Catch::Contains("t_00199"));
  CHECK(lines(summary.out) < 30);

  const Migration::Result all = many.status({"--all"});
  CHECK_THAT(all.out, Catch::Contains("t_00200"));
  CHECK(lines(all.out) > 201);
  CHECK(many.listed().size() == 201);
}

TEST_CASE("status lists the tenants of a wave, of a state, and those that failed", "[cli_status]") {
  const Migration migration(300);
  CHECK(migration.listed({"--wave", "canary"}) ==
        std::vector<std::string>{"t_00000", "t_00001", "t_00002"});
  CHECK(migration.listed({"--wave", "small"}).size() == 297);
  CHECK(migration.listed({"--wave", "small", "--wave", "canary"}).size() == 300);
  CHECK(migration.listed({"--state", "quarantined"}) == std::vector<std::string>{"t_00001"});
  CHECK(migration.listed({"--failed"}) == std::vector<std::string>{"t_00001"});
  CHECK(migration.listed({"--failed", "--wave", "small"}).empty());
  CHECK(migration.listed({"--tenant", "t_00001", "--failed"}).size() == 1);

  const json one = json::parse(migration.status({"--tenant", "t_00001", "--json"}).out);
  REQUIRE(one.at("tenants").size() == 1);
  const json& record = one.at("tenants")[0];
  CHECK(record.size() == 24);
  CHECK(record.at("state") == "quarantined");
  CHECK(record.at("error_kind") == "rejected");
  CHECK(record.at("rows") == 0);
  CHECK(record.at("verified") == "");
  CHECK(record.at("following").is_null());
  CHECK(record.at("evidence").is_null());
  CHECK(record.at("journal").size() == 2);
  CHECK(one.at("runs").empty());

  const Migration::Result canary = migration.status({"--wave", "canary"});
  CHECK_THAT(canary.out, Catch::Contains("t_00002"));
  CHECK_THAT(canary.out, !Catch::Contains("t_00003"));
  CHECK_THAT(migration.status({"--failed", "--wave", "small"}).out,
             Catch::Contains("none of 300 tenants fits"));

  const Migration::Result misspelt = migration.status({"--state", "quarantine"});
  CHECK(misspelt.code == 2);
  CHECK_THAT(misspelt.err, Catch::Contains("no state 'quarantine'") &&
                               Catch::Contains("did you mean 'quarantined'?"));
  CHECK_THAT(migration.status({"--state", "x"}).err, Catch::Contains("planned, provisioned"));
  CHECK(migration.status({"--wave", "canari"}).code == 2);
}

TEST_CASE("status of fifty thousand tenants is a page, soon", "[cli_status]") {
  constexpr std::size_t kTenants = 50'000;
  const Migration migration(kTenants);
  const double begin = test::thread_cpu_seconds();
  const Migration::Result result = migration.status();
  CHECK(test::thread_cpu_seconds() - begin < 1 * test::kSlowdown);
  CHECK_THAT(result.out, Catch::Contains("50,000 tenants: --wave"));
  CHECK(lines(result.out) < 30);

  const std::string document = migration.status({"--json"}).out;
  std::size_t listed = 0;
  for (std::size_t at = 0; (at = document.find("\"tenant\": \"", at)) != std::string::npos; ++at)
    ++listed;
  CHECK(listed == kTenants);
}
