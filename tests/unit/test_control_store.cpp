#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include <sqlite3.h>
#include <catch2/catch.hpp>

#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "support/cpu_time.hpp"

using namespace godwit;
using namespace godwit::control;

namespace {

class Folder {
 public:
  Folder() {
    static int count = 0;
    base_ = std::filesystem::temp_directory_path() /
            ("godwit-store-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directory(base_);
  }
  ~Folder() { std::filesystem::remove_all(base_); }
  [[nodiscard]] std::string state() const { return (base_ / "state").string(); }
  [[nodiscard]] std::string file() const { return (base_ / "state" / "control.db").string(); }

 private:
  std::filesystem::path base_;
};

/// Runs SQL on a store's file behind the store's back.
void tamper(const std::string& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

TenantRecord planned(const std::string& tenant, const std::string& wave = "canary") {
  TenantRecord record;
  record.tenant = tenant;
  record.source_database = "crm_" + tenant;
  record.cluster = "pg-01";
  record.target_database = tenant;
  record.wave = wave;
  return record;
}

void move(Store& store, const std::string& tenant, TenantState to) {
  store.transition(store.find(tenant).value(), to, {}, "{}");
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a new store is private to its owner") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  CHECK(mode_of(folder.state()) == 0700);
  CHECK(mode_of(folder.file()) == 0600);
  CHECK(mode_of(folder.file() + "-wal") == 0600);
  CHECK(mode_of(folder.file() + "-shm") == 0600);
}

TEST_CASE("a folder that others may write is refused") {
  const Folder folder;
  std::filesystem::create_directory(folder.state());
  ::chmod(folder.state().c_str(), 0777);
  try {
    Store::open(folder.state());
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plan_invalid);
    CHECK(error.hint() == "Run: chmod 700 " + folder.state());
  }
}

TEST_CASE("tenants are registered once and found again after a restart") {
  const Folder folder;
  {
    Store store = Store::open(folder.state());
    store.register_tenants({planned("beta"), planned("acme")});
    store.register_tenants({planned("acme"), planned("gamma")});
  }
  const Store store = Store::open(folder.state());
  const std::vector<TenantRecord> all = store.tenants();
  REQUIRE(all.size() == 3);
  CHECK(all[0].tenant == "acme");
  CHECK(all[1].tenant == "beta");
  CHECK(all[2].tenant == "gamma");
  CHECK(all[0].state == TenantState::planned);
  CHECK(all[0].source_database == "crm_acme");
  CHECK(all[0].cluster == "pg-01");
  CHECK(all[0].target_database == "acme");
  CHECK(all[0].wave == "canary");
  CHECK_FALSE(all[0].updated_at.empty());
  CHECK_FALSE(store.find("ACME"));
  CHECK_FALSE(store.find("nobody"));
}

TEST_CASE("placement follows the plan only while a tenant is still planned") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme"), planned("beta")});
  move(store, "beta", TenantState::provisioned);
  TenantRecord moved = planned("acme", "rest");
  moved.cluster = "pg-02";
  moved.target_database = "crm_acme";
  TenantRecord fixed = planned("beta", "rest");
  fixed.cluster = "pg-02";
  store.register_tenants({moved, fixed});
  CHECK(store.find("acme")->wave == "rest");
  CHECK(store.find("acme")->cluster == "pg-02");
  CHECK(store.find("acme")->target_database == "crm_acme");
  CHECK(store.find("beta")->wave == "canary");
  CHECK(store.find("beta")->cluster == "pg-01");
  CHECK(store.find("beta")->state == TenantState::provisioned);
}

TEST_CASE("a tenant's place stays until a refused copy was dropped") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  CHECK_FALSE(store.find("acme")->placed);
  TenantRecord there = planned("acme");
  there.cluster = "pg-07";
  there.wave = "rest";
  store.place(there, "database.create");
  CHECK(store.find("acme")->placed);
  CHECK(store.find("acme")->cluster == "pg-07");
  CHECK(store.find("acme")->wave == "rest");
  CHECK(store.find("acme")->state == TenantState::planned);

