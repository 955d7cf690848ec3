// A transaction that isn't committed yet: under way, or parked.
#pragma once

#include <cstddef>
#include <cstdint>

#include "change_record.hpp"
#include "queue_chunk.hpp"

namespace godwit::capture {

class ChangeBuffer {
 public:
  explicit ChangeBuffer(ChunkStore& store) : store_(&store) {}

  /// All three throw Error(internal) when what is full can't be written to disk.
  void rows(const TablePtr& table, const RowsEvent& event);
  void touched(const TablePtr& table);
  void statement(const StatementChange& statement);
  /// Writes what is in memory to disk: no record follows. Throws as they do.
  void move_out();

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint32_t statements() const { return statements_; }
  /// Whether copy_to() may be called.
  [[nodiscard]] bool in_memory() const { return in_memory_; }
  /// At least as many as the changes name.
  [[nodiscard]] std::size_t table_count() const;
  /// Copies all changes to a chunk that has room for them and for table_count() tables.
  void copy_to(Chunk& chunk) const;
  /// The chunks go; the buffer is empty.
  ChunkList take();

 private:
  Chunk& chunk_for(const ChangeRecord& record);

  ChunkStore* store_;
  ChunkList chunks_;
  std::uint64_t bytes_ = 0;
  std::uint32_t statements_ = 0;
  bool in_memory_ = true;
};

}  // namespace godwit::capture
