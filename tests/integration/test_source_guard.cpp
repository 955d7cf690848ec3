// The copy waits while the source is busier than the plan allows. Needs the servers for itself: the
// limits look at the whole source.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/mariadb/server_load.hpp"
#include "support/migration.hpp"
#include "support/shop.hpp"

using godwit::mariadb::Connection;
using godwit::test::Migration;
using godwit::test::PrivateServers;
using godwit::test::ProcessResult;
using godwit::test::RunningProcess;
using godwit::test::servers;
using godwit::test::Shop;
using godwit::test::SourceDatabase;
using namespace std::chrono_literals;

namespace source_guard_tests {

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A TCP port of this machine that nobody listens on.
std::string free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  REQUIRE(bound);
  return std::to_string(ntohs(address.sin_port));
}

bool eventually(const std::function<bool()>& holds, std::chrono::seconds limit = 90s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(50ms);
  }
  return holds();
}

/// Sessions of root that run a statement for as long as the object lives, a minute at most.
class Busy {
 public:
  explicit Busy(std::size_t sessions) {
    for (std::size_t i = 0; i < sessions; ++i) {
      connections_.push_back(std::make_unique<Connection>(servers().source_root));
      threads_.emplace_back([connection = connections_.back().get()] {
        try {
          connection->query("SELECT SLEEP(60)");
        } catch (const std::exception&) {
          return;  // killed
        }
      });
    }
  }
  ~Busy() {
    try {
      Connection root(servers().source_root);
      for (const auto& connection : connections_)
        root.execute("KILL " + std::to_string(connection->thread_id()));
    } catch (const std::exception&) {
      for (const auto& connection : connections_)
        connection->cancel();
    }
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::jthread> threads_;  // last: joined first
};

/// run --wave all --until copied, whose log can be read while it runs.
class Run {
 public:
  explicit Run(const Migration& migration, const std::string& failpoints = {})
      : log_(migration.folder().path() + "/log"),
        process_(
            {"/bin/bash", "-c", "exec \"$0\" \"$@\" 2> '" + log_ + "'", GODWIT_BINARY, "run", "-p",
             migration.plan(), "--wave", "all", "--until", "copied", "--progress", "plain"},
            {{"GODWIT_FAILPOINTS", failpoints}}) {}

  [[nodiscard]] std::string log() const { return read_text(log_); }
  [[nodiscard]] bool says(const std::string& text) const {
    return log().find(text) != std::string::npos;
  }
  void interrupt() const { process_.signal(SIGINT); }
  int wait() { return process_.wait().exit_code; }

 private:
  std::string log_;
  RunningProcess process_;
};

/// Puts further keys into the plan's source section; called again it replaces them.
void set_source(const Migration& migration, const std::string& keys) {
  const std::string plan = read_text(migration.plan());
  const std::size_t begin = plan.find("source: {");
  const std::size_t end = plan.find('\n', begin);
  REQUIRE(begin != std::string::npos);
  (void)migration.folder().write("plan.yaml", plan.substr(0, begin) + "source: { uri: \"" +
                                                  servers().source_uri + "\", " + keys + " }" +
                                                  plan.substr(end));
}

/// Some thirty blocks of 256 KiB.
constexpr const char* kRows =
    "CREATE TABLE t (id INT PRIMARY KEY, data BLOB);"
    "INSERT INTO t SELECT seq, REPEAT('x', 1000) FROM seq_1_to_8000;"
    "ANALYZE TABLE t";
/// Three seconds for them.
constexpr const char* kSlowly = "copy.mid_rows=delay:100";

constexpr const char* kOneLane = "waves: [ { name: all, tenants: rest, lanes: 1 } ]\n";
constexpr const char* kHeld = "source.held limit=threads_running";

void require_same(const Migration& migration) {
  const ProcessResult verified = migration.verify();
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
}

}  // namespace source_guard_tests

using namespace source_guard_tests;

TEST_CASE("no tenant is begun while too many threads run, and the reason is shown",
          "[source_guard]") {
  SourceDatabase source;
  source.run(kRows);
  const Migration migration({source.name()});
  set_source(migration, "limits: { threads_running: 1 }");
  {
    auto busy = std::make_unique<Busy>(3);
    Run run(migration);
    CHECK(eventually([&] { return run.says(kHeld); }));
    // a line every ten seconds
    CHECK(eventually([&] { return run.says("source: waiting: 3 threads run, limit 1"); }));
    INFO(run.log());
    CHECK_FALSE(run.says("tenant.copied"));
    CHECK(run.says("reason=\"3 threads run, limit 1\" holds=reading"));
    CHECK(godwit::test::target_databases(source.name()).empty());
    busy.reset();
    CHECK(run.wait() == 0);
    CHECK(run.says("source.released limit=threads_running"));
  }
  require_same(migration);
}

