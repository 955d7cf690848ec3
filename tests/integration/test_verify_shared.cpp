// Verification of shared tables: what no index reads by tenant is read once for all of them, and
// finds what reading each tenant by itself finds.
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "support/shop.hpp"

using namespace godwit::test;
using nlohmann::json;

TEST_CASE("verify shared: tables without a tenant index are read once", "[verify_shared]") {
  const Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  const std::uint64_t before = rows_scanned();
  const json report = migration.verify_json();
  const std::uint64_t scanned = rows_scanned() - before;
  INFO(report.dump(2));
  CHECK(report.at("exit_code") == 0);
  CHECK(scanned >= Shop::kScannedRows);
  CHECK(scanned < kScansMax);

  REQUIRE(report.at("tenants").size() == kTenants);
  std::map<std::string, std::uint64_t> rows;
  for (const json& tenant : report.at("tenants")) {
    CHECK(tenant.at("identical") == true);
    for (const json& table : tenant.at("tables")) {
      const std::string name = table.at("table");
      CAPTURE(tenant.at("tenant"), name);
      rows[name] += table.at("source_rows").get<std::uint64_t>();
      CHECK(table.at("source_rows") == table.at("target_rows"));
      const bool together = name != "accounts" && name != "orders";
      CHECK(table.at("by_key") == !together);
      if (together && name != "ticks") CHECK(table.at("note") == kTogether);
    }
  }
  CHECK(rows.at("events") == 10'000);
  CHECK(rows.at("lines") == 4'000);
  CHECK(rows.at("parts") == 8'000);
  CHECK(rows.at("ticks") == 3'000);
  CHECK(rows.at("countries") == 30 * kTenants);

  // one tenant by itself: merged, with the same figures
  const std::string name = shop.tenant(5);
  const json alone =
      json::parse(migration.godwit("verify", {"--tenant", name, "--json"}).out).at("tenants").at(0);
  for (const json& table : alone.at("tables")) {
    const json& same = of_table(of_tenant(report, name), table.at("table"));
    CAPTURE(table.dump(), same.dump());
    CHECK(table.at("by_key") == (table.at("table") != "ticks"));
    for (const char* figure : {"source_rows", "target_rows", "differing_rows", "bytes"})
      CHECK(table.at(figure) == same.at(figure));
  }
}

TEST_CASE("verify shared: whatever differs is found in the tenants that it concerns",
          "[verify_shared]") {
  const Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  const auto on_target = [&](int tenant, const std::string& sql) {
    Migration::target(shop.tenant(tenant)).execute(sql);
  };
  // ids of events are those of the tenant's account less one, and multiples of 20 more
  on_target(1, "UPDATE public.events SET body = body || ' ' WHERE id = 40");
  on_target(2, "DELETE FROM public.events WHERE id = 41");
  on_target(3, "INSERT INTO public.parts SELECT 90000, line_id, note FROM public.parts LIMIT 1");
  on_target(4, "INSERT INTO public.ticks SELECT * FROM public.ticks LIMIT 1");
  on_target(5, "UPDATE public.events SET body = '' WHERE id = 84");
  on_target(6,
            "DELETE FROM public.events WHERE id = 45;"
            "INSERT INTO public.events VALUES (46, 7, 'é46', 46::float8 / 3)");
  on_target(7,
            "DELETE FROM public.events WHERE id = 46;"
            "INSERT INTO public.events VALUES (45, 6, 'é45', 45::float8 / 3)");
  on_target(8, "UPDATE public.countries SET name = 'C3' WHERE code = 3");
  on_target(
      9, "UPDATE public.lines SET quantity = NULL WHERE id = (SELECT min(id) FROM public.lines)");
  on_target(10, "UPDATE public.events SET weight = -weight WHERE id = 209");
  on_target(11, "DELETE FROM public.ticks");

  const ProcessResult verified = migration.godwit("verify", {"--wave", "all", "--json"});
  CHECK(verified.exit_code == 8);
  const json report = json::parse(verified.out);
  INFO(report.dump(2));
  const std::map<int, std::multiset<std::string>> expected = {
      {1, {"events value id=40 body"}},
      {2, {"events missing_on_target id=41 "}},
      {3, {"parts missing_on_source id=90000 "}},
      {5, {"events value id=84 body"}},
      {6, {"events missing_on_target id=45 ", "events missing_on_source id=46 "}},
      {7, {"events missing_on_target id=46 ", "events missing_on_source id=45 "}},
      {8, {"countries value code=3 name"}},
      {10, {"events value id=209 weight"}}};
  for (int id = 1; id <= kTenants; ++id) {
    const json& tenant = of_tenant(report, shop.tenant(id));
    CAPTURE(id);
    CHECK(tenant.at("identical") == (id > 11));
    const auto found = differences(tenant);
    if (const auto wanted = expected.find(id); wanted != expected.end()) {
      CHECK(found == wanted->second);
    }
    if (id > 11) CHECK(found.empty());
    if (id > 11 && id < kTenants) continue;
    // and just as reading this tenant alone lists them
    const json alone =
        json::parse(migration.godwit("verify", {"--tenant", shop.tenant(id), "--json"}).out);
    CHECK(alone.at("tenants").at(0).at("identical") == (id > 11));
    CHECK(alone.at("tenants").at(0).at("differences") == tenant.at("differences"));
  }
  CHECK(of_table(of_tenant(report, shop.tenant(4)), "ticks").at("differing_rows") == 1);
  CHECK(of_table(of_tenant(report, shop.tenant(11)), "ticks").at("differing_rows") == 150);
  CHECK(differences(of_tenant(report, shop.tenant(9))).size() == 1);
}

TEST_CASE("verify shared: what the source wrote since the copy is a difference",
          "[verify_shared]") {
  Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  shop.source().run("INSERT INTO events VALUES (90000, 3, 'later', 1)");
  shop.source().run("UPDATE parts SET note = '' WHERE id = 1");  // of the fourth, by two hops
  const json report = migration.verify_json();
  INFO(report.dump(2));
  CHECK(report.at("exit_code") == 8);
  for (const json& tenant : report.at("tenants")) {
    CHECK(tenant.at("snapshot_gtid") != tenant.at("source_gtid"));
    std::multiset<std::string> expected;
    if (tenant.at("tenant") == shop.tenant(3)) expected = {"events missing_on_target id=90000 "};
    if (tenant.at("tenant") == shop.tenant(4)) expected = {"parts value id=1 note"};
    CAPTURE(tenant.at("tenant"));
    CHECK(differences(tenant) == expected);
  }
}

TEST_CASE("verify shared: writes elsewhere don't undo it", "[verify_shared]") {
  const Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  SourceDatabase elsewhere;
  elsewhere.run("CREATE TABLE beats (id INT PRIMARY KEY)");
  std::atomic<bool> stop{false};
  std::thread heart([&] {
    for (int beat = 0; !stop; ++beat) {
      elsewhere.run("INSERT INTO beats VALUES (" + std::to_string(beat) + ")");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  const std::uint64_t before = rows_scanned();
  const ProcessResult verified =
      migration.godwit("verify", {"--wave", "all", "--lanes", "1", "--json"});
  const std::uint64_t scanned = rows_scanned() - before;
  stop = true;
  heart.join();
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
  CHECK(scanned < kScansMax);
  // all at one position
  std::set<std::string> positions;
  const json report = json::parse(verified.out);
  for (const json& tenant : report.at("tenants"))
    positions.insert(tenant.at("source_gtid").get<std::string>());
  CHECK(positions.size() == 1);
}

TEST_CASE("verify shared: tables that ignore snapshots are read once, too", "[verify_shared]") {
  Shop shop("MyISAM");
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy());
  require_copied(migration);
  const std::uint64_t before = rows_scanned();
  const ProcessResult verified = migration.verify();
  const std::uint64_t scanned = rows_scanned() - before;
  INFO(verified.out << verified.err);
  CHECK(verified.exit_code == 0);
  CHECK(scanned < kScansMax);
  shop.source().run("UPDATE events SET body = 'new' WHERE id = 40");
  const json report = migration.verify_json();
  CHECK(report.at("exit_code") == 8);
  CHECK(differences(of_tenant(report, shop.tenant(1))) ==
        std::multiset<std::string>{"events value id=40 body"});
}

TEST_CASE("verify shared: a tenant that isn't copied is refused by itself", "[verify_shared]") {
  const Shop shop;
  const Migration migration(Migration::Tenancy::as_text, shop.tenancy(),
                            "waves: [ { name: all, tenants: [\"" + shop.tenant(1) + "\", \"" +
                                shop.tenant(2) + "\", \"" + shop.tenant(3) +
                                "\"], lanes: 1 }, { name: others, tenants: rest } ]\n");
  const ProcessResult copied = migration.godwit(
      "run", {"--tenant", shop.tenant(2), "--tenant", shop.tenant(3), "--until", "copied"});
  INFO(copied.out << copied.err);
  REQUIRE(copied.exit_code == 0);
  const json report = migration.verify_json();
  INFO(report.dump(2));
  CHECK(report.at("exit_code") == 2);
  CHECK(of_tenant(report, shop.tenant(1)).at("error").at("kind") == "usage");
  for (const int id : {2, 3}) {
    const json& tenant = of_tenant(report, shop.tenant(id));
    CHECK(tenant.at("identical") == true);
    CHECK(of_table(tenant, "events").at("note") == kTogether);
    CHECK(of_table(tenant, "events").at("source_rows") == 500);
  }
}

TEST_CASE("verify shared: keys of every type find their rows", "[verify_shared]") {
  struct KeyCase {
    std::string type;
    std::vector<std::string> keys;  // literals
  };
  const std::vector<KeyCase> cases = {
      {"INT(6) UNSIGNED ZEROFILL", {"7", "70", "123456"}},
      {"BIGINT", {"-9223372036854775808", "0", "9223372036854775807"}},
      {"BIGINT UNSIGNED", {"1", "10", "18446744073709551615"}},
      {"VARCHAR(20) COLLATE utf8mb4_bin", {"'acme'", "'Acme'", "'bétà 7'"}},
      {"CHAR(9) CHARACTER SET ascii", {"'a'", "'b'", "'a b'"}},
      {"BINARY(3)", {"'abc'", "'abd'", "'xyz'"}},
      {"UUID",
       {"'11111111-0000-0000-0000-00000000000a'", "'11111111-0000-0000-0000-00000000000b'",
        "'22222222-0000-4000-8000-000000000000'"}}};
  for (const KeyCase& test : cases) {
    CAPTURE(test.type);
    SourceDatabase source;
    const std::string prefix = unique_name("gw_key") + "_";
    source.run(
        "CREATE TABLE accounts (k " + test.type +
        " PRIMARY KEY, slug VARCHAR(40) NOT NULL UNIQUE);"
        "CREATE TABLE events (id INT PRIMARY KEY, account " +
        test.type +
        " NOT NULL, body TEXT);"
        "CREATE TABLE notes (id INT PRIMARY KEY, event_id INT NULL, account_event INT NULL)");
    for (std::size_t i = 0; i < test.keys.size(); ++i) {
      source.run("INSERT INTO accounts VALUES (" + test.keys[i] + ", '" + prefix +
                 std::to_string(i) + "')");
      source.run("INSERT INTO events SELECT seq * 10 + " + std::to_string(i) + ", " + test.keys[i] +
                 ", 'x' FROM seq_1_to_40");
    }
    // by the first path, by the second, and by both, of which the first decides
    source.run(
        "INSERT INTO notes SELECT id, IF(id % 20 < 10, id, NULL), IF(id % 20 < 10, NULL, id)"
        " FROM events;"
        "INSERT INTO notes SELECT id + 1000, id, (SELECT MIN(id) FROM events) FROM events");
    const Migration migration(
        Migration::Tenancy::as_text,
        "{ mode: row, database: " + source.name() +
            ", directory: { table: accounts, key: k, name: slug }, tables: { accounts: { owned: k "
            "}, events: { owned: account }, notes: { inherited: [event_id -> events, "
            "account_event -> events] } } }");
    require_copied(migration);
    const json report = migration.verify_json();
    INFO(report.dump(2));
    CHECK(report.at("exit_code") == 0);
    REQUIRE(report.at("tenants").size() == test.keys.size());
    for (const json& tenant : report.at("tenants")) {
      for (const char* table : {"events", "notes"}) {
        const json& found = of_table(tenant, table);
        CHECK(found.at("note") == kTogether);
        CHECK(found.at("source_rows") == (table == std::string("events") ? 40 : 80));
      }
    }
  }
}
