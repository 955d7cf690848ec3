// The transactions of one tenant between the reader, which never waits, and the applier: in memory
// up to a limit, then in a file that is gone with the process. A cache: what is lost in a crash is
// read from the binlog again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "godwit/capture/change.hpp"

namespace godwit::capture {

/// Bytes on disk that all queues share: one file without a name, in extents that are used again.
/// Thread-safe.
class SpillFile {
 public:
  struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;      // of the content
    std::uint64_t checksum = 0;  // XXH3 of the content
  };

  /// The file is made with the first extent, in a folder that must exist.
  SpillFile(std::string folder, std::uint64_t bytes_max);
  ~SpillFile();

  /// nullopt: the limit is reached. Throws Error(internal) when the disk fails or is full.
  std::optional<Extent> write(std::span<const std::byte> content);
  /// `into` has the extent's size. Throws Error(internal) when the disk fails or a checksum is wrong.
  void read(const Extent& extent, std::span<std::byte> into) const;
  void free(const Extent& extent) noexcept;
  /// In use by extents, rounded up to whole blocks.
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What all queues together may hold in memory before they spill. Beyond it, a tenant whose
/// transactions keep coming has at most kOpenBytes more in memory, or 1/64 of what it has on disk if
/// that is more; besides one chunk (256 KiB) for each Reader, and the largest change.
struct QueueMemory {
  static constexpr std::size_t kOpenBytes = 4096;

  explicit QueueMemory(std::size_t limit_bytes) : limit(limit_bytes) {}
  const std::size_t limit;
  std::atomic<std::size_t> used{0};
};

struct QueueStats {
  std::uint64_t transactions = 0;   // complete, not released
  std::uint64_t bytes = 0;          // of these, and of the one that is being written
  std::uint64_t spilled_bytes = 0;  // on disk, of these and the parked ones
  std::uint64_t parked = 0;         // prepared XA transactions
  std::uint64_t statements = 0;     // in the complete ones, not released
};

/// One thread writes, one reads and releases. An empty queue holds less than 1 KiB.
class TenantQueue {
 public:
  /// `memory_max`: bytes that this queue may hold in memory.
  TenantQueue(QueueMemory& memory, std::size_t memory_max, SpillFile& spill);
  TenantQueue(const TenantQueue&) = delete;
  TenantQueue& operator=(const TenantQueue&) = delete;
  ~TenantQueue();

  // --- the writer ---

  /// A transaction's changes, one after the other, then commit() or park() or abandon(). What can't
  /// be spilled any more (the limit, a disk that fails) makes the queue overrun.
  void rows(const std::shared_ptr<const MappedTable>& table, const RowsEvent& event);
  void touched(const std::shared_ptr<const MappedTable>& table);
  void statement(const StatementChange& statement);
  /// Gives the transaction to the reader.
  void commit(const TransactionHead& head);
  /// Forgets the transaction under way.
  void abandon();
  /// Puts the transaction under way aside, by the XID's text (any bytes).
  void park(std::string_view xid);
  /// Gives a parked transaction to the reader; false: there is none of this name.
  bool commit_parked(std::string_view xid, const TransactionHead& head);
  bool drop_parked(std::string_view xid);
  [[nodiscard]] bool has_parked(std::string_view xid) const;
  /// From here on what is written is dropped, because it could not be kept; what was committed
  /// before is whole. Any thread.
  [[nodiscard]] bool overrun() const;
  /// Why it is overrun; empty: it isn't.
  [[nodiscard]] std::string overrun_reason() const;
  /// Empty again and not overrun, nothing parked. No Reader may be in use.
  void clear();

  // --- the reader ---

  /// Reads complete transactions in order, from the oldest one that wasn't released.
  class Reader {
   public:
    explicit Reader(TenantQueue& queue);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    /// Moves to the next complete transaction (skipping what is left of the one before); nullptr:
    /// there is none now. The head is valid until the next call.
    const TransactionHead* next_transaction();
    /// Moves to its next change; nullptr at its end. Throws Error(internal) when a spilled part
    /// can't be read.
    const Change* next_change();
    /// Of the transaction under the reader, as committed.
    [[nodiscard]] std::uint64_t transaction_bytes() const;
    /// To the oldest transaction that wasn't released.
    void rewind();

   private:
    friend class TenantQueue;
    struct State;
    std::unique_ptr<State> state_;
  };
  /// The oldest `count` transactions are applied. They must have been read and not be under a
  /// Reader any more: rewind() or next_transaction() come first.
  void release(std::uint64_t count);
  [[nodiscard]] QueueStats stats() const;  // any thread
  /// The oldest transaction's sample; nullopt: the queue is empty. Any thread.
  [[nodiscard]] std::optional<std::uint64_t> oldest_sample() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace godwit::capture