  // neither a plan that says otherwise nor another engine moves it
  store.register_tenants({planned("acme")});
  CHECK(store.find("acme")->cluster == "pg-07");
  CHECK_THROWS_MATCHES(
      store.place(planned("acme"), "database.create"), Error,
      Catch::Predicate<Error>([](const Error& error) { return error.kind() == ErrorKind::held; }));
  CHECK(store.find("acme")->cluster == "pg-07");
  there.wave = "late";
  store.place(there, "database.create");
  CHECK(store.find("acme")->wave == "late");

  move(store, "acme", TenantState::quarantined);
  CHECK_FALSE(store.find("acme")->placed);
  store.place(planned("acme"), "database.create");
  CHECK(store.find("acme")->cluster == planned("acme").cluster);
}

TEST_CASE("a schema's change is recorded without a transition") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  const TenantRecord before = store.find("acme").value();
  store.record_schema("acme", "");
  store.record_schema("acme", "def");
  const TenantRecord after = store.find("acme").value();
  CHECK(after.schema_fingerprint == "def");
  CHECK(after.state == before.state);
  CHECK(after.epoch == before.epoch);
  const auto journal = store.journal("acme");
  REQUIRE(journal.size() == 2);
  CHECK(journal[0].event == "schema.change");
  CHECK(journal[0].phase == "intent");
  CHECK(journal[1].phase == "done");
  CHECK_THROWS_AS(store.record_schema("nobody", "x"), Error);
}

TEST_CASE("a transition records what changed, with a journal entry") {
  const Folder folder;
  {
    Store store = Store::open(folder.state());
    store.register_tenants({planned("acme")});
    store.place(planned("acme"), "database.create");
    move(store, "acme", TenantState::provisioned);
    store.transition(
        store.find("acme").value(), TenantState::copying,
        [](TenantRecord& record) {
          record.tenant = "somebody else";  // names and states are not the caller's to change
          record.state = TenantState::ready;
          record.epoch = Epoch{7};
          record.snapshot_gtid = "0-1-42";
          record.snapshot_file = "binlog.000003";
          record.snapshot_offset = 1234567890123;
          record.schema_fingerprint = "abc";
          record.rows = 18'000'000'000;
          record.bytes = 1ULL << 40U;
          record.seconds = 0.125;
          record.error = "e";
          record.error_kind = "source";
        },
        R"({"readers":4})");
  }
  const Store store = Store::open(folder.state());
  const TenantRecord record = store.find("acme").value();
  CHECK(record.state == TenantState::copying);
  CHECK(record.epoch == Epoch{7});
  CHECK(record.snapshot_gtid == "0-1-42");
  CHECK(record.snapshot_file == "binlog.000003");
  CHECK(record.snapshot_offset == 1234567890123);
  CHECK(record.schema_fingerprint == "abc");
  CHECK(record.rows == 18'000'000'000);
  CHECK(record.bytes == 1ULL << 40U);
  CHECK(record.seconds == 0.125);
  CHECK(record.error == "e");
  CHECK(record.error_kind == "source");
  CHECK(store.tenants().size() == 1);

  const std::vector<JournalEntry> journal = store.journal("acme");
  REQUIRE(journal.size() == 3);
  CHECK(journal[0].event == "database.create");
  CHECK(journal[0].phase == "intent");
  CHECK(journal[0].detail == R"({"cluster":"pg-01","database":"acme","schema":"public"})");
  CHECK(journal[1].event == "state.provisioned");
  CHECK(journal[2].event == "state.copying");
  CHECK(journal[2].phase == "done");
  CHECK(journal[2].detail == R"({"readers":4})");
  CHECK(journal[0].sequence < journal[1].sequence);
  CHECK(store.journal("beta").empty());
}

TEST_CASE("a transition is a compare-and-swap on state and epoch") {
  const Folder folder;
  Store first = Store::open(folder.state());
  Store second = Store::open(folder.state());
  first.register_tenants({planned("acme")});
  const TenantRecord seen = first.find("acme").value();
  second.transition(seen, TenantState::provisioned, {}, "{}");

  const auto held = [&](const TenantRecord& expected, TenantState to) {
    try {
      first.transition(expected, to, {}, "{}");
      return false;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::held;
    }
  };
  CHECK(held(seen, TenantState::provisioned));
  TenantRecord other_epoch = first.find("acme").value();
  other_epoch.epoch = Epoch{1};
  CHECK(held(other_epoch, TenantState::copying));
  CHECK(held(planned("nobody"), TenantState::provisioned));
  CHECK(first.find("acme")->state == TenantState::provisioned);
  CHECK(first.journal("acme").size() == 1);
}

TEST_CASE("what a failed change did is not recorded") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  const auto fail = [](TenantRecord&) { throw std::runtime_error("no"); };
  CHECK_THROWS_WITH(
      store.transition(store.find("acme").value(), TenantState::provisioned, fail, "{}"), "no");
  CHECK_THROWS_AS(
      store.transition(store.find("acme").value(), TenantState::provisioned, {}, "not json"),
      Error);
  CHECK(store.find("acme")->state == TenantState::planned);
  CHECK(store.journal("acme").empty());
  CHECK_THROWS_AS(store.transition(store.find("acme").value(), TenantState::copied, {}, "{}"),
                  Error);
  move(store, "acme", TenantState::provisioned);
  CHECK(store.journal("acme").size() == 1);
}