TEST_CASE("a copy under way is held, too, until the plan's limit is raised", "[source_guard]") {
  SourceDatabase source;
  source.run(kRows);
  const Migration migration({source.name()}, kOneLane);
  set_source(migration, "limits: { threads_running: 2 }");
  {
    Run run(migration, kSlowly);
    CHECK(eventually([&] { return run.says("failpoint.hit name=copy.mid_rows"); }));
    const Busy busy(4);
    CHECK(eventually([&] { return run.says(kHeld); }));
    std::this_thread::sleep_for(5s);
    INFO(run.log());
    CHECK_FALSE(run.says("tenant.copied"));
    // a mistake changes nothing
    set_source(migration, "limits: { threads_running: many }");
    CHECK(eventually([&] { return run.says("source.limits_refused"); }));
    CHECK_FALSE(run.says("source.released"));
    set_source(migration, "limits: { threads_running: 1k }");
    CHECK(run.wait() == 0);
    CHECK(run.says("source.limits_changed limits=\"replica_lag: none, threads_running: 1,000"));
    CHECK(run.says("source.released limit=threads_running"));
  }
  require_same(migration);
}

TEST_CASE("tables that are locked are read to their end", "[source_guard]") {
  SourceDatabase source;
  source.run(kRows);
  source.run("ALTER TABLE t ENGINE=MyISAM; ANALYZE TABLE t");
  const Migration migration({source.name()}, kOneLane);
  set_source(migration, "limits: { threads_running: 2 }");
  Run run(migration, kSlowly);
  CHECK(eventually([&] { return run.says("failpoint.hit name=copy.mid_rows"); }));
  const Busy busy(4);
  CHECK(eventually([&] { return run.says(kHeld); }));
  const auto held = std::chrono::steady_clock::now();
  CHECK(run.wait() == 0);
  CHECK(std::chrono::steady_clock::now() - held < 55s);  // the sessions run for longer
  INFO(run.log());
  CHECK(run.says("tenant.copied"));
}

TEST_CASE("a stop ends the wait, before a tenant and in the middle of one", "[source_guard]") {
  SourceDatabase source;
  source.run(kRows);
  const Migration migration({source.name()}, kOneLane);
  set_source(migration, "limits: { threads_running: 2 }");
  for (const bool under_way : {false, true}) {
    CAPTURE(under_way);
    std::unique_ptr<Busy> busy;
    if (!under_way) busy = std::make_unique<Busy>(4);
    Run run(migration, kSlowly);
    if (under_way) {
      CHECK(eventually([&] { return run.says("failpoint.hit name=copy.mid_rows"); }));
      busy = std::make_unique<Busy>(4);
    }
    CHECK(eventually([&] { return run.says(kHeld); }));
    const auto begun = std::chrono::steady_clock::now();
    run.interrupt();
    CHECK(run.wait() == 10);
    CHECK(std::chrono::steady_clock::now() - begun < 20s);
    INFO(run.log());
    CHECK_FALSE(run.says("tenant.copied"));
  }
}

TEST_CASE("a scan of shared tables is held", "[source_guard]") {
  Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy(), kOneLane);
  set_source(migration, "limits: { threads_running: 2 }");
  {
    Run run(migration, "copy.after_snapshot=delay:3000");
    CHECK(eventually([&] { return run.says("failpoint.hit name=copy.after_snapshot"); }));
    auto busy = std::make_unique<Busy>(4);
    CHECK(eventually([&] { return run.says(kHeld); }));
    std::this_thread::sleep_for(6s);
    INFO(run.log());
    CHECK_FALSE(run.says("tenant.copied"));
    busy.reset();
    CHECK(run.wait() == 0);
  }
  require_same(migration);
}

