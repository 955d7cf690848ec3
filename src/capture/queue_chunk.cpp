#include "queue_chunk.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/text.hpp"

namespace godwit::capture {
namespace {

/// A chunk beyond the limit: two of them, the open one and that of the transaction under way, and
/// what they take besides make kOpenBytes.
constexpr std::size_t kCrowdedBytes = QueueMemory::kOpenBytes * 3 / 8;
/// Or, of a queue with much on disk, this part of it: chunks of kCrowdedBytes would be too many.
constexpr std::uint64_t kSpilledShare = 128;

/// Tables that a chunk can name: as many as there are records of 128 bytes.
std::uint32_t tables_of(std::size_t capacity) {
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(capacity / 128, 8, 256));
}

}  // namespace

ChunkStore::ChunkStore(QueueMemory& memory, std::size_t memory_max, SpillFile& spill)
    : memory_(memory),
      spill_(spill),
      memory_max_(memory_max),
      chunk_max_(std::clamp(memory_max / 4, kFirstBytes, kLargestBytes)) {}

bool ChunkStore::passes_limit(std::size_t more) const {
  const std::size_t used = memory_.used.load(std::memory_order_relaxed);
  return used > memory_.limit || memory_.limit - used < more;
}

/// Beyond the limit.
std::size_t ChunkStore::share() const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(spilled() / kSpilledShare, chunk_max_));
}

std::size_t ChunkStore::capacity(std::size_t previous, std::size_t need) const {
  std::size_t grown = kFirstBytes;
  if (previous != 0) {
    grown = std::clamp(std::min(previous, chunk_max_) * 2, kFirstBytes, chunk_max_);
  }
  return std::max(std::min(grown, largest(grown)), need);
}

std::size_t ChunkStore::largest(std::size_t bytes) const {
  if (!passes_limit(bytes)) return chunk_max_;
  return std::min(std::max(share(), kCrowdedBytes), chunk_max_);
}

bool ChunkStore::crowded() const {
  // the chunk that comes next has a place, too
  return used_.load(std::memory_order_relaxed) + chunk_max_ > memory_max_ || passes_limit(0);
}

bool ChunkStore::crowded_by(std::size_t open_capacity) const {
  if (open_capacity > chunk_max_ && used_.load(std::memory_order_relaxed) > memory_max_) {
    return true;  // a single long record
  }
  return open_capacity > std::max(share(), QueueMemory::kOpenBytes) && passes_limit(0);
}

void ChunkStore::count(std::size_t bytes, std::size_t besides) {
  used_.fetch_add(bytes, std::memory_order_relaxed);
  memory_.used.fetch_add(bytes + besides, std::memory_order_relaxed);
}

void ChunkStore::uncount(std::size_t bytes, std::size_t besides) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  memory_.used.fetch_sub(bytes + besides, std::memory_order_relaxed);
}

SpillFile::Extent ChunkStore::write(std::span<const std::byte> content) {
  failpoint::hit("queue.before_spill");
  const std::optional<SpillFile::Extent> extent = spill_.write(content);
  if (extent) return *extent;
  throw Error(ErrorKind::internal,
              "the changes that wait on disk have reached their limit: " +
                  human_bytes(spill_.bytes()) + " of all tenants",
              "raise the limit in the plan, or follow fewer tenants at once");
}

Chunk::Chunk(ChunkStore& store, std::size_t capacity)
    : store_(store),
      data_(std::make_unique_for_overwrite<std::byte[]>(capacity)),
      capacity_(capacity),
      tables_max_(tables_of(capacity)),
      tables_(std::make_unique<TablePtr[]>(tables_max_)) {
  store_.count(capacity_, overhead());
}

Chunk::~Chunk() {
  if (data_) {
    store_.uncount(capacity_, overhead());
  } else {
    store_.uncount(0, overhead());
    store_.uncount_spilled(extent_.size);
    store_.spill().free(extent_);
  }
}

std::size_t Chunk::overhead() const { return sizeof *this + tables_max_ * sizeof(TablePtr); }

std::byte* Chunk::append(std::size_t size) {
  std::byte* const to = data_.get() + size_;
  size_ += size;
  return to;
}

std::uint32_t Chunk::place_of(const TablePtr& table) {
  for (std::uint32_t i = table_count_; i-- > 0;) {
    if (tables_[i] == table) return i;
  }
  tables_[table_count_] = table;
  return table_count_++;
}

void Chunk::move_out(const SpillFile::Extent& extent) {
  store_.uncount(capacity_, overhead());
  extent_ = extent;
  data_.reset();
  shrink_tables();
  store_.count(0, overhead());
  store_.count_spilled(extent_.size);
}

void Chunk::shrink_tables() {
  std::unique_ptr<TablePtr[]> fewer(new (std::nothrow) TablePtr[table_count_]);
  if (!fewer) return;
  std::move(tables_.get(), tables_.get() + table_count_, fewer.get());
  tables_ = std::move(fewer);
  tables_max_ = table_count_;
}

ChunkList::ChunkList(ChunkList&& other) noexcept
    : first_(std::move(other.first_)), last_(std::exchange(other.last_, nullptr)) {}

ChunkList& ChunkList::operator=(ChunkList&& other) noexcept {
  if (this == &other) return *this;
  clear();
  first_ = std::move(other.first_);
  last_ = std::exchange(other.last_, nullptr);
  return *this;
}

void ChunkList::append(std::unique_ptr<Chunk> chunk) {
  Chunk* const added = chunk.get();
  (last_ == nullptr ? first_ : last_->next) = std::move(chunk);
  last_ = added;
}

void ChunkList::append(ChunkList&& other) {
  if (other.empty()) return;
  Chunk* const added = std::exchange(other.last_, nullptr);
  (last_ == nullptr ? first_ : last_->next) = std::move(other.first_);
  last_ = added;
}

std::unique_ptr<Chunk> ChunkList::pop_first() {
  std::unique_ptr<Chunk> chunk = std::move(first_);
  first_ = std::move(chunk->next);
  if (!first_) last_ = nullptr;
  return chunk;
}

void ChunkList::clear() {
  // one by one: a chunk that destroys the next would recurse as deep as the list is long
  while (first_)
    pop_first();
}

}  // namespace godwit::capture
