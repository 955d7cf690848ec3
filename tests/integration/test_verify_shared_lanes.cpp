// Verification of shared tables beside the application: what the common reading holds, and what a
// failure takes from it.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "support/shop.hpp"

using namespace godwit::test;
using nlohmann::json;

namespace {

/// Thread ids of the engine's sessions that wait for a lock on one of the database's tables.
std::vector<std::string> waiting_readers(const std::string& database) {
  godwit::mariadb::Connection root(servers().source_root);
  std::vector<std::string> found;
  for (const auto& row :
       root.query("SELECT id FROM information_schema.processlist WHERE user = 'godwit' AND state = "
                  "'Waiting for table metadata lock' AND LOCATE('" +
                  database + "', info) > 0")) {
    found.push_back(row.at(0).value());
  }
  return found;
}

/// Waits for `count` of them; fewer when they don't come.
std::vector<std::string> await_waiting_readers(const std::string& database, std::size_t count) {
  std::vector<std::string> found;
  for (int attempt = 0; attempt < 300 && found.size() < count; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    found = waiting_readers(database);
  }
  return found;
}

/// Commits to a table of its own all the time.
class Heart {
 public:
  Heart() {
    elsewhere_.run("CREATE TABLE beats (id INT AUTO_INCREMENT PRIMARY KEY)");
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested())
        elsewhere_.run("INSERT INTO beats VALUES (NULL)");
    });
  }

 private:
  SourceDatabase elsewhere_;
  std::jthread thread_;
};

/// By six lanes, while the source writes elsewhere; without many scans.
json verify_beside_heart(const Migration& migration) {
  const std::uint64_t before = rows_scanned();
  json report;
  {
    const Heart heart;
    report =
        json::parse(migration.godwit("verify", {"--wave", "all", "--lanes", "6", "--json"}).out);
  }
  const std::uint64_t scanned = rows_scanned() - before;
  INFO(report.dump(2));
  CHECK(report.at("exit_code") == 0);
  CHECK(scanned < kScansMax);
  return report;
}

}  // namespace

TEST_CASE("verify shared: tables that ignore snapshots are unlocked when they are read",
          "[verify_shared_lanes]") {
  Shop shop("MyISAM");
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  // the reading can't get beyond events
  shop.source().run("LOCK TABLES countries WRITE, `lines` WRITE, parts WRITE, ticks WRITE");
  auto verified = std::async(std::launch::async, [&] {
    return migration.godwit("verify", {"--tenant", shop.tenant(1), "--tenant", shop.tenant(2),
                                       "--lanes", "1", "--json"});
  });
  const bool waits = await_waiting_readers(shop.source().name(), 1).size() == 1;
  std::string refused;
  if (waits) {
    godwit::mariadb::Connection writer(servers().source_root);
    writer.execute("SET tx_read_only = 0, lock_wait_timeout = 2");
    try {
      writer.execute("UPDATE " + shop.source().name() + ".events SET body = 'new' WHERE id = 40");
    } catch (const godwit::Error& error) {
      refused = error.what();
    }
  }
  shop.source().run("UNLOCK TABLES");
  const ProcessResult result = verified.get();
  INFO(result.out << result.err);
  CHECK(waits);
  CHECK(refused.empty());
  CHECK(result.exit_code == 8);
  const json report = json::parse(result.out);
  CHECK(differences(of_tenant(report, shop.tenant(1))) ==
        std::multiset<std::string>{"events value id=40 body"});
  CHECK(of_tenant(report, shop.tenant(2)).at("identical") == true);
}

TEST_CASE("verify shared: a reader's failure ends the common reading at once",
          "[verify_shared_lanes]") {
  Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  // both readers wait at their first table
  shop.source().run(
      "LOCK TABLES events WRITE, countries WRITE, `lines` WRITE, parts WRITE, ticks WRITE");
  auto verified = std::async(std::launch::async, [&] {
    return migration.godwit("verify", {"--tenant", shop.tenant(1), "--tenant", shop.tenant(2),
                                       "--lanes", "2", "--json"});
  });
  const std::vector<std::string> readers = await_waiting_readers(shop.source().name(), 2);
  bool ended = false;
  if (readers.size() == 2) {
    // the other one would wait for a minute
    godwit::mariadb::Connection(servers().source_root).execute("KILL " + readers.front());
    ended = verified.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  }
  shop.source().run("UNLOCK TABLES");
  const ProcessResult result = verified.get();
  INFO(result.out << result.err);
  REQUIRE(readers.size() == 2);
  CHECK(ended);
  const json report = json::parse(result.out);
  REQUIRE(report.at("tenants").size() == 2);
  for (const json& tenant : report.at("tenants"))
    CHECK(tenant.at("error").at("kind") == "source");
}

TEST_CASE("verify shared: a tenant that the target doesn't have takes nothing from the others",
          "[verify_shared_lanes]") {
  const Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  for (const int id : {1, 2, 3})
    Migration::target("postgres").execute("DROP DATABASE \"" + shop.tenant(id) + "\"");
  const std::uint64_t before = rows_scanned();
  json report;
  {
    const Heart heart;
    report =
        json::parse(migration.godwit("verify", {"--wave", "all", "--lanes", "1", "--json"}).out);
  }
  const std::uint64_t scanned = rows_scanned() - before;
  INFO(report.dump(2));
  CHECK(scanned < kScansMax);
  std::set<std::string> positions;
  for (int id = 1; id <= kTenants; ++id) {
    CAPTURE(id);
    const json& tenant = of_tenant(report, shop.tenant(id));
    if (id <= 3) {
      CHECK(tenant.at("error").at("kind") == "target");
      continue;
    }
    CHECK(tenant.at("identical") == true);
    positions.insert(tenant.at("source_gtid").get<std::string>());
  }
  CHECK(positions.size() == 1);
}

TEST_CASE("verify shared: a busy source leaves every lane its digests", "[verify_shared_lanes]") {
  const Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  const json report = verify_beside_heart(migration);
  INFO(report.dump(2));
  std::set<std::string> positions;
  REQUIRE(report.at("tenants").size() == kTenants);
  for (const json& tenant : report.at("tenants")) {
    positions.insert(tenant.at("source_gtid").get<std::string>());
    CHECK(of_table(tenant, "events").at("note") == kTogether);
  }
  CHECK(positions.size() == 1);
}

TEST_CASE("verify shared: a central table that ignores snapshots leaves tenants their digests",
          "[verify_shared_lanes]") {
  Shop shop;
  shop.source().run(
      "CREATE TABLE settings (id INT PRIMARY KEY, value VARCHAR(20)) ENGINE=MyISAM;"
      "INSERT INTO settings SELECT seq, CONCAT('s', seq) FROM seq_1_to_50");
  const std::string central = unique_name("gw_central");
  const Migration migration(Migration::Tenancy::as_text,
                            shop.tenancy(", settings: central", ", central: " + central));
  require_copied(migration);
  const json report = verify_beside_heart(migration);
  INFO(report.dump(2));
  std::set<std::string> positions;
  REQUIRE(report.at("tenants").size() == kTenants + 1);
  for (const json& tenant : report.at("tenants")) {
    CHECK(tenant.at("identical") == true);
    if (tenant.at("tenant") == central) continue;
    positions.insert(tenant.at("source_gtid").get<std::string>());
    CHECK(of_table(tenant, "events").at("note") == kTogether);
  }
  CHECK(positions.size() == 1);
  // its tables don't know the others' position
  CHECK(of_table(of_tenant(report, central), "settings").at("source_rows") == 50);
  CHECK(positions.count(of_tenant(report, central).at("source_gtid").get<std::string>()) == 0);
}
