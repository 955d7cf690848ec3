#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/error.hpp"
#include "queue_model.hpp"

using godwit::Error;
using godwit::ErrorKind;
using godwit::capture::Change;
using godwit::capture::QueueMemory;
using godwit::capture::RowsEvent;
using godwit::capture::SpillFile;
using godwit::capture::TenantQueue;
using namespace godwit::test;  // NOLINT(google-build-using-namespace): the model of this file

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;

struct Spilling {
  explicit Spilling(std::size_t limit, std::size_t queue_max, std::uint64_t disk = 1ULL << 32U)
      : spill(folder.path(), disk), memory(limit), queue(memory, queue_max, spill) {}

  SpillFolder folder;
  SpillFile spill;
  QueueMemory memory;
  TenantQueue queue;
  TablePtr orders = mapped_table("orders");
};

}  // namespace

TEST_CASE("a queue with little memory gives back the same from disk", "[capture]") {
  const std::size_t limit = GENERATE(0UL, 3'000UL, 100'000UL);
  const std::size_t queue_max = GENERATE(0UL, 20'000UL, 64 * kMiB);
  if (limit == 100'000 && queue_max == 64 * kMiB) return;
  CAPTURE(limit, queue_max);
  Spilling made(limit, queue_max);
  RandomTransactions random(42);
  std::vector<MadeTransaction> all;
  for (int i = 0; i < 400; ++i) {
    all.push_back(random.next(i % 50 == 0 ? 400'000 : 500));
    commit(made.queue, all.back());
  }
  CHECK(made.queue.stats().spilled_bytes > 3 * kMiB);
  CHECK(made.spill.bytes() >= made.queue.stats().spilled_bytes);
  CHECK_FALSE(made.queue.overrun());
  {
    TenantQueue::Reader reader(made.queue);
    CHECK(read_all(reader) == all);
    reader.rewind();
    for (int i = 0; i < 200; ++i)
      CHECK(read_next(reader).has_value());
    reader.rewind();
    made.queue.release(150);
    CHECK(read_next(reader) == all[150]);
    CHECK(made.queue.oldest_sample() == all[150].sample);
    CHECK(read_all(reader).size() == 249);
    made.queue.release(250);
  }
  CHECK(made.spill.bytes() == 0);
  CHECK(made.queue.stats().spilled_bytes == 0);
  CHECK(made.memory.used == 0);
}

TEST_CASE("the chunk under a reader stays in memory", "[capture]") {
  Spilling made(0, 0);  // chunks of 1 KiB, written to disk as soon as they are full
  MadeTransaction first = small_transaction(0, made.orders, 40);
  for (std::uint64_t i = 1; i < 10; ++i) {
    first.changes.push_back(small_transaction(i, made.orders, 40).changes.front());
  }
  commit(made.queue, first);
  {
    TenantQueue::Reader reader(made.queue);
    REQUIRE(reader.next_transaction() != nullptr);
    const MadeTransaction second = small_transaction(1, made.orders, 700);
    commit(made.queue, second);
    CHECK(made.queue.stats().spilled_bytes == 0);
    commit(made.queue, small_transaction(2, made.orders, 700));
    const std::uint64_t spilled = made.queue.stats().spilled_bytes;
    CHECK(spilled > 700);  // the second
    CHECK(spilled < 1'000);
    for (std::uint64_t i = 3; i < 20; ++i)
      commit(made.queue, small_transaction(i, made.orders, 700));
    for (const MadeChange& expected : first.changes) {
      const Change* change = reader.next_change();
      REQUIRE(change != nullptr);
      CHECK(godwit::test::made(*change) == expected);
    }
    CHECK(reader.next_change() == nullptr);
    CHECK(read_next(reader) == second);
  }
  made.queue.clear();
  CHECK(made.memory.used == 0);
}

TEST_CASE("parked and abandoned transactions spill, too", "[capture]") {
  Spilling made(10'000, 10'000);
  const MadeTransaction big = small_transaction(1, made.orders, 3 * kMiB);
  RandomTransactions random(7);
  MadeTransaction many = random.next(10);
  while (many.changes.size() < 5'000) {
    for (MadeChange& change : random.next(300).changes)
      many.changes.push_back(std::move(change));
  }
  write(made.queue, many);
  CHECK(made.queue.stats().spilled_bytes > 0);
  made.queue.abandon();
  CHECK(made.spill.bytes() == 0);
  write(made.queue, many);
  made.queue.park("many");
  write(made.queue, big);
  made.queue.park("big");
  // 4 MB of changes; what is left is notes of the small chunks on disk
  CHECK(made.queue.stats().spilled_bytes > 4'000'000);
  CHECK(made.memory.used < 150'000);
  write(made.queue, many);
  made.queue.park("dropped");
  CHECK(made.queue.drop_parked("dropped"));
  CHECK(made.queue.commit_parked("big", big.head()));
  CHECK(made.queue.commit_parked("many", many.head()));
  commit(made.queue, big);
  TenantQueue::Reader reader(made.queue);
  CHECK(read_all(reader) == std::vector{big, many, big});
  made.queue.release(3);
  CHECK(made.spill.bytes() == 0);
  CHECK(made.memory.used == 0);
}

TEST_CASE("a transaction of hundreds of megabytes passes with little memory", "[capture]") {
  constexpr std::size_t kRecord = 30'000;
  constexpr std::uint64_t kRecords = 300 * kMiB / kRecord;
  Spilling made(kMiB, kMiB);
  std::vector<std::byte> data(kRecord, std::byte{7});
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    std::memcpy(data.data(), &i, sizeof i);
    RowsEvent event;
    event.data = data;
    made.queue.rows(made.orders, event);
    most = std::max(most, made.memory.used.load());
  }
  made.queue.commit({});
  most = std::max(most, made.memory.used.load());
  CHECK(most <= 2 * kMiB);
  CHECK(made.queue.stats().spilled_bytes > 298 * kMiB);
  {
    TenantQueue::Reader reader(made.queue);
    REQUIRE(reader.next_transaction() != nullptr);
    CHECK(reader.transaction_bytes() >= kRecords * kRecord);
    std::uint64_t next = 0;
    std::uint64_t wrong = 0;
    while (const Change* change = reader.next_change()) {
      std::memcpy(data.data(), &next, sizeof next);
      ++next;
      if (change->rows.data.size() != kRecord ||
          std::memcmp(change->rows.data.data(), data.data(), kRecord) != 0) {
        ++wrong;
      }
      most = std::max(most, made.memory.used.load());
    }
    CHECK(next == kRecords);
    CHECK(wrong == 0);
    CHECK(most <= 2 * kMiB);
    made.queue.release(1);
  }
  CHECK(made.spill.bytes() == 0);
  CHECK(made.memory.used == 0);
}

TEST_CASE("queues together stay near their limit", "[capture]") {
  constexpr std::size_t kLimit = kMiB / 4;
  constexpr std::size_t kQueues = 100;
  const SpillFolder folder;
  SpillFile spill(folder.path(), 1ULL << 30U);
  QueueMemory memory(kLimit);
  const TablePtr orders = mapped_table("orders");
  std::vector<std::unique_ptr<TenantQueue>> queues;
  for (std::size_t i = 0; i < kQueues; ++i) {
    queues.push_back(std::make_unique<TenantQueue>(memory, 64 * kMiB, spill));
  }
  std::size_t most = 0;
  for (std::uint64_t round = 0; round < 100; ++round) {
    // all under way at once, as when one group changes shared tables
    for (const auto& queue : queues) {
      write(*queue, small_transaction(round, orders, round % 20 == 19 ? 9'000 : 300));
      most = std::max(most, memory.used.load());
    }
    for (const auto& queue : queues) {
      queue->commit(small_transaction(round, orders).head());
      most = std::max(most, memory.used.load());
    }
  }
  std::uint64_t on_disk = 0;
  for (const auto& queue : queues)
    on_disk += queue->stats().spilled_bytes;
  CHECK(on_disk > 3 * kMiB);
  // notes of the chunks on disk, and a record of 9,000 bytes under way in each
  const std::size_t notes = on_disk / 1'024 * 200;
  CHECK(most <= kLimit + kQueues * (QueueMemory::kOpenBytes + 9'500) + notes);
  CHECK(memory.used <= kLimit + kQueues * QueueMemory::kOpenBytes + notes);
  for (const auto& queue : queues) {
    TenantQueue::Reader reader(*queue);
    CHECK(read_all(reader).size() == 100);
    queue->release(100);
  }
  CHECK(memory.used == 0);
  CHECK(spill.bytes() == 0);
}

TEST_CASE("a queue that can't spill any more is overrun until it is cleared", "[capture]") {
  Spilling made(20'000, 20'000, kMiB / 5);
  std::vector<MadeTransaction> kept;
  write(made.queue, small_transaction(0, made.orders));
  made.queue.park("early");
  for (std::uint64_t i = 0; !made.queue.overrun(); ++i) {
    REQUIRE(i < 10'000);
    kept.push_back(small_transaction(i, made.orders, 700));
    commit(made.queue, kept.back());
  }
  CHECK_THAT(made.queue.overrun_reason(), Catch::Contains("limit"));
  CHECK(kept.size() > 50);
  const std::uint64_t transactions = made.queue.stats().transactions;
  // later ones are dropped, also those that were prepared before
  CHECK(made.queue.commit_parked("early", kept[0].head()));
  write(made.queue, kept[0]);
  made.queue.park("late");
  CHECK_FALSE(made.queue.has_parked("late"));
  const std::size_t used = made.memory.used;
  for (int i = 0; i < 100; ++i)
    commit(made.queue, small_transaction(1, made.orders, 10'000));
  CHECK(made.memory.used <= used);
  CHECK(made.queue.stats().transactions == transactions);
  {
    TenantQueue::Reader reader(made.queue);
    std::vector<MadeTransaction> read = read_all(reader);
    // the last one may have been what did not fit
    CHECK((read.size() == kept.size() || read.size() + 1 == kept.size()));
    kept.resize(read.size());
    CHECK(read == kept);
    made.queue.release(read.size());
    CHECK(made.queue.overrun());
  }
  made.queue.clear();
  CHECK_FALSE(made.queue.overrun());
  CHECK(made.queue.overrun_reason().empty());
  CHECK(made.spill.bytes() == 0);
  CHECK(made.memory.used == 0);
  commit(made.queue, kept[5]);
  TenantQueue::Reader reader(made.queue);
  CHECK(read_all(reader) == std::vector{kept[5]});
}

TEST_CASE("a transaction that outgrows the disk overruns its queue, not another's", "[capture]") {
  Spilling made(50'000, 50'000, kMiB / 10);
  TenantQueue other(made.memory, 1, made.spill);
  const MadeTransaction before = small_transaction(1, made.orders);
  commit(made.queue, before);
  for (int i = 0; i < 500; ++i)
    write(made.queue, small_transaction(2, made.orders, 5'000));
  CHECK(made.queue.overrun());
  CHECK(made.queue.stats().bytes < 1'000);
  made.queue.commit(before.head());
  commit(other, before);
  CHECK_FALSE(other.overrun());
  for (TenantQueue* queue : {&made.queue, &other}) {
    TenantQueue::Reader reader(*queue);
    CHECK(read_all(reader) == std::vector{before});
  }
}

TEST_CASE("a folder that is gone overruns the queue and says why", "[capture]") {
  SpillFile spill("/nowhere/at/all", 1ULL << 30U);
  QueueMemory memory(0);
  TenantQueue queue(memory, 0, spill);
  const TablePtr orders = mapped_table("orders");
  for (int i = 0; i < 100; ++i)
    commit(queue, small_transaction(1, orders, 3'000));
  CHECK(queue.overrun());
  CHECK_THAT(queue.overrun_reason(), Catch::Contains("/nowhere/at/all"));
}

TEST_CASE("a reader refuses what was damaged on disk, again and again", "[capture]") {
  Spilling made(0, 0);
  std::vector<MadeTransaction> all;
  for (std::uint64_t i = 0; i < 100; ++i) {
    all.push_back(small_transaction(i, made.orders, 900));
    commit(made.queue, all.back());
  }
  made.folder.damage();
  TenantQueue::Reader reader(made.queue);
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::size_t read = 0;
    try {
      while (const auto next = read_next(reader))
        CHECK(next == all[read++]);
      FAIL("damaged transactions were read");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::internal);
    }
    // without going back, too, nothing else comes
    CHECK_THROWS_AS(read_next(reader), Error);
    reader.rewind();
  }
  made.folder.damage();  // the same bits again: whole
  CHECK(read_all(reader) == all);
}
