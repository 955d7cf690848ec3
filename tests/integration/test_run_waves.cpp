// When tenants of a wave are begun: windows, order, limit of failures; waves one after the other.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "support/migration.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::SourceDatabase;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

using Minute = std::chrono::sys_time<std::chrono::minutes>;

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// "HH:MM-HH:MM UTC"
std::string window(Minute begin, Minute end) {
  const auto text = [](Minute at) {
    const auto minutes = (at - std::chrono::floor<std::chrono::days>(at)).count();
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%02d:%02d", static_cast<int>(minutes / 60),
                  static_cast<int>(minutes % 60));
    return std::string(buffer.data());
  };
  return text(begin) + "-" + text(end) + " UTC";
}

/// Not open before two hours are over.
std::string closed_window() {
  const Minute at = std::chrono::floor<std::chrono::minutes>(now());
  return window(at + 2h, at + 3h);
}

void fill(SourceDatabase& source, int rows = 10) {
  source.run(
      "CREATE TABLE t (id INT PRIMARY KEY, data BLOB);"
      "INSERT INTO t SELECT seq, REPEAT('x', 1000) FROM seq_1_to_" +
      std::to_string(rows) + "; ANALYZE TABLE t");
}

/// A value that the policy refuses.
void spoil(SourceDatabase& source) {
  source.run("CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a\\0b')");
}

/// run --wave all --until copied, stopped by SIGINT after `seconds`; the exit code is its own.
ProcessResult run_for(const Migration& migration, double seconds,
                      const std::map<std::string, std::string>& environment = {}) {
  return godwit::test::run_process({"/usr/bin/timeout", "--foreground", "--preserve-status",
                                    "--signal=INT", std::to_string(seconds), GODWIT_BINARY, "run",
                                    "-p", migration.plan(), "--wave", "all", "--until", "copied"},
                                   environment);
}

/// The tenants in the order in which they were copied, from the log.
std::vector<std::string> copied_in_order(const ProcessResult& result) {
  const std::string mark = "tenant.copied tenant=";
  std::vector<std::string> tenants;
  for (std::size_t at = result.err.find(mark); at != std::string::npos;
       at = result.err.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    tenants.push_back(result.err.substr(begin, result.err.find(' ', begin) - begin));
  }
  return tenants;
}

std::string state_of(const Migration& migration, const std::string& tenant) {
  const json status = json::parse(migration.godwit("status", {"--json"}).out);
  for (const json& record : status.at("tenants")) {
    if (record.at("tenant") == tenant) return record.at("state");
  }
  return "unknown";
}

}  // namespace

