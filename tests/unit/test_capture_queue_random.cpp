#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "godwit/capture/tenant_queue.hpp"
#include "queue_model.hpp"

using godwit::capture::Change;
using godwit::capture::QueueMemory;
using godwit::capture::RowsEvent;
using godwit::capture::SpillFile;
using godwit::capture::TenantQueue;
using godwit::capture::TransactionHead;
using namespace godwit::test;  // NOLINT(google-build-using-namespace): the model of this file

namespace {

constexpr std::uint64_t kDisk = 1ULL << 32U;

/// A queue beside its model: what was committed and not released, and what is parked.
class Twin {
 public:
  Twin(std::uint64_t seed, std::size_t limit, std::size_t queue_max)
      : random_(seed),
        spill_(folder_.path(), kDisk),
        memory_(limit),
        queue_(memory_, queue_max, spill_) {
    reader_ = std::make_unique<TenantQueue::Reader>(queue_);
  }

  void step() {
    switch (random_.below(12)) {
      case 0: park(); break;
      case 1: end_parked(); break;
      case 2: abandon(); break;
      case 3: release(); break;
      case 4: rewind(); break;
      case 5: new_reader(); break;
      case 6:
      case 7:
      case 8: commit(); break;
      default: read(); break;
    }
    CHECK(queue_.stats().transactions == waiting_.size());
    CHECK(queue_.stats().parked == parked_.size());
    const auto oldest = queue_.oldest_sample();
    CHECK(oldest.has_value() == !waiting_.empty());
    if (!waiting_.empty()) CHECK(oldest == waiting_.front().sample);
  }

  /// Nothing is left but what was parked.
  void finish() {
    while (next_ < waiting_.size())
      read();
    reader_.reset();
    release_read();
    for (const auto& [xid, transaction] : parked_)
      CHECK(queue_.drop_parked(xid));
    CHECK(queue_.stats().transactions == 0);
    CHECK(memory_.used == 0);
    CHECK(spill_.bytes() == 0);
  }

