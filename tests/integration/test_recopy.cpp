// A tenant is copied anew on request: the mark, what it is refused for, and the run that follows.
#include <chrono>
#include <csignal>
#include <thread>

#include <catch2/catch.hpp>

#include "engine/tenant_place.hpp"
#include "godwit/control/store.hpp"
#include "godwit/postgres/cluster.hpp"
#include "support/migration.hpp"

using godwit::control::Store;
using godwit::control::TenantRecord;
using godwit::control::TenantState;
using godwit::test::Migration;
using godwit::test::ProcessResult;
using godwit::test::RunningProcess;
using godwit::test::SourceDatabase;
using nlohmann::json;

namespace {

Store store_of(const Migration& migration) { return Store::open(migration.plan() + ".state"); }

TenantRecord record_of(const Migration& migration, const std::string& tenant) {
  return store_of(migration).find(tenant).value();
}

void move(const Migration& migration, const std::string& tenant,
          const std::vector<TenantState>& states) {
  Store store = store_of(migration);
  for (const TenantState state : states)
    store.transition(store.find(tenant).value(), state, {}, "{}");
}

ProcessResult recopy(const Migration& migration, const std::string& tenant) {
  return migration.godwit("recopy", {"--tenant", tenant, "--yes"});
}

std::string rows_on_target(const std::string& database) {
  return Migration::target(database).scalar("SELECT count(*) FROM public.t").value();
}

/// Until the tenant is in this state; false: not within half a minute.
bool wait_for(const Migration& migration, const std::string& tenant, TenantState state) {
  for (int i = 0; i < 300; ++i) {
    const std::optional<Store> store = Store::open_existing(migration.plan() + ".state");
    const auto record = store ? store->find(tenant) : std::nullopt;
    if (record && record->state == state) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

/// The tenant's states, as the journal has them.
std::vector<std::string> states_of(const Migration& migration, const std::string& tenant) {
  std::vector<std::string> states;
  for (const auto& entry : store_of(migration).journal(tenant)) {
    if (entry.event.starts_with("state.")) states.push_back(entry.event.substr(6));
  }
  return states;
}

void fill(SourceDatabase& source) {
  source.run("CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1)");
}

}  // namespace

TEST_CASE("a marked tenant is copied again by the next run, and no other is", "[recopy]") {
  SourceDatabase source;
  SourceDatabase other;
  fill(source);
  fill(other);
  const Migration migration({source.name(), other.name()});
  REQUIRE(migration.copy().exit_code == 0);
  source.run("INSERT INTO t VALUES (2, 2)");
  other.run("INSERT INTO t VALUES (2, 2)");
  const auto epoch = record_of(migration, source.name()).epoch.value;

  // nobody can be asked here
  const ProcessResult unasked = migration.godwit("recopy", {"--tenant", source.name()});
  CHECK(unasked.exit_code == 2);
  CHECK_THAT(unasked.err, Catch::Contains("--yes"));
  CHECK(record_of(migration, source.name()).state == TenantState::copied);

  const json dry = json::parse(
      migration.godwit("recopy", {"--tenant", source.name(), "--dry-run", "--json"}).out);
  CHECK(dry.at("exit_code") == 0);
  CHECK(dry.at("dry_run") == true);
  REQUIRE(dry.at("tenants").size() == 1);
  CHECK(dry.at("tenants")[0].at("from") == "copied");
  CHECK(dry.at("tenants")[0].at("state") == "provisioned");
  CHECK(dry.at("tenants")[0].at("target_database") == source.name());
  CHECK(record_of(migration, source.name()).state == TenantState::copied);

  const ProcessResult marked = recopy(migration, source.name());
  INFO(marked.out << marked.err);
  REQUIRE(marked.exit_code == 0);
  CHECK_THAT(marked.out, Catch::Contains("copied") && Catch::Contains("provisioned"));
  CHECK(record_of(migration, source.name()).state == TenantState::provisioned);
  CHECK(record_of(migration, source.name()).epoch.value == epoch + 1);
  // until then it stays
  CHECK(rows_on_target(source.name()) == "1");
  // once more changes nothing
  CHECK(recopy(migration, source.name()).exit_code == 0);
  CHECK(record_of(migration, source.name()).epoch.value == epoch + 1);

  const ProcessResult again = migration.copy();
  INFO(again.out << again.err);
  REQUIRE(again.exit_code == 0);
  CHECK(record_of(migration, source.name()).state == TenantState::copied);
  CHECK(rows_on_target(source.name()) == "2");
  CHECK(rows_on_target(other.name()) == "1");
  CHECK(migration.godwit("verify", {"--tenant", source.name()}).exit_code == 0);
}

TEST_CASE("a tenant that followed is marked by way of diverged", "[recopy]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  const std::string name = source.name();
  {
    Store store = store_of(migration);
    store.follow(store.find(name).value(), 1, store.find(name)->snapshot_gtid);
  }
  SECTION("catching up") {}
  SECTION("ready") { move(migration, name, {TenantState::ready}); }
  SECTION("paused") {
    Store store = store_of(migration);
    store.transition(
        store.find(name).value(), TenantState::paused,
        [](TenantRecord& record) {
          record.evidence = R"({"problem":"the source's schema changed"})";
          record.error = "the source's schema changed";
          record.error_kind = "rejected";
        },
        "{}");
  }
  SECTION("diverged") { move(migration, name, {TenantState::diverged}); }
  source.run("INSERT INTO t VALUES (2, 2)");

  const ProcessResult marked = recopy(migration, name);
  INFO(marked.out << marked.err);
  REQUIRE(marked.exit_code == 0);
  const std::vector<std::string> states = states_of(migration, name);
  REQUIRE(states.size() >= 2);
  CHECK(states[states.size() - 2] == "diverged");
  CHECK(states.back() == "provisioned");
  CHECK(record_of(migration, name).error.empty());
  // the journal says what for
  const auto entries = store_of(migration).journal(name);
  CHECK_THAT(entries.back().detail, Catch::Contains("recopy was asked for"));

  REQUIRE(migration.copy().exit_code == 0);
  const TenantRecord record = record_of(migration, name);
  CHECK(record.state == TenantState::copied);
  CHECK(record.followed_by == 0);
  CHECK(record.evidence.empty());
  CHECK(rows_on_target(name) == "2");
}

TEST_CASE("recopy is refused while another engine has the tenant", "[recopy]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  godwit::plan::Unit unit;
  unit.tenant = unit.target_database = source.name();
  {
    godwit::postgres::Cluster engine(godwit::test::servers().target_uri);
    REQUIRE(engine.try_lock(godwit::engine::lock_key(unit)));
    const ProcessResult held =
        migration.godwit("recopy", {"--tenant", source.name(), "--yes", "--json"});
    INFO(held.out << held.err);
    CHECK(held.exit_code == 11);
    const json tenant = json::parse(held.out).at("tenants").at(0);
    CHECK(tenant.at("state") == "copied");
    CHECK(tenant.at("exit_code") == 11);
    CHECK(tenant.at("error").at("kind") == "held");
    CHECK(record_of(migration, source.name()).state == TenantState::copied);
    engine.unlock(godwit::engine::lock_key(unit));
  }
  CHECK(recopy(migration, source.name()).exit_code == 0);
}

TEST_CASE("what diverged is copied anew, also while its run follows the others", "[recopy]") {
  SourceDatabase one;
  SourceDatabase two;
  fill(one);
  fill(two);
  const Migration migration({one.name(), two.name()});
  REQUIRE(migration.copy().exit_code == 0);
  RunningProcess run(
      {GODWIT_BINARY, "run", "-p", migration.plan(), "--wave", "all", "--until", "ready"});
  REQUIRE(wait_for(migration, one.name(), TenantState::ready));
  REQUIRE(wait_for(migration, two.name(), TenantState::ready));
  Migration::target(one.name()).execute("DELETE FROM public.t WHERE id = 1");
  one.run("UPDATE t SET n = 5 WHERE id = 1");
  REQUIRE(wait_for(migration, one.name(), TenantState::diverged));

  const ProcessResult shown = migration.godwit("status", {"--tenant", one.name()});
  INFO(shown.out << shown.err);
  CHECK_THAT(shown.out, Catch::Contains(one.name() + " is diverged") && Catch::Contains("update") &&
                            Catch::Contains("id=1") &&
                            Catch::Contains("godwit recopy --tenant " + one.name()));
  // a run's first word comes within a second
  json watched;
  for (int i = 0; i < 50; ++i) {
    watched = json::parse(migration.godwit("watch", {"--count", "1", "--json"}).out);
    REQUIRE(watched.at("following").size() == 1);
    if (watched.at("following")[0].at("state") == "following") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(watched.at("following")[0].at("state") == "following");
  CHECK(watched.at("following")[0].at("tenants") == 1);
  CHECK(watched.at("waves")[0].at("states").at("diverged") == 1);

  CHECK(recopy(migration, two.name()).exit_code == 11);
  // the run gives up the tenant a moment after it says so
  int code = 11;
  for (int i = 0; i < 50 && code == 11; ++i) {
    code = recopy(migration, one.name()).exit_code;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(code == 0);
  run.signal(SIGINT);
  const ProcessResult ended = run.wait();
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 7);

  const ProcessResult again =
      migration.godwit("run", {"--wave", "all", "--until", "ready", "--no-follow"});
  INFO(again.out << again.err);
  REQUIRE(again.exit_code == 0);
  CHECK(migration.verify().exit_code == 0);
}

TEST_CASE("a tenant whose cutover has begun is not copied anew", "[recopy]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  REQUIRE(migration.copy().exit_code == 0);
  move(migration, source.name(),
       {TenantState::catching_up, TenantState::ready, TenantState::fencing});
  SECTION("fencing") {}
  SECTION("diverged after it") { move(migration, source.name(), {TenantState::diverged}); }
  const TenantState before = record_of(migration, source.name()).state;
  const ProcessResult refused = recopy(migration, source.name());
  INFO(refused.out << refused.err);
  CHECK(refused.exit_code == 7);
  CHECK_THAT(refused.out, Catch::Contains("its target may have been written to"));
  CHECK(record_of(migration, source.name()).state == before);
}

TEST_CASE("recopy needs a tenant that is there", "[recopy]") {
  SourceDatabase source;
  fill(source);
  const Migration migration({source.name()});
  const ProcessResult early = recopy(migration, source.name());
  CHECK(early.exit_code == 2);
  CHECK_THAT(early.err, Catch::Contains("nothing was run yet"));
  REQUIRE(migration.copy().exit_code == 0);
  const ProcessResult unknown = recopy(migration, "nobody");
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.err, Catch::Contains("no tenant 'nobody' in the plan"));
  CHECK(migration.godwit("recopy", {"--yes"}).exit_code == 2);
  CHECK(record_of(migration, source.name()).state == TenantState::copied);
}
