// What the writer's and the reader's half of a tenant's queue share.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "change_buffer.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/error.hpp"
#include "queue_chunk.hpp"

namespace godwit::capture {

/// Committed transactions have numbers, from 0. In the chunks: a HeadRecord, then the changes; the
/// changes of a long one begin with the next chunk. A record lies within one chunk.
struct TenantQueue::State {
  State(QueueMemory& memory, std::size_t memory_max, SpillFile& spill)
      : store(memory, memory_max, spill), under_way(store) {}

  struct Unreleased {
    std::uint64_t sample = 0;
    std::uint64_t bytes = 0;  // known when it is read, as the next
    std::uint32_t statements = 0;
  };

  ChunkStore store;

  // the writer's alone
  ChangeBuffer under_way;
  std::map<std::string, ChangeBuffer, std::less<>> parked;

  std::atomic<std::uint64_t> under_way_bytes{0};
  std::atomic<std::uint64_t> parked_count{0};
  std::atomic<bool> overrun{false};

  mutable std::mutex mutex;  // guards all below, and the sizes and numbers of the chunks
  std::string overrun_reason;
  ChunkList chunks;
  std::uint64_t committed = 0;  // so many transactions, since the queue was made
  std::uint64_t read = 0;
  std::uint64_t released = 0;
  std::uint64_t bytes = 0;       // of the changes of the transactions that aren't released
  std::uint64_t statements = 0;  // of the transactions that aren't released
  /// From `released` to the first unread one, if it is committed. 24 bytes for each transaction
  /// that is read and not released.
  std::vector<Unreleased> unreleased;

  // --- the writer ---
  void set_overrun(const Error& error);
  void drop_under_way();
  void count_parked() { parked_count.store(parked.size(), std::memory_order_relaxed); }
  void commit(ChangeBuffer& buffer, const TransactionHead& head);
  /// Writes the transaction behind those that are committed. With the mutex. Returns the chunk that
  /// was the last one and takes no more; nullptr: it takes more, or there was none.
  Chunk* append(ChangeBuffer& buffer, const HeadRecord& record, std::string_view file);
  void append_head(Chunk& chunk, const HeadRecord& record, std::string_view file);
  /// A chunk that the writer was made a user of, without the mutex.
  void move_out(Chunk& chunk);

  // --- with the mutex ---
  /// The chunk in which the transaction of this number begins. It is committed and not released.
  [[nodiscard]] Chunk& chunk_of(std::uint64_t number) const;
  /// Takes out what holds only released transactions. The list should be destroyed when the mutex
  /// is free again.
  [[nodiscard]] ChunkList take_released();
};

}  // namespace godwit::capture