TEST_CASE("a paused tenant goes back to the state it left, and nowhere else") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  move(store, "acme", TenantState::provisioned);
  move(store, "acme", TenantState::copying);
  move(store, "acme", TenantState::paused);
  CHECK(store.find("acme")->paused_from == TenantState::copying);
  CHECK_THROWS_WITH(move(store, "acme", TenantState::provisioned),
                    "tenant acme: no way from paused to provisioned");
  move(store, "acme", TenantState::copying);
  CHECK_FALSE(store.find("acme")->paused_from);
  move(store, "acme", TenantState::paused);
  move(store, "acme", TenantState::quarantined);
  move(store, "acme", TenantState::provisioned);
  CHECK(store.find("acme")->state == TenantState::provisioned);
}

TEST_CASE("a failure is recorded without a change of state, and gone when the copy went well") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  move(store, "acme", TenantState::provisioned);
  move(store, "acme", TenantState::copying);
  store.record_failure("acme", "source", "it said \"gone\"\nand \xff");
  TenantRecord record = store.find("acme").value();
  CHECK(record.state == TenantState::copying);
  CHECK(record.error_kind == "source");
  CHECK(record.error == "it said \"gone\"\nand \xff");
  const JournalEntry entry = store.journal("acme").back();
  CHECK(entry.event == "tenant.failure");
  CHECK(entry.phase == "failed");
  CHECK(entry.detail.find("\"kind\":\"source\"") != std::string::npos);
  move(store, "acme", TenantState::building);
  CHECK(store.find("acme")->error_kind == "source");
  move(store, "acme", TenantState::copied);
  CHECK(store.find("acme")->error.empty());
  CHECK(store.find("acme")->error_kind.empty());
  CHECK_THROWS_AS(store.record_failure("nobody", "source", "x"), Error);
}

TEST_CASE("policy counts and verifications are replaced as a whole, and counts added") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.set_policy_counts("acme", {{"acme", "invoices", "due_on", "zero_date: null", 3},
                                   {"acme", "notes", "body", "nul_byte: symbol", 1}});
  store.set_policy_counts("beta", {{"beta", "notes", "body", "nul_byte: symbol", 2}});
  store.set_policy_counts("acme", {{"acme", "invoices", "due_on", "zero_date: null", 5}});
  const auto counts = store.policy_counts();
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].tenant == "acme");
  CHECK(counts[0].table == "invoices");
  CHECK(counts[0].column == "due_on");
  CHECK(counts[0].policy == "zero_date: null");
  CHECK(counts[0].values == 5);
  CHECK(counts[1].tenant == "beta");

  store.add_policy_counts("acme", {{"acme", "invoices", "due_on", "zero_date: null", 2},
                                   {"acme", "notes", "body", "nul_byte: symbol", 4}});
  const auto added = store.policy_counts();
  REQUIRE(added.size() == 3);
  CHECK(added[0].values == 7);
  CHECK(added[1].table == "notes");
  CHECK(added[1].values == 4);
  CHECK(added[2].values == 2);  // beta's

  store.set_verification("acme", false, R"({"differences":1})");
  store.set_verification("acme", true, R"({"differences":0})");
  const auto verifications = store.verifications();
  REQUIRE(verifications.size() == 1);
  CHECK(verifications[0].identical);
  CHECK(verifications[0].json == R"({"differences":0})");
  CHECK_FALSE(verifications[0].at.empty());
  CHECK(store.verdicts() == std::map<std::string, bool>{{verifications[0].tenant, true}});
}