 private:
  MadeTransaction made() {
    const std::size_t size = random_.below(20);
    return random_.next(size == 0 ? 300'000 : size < 5 ? 5'000 : 200);
  }
  void commit() {
    const MadeTransaction transaction = made();
    write(queue_, transaction);
    queue_.commit(transaction.head());
    waiting_.push_back(transaction);
  }
  void park() {
    const std::string xid = std::to_string(random_.below(8));
    if (parked_.count(xid) != 0) return;
    const MadeTransaction transaction = made();
    write(queue_, transaction);
    queue_.park(xid);
    parked_.emplace(xid, transaction);
  }
  void end_parked() {
    const std::string xid = std::to_string(random_.below(8));
    const auto found = parked_.find(xid);
    CHECK(queue_.has_parked(xid) == (found != parked_.end()));
    if (found == parked_.end()) {
      CHECK_FALSE(queue_.drop_parked(xid));
      return;
    }
    if (random_.below(3) == 0) {
      CHECK(queue_.drop_parked(xid));
    } else {
      CHECK(queue_.commit_parked(xid, found->second.head()));
      waiting_.push_back(found->second);
    }
    parked_.erase(found);
  }
  void abandon() {
    write(queue_, made());
    queue_.abandon();
  }
  void read() {
    const std::size_t most = random_.below(4) == 0 ? random_.below(3) : SIZE_MAX;
    const auto got = read_next(*reader_, most);
    REQUIRE(got.has_value() == (next_ < waiting_.size()));
    if (!got) return;
    MadeTransaction expected = waiting_[next_++];
    if (expected.changes.size() > most) expected.changes.resize(most);
    CHECK(*got == expected);
    read_ = std::max(read_, next_);
  }
  void rewind() {
    reader_->rewind();
    next_ = 0;
  }
  void new_reader() {
    reader_ = std::make_unique<TenantQueue::Reader>(queue_);
    next_ = 0;
  }
  void release() {
    if (random_.below(2) == 0) {
      rewind();
      release_read();
    } else {
      // all before the one under the reader
      if (next_ < 2) return;
      const std::size_t count = random_.below(next_ - 1) + 1;
      drop(count);
      next_ -= count;
    }
  }
  void release_read() {
    if (read_ != 0) drop(random_.below(read_) + 1);
    next_ = 0;
    if (!reader_ && read_ != 0) drop(read_);
  }
  void drop(std::size_t count) {
    queue_.release(count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    read_ -= count;
  }

  RandomTransactions random_;
  SpillFolder folder_;
  SpillFile spill_;
  QueueMemory memory_;
  TenantQueue queue_;
  std::unique_ptr<TenantQueue::Reader> reader_;
  std::deque<MadeTransaction> waiting_;
  std::size_t next_ = 0;  // of waiting_, for the reader
  std::size_t read_ = 0;  // of waiting_, by any reader
  std::map<std::string, MadeTransaction> parked_;
};

}  // namespace

TEST_CASE("a queue does what its model does", "[capture]") {
  const std::uint64_t base = std::random_device{}();
  const std::size_t limit = GENERATE(0UL, 10'000UL, 1UL << 20U, 1UL << 30U);
  const std::size_t queue_max = GENERATE(0UL, 50'000UL, 1UL << 30U);
  const std::uint64_t seed = base + limit + queue_max;
  INFO("seed " << seed << ", limit " << limit << ", queue_max " << queue_max);
  Twin twin(seed, limit, queue_max);
  for (int i = 0; i < 600; ++i)
    twin.step();
  twin.finish();
}

TEST_CASE("a writer and a reader at once lose, mix and reorder nothing", "[capture]") {
  const std::size_t limit = GENERATE(1UL << 30U, 100'000UL);
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed << ", limit " << limit);
  constexpr std::uint64_t kTransactions = 100'000;
  const SpillFolder folder;
  SpillFile spill(folder.path(), kDisk);
  QueueMemory memory(limit);
  TenantQueue queue(memory, limit, spill);
  const std::vector<TablePtr> tables = {mapped_table("a"), mapped_table("b"), mapped_table("c")};
  // Transaction n has n % 4 changes of a size that follows from n; each begins with n.
  const auto size_of = [seed](std::uint64_t n, std::uint64_t i) {
    const std::uint64_t mixed = (n + seed) * 0x9E3779B97F4A7C15ULL + i;
    return sizeof n + (n % 5'000 == 0 ? 50'000 : (mixed >> 40U) % 200);
  };

  std::jthread writer([&] {
    std::vector<std::byte> data(100'000);
    for (std::uint64_t n = 0; n < kTransactions; ++n) {
      std::memcpy(data.data(), &n, sizeof n);
      for (std::uint64_t i = 0; i < n % 4; ++i) {
        RowsEvent event;
        event.table_id = i;
        event.data = std::span(data).first(size_of(n, i));
        queue.rows(tables[(n + i) % tables.size()], event);
      }
      TransactionHead head;
      head.gtid = {0, 1, n};
      head.sample = n;
      head.file = "binlog.000001";
      queue.commit(head);
    }
  });

  std::mt19937_64 random(seed);
  std::uint64_t next = 0;
  std::uint64_t unreleased = 0;
  std::uint64_t wrong = 0;
  {
    TenantQueue::Reader reader(queue);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (next < kTransactions && std::chrono::steady_clock::now() < deadline) {
      const TransactionHead* head = reader.next_transaction();
      if (head == nullptr || unreleased > 200) {
        // what was read but is under the reader isn't released: it goes back to the oldest
        const std::uint64_t count = unreleased == 0 ? 0 : random() % unreleased + 1;
        reader.rewind();
        queue.release(count);
        next = next - unreleased + count;
        unreleased = 0;
        if (next != kTransactions && queue.stats().transactions != 0 &&
            queue.oldest_sample() != next) {
          ++wrong;
        }
        if (head == nullptr) std::this_thread::yield();
        continue;
      }
      if (head->gtid.sequence != next || head->file != "binlog.000001") ++wrong;
      for (std::uint64_t i = 0; i < next % 4; ++i) {
        const Change* change = reader.next_change();
        std::uint64_t written = 0;
        if (change == nullptr || change->rows.data.size() != size_of(next, i)) {
          ++wrong;
          break;
        }
        std::memcpy(&written, change->rows.data.data(), sizeof written);
        if (written != next || change->rows.table_id != i ||
            change->table != tables[(next + i) % tables.size()]) {
          ++wrong;
        }
      }
      if (next % 3 == 0 && reader.next_change() != nullptr) ++wrong;
      ++next;
      ++unreleased;
    }
  }
  CHECK(next == kTransactions);
  writer.join();
  CHECK(wrong == 0);
  queue.release(queue.stats().transactions);
  CHECK_FALSE(queue.overrun());
  CHECK(memory.used == 0);
  CHECK(spill.bytes() == 0);
}
