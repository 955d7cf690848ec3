#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/error.hpp"
#include "queue_model.hpp"

using godwit::Error;
using godwit::capture::ChangeKind;
using godwit::capture::QueueMemory;
using godwit::capture::QueueStats;
using godwit::capture::RowsKind;
using godwit::capture::SpillFile;
using godwit::capture::TenantQueue;
using godwit::capture::TransactionHead;
using namespace godwit::test;  // NOLINT(google-build-using-namespace): the model of this file

namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30U;

/// A queue that never spills.
struct InMemory {
  SpillFolder folder;
  SpillFile spill{folder.path(), 0};
  QueueMemory memory{kPlenty};
  TenantQueue queue{memory, kPlenty, spill};
  TablePtr orders = mapped_table("orders");
};

MadeTransaction every_kind(const TablePtr& first, const TablePtr& second) {
  MadeTransaction transaction;
  transaction.gtid = {7, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF};
  transaction.timestamp = 0xFFFFFFFF;
  transaction.sample = 5;
  transaction.file = "binlog.000042";
  transaction.offset = 0xFFFFFFFE;
  MadeChange update;
  update.table = first;
  update.rows_kind = RowsKind::update;
  update.table_id = 0x123456789ABC;
  update.flags = 0x8083;
  update.column_count = 4096;
  update.before = std::string(512, '\xFF');
  update.after = std::string("\0\1", 2);
  update.data = std::string("a\0b", 3);
  update.compressed = true;
  MadeChange nothing;  // no columns in the images
  nothing.table = second;
  nothing.rows_kind = RowsKind::remove;
  MadeChange touched;
  touched.kind = ChangeKind::touched;
  touched.table = second;
  MadeChange statement;
  statement.kind = ChangeKind::statement;
  statement.database = "crm_0001";
  statement.sql = "ALTER TABLE t ADD c INT";
  statement.sql_mode = 0x8000000000000004;
  statement.ansi_quotes = true;
  MadeChange empty;
  empty.kind = ChangeKind::statement;
  transaction.changes = {update, nothing, touched, statement, empty, update};
  return transaction;
}

}  // namespace

TEST_CASE("a queue gives transactions back in order and whole", "[capture]") {
  InMemory made;
  TenantQueue::Reader reader(made.queue);
  CHECK(reader.next_transaction() == nullptr);
  const MadeTransaction first = every_kind(made.orders, mapped_table("lines"));
  MadeTransaction empty;
  empty.gtid = {0, 1, 2};
  const MadeTransaction third = small_transaction(3, made.orders);
  for (const MadeTransaction& transaction : {first, empty, third}) {
    commit(made.queue, transaction);
  }
  CHECK(read_all(reader) == std::vector{first, empty, third});
  CHECK(reader.next_transaction() == nullptr);
  CHECK(reader.next_change() == nullptr);
  // what comes later is seen by the same reader
  const MadeTransaction fourth = small_transaction(4, made.orders);
  commit(made.queue, fourth);
  CHECK(read_next(reader) == fourth);
}

TEST_CASE("a queue's reader sees nothing before the commit, and skips what it is told",
          "[capture]") {
  InMemory made;
  TenantQueue::Reader reader(made.queue);
  const MadeTransaction first = every_kind(made.orders, mapped_table("lines"));
  write(made.queue, first);
  CHECK(reader.next_transaction() == nullptr);
  CHECK(made.queue.stats().transactions == 0);
  CHECK(made.queue.stats().bytes > 0);
  made.queue.commit(first.head());
  const MadeTransaction second = small_transaction(2, made.orders);
  commit(made.queue, second);
  CHECK(read_next(reader, 2)->changes.size() == 2);
  CHECK(read_next(reader) == second);
}

TEST_CASE("a queue counts its statements until they are released", "[capture]") {
  InMemory made;
  TenantQueue::Reader reader(made.queue);
  const MadeTransaction two = every_kind(made.orders, mapped_table("lines"));
  commit(made.queue, two);
  commit(made.queue, small_transaction(2, made.orders));
  write(made.queue, two);
  CHECK(made.queue.stats().statements == 2);
  made.queue.park("xid");
  CHECK(made.queue.stats().statements == 2);
  CHECK(made.queue.commit_parked("xid", two.head()));
  CHECK(made.queue.stats().statements == 4);
  CHECK(read_all(reader).size() == 3);
  reader.rewind();
  made.queue.release(1);
  CHECK(made.queue.stats().statements == 2);
  made.queue.release(1);
  CHECK(made.queue.stats().statements == 2);
  CHECK(read_all(reader).size() == 1);
  reader.rewind();
  made.queue.release(1);
  CHECK(made.queue.stats().statements == 0);
  commit(made.queue, two);
  made.queue.clear();
  CHECK(made.queue.stats().statements == 0);
}

