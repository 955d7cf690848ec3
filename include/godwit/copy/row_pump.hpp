// Moves the rows of one SELECT into one COPY. Reading (which encodes each row straight from the
// network packet) and writing are the two serial filters of a parallel_pipeline where cores are
// free for it; where lanes fill the machine, a lane reads and writes in turn and the servers'
// socket buffers overlap the two. The blocks in flight bound the memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "godwit/core/byte_budget.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::copy {

struct PumpOptions {
  /// A block goes to the target when it has this many bytes; a row that alone is larger is
  /// moved by itself, under `huge_rows`.
  std::size_t block_bytes = 256U << 10U;
  /// 1: read and write in turn, without a pipeline.
  std::size_t blocks_in_flight = 4;
  ByteBudget* huge_rows = nullptr;  // shared by all lanes
  std::stop_token stop;
  std::atomic<std::uint64_t>* rows = nullptr;  // progress, counted up as rows are written
  std::atomic<std::uint64_t>* bytes = nullptr;
  /// Called before each block is read, and before the SELECT; may wait. Must return when the stop is
  /// requested.
  std::function<void()> before_rows{};
};

struct PumpResult {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of COPY data
};

/// Runs inside the calling thread's task_arena and returns when the source is at its end and the
/// target has taken everything (the COPY itself is not finished). Throws schema::ValueRefused with
/// the stream still on the refused row, Error(source|target), Error(cancelled).
PumpResult pump_rows(mariadb::RowStream& source, schema::RowCodec& codec, postgres::CopyIn& target,
                     const PumpOptions& options);

}  // namespace godwit::copy