TEST_CASE("outside its window a wave waits; a stop ends that; --now doesn't wait", "[run_waves]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()}, "waves: [ { name: all, tenants: rest, window: [\"" +
                                                 closed_window() + "\"] } ]\n");
  const ProcessResult stopped = run_for(migration, 3);
  INFO(stopped.out << stopped.err);
  CHECK(stopped.exit_code == 10);
  CHECK(stopped.err.find("wave.waiting wave=all until=") != std::string::npos);
  CHECK(stopped.out.find("cancelled") != std::string::npos);
  CHECK(godwit::test::target_databases(source.name()).empty());
  CHECK(state_of(migration, source.name()) == "planned");

  const ProcessResult copied =
      migration.godwit("run", {"--wave", "all", "--until", "copied", "--now"});
  INFO(copied.out << copied.err);
  CHECK(copied.exit_code == 0);
  CHECK(copied.err.find("wave.waiting") == std::string::npos);
  CHECK(migration.verify().exit_code == 0);
}

TEST_CASE("a window that closes lets tenants under way end, and begins no other", "[run_waves]") {
  SourceDatabase larger;
  SourceDatabase smaller;
  fill(larger, 300);
  fill(smaller);
  // a minute's beginning, with time enough for the first tenant to be begun before
  const Minute closes = std::chrono::floor<std::chrono::minutes>(now() + 15s) + 1min;
  const Migration migration({larger.name(), smaller.name()},
                            "waves: [ { name: all, tenants: rest, lanes: 1, window: \"" +
                                window(closes - 1h, closes) + "\" } ]\n");
  const std::chrono::milliseconds delay = closes - now() + 3s;
  const double stop_after = static_cast<double>(delay.count()) / 1000 + 15;
  const ProcessResult result = run_for(
      migration, stop_after,
      {{"GODWIT_FAILPOINTS", "copy.after_snapshot=delay:" + std::to_string(delay.count()) + "@1"}});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 10);
  CHECK(result.err.find("wave.waiting wave=all until=") != std::string::npos);
  CHECK(copied_in_order(result) == std::vector<std::string>{larger.name()});
  CHECK(state_of(migration, larger.name()) == "copied");
  CHECK(state_of(migration, smaller.name()) != "copied");

  const ProcessResult next =
      migration.godwit("run", {"--wave", "all", "--until", "copied", "--now"});
  INFO(next.out << next.err);
  CHECK(next.exit_code == 0);
  CHECK(migration.verify().exit_code == 0);
}

TEST_CASE("a window that closes in the middle of a group of shared tables", "[run_waves]") {
  SourceDatabase source;
  const auto tenant = [&](int id) { return source.name() + "_" + std::to_string(id); };
  source.run(
      "CREATE TABLE accounts (id INT PRIMARY KEY, name VARCHAR(60) NOT NULL);"
      "INSERT INTO accounts SELECT seq, CONCAT('" +
      source.name() +
      "_', seq) FROM seq_1_to_4;"
      "CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, account_id INT NOT NULL,"
      " data BLOB, KEY (account_id));");
  // three whose rows go to their databases while they are read, and one whose rows wait
  for (const auto& [id, rows] :
       std::map<int, int>{{1, 11'000}, {2, 10'500}, {3, 10'000}, {4, 10}}) {
    source.run("INSERT INTO items (account_id, data) SELECT " + std::to_string(id) +
               ", REPEAT('x', 1000) FROM seq_1_to_" + std::to_string(rows));
  }
  source.run("ANALYZE TABLE accounts, items");
  const Minute closes = std::chrono::floor<std::chrono::minutes>(now() + 15s) + 1min;
  const Migration migration(
      Migration::Tenancy::as_text,
      "{ mode: row, database: " + source.name() +
          ", directory: { table: accounts, key: id, name: name }, tables: { default: { owned: "
          "account_id }, accounts: { owned: id } } }",
      "waves: [ { name: all, tenants: rest, lanes: 1, window: \"" + window(closes - 1h, closes) +
          "\" } ]\n");
  // the second one's database is made when the window closes
  const std::chrono::milliseconds delay = closes - now() + 3s;
  const double stop_after = static_cast<double>(delay.count()) / 1000 + 20;
  const ProcessResult result = run_for(
      migration, stop_after,
      {{"GODWIT_FAILPOINTS", "copy.after_create=delay:" + std::to_string(delay.count()) + "@2"}});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 10);
  CHECK(result.err.find("wave.waiting wave=all until=") != std::string::npos);
  // begun: the first, and those whose rows are read for no database yet
  CHECK(copied_in_order(result) == std::vector<std::string>{tenant(1), tenant(4)});
  CHECK(state_of(migration, tenant(1)) == "copied");
  CHECK(state_of(migration, tenant(2)) == "provisioned");
  CHECK(state_of(migration, tenant(3)) == "planned");
  CHECK(state_of(migration, tenant(4)) == "copied");
  CHECK(godwit::test::target_databases(tenant(3)).empty());

  const ProcessResult next =
      migration.godwit("run", {"--wave", "all", "--until", "copied", "--now"});
  INFO(next.out << next.err);
  CHECK(next.exit_code == 0);
  CHECK(copied_in_order(next) == std::vector<std::string>{tenant(2), tenant(3)});
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
}

TEST_CASE("too many failures end a wave, and no other", "[run_waves]") {
  std::vector<SourceDatabase> bad(4);
  SourceDatabase good;
  std::string names;
  std::vector<std::string> all{good.name()};
  for (SourceDatabase& source : bad) {
    spoil(source);
    names += (names.empty() ? "" : ", ") + source.name();
    all.push_back(source.name());
  }
  fill(good);
  const Migration migration(all, "waves:\n  - { name: first, tenants: [" + names +
                                     "], lanes: 1, abort_after: 2 failures }\n"
                                     "  - { name: second, tenants: rest }\n");
  const std::vector<std::string> arguments = {"--wave", "first",   "--wave",
                                              "second", "--until", "copied"};
  std::vector<std::string> with_json = arguments;
  with_json.emplace_back("--json");
  const ProcessResult result = migration.godwit("run", with_json);
  INFO(result.out << result.err);
  CHECK(result.exit_code == 7);
  CHECK(result.err.find("wave.aborted wave=first failures=2") != std::string::npos);
  const json document = json::parse(result.out);
  std::size_t refused = 0;
  std::size_t not_begun = 0;
  for (const json& tenant : document.at("tenants")) {
    CAPTURE(tenant.dump());
    if (tenant.at("tenant") == good.name()) {
      CHECK(tenant.at("state") == "copied");
    } else if (tenant.at("exit_code") == 7) {
      ++refused;
      CHECK(tenant.at("state") == "quarantined");
    } else {
      ++not_begun;
      CHECK(tenant.at("exit_code") == 10);
      CHECK(tenant.at("error").at("kind") == "cancelled");
      CHECK(tenant.at("error").at("message") ==
            "not begun: the wave's limit of 2 failures is reached");
    }
  }
  CHECK(refused == 2);
  CHECK(not_begun == 2);
  REQUIRE(document.at("aborted_waves").size() == 1);
  CHECK(document.at("aborted_waves")[0].at("wave") == "first");
  CHECK(document.at("aborted_waves")[0].at("not_begun") == 2);

  // status finds the ones that failed among the others
  const auto listed = [&migration](std::vector<std::string> choice) {
    choice.emplace_back("--json");
    return json::parse(migration.godwit("status", choice).out).at("tenants");
  };
  CHECK(listed({}).size() == 5);
  CHECK(listed({"--wave", "first"}).size() == 4);
  CHECK(listed({"--failed"}).size() == 2);
  CHECK(listed({"--failed", "--state", "quarantined"}) == listed({"--failed"}));
  CHECK(listed({"--failed", "--wave", "second"}).empty());
  REQUIRE(listed({"--state", "copied"}).size() == 1);
  CHECK(listed({"--state", "copied"})[0].at("tenant") == good.name());

  // the next run counts anew
  const ProcessResult again = migration.godwit("run", arguments);
  CHECK(again.exit_code == 7);
  CHECK(again.out.find("wave first: the wave's limit of 2 failures is reached; 2 tenants were not "
                       "begun") != std::string::npos);
}

TEST_CASE("a wave's tenants are begun in its order", "[run_waves]") {
  SourceDatabase middle;
  SourceDatabase large;
  SourceDatabase small;
  fill(middle, 1000);
  fill(large, 3000);
  fill(small);
  std::vector<std::string> by_name = {middle.name(), large.name(), small.name()};
  const std::vector<std::string> all = by_name;
  std::sort(by_name.begin(), by_name.end());
  const auto copy_by = [&](const std::string& order) {
    const Migration migration(all,
                              "waves: [ { name: all, tenants: rest, lanes: 1" + order + " } ]\n");
    const ProcessResult result = migration.copy();
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
    return copied_in_order(result);
  };
  const std::vector<std::string> by_size = {large.name(), middle.name(), small.name()};
  CHECK(copy_by("") == by_size);
  CHECK(copy_by(", order: largest") == by_size);
  CHECK(copy_by(", order: smallest") == std::vector<std::string>(by_size.rbegin(), by_size.rend()));
  CHECK(copy_by(", order: name") == by_name);
}

TEST_CASE("waves go one after the other, whatever their tenants' sizes", "[run_waves]") {
  SourceDatabase small;
  SourceDatabase large;
  fill(small);
  fill(large, 3000);
  const Migration migration({small.name(), large.name()},
                            "copy: { large_tenant: 1MiB }\nwaves:\n  - { name: one, tenants: [" +
                                small.name() + "] }\n  - { name: two, tenants: rest }\n");
  const ProcessResult result =
      migration.godwit("run", {"--wave", "two", "--wave", "one", "--until", "copied"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(copied_in_order(result) == std::vector<std::string>{small.name(), large.name()});
}