TEST_CASE("an abandoned transaction leaves no trace", "[capture]") {
  InMemory made;
  const MadeTransaction kept = small_transaction(1, made.orders);
  for (const std::size_t size : {10UL, 5'000UL, 2'000'000UL}) {
    write(made.queue, small_transaction(9, made.orders, size));
    made.queue.abandon();
    CHECK(made.queue.stats().bytes == 0);
    CHECK(made.memory.used == 0);
  }
  made.queue.abandon();  // of nothing
  commit(made.queue, kept);
  TenantQueue::Reader reader(made.queue);
  CHECK(read_all(reader) == std::vector{kept});
}

TEST_CASE("parked transactions wait for their own end", "[capture]") {
  InMemory made;
  const std::string odd("x\0\xFF", 3);  // an XID is any bytes
  std::vector<MadeTransaction> prepared;
  for (std::uint64_t i = 0; i < 4; ++i) {
    prepared.push_back(small_transaction(i, made.orders, i * 3'000));
  }
  write(made.queue, prepared[0]);
  made.queue.park(odd);
  write(made.queue, prepared[1]);
  made.queue.park("b");
  const MadeTransaction between = small_transaction(10, made.orders);
  commit(made.queue, between);
  write(made.queue, prepared[2]);
  made.queue.park("c");
  made.queue.park("no changes");
  CHECK(made.queue.stats().parked == 4);
  CHECK(made.queue.stats().transactions == 1);
  CHECK(made.queue.has_parked(odd));
  CHECK_FALSE(made.queue.has_parked("x"));

  TenantQueue::Reader reader(made.queue);
  CHECK(read_next(reader) == between);
  CHECK_FALSE(made.queue.commit_parked("x", prepared[0].head()));
  CHECK_FALSE(made.queue.drop_parked("x"));
  CHECK(made.queue.commit_parked("c", prepared[2].head()));
  CHECK(made.queue.drop_parked("b"));
  // while another one is under way
  write(made.queue, prepared[3]);
  CHECK(made.queue.commit_parked(odd, prepared[0].head()));
  made.queue.commit(prepared[3].head());
  MadeTransaction empty;
  empty.gtid = {0, 1, 99};
  CHECK(made.queue.commit_parked("no changes", empty.head()));
  CHECK_FALSE(made.queue.commit_parked(odd, prepared[0].head()));
  CHECK(made.queue.stats().parked == 0);
  CHECK(read_all(reader) == std::vector{prepared[2], prepared[0], prepared[3], empty});
}

TEST_CASE("a queue's reader goes back to what isn't released", "[capture]") {
  InMemory made;
  std::vector<MadeTransaction> all;
  for (std::uint64_t i = 0; i < 500; ++i) {
    all.push_back(small_transaction(i, made.orders, i % 400));
    commit(made.queue, all.back());
  }
  TenantQueue::Reader reader(made.queue);
  for (std::uint64_t i = 0; i < 300; ++i)
    CHECK(read_next(reader) == all[i]);
  CHECK(read_next(reader, 0).has_value());  // in the middle of one
  reader.rewind();
  CHECK(read_next(reader) == all[0]);
  reader.rewind();
  made.queue.release(123);
  CHECK(read_next(reader) == all[123]);
  reader.rewind();
  made.queue.release(100);
  reader.rewind();
  CHECK(read_next(reader) == all[223]);
  CHECK(TenantQueue::Reader(made.queue).next_transaction()->gtid == all[223].gtid);
  CHECK(made.queue.stats().transactions == 277);
  CHECK_THROWS_AS(made.queue.release(79), Error);  // 301 were read
}

TEST_CASE("a queue tells the sample of the oldest transaction and exact sums", "[capture]") {
  InMemory made;
  CHECK_FALSE(made.queue.oldest_sample().has_value());
  std::vector<std::uint64_t> bytes;
  TenantQueue::Reader reader(made.queue);
  // 0 is read before 1 comes; of the others some begin in the chunk of the one before
  for (std::uint64_t i = 0; i < 100; ++i) {
    MadeTransaction transaction = small_transaction(i, made.orders, i % 7 == 0 ? 20'000 : 90);
    transaction.sample = i * 10;
    commit(made.queue, transaction);
    if (i == 0) {
      REQUIRE(reader.next_transaction() != nullptr);
      bytes.push_back(reader.transaction_bytes());
    }
  }
  CHECK(made.queue.oldest_sample() == 0);
  while (reader.next_transaction() != nullptr)
    bytes.push_back(reader.transaction_bytes());
  REQUIRE(bytes.size() == 100);
  std::uint64_t left = made.queue.stats().bytes;
  reader.rewind();
  for (std::uint64_t i = 0; i < 100; ++i) {
    CHECK(made.queue.oldest_sample() == i * 10);
    CHECK(made.queue.stats().bytes == left);
    made.queue.release(1);
    left -= bytes[i];
  }
  CHECK(left == 0);
  CHECK_FALSE(made.queue.oldest_sample().has_value());
}

TEST_CASE("the oldest transaction's sample is known before it is read", "[capture]") {
  InMemory made;
  TenantQueue::Reader reader(made.queue);
  for (std::uint64_t i = 0; i < 50; ++i) {
    commit(made.queue, small_transaction(i * 10, made.orders, i % 5 == 0 ? 3'000 : 200));
  }
  for (std::uint64_t i = 0; i < 50; ++i) {
    CHECK(made.queue.oldest_sample() == i);
    REQUIRE(reader.next_transaction() != nullptr);
    if (i == 20) reader.rewind();
    if (i == 20) REQUIRE(reader.next_transaction() != nullptr);
    if (i == 49) CHECK(reader.next_transaction() == nullptr);
    made.queue.release(1);
  }
  CHECK_FALSE(made.queue.oldest_sample().has_value());
}

TEST_CASE("a queue gives its memory back when it is empty", "[capture]") {
  InMemory made;
  TenantQueue::Reader reader(made.queue);
  for (const std::size_t size : {0UL, 100UL, 10'000UL, 5'000'000UL}) {
    for (std::uint64_t i = 0; i < 20; ++i)
      commit(made.queue, small_transaction(i, made.orders, size));
    CHECK(made.memory.used >= 20 * size);
    CHECK(read_all(reader).size() == 20);
    made.queue.release(20);
    CHECK(made.memory.used == 0);
    CHECK(made.queue.stats().bytes == 0);
  }
  CHECK(made.orders.use_count() == 2);  // here, and the change that the reader gave last
}

TEST_CASE("an empty queue is small, also after use", "[capture]") {
  InMemory made;
  constexpr std::size_t kQueues = 1'000;
  std::vector<std::unique_ptr<TenantQueue>> queues;
  queues.reserve(kQueues);
  const std::size_t before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i < kQueues; ++i) {
    queues.push_back(std::make_unique<TenantQueue>(made.memory, kPlenty, made.spill));
    commit(*queues.back(), small_transaction(i, made.orders));
    TenantQueue::Reader reader(*queues.back());
    REQUIRE(read_all(reader).size() == 1);
    queues.back()->release(1);
  }
  CHECK((::mallinfo2().uordblks - before) / kQueues < 1'024);
}

TEST_CASE("clear() forgets everything", "[capture]") {
  InMemory made;
  for (std::uint64_t i = 0; i < 100; ++i)
    commit(made.queue, small_transaction(i, made.orders));
  TenantQueue::Reader(made.queue).next_transaction();
  write(made.queue, small_transaction(100, made.orders));
  made.queue.park("x");
  write(made.queue, small_transaction(101, made.orders));
  made.queue.clear();
  CHECK(made.memory.used == 0);
  const QueueStats stats = made.queue.stats();
  CHECK(stats.transactions == 0);
  CHECK(stats.bytes == 0);
  CHECK(stats.parked == 0);
  CHECK_FALSE(made.queue.has_parked("x"));
  CHECK_FALSE(made.queue.oldest_sample().has_value());
  const MadeTransaction next = small_transaction(102, made.orders);
  commit(made.queue, next);
  TenantQueue::Reader reader(made.queue);
  CHECK(read_all(reader) == std::vector{next});
}