TEST_CASE("status reads a store beside the engine, and makes none") {
  const Folder folder;
  CHECK_FALSE(Store::open_existing(folder.state()));
  CHECK_FALSE(std::filesystem::exists(folder.state()));
  Store writer = Store::open(folder.state());
  writer.register_tenants({planned("acme")});
  const std::optional<Store> reader = Store::open_existing(folder.state());
  REQUIRE(reader);
  CHECK(reader->tenants().size() == 1);
  move(writer, "acme", TenantState::provisioned);
  CHECK(reader->find("acme")->state == TenantState::provisioned);
  Store mutable_reader = Store::open_existing(folder.state()).value();
  CHECK_THROWS_AS(mutable_reader.place(planned("acme"), "x"), Error);
}

TEST_CASE("a store of version 1 gets what is new, whoever opens it first") {
  const Folder folder;
  {
    Store store = Store::open(folder.state());
    store.register_tenants({planned("acme")});
  }
  tamper(
      folder.file(),
      "ALTER TABLE tenants DROP COLUMN run; ALTER TABLE tenants DROP COLUMN readers;"
      "ALTER TABLE tenants DROP COLUMN estimated_bytes;"
      "ALTER TABLE tenants DROP COLUMN copy_started_at;"
      "ALTER TABLE tenants DROP COLUMN copied_at; DROP TABLE runs;"
      "ALTER TABLE tenants DROP COLUMN target_schema; ALTER TABLE tenants DROP COLUMN placed;"
      "ALTER TABLE tenants DROP COLUMN finishing_at;"
      "ALTER TABLE tenants DROP COLUMN streamed; DROP TABLE scans; "
      "ALTER TABLE tenants DROP COLUMN reader_start; ALTER TABLE tenants DROP COLUMN followed_by; "
      "ALTER TABLE tenants DROP COLUMN evidence; DROP TABLE following; DROP TABLE activities; "
      "PRAGMA user_version = 1");
  SECTION("an engine") {
    Store store = Store::open(folder.state());
    CHECK(store.find("acme")->run == 0);
    CHECK(store.begin_run({}) == 1);
  }
  SECTION("status") {
    const std::optional<Store> store = Store::open_existing(folder.state());
    REQUIRE(store);
    CHECK(store->find("acme")->wave == "canary");
    CHECK(store->runs().empty());
    CHECK(store->scans().empty());
    CHECK_FALSE(store->find("acme")->streamed);
  }
  const Store store = Store::open(folder.state());
  CHECK(store.tenants().size() == 1);
}

TEST_CASE("tenants of a store of version 2 are databases of their own") {
  const Folder folder;
  {
    Store store = Store::open(folder.state());
    store.register_tenants({planned("acme"), planned("beta")});
    move(store, "acme", TenantState::provisioned);
  }
  tamper(
      folder.file(),
      "ALTER TABLE tenants DROP COLUMN target_schema; ALTER TABLE tenants DROP COLUMN placed;"
      "ALTER TABLE tenants DROP COLUMN finishing_at;"
      "ALTER TABLE tenants DROP COLUMN streamed; DROP TABLE scans; "
      "ALTER TABLE tenants DROP COLUMN reader_start; ALTER TABLE tenants DROP COLUMN followed_by; "
      "ALTER TABLE tenants DROP COLUMN evidence; DROP TABLE following; DROP TABLE activities; "
      "PRAGMA user_version = 2");
  Store store = Store::open(folder.state());
  CHECK(store.find("acme")->target_schema == "public");
  TenantRecord shared = planned("beta");
  shared.target_database = "tenants_1";
  shared.target_schema = "beta";
  store.register_tenants({shared});
  CHECK(store.find("beta")->target_database == "tenants_1");
  CHECK(store.find("beta")->target_schema == "beta");
  move(store, "beta", TenantState::provisioned);
  CHECK(store.find("beta")->target_schema == "beta");
}

