// Fills a plan's control store as a migration in full swing leaves it: of fifty tenants one is
// planned, one quarantined, one failed and to be tried again, two are under way, the others copied
// and verified. The same tenants as bench/tenant_catalog's, in the plan's waves and clusters; by
// the store's own calls, so the journal is there too.
//   fill_store PLAN TENANTS
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/core/utc_time.hpp"
#include "godwit/plan/plan.hpp"

namespace {

using godwit::control::Store;
using godwit::control::TenantRecord;
using godwit::control::TenantState;

constexpr std::size_t kThreads = 32;  // that share a sync of the disk
constexpr std::size_t kCanary = 50;
constexpr std::size_t kTables = 40;
constexpr const char* kError =
    "crm_12345.notes.body: row id=4711 holds a NUL byte; the policy nul_byte is refuse";

TenantRecord planned(const godwit::plan::Plan& plan, std::size_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "crm_%05zu", number);
  TenantRecord record;
  record.tenant = record.source_database = record.target_database = name;
  record.cluster = plan.clusters[number % plan.clusters.size()].name;
  const std::size_t later = plan.waves.size() > 1 ? 1 + number % (plan.waves.size() - 1) : 0;
  record.wave = plan.waves[number <= kCanary ? 0 : later].name;
  return record;
}

/// As long as what `verify --json` prints of a tenant.
std::string verification_of(const std::string& tenant) {
  std::string text = R"({"tenant":")" + tenant + R"(","identical":true,"tables":[)";
  for (std::size_t i = 1; i <= kTables; ++i) {
    text += (i == 1 ? "" : ",") + (R"({"table":"entity_)" + std::to_string(i)) +
            R"(","source_rows":1234,"target_rows":1234,"differing_rows":0,"bytes":345678,)" +
            R"("by_key":true,"note":""})";
  }
  return text + "]}";
}

class Filler {
 public:
  Filler(Store& store, std::uint64_t run) : store_(store), run_(run) {}

  void fill(TenantRecord record, std::size_t number) {
    const std::size_t lot = number % 50;
    if (lot == 1) return;
    move(record, TenantState::provisioned);
    move(record, TenantState::copying);
    if (lot == 2) {
      move(record, TenantState::quarantined);
      store_.record_failure(record.tenant, "rejected", kError);
    } else if (lot == 3) {
      store_.record_failure(record.tenant, "target", "server closed the connection unexpectedly");
    } else if (lot > 5) {
      copy(record, number);
    }
  }

 private:
  void move(TenantRecord& record, TenantState to) {
    store_.transition(record, to, {}, "{}");
    record.state = to;
  }

  void copy(TenantRecord& record, std::size_t number) {
    move(record, TenantState::building);
    const auto began = start_ + std::chrono::milliseconds(number * 40);
    const auto took = std::chrono::milliseconds(30 + number * 7919 % 60'000);
    store_.transition(
        record, TenantState::copied,
        [&](TenantRecord& stored) {
          stored.snapshot_gtid = "0-1-" + std::to_string(1'000'000 + number);
          stored.snapshot_file = "binlog.000042";
          stored.snapshot_offset = number * 1000;
          stored.schema_fingerprint = "0123456789abcdef0123456789abcdef";
          stored.rows = number * 7;
          stored.bytes = number * 1000;
          stored.seconds = std::chrono::duration<double>(took).count();
          stored.run = run_;
          stored.readers = 1;
          stored.estimated_bytes = number * 1100;
          stored.copy_started_at = godwit::utc_text(began);
          stored.copied_at = godwit::utc_text(began + took);
        },
        "{}");
    store_.set_verification(record.tenant, true, verification_of(record.tenant));
  }

  Store& store_;
  std::uint64_t run_;
  godwit::UtcTime start_ = godwit::parse_utc("2026-11-22T00:00Z").value();
};

void fill_store(const godwit::plan::Plan& plan, std::size_t tenants) {
  std::vector<TenantRecord> records;
  records.reserve(tenants);
  for (std::size_t number = 1; number <= tenants; ++number)
    records.push_back(planned(plan, number));
  Store store = Store::open(plan.state);
  store.register_tenants(records);
  godwit::control::RunRecord run;
  run.waves = plan.waves.front().name;
  run.lanes = kThreads;
  run.tenants = tenants;
  run.id = store.begin_run(run);
  Filler filler(store, run.id);
  {
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        try {
          for (std::size_t at = next++; at < records.size(); at = next++) {
            filler.fill(records[at], at + 1);
          }
        } catch (const std::exception& error) {
          std::fprintf(stderr, "fill_store: %s\n", error.what());
          std::_Exit(1);
        }
      });
    }
  }
  run.tenants_copied = tenants;
  store.end_run(run);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: fill_store PLAN TENANTS\n", stderr);
    return 2;
  }
  try {
    fill_store(godwit::plan::load_plan(argv[1]), std::stoul(argv[2]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fill_store: %s\n", error.what());
    return 1;
  }
  return 0;
}
