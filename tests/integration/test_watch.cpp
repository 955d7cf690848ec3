// watch by the built binary: it looks until it is told to stop, and that is no failure.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "support/migration.hpp"

using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::RunningProcess;
using godwit::test::SourceDatabase;
using nlohmann::json;

TEST_CASE("watch ends well on SIGINT and SIGTERM, a line for each look", "[watch]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  const int signal = GENERATE(SIGINT, SIGTERM);
  CAPTURE(signal);
  RunningProcess watch({GODWIT_BINARY, "watch", "-p", migration.plan(), "--every", "1", "--json"});
  std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
  watch.signal(signal);
  const ProcessResult watched = watch.wait();
  INFO(watched.out << watched.err);
  CHECK(watched.exit_code == 0);
  const auto lines = std::count(watched.out.begin(), watched.out.end(), '\n');
  CHECK(lines >= 1);
  const json first = json::parse(watched.out.substr(0, watched.out.find('\n')));
  CHECK(first.at("waves").at(0).at("states").at("copied") == 1);
  CHECK(first.at("following").empty());
}