TEST_CASE("a long history lets a copy end, and begins no other", "[source_guard]") {
  SourceDatabase large;
  SourceDatabase small;
  SourceDatabase other;
  large.run(kRows);
  small.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); ANALYZE TABLE t");
  other.run("CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1)");
  const Migration migration({large.name(), small.name()}, kOneLane);
  set_source(migration, "limits: { history_list: 500 }");
  {
    Run run(migration, kSlowly);
    CHECK(eventually([&] { return run.says("failpoint.hit name=copy.mid_rows"); }));
    Connection reader(servers().source_root);
    reader.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    other.run("BEGIN NOT ATOMIC FOR i IN 1..3000 DO UPDATE t SET n = n + 1; END FOR; END");
    CHECK(eventually([&] { return run.says("source.held limit=history_list"); }));
    CHECK(eventually([&] { return run.says("tenant.copied tenant=" + large.name()); }));
    std::this_thread::sleep_for(3s);
    INFO(run.log());
    CHECK_FALSE(run.says("source.released"));
    CHECK_FALSE(run.says("tenant.copied tenant=" + small.name()));
    CHECK(run.says("holds=beginning"));
    reader.execute("ROLLBACK");
    CHECK(run.wait() == 0);
    CHECK(run.says("source.released limit=history_list"));
    CHECK(run.says("tenant.copied tenant=" + small.name()));
  }
  require_same(migration);
}

TEST_CASE("a replica that can't be asked holds the copy, and check says what it lacks",
          "[source_guard]") {
  SourceDatabase source;
  source.run("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1); ANALYZE TABLE t");
  const Migration migration({source.name()});
  const std::string replicas = "replicas: [\"" + servers().source_uri + "\"]";
  set_source(migration, replicas + ", limits: { replica_lag: 5s }");
  const ProcessResult checked = migration.godwit("check", {"--json"});
  INFO(checked.out << checked.err);
  CHECK(checked.exit_code == 4);
  CHECK(checked.out.find("lacks SLAVE MONITOR on the replica") != std::string::npos);
  CHECK(checked.out.find("GRANT SLAVE MONITOR ON *.* TO") != std::string::npos);
  Run run(migration);
  CHECK(eventually([&] { return run.says("source.held limit=replica_lag"); }));
  std::this_thread::sleep_for(3s);
  CHECK_FALSE(run.says("tenant.copied"));
  set_source(migration, replicas);
  CHECK(run.wait() == 0);
  INFO(run.log());
  CHECK(run.says("source.released limit=replica_lag"));
  CHECK(run.says("tenant.copied"));
}

TEST_CASE("a replica says how far it is behind", "[source_guard]") {
  const std::string port = free_port();
  const PrivateServers primary("--skip-networking=0 --bind-address=127.0.0.1 --port=" + port);
  const PrivateServers replica("--server-id=2");
  Connection source(primary.get().source_root);
  source.execute("SET SESSION TRANSACTION READ WRITE");
  source.execute("CREATE USER repl@'%' IDENTIFIED BY 'repl'");
  source.execute("GRANT REPLICATION SLAVE ON *.* TO repl@'%'");
  source.execute("CREATE DATABASE gw_lag");
  source.execute("CREATE TABLE gw_lag.t (id INT PRIMARY KEY)");
  const std::string start = source.scalar("SELECT @@GLOBAL.gtid_binlog_pos").value();

  Connection root(replica.get().source_root);
  root.execute("SET SESSION TRANSACTION READ WRITE");
  const auto state = [&root] { return godwit::mariadb::replica_state(root); };
  CHECK(state().problem == "it is no replica");
  root.execute("SET sql_log_bin = 0");
  root.execute("CREATE DATABASE gw_lag");
  root.execute("CREATE TABLE gw_lag.t (id INT PRIMARY KEY)");
  root.execute("SET GLOBAL gtid_slave_pos = '" + start + "'");
  root.execute("CHANGE MASTER TO master_host = '127.0.0.1', master_port = " + port +
               ", master_user = 'repl', master_password = 'repl', master_use_gtid = slave_pos");
  CHECK(state().problem == "its replication doesn't run");
  CHECK_FALSE(state().lag_seconds);
  root.execute("START SLAVE");
  CHECK(eventually([&] { return state().lag_seconds == 0U; }));
  CHECK(godwit::mariadb::replica_preflight(root, "r1").empty());

  Connection locker(replica.get().source_root);
  locker.execute("LOCK TABLES gw_lag.t READ");
  source.execute("INSERT INTO gw_lag.t VALUES (1)");
  CHECK(eventually([&] { return state().lag_seconds.value_or(0) >= 2; }));
  locker.execute("UNLOCK TABLES");
  CHECK(eventually([&] { return state().lag_seconds == 0U; }));
}

TEST_CASE("the load of a server is that of others", "[source_guard]") {
  Connection engine(servers().source);
  CHECK(eventually([&] { return godwit::mariadb::server_load(engine).threads_running == 0; }));
  const Busy busy(3);
  CHECK(eventually([&] { return godwit::mariadb::server_load(engine).threads_running == 3; }));
  Connection root(
      servers().source_root);  // has PROCESS: of what it sees, only its own are left out
  CHECK(godwit::mariadb::server_load(root).threads_running == 0);
}
