#include "godwit/copy/row_pump.hpp"

#include <mutex>
#include <vector>

#include <tbb/parallel_pipeline.h>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"

namespace godwit::copy {
namespace {

using schema::CopyBuffer;

struct Block {
  explicit Block(std::size_t capacity) : buffer(capacity) {}
  CopyBuffer buffer;
  std::uint64_t rows = 0;
};

/// The blocks of one pump: made when first needed, used again after they were written.
class BlockPool {
 public:
  explicit BlockPool(std::size_t block_bytes) : block_bytes_(block_bytes) {}

  Block* take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
      // room for the row that crosses the border, so that a block rarely grows
      all_.push_back(std::make_unique<Block>(block_bytes_ + block_bytes_ / 4));
      return all_.back().get();
    }
    Block* block = free_.back();
    free_.pop_back();
    return block;
  }

  void give_back(Block* block) {
    block->buffer.clear();
    block->rows = 0;
    const std::lock_guard lock(mutex_);
    free_.push_back(block);
  }

 private:
  const std::size_t block_bytes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Block>> all_;  // guarded by mutex_
  std::vector<Block*> free_;                 // guarded by mutex_
};

class Pump {
 public:
  Pump(mariadb::RowStream& source, schema::RowCodec& codec, postgres::CopyIn& target,
       const PumpOptions& options)
      : source_(source),
        codec_(codec),
        target_(target),
        options_(options),
        pool_(options.block_bytes) {}

  PumpResult run() {
    Block* first = pool_.take();
    first->buffer.put_header();
    fill(*first);
    write(*first);
    // most tables of small tenants end here, without a pipeline
    while (!at_end_) {
      if (huge_row_waiting_) {
        move_huge_row();
      } else if (options_.blocks_in_flight > 1) {
        run_pipeline();
      } else {
        Block* block = pool_.take();
        fill(*block);
        write(*block);
      }
    }
    Block* last = pool_.take();
    last->buffer.put_trailer();
    write(*last);
    return result_;
  }

 private:
  /// Encodes rows until the block is full, the source is at its end or a huge row comes.
  void fill(Block& block) {
    if (options_.before_rows) options_.before_rows();
    stop_if_requested();
    while (block.buffer.size() < options_.block_bytes) {
      if (!source_.next()) {
        at_end_ = true;
        return;
      }
      if (source_.row_bytes() > options_.block_bytes) {
        huge_row_waiting_ = true;
        return;
      }
      codec_.encode(source_.row(), block.buffer);
      ++block.rows;
    }
  }

  void write(Block& block) {
    if (block.buffer.size() > 0) target_.put(block.buffer.bytes());
    failpoint::hit("copy.mid_rows");
    account(block.rows, block.buffer.size());
    pool_.give_back(&block);
  }

  void run_pipeline() {
    tbb::parallel_pipeline(
        options_.blocks_in_flight,
        tbb::make_filter<void, Block*>(tbb::filter_mode::serial_in_order,
                                       [this](tbb::flow_control& flow) -> Block* {
                                         if (at_end_ || huge_row_waiting_) {
                                           flow.stop();
                                           return nullptr;
                                         }
                                         Block* block = pool_.take();
                                         fill(*block);
                                         return block;
                                       }) &
            tbb::make_filter<Block*, void>(tbb::filter_mode::serial_in_order,
                                           [this](Block* block) { write(*block); }));
  }

  /// A row above the block size waits for its share of the budget outside the pipeline: a filter
  /// that waits for another lane could leave TBB without a thread for the writer.
  void move_huge_row() {
    const auto lease = options_.huge_rows != nullptr
                           ? options_.huge_rows->acquire(2 * source_.row_bytes(), options_.stop)
                           : ByteBudget::Lease();
    Block* block = pool_.take();
    codec_.encode(source_.row(), block->buffer);
    ++block->rows;
    huge_row_waiting_ = false;
    target_.put(block->buffer.bytes());
    account(block->rows, block->buffer.size());
    pool_.give_back(block);
    block->buffer.shrink(options_.block_bytes);
  }

  void account(std::uint64_t rows, std::size_t bytes) {
    result_.rows += rows;
    result_.bytes += bytes;
    if (options_.rows != nullptr) options_.rows->fetch_add(rows, std::memory_order_relaxed);
    if (options_.bytes != nullptr) options_.bytes->fetch_add(bytes, std::memory_order_relaxed);
  }

  void stop_if_requested() const {
    if (options_.stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, "stopped on request");
    }
  }

  mariadb::RowStream& source_;
  schema::RowCodec& codec_;
  postgres::CopyIn& target_;
  const PumpOptions& options_;
  BlockPool pool_;
  // touched by the reading side only, or while no pipeline runs
  bool at_end_ = false;
  bool huge_row_waiting_ = false;
  // touched by the writing side only, or while no pipeline runs
  PumpResult result_;
};

}  // namespace

PumpResult pump_rows(mariadb::RowStream& source, schema::RowCodec& codec, postgres::CopyIn& target,
                     const PumpOptions& options) {
  return Pump(source, codec, target, options).run();
}

}  // namespace godwit::copy
