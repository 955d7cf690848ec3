// The memory of a tenant's queue: chunks that whole records are written into, small at first, and
// that go to disk when they are full and memory is short.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "godwit/capture/tenant_queue.hpp"

namespace godwit::capture {

using TablePtr = std::shared_ptr<const MappedTable>;

/// What the chunks of one queue share: where they count and where they go. Outlives them.
///
/// Memory of all queues: the limit; for each queue that is written to kOpenBytes, or 1/64 of what it
/// has on disk if that is more; some 200 bytes for each chunk on disk, which count as used; one
/// chunk for each Reader; the largest record.
class ChunkStore {
 public:
  static constexpr std::size_t kFirstBytes = 1024;
  static constexpr std::size_t kLargestBytes = std::size_t{256} * 1024;

  ChunkStore(QueueMemory& memory, std::size_t memory_max, SpillFile& spill);
  ChunkStore(const ChunkStore&) = delete;
  ChunkStore& operator=(const ChunkStore&) = delete;

  /// Of the chunk behind one of `previous` bytes (0: there is none) whose first record has `need`.
  [[nodiscard]] std::size_t capacity(std::size_t previous, std::size_t need) const;
  /// What a chunk of several records may have now, if it is to have at least `bytes`.
  [[nodiscard]] std::size_t largest(std::size_t bytes) const;
  /// A chunk that is full goes to disk.
  [[nodiscard]] bool crowded() const;
  /// One of this capacity goes to disk also when it isn't full, at a transaction's end.
  [[nodiscard]] bool crowded_by(std::size_t open_capacity) const;

  /// Changes in memory. What is kept besides counts for all queues only: a queue isn't out of its
  /// memory because it has much on disk.
  void count(std::size_t bytes, std::size_t besides);
  void uncount(std::size_t bytes, std::size_t besides);
  void count_spilled(std::uint64_t bytes) { spilled_.fetch_add(bytes, std::memory_order_relaxed); }
  void uncount_spilled(std::uint64_t bytes) {
    spilled_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t spilled() const { return spilled_.load(std::memory_order_relaxed); }

  /// Throws Error(internal), also when the limit is reached.
  SpillFile::Extent write(std::span<const std::byte> content);
  SpillFile& spill() { return spill_; }

 private:
  [[nodiscard]] bool passes_limit(std::size_t more) const;
  [[nodiscard]] std::size_t share() const;

  QueueMemory& memory_;
  SpillFile& spill_;
  const std::size_t memory_max_;
  const std::size_t chunk_max_;
  std::atomic<std::size_t> used_{0};       // of this queue
  std::atomic<std::uint64_t> spilled_{0};  // of this queue
};

/// Filled by the writer. What the reader reads of it, it reads behind the queue's mutex or was
/// written before the mutex was last released, and doesn't change after.
class Chunk {
 public:
  Chunk(ChunkStore& store, std::size_t capacity);
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  ~Chunk();

  /// For records of `size` bytes that name `tables` tables, all of them perhaps new.
  [[nodiscard]] bool has_room(std::size_t size, std::size_t tables) const {
    return data_ && capacity_ - size_ >= size && tables_max_ - table_count_ >= tables;
  }
  /// Where the next record of so many bytes is to be written. There is room.
  std::byte* append(std::size_t size);
  /// The table's place in the chunk's list; it is added if it isn't there.
  std::uint32_t place_of(const TablePtr& table);
  [[nodiscard]] const TablePtr& table(std::uint32_t place) const { return tables_[place]; }
  [[nodiscard]] std::size_t table_count() const { return table_count_; }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// nullptr: the content is on disk, in extent().
  [[nodiscard]] const std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::span<const std::byte> content() const { return {data_.get(), size_}; }
  [[nodiscard]] const SpillFile::Extent& extent() const { return extent_; }
  /// The content is in this extent, which belongs to the chunk from here on. No reader is in it.
  void move_out(const SpillFile::Extent& extent);

  /// The transactions that begin in this chunk; none: both are the number of the one that comes
  /// after. In a queue, not in a transaction under way.
  std::uint64_t heads_from = 0;
  std::uint64_t heads_to = 0;
  std::size_t first_head = 0;      // where the first of them begins
  std::uint64_t first_sample = 0;  // its TransactionHead::sample
  std::uint32_t users = 0;         // readers in it, and the writer while it writes it to disk
  std::unique_ptr<Chunk> next;

 private:
  [[nodiscard]] std::size_t overhead() const;
  void shrink_tables();

  ChunkStore& store_;
  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::uint32_t tables_max_;
  std::uint32_t table_count_ = 0;
  std::unique_ptr<TablePtr[]> tables_;  // of a fixed size: a reader is in it meanwhile
  SpillFile::Extent extent_;
};

/// Chunks in the order they were written.
class ChunkList {
 public:
  ChunkList() = default;
  ChunkList(ChunkList&& other) noexcept;
  ChunkList& operator=(ChunkList&& other) noexcept;
  ~ChunkList() { clear(); }

  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] Chunk* first() const { return first_.get(); }
  [[nodiscard]] Chunk* last() const { return last_; }
  void append(std::unique_ptr<Chunk> chunk);
  void append(ChunkList&& other);
  std::unique_ptr<Chunk> pop_first();
  void clear();

 private:
  std::unique_ptr<Chunk> first_;
  Chunk* last_ = nullptr;
};

}  // namespace godwit::capture