TEST_CASE("runs are recorded with their beginning and their end") {
  const Folder folder;
  {
    Store store = Store::open(folder.state());
    RunRecord run;
    run.waves = "canary,rest";
    run.lanes = 4;
    run.tenants = 7;
    CHECK(store.begin_run(run) == 1);
    run.id = store.begin_run(run);
    CHECK(run.id == 2);
    run.tenants_copied = 6;
    run.rows = 60;
    run.bytes = 600;
    store.end_run(run);
  }
  const std::vector<RunRecord> runs = Store::open(folder.state()).runs();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].id == 1);
  CHECK(runs[0].waves == "canary,rest");
  CHECK(runs[0].lanes == 4);
  CHECK(runs[0].tenants == 7);
  CHECK_FALSE(runs[0].started_at.empty());
  CHECK(runs[0].ended_at.empty());
  CHECK(runs[1].tenants_copied == 6);
  CHECK(runs[1].rows == 60);
  CHECK(runs[1].bytes == 600);
  CHECK_FALSE(runs[1].ended_at.empty());
}

TEST_CASE("a tenant's copy is recorded with what forecasts are made of") {
  const Folder folder;
  {
    Store store = Store::open(folder.state());
    store.register_tenants({planned("acme")});
    store.transition(
        store.find("acme").value(), TenantState::provisioned,
        [](TenantRecord& record) {
          record.run = 3;
          record.readers = 4;
          record.estimated_bytes = 5'000'000'000;
          record.copy_started_at = "2026-11-22T03:11:23.103Z";
          record.copied_at = "2026-11-22T03:12:00.000Z";
          record.finishing_at = "2026-11-22T03:11:50.000Z";
          record.streamed = true;
        },
        "{}");
  }
  const TenantRecord record = Store::open(folder.state()).find("acme").value();
  CHECK(record.run == 3);
  CHECK(record.readers == 4);
  CHECK(record.estimated_bytes == 5'000'000'000);
  CHECK(record.copy_started_at == "2026-11-22T03:11:23.103Z");
  CHECK(record.copied_at == "2026-11-22T03:12:00.000Z");
  CHECK(record.finishing_at == "2026-11-22T03:11:50.000Z");
  CHECK(record.streamed);
}

TEST_CASE("readings of shared tables are recorded in their order") {
  const Folder folder;
  {
    Store store = Store::open(folder.state());
    ScanRecord scan;
    scan.run = 2;
    scan.started_at = "2026-11-22T03:11:23.103Z";
    scan.read_at = "2026-11-22T03:12:00.000Z";
    scan.units = 300;
    scan.readers = 4;
    scan.bytes = 5'000'000'000;
    scan.spilled_bytes = 6'000'000;
    store.record_scan(scan);
    scan.run = 1;
    store.record_scan(scan);
    // a synced entry takes the lazy ones with it
    store.register_tenants({planned("acme")});
  }
  const std::vector<ScanRecord> scans = Store::open(folder.state()).scans();
  REQUIRE(scans.size() == 2);
  CHECK(scans[0].run == 2);
  CHECK(scans[1].run == 1);
  CHECK(scans[0].started_at == "2026-11-22T03:11:23.103Z");
  CHECK(scans[0].read_at == "2026-11-22T03:12:00.000Z");
  CHECK(scans[0].units == 300);
  CHECK(scans[0].readers == 4);
  CHECK(scans[0].bytes == 5'000'000'000);
  CHECK(scans[0].spilled_bytes == 6'000'000);
}

TEST_CASE("a store belongs to one source") {
  const Folder folder;
  { Store store = Store::open(folder.state(), "db1:3306"); }
  { Store store = Store::open(folder.state(), "db1:3306"); }
  { Store store = Store::open(folder.state()); }
  try {
    Store::open(folder.state(), "db2:3306");
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::plan_invalid);
    CHECK_THAT(error.what(), Catch::Contains("belongs to the source db1:3306, not to db2:3306"));
  }
}

TEST_CASE("files of newer versions, of other programs and damaged ones are refused") {
  const Folder folder;
  { Store store = Store::open(folder.state()); }
  SECTION("newer") {
    tamper(folder.file(), "PRAGMA user_version = 5");
    try {
      Store::open(folder.state());
      FAIL("was accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::plan_invalid);
      CHECK_THAT(error.what(),
                 Catch::Contains("is of version 5, this godwit knows versions up to 4"));
    }
    CHECK_THROWS_AS(Store::open_existing(folder.state()), Error);
  }
  SECTION("another program's") {
    tamper(folder.file(), "PRAGMA application_id = 1");
    CHECK_THROWS_WITH(Store::open(folder.state()),
                      Catch::EndsWith("is not a control store of godwit"));
  }
  SECTION("damaged") {
    std::ofstream(folder.file(), std::ios::binary) << std::string(8192, 'x');
    CHECK_THROWS_WITH(Store::open(folder.state()), Catch::Contains("is damaged"));
  }
}

TEST_CASE("a full disk is a clear error, and what was recorded before is kept") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  std::vector<TenantRecord> many;
  for (int i = 0; i < 20'000; ++i)
    many.push_back(planned("tenant_" + std::to_string(i)));

  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{300'000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  std::string hint;
  try {
    store.register_tenants(many);
  } catch (const Error& error) {
    message = error.what();
    hint = error.hint();
    CHECK(error.kind() == ErrorKind::internal);
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  CHECK_THAT(message, Catch::Contains(folder.file()) && Catch::Contains("can't be written"));
  CHECK_THAT(hint, Catch::Contains("free space"));
  CHECK(store.tenants().size() == 1);
  store.register_tenants(many);
  CHECK(store.tenants().size() == 20'001);
}

TEST_CASE("lanes record at the same time, each exactly once") {
  const Folder folder;
  Store store = Store::open(folder.state());
  std::vector<TenantRecord> records;
  for (int i = 0; i < 8; ++i)
    records.push_back(planned("t" + std::to_string(i)));
  store.register_tenants(records);
  std::atomic<int> refused{0};
  std::atomic<int> lost{0};
  {
    std::vector<std::jthread> lanes;
    for (int lane = 0; lane < 8; ++lane) {
      lanes.emplace_back([&, lane] {
        const std::string tenant = "t" + std::to_string(lane);
        for (int round = 0; round < 10; ++round) {
          store.place(planned(tenant), "round." + std::to_string(round));
          try {
            TenantRecord elsewhere = planned(tenant);
            elsewhere.target_database = "elsewhere";
            store.place(elsewhere, "refused");
          } catch (const Error&) {
            ++refused;
          }
          if (!store.find(tenant)) ++lost;
        }
        move(store, tenant, TenantState::provisioned);
      });
    }
  }
  CHECK(refused == 80);
  CHECK(lost == 0);
  for (const TenantRecord& record : store.tenants()) {
    CHECK(record.state == TenantState::provisioned);
    const auto journal = store.journal(record.tenant);
    REQUIRE(journal.size() == 11);
    for (std::size_t round = 0; round < 10; ++round) {
      CHECK(journal[round].event == "round." + std::to_string(round));
    }
  }
}

TEST_CASE("of two lanes that want the same transition one gets it") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme")});
  const TenantRecord seen = store.find("acme").value();
  std::atomic<int> won{0};
  std::atomic<int> lost{0};
  {
    std::vector<std::jthread> lanes;
    for (int lane = 0; lane < 6; ++lane) {
      lanes.emplace_back([&] {
        try {
          store.transition(seen, TenantState::provisioned, {}, "{}");
          ++won;
        } catch (const Error& error) {
          if (error.kind() == ErrorKind::held) ++lost;
        }
      });
    }
  }
  CHECK(won == 1);
  CHECK(lost == 5);
  CHECK(store.journal("acme").size() == 1);
}

TEST_CASE("fifty thousand tenants are registered and listed within seconds") {
  const Folder folder;
  Store store = Store::open(folder.state());
  std::vector<TenantRecord> records;
  for (int i = 0; i < 50'000; ++i)
    records.push_back(planned("tenant_" + std::to_string(i)));
  const double begin = test::thread_cpu_seconds();
  store.register_tenants(records);
  const double registered = test::thread_cpu_seconds();
  CHECK(store.tenants().size() == 50'000);
  const double listed = test::thread_cpu_seconds();
  CHECK(registered - begin < 2 * test::kSlowdown);
  CHECK(listed - registered < 1 * test::kSlowdown);
}

TEST_CASE("following goes back to where the tenant that joined is") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme"), planned("bolt")});
  for (const char* tenant : {"acme", "bolt"}) {
    for (const TenantState to : {TenantState::provisioned, TenantState::copying,
                                 TenantState::building, TenantState::copied})
      move(store, tenant, to);
  }
  store.follow(store.find("acme").value(), 7, "0-1-10");
  CHECK(store.find("acme")->state == TenantState::catching_up);
  CHECK(store.find("acme")->followed_by == 7);
  CHECK(store.find("acme")->epoch.value == 1);

  control::FollowRecord record;
  record.run = 7;
  record.followed_to = "0-1-99";
  record.reader_position = "0-1-100";
  record.reader_lag_seconds = 0.5;
  record.at = "now";
  control::FollowActivity activity;
  activity.tenant = "acme";
  activity.at = "now";
  activity.rows = 12;
  activity.waits_for = "locks";
  store.record_following(record, {activity});
  REQUIRE(store.following().size() == 1);
  CHECK(store.following()[0].followed_to == "0-1-99");
  CHECK(store.following()[0].reader_lag_seconds == 0.5);
  REQUIRE(store.activities().size() == 1);
  CHECK(store.activities()[0].rows == 12);
  CHECK(store.activities()[0].waits_for == "locks");

  store.follow(store.find("bolt").value(), 7, "0-1-42");
  CHECK(store.following()[0].followed_to == "0-1-42");
  // of another epoch than the caller knows
  control::TenantRecord stale = store.find("bolt").value();
  stale.epoch = Epoch{0};
  stale.state = TenantState::copied;
  CHECK_THROWS_AS(store.follow(stale, 8, ""), Error);
  CHECK(store.following().size() == 1);
}

TEST_CASE("several tenants are taken to be followed together, or none of them") {
  const Folder folder;
  Store store = Store::open(folder.state());
  store.register_tenants({planned("acme"), planned("bolt"), planned("core")});
  for (const char* tenant : {"acme", "bolt"}) {
    for (const TenantState to : {TenantState::provisioned, TenantState::copying,
                                 TenantState::building, TenantState::copied})
      move(store, tenant, to);
  }
  const TenantRecord acme = store.find("acme").value();
  const TenantRecord bolt = store.find("bolt").value();
  // one that isn't copied
  const TenantRecord core = store.find("core").value();
  CHECK_THROWS_AS(store.follow({acme, core, bolt}, 7, "0-1-10"), Error);
  CHECK(store.find("acme")->state == TenantState::copied);
  CHECK(store.find("bolt")->state == TenantState::copied);
  CHECK(store.following().empty());

  const std::vector<Epoch> epochs = store.follow({acme, bolt}, 7, "0-1-10");
  REQUIRE(epochs.size() == 2);
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    const TenantRecord record = store.find(i == 0 ? "acme" : "bolt").value();
    CHECK(record.state == TenantState::catching_up);
    CHECK(record.followed_by == 7);
    CHECK(record.epoch == epochs[i]);
  }
  REQUIRE(store.following().size() == 1);
  CHECK(store.following()[0].followed_to == "0-1-10");
}
