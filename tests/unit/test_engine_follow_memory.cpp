// What a followed tenant costs in memory while nothing of it changes: there are tens of thousands.
#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/database_routing.hpp"
#include "engine/followed_tenant.hpp"
#include "godwit/capture/delivery.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/gtid.hpp"
#include "godwit/plan/units.hpp"
#include "queue_model.hpp"

using godwit::GtidList;
using godwit::capture::Delivery;
using godwit::capture::GroupEnd;
using godwit::capture::GroupSink;
using godwit::capture::GtidEvent;
using godwit::capture::MappedTable;
using godwit::capture::QueueMemory;
using godwit::capture::SpillFile;
using godwit::capture::TenantQueue;
using godwit::engine::DatabaseRouting;
using godwit::engine::FollowedSubscription;
using godwit::engine::FollowedTenant;
using godwit::plan::Unit;
using godwit::test::SpillFolder;

namespace {

constexpr std::size_t kTenants = 10'000;
/// DESIGN: of an idle tenant.
constexpr std::size_t kTenantBytesMax = 4'096;
constexpr std::size_t kMemoryBytes = std::size_t{4} << 20U;
constexpr std::size_t kTenantMemoryBytes = std::size_t{64} << 10U;
constexpr std::uint64_t kSpillBytes = std::uint64_t{1} << 30U;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsTold = false;  // a sanitizer's allocator says nothing
#else
constexpr bool kIsTold = true;
#endif

/// In use, of the heap and of what the allocator has from the kernel in one piece.
std::size_t allocated() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::size_t per_tenant(std::size_t before, std::size_t after) {
  return after < before ? 0 : (after - before) / kTenants;
}

std::vector<Unit> make_units() {
  std::vector<Unit> units(kTenants);
  for (std::size_t i = 0; i < kTenants; ++i) {
    units[i].tenant = "customer_" + std::to_string(100'000 + i);
    units[i].source_database = "crm_production_" + std::to_string(100'000 + i);
    units[i].target_database = units[i].source_database;
  }
  return units;
}

/// What the engine keeps of its tenants, put together as it does when they join.
class Followed {
 public:
  void join(const Unit& unit) {
    auto tenant = std::make_unique<FollowedTenant>();
    tenant->unit = &unit;
    tenant->reader_start = start_;
    tenant->subscription = std::make_shared<FollowedSubscription>(unit.tenant, start_, memory,
                                                                  kTenantMemoryBytes, spill);
    tenant->subscription->owner = tenant.get();
    tenant->clean = std::make_shared<const GtidList>(tenant->reader_start);
    routing_.add(*tenant);
    tenants_.insert_or_assign(unit.tenant, std::move(tenant));
  }

  /// A transaction of one insert, as it comes from the binlog.
  void change(const Unit& unit) {
    auto table = std::make_shared<MappedTable>();
    table->database = unit.source_database;
    table->name = "orders";
    const std::string present = "\x07";
    const std::string data(100, 'x');
    godwit::capture::RowsEvent event;
    event.column_count = 3;
    event.after = godwit::test::bytes_of(present);
    event.data = godwit::test::bytes_of(data);
    GtidEvent gtid;
    gtid.gtid = {0, 1, ++sequence_};
    GroupSink& sink = routing_.sink();
    sink.begin(gtid, {"binlog.000003", 4, 0});
    sink.rows(table, event);
    sink.end(GroupEnd::committed, {"binlog.000003", 500, 0});
  }

  /// As an applier does that finds everything. Returns the transactions.
  std::size_t apply(const Unit& unit) {
    TenantQueue& queue = tenants_.find(unit.tenant)->second->subscription->queue();
    TenantQueue::Reader reader(queue);
    std::size_t count = 0;
    while (reader.next_transaction() != nullptr) {
      while (reader.next_change() != nullptr) {
      }
      ++count;
    }
    reader.rewind();
    queue.release(count);
    return count;
  }

  SpillFolder folder;
  QueueMemory memory{kMemoryBytes};
  SpillFile spill{folder.path(), kSpillBytes};

 private:
  GtidList start_ = GtidList::parse("0-1-42,1-3-7");
  Delivery delivery_;
  DatabaseRouting routing_{delivery_, [] { return std::uint64_t{1}; }};
  std::map<std::string, std::unique_ptr<FollowedTenant>, std::less<>> tenants_;
  std::uint64_t sequence_ = 42;
};

}  // namespace

TEST_CASE("10,000 tenants that follow and have nothing to do are small", "[engine]") {
  const std::size_t before_units = allocated();
  const std::vector<Unit> units = make_units();
  const std::size_t unit_bytes = per_tenant(before_units, allocated());

  Followed followed;
  const std::size_t before = allocated();
  for (const Unit& unit : units)
    followed.join(unit);
  const std::size_t joined = per_tenant(before, allocated());
  if (kIsTold) CHECK(joined > sizeof(FollowedTenant));  // it is measured at all
  CHECK(joined < kTenantBytesMax);
  CHECK(unit_bytes + joined < kTenantBytesMax);

  // one after the other, then of all at a time, for which the memory isn't enough
  for (const Unit& unit : units) {
    followed.change(unit);
    REQUIRE(followed.apply(unit) == 1);
  }
  for (std::size_t round = 0; round < 12; ++round) {
    for (const Unit& unit : units)
      followed.change(unit);
  }
  CHECK(followed.spill.bytes() > 0);
  CHECK(followed.memory.used <= kMemoryBytes + kTenants * QueueMemory::kOpenBytes);
  for (const Unit& unit : units)
    REQUIRE(followed.apply(unit) == 12);
  CHECK(followed.memory.used == 0);
  CHECK(followed.spill.bytes() == 0);
  CHECK(per_tenant(before, allocated()) < kTenantBytesMax);
}

TEST_CASE("a tenant that had much to do is as small afterwards", "[engine]") {
  constexpr std::size_t kBusy = 50;
  constexpr std::size_t kTransactions = 2'000;
  constexpr std::size_t kKeptMax = 4'096;  // each, of what it needed
  const std::vector<Unit> units = make_units();
  Followed followed;
  for (const Unit& unit : units)
    followed.join(unit);
  for (std::size_t i = 0; i < kBusy; ++i) {  // the file, and what the allocator keeps
    followed.change(units[i]);
    REQUIRE(followed.apply(units[i]) == 1);
  }
  const std::size_t before = allocated();
  for (std::size_t i = 0; i < kBusy; ++i) {
    for (std::size_t n = 0; n < kTransactions; ++n)
      followed.change(units[i]);
  }
  for (std::size_t i = 0; i < kBusy; ++i)
    REQUIRE(followed.apply(units[i]) == kTransactions);
  CHECK(followed.memory.used == 0);
  CHECK(followed.spill.bytes() == 0);
  CHECK(allocated() < before + kBusy * kKeptMax);
}
