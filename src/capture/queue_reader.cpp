#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "queue_state.hpp"

namespace godwit::capture {

/// A place in the queue's chunks: (chunk, offset) is the next record's. While it is `inside`, the
/// reader is one of the chunk's users, so that the chunk stays and its content stays in memory.
///
/// Outside (no transaction was left) the place is good as long as the transaction before it isn't
/// released: its last bytes are in the chunk.
struct TenantQueue::Reader::State {
  explicit State(TenantQueue::State& of) : queue(of) {}

  TenantQueue::State& queue;
  Chunk* chunk = nullptr;
  bool inside = false;
  std::size_t offset = 0;
  std::size_t end = 0;                  // of what the chunk had when the reader came
  std::uint64_t heads_to_pass = 0;      // from `offset` to the next transaction
  const std::byte* data = nullptr;      // the chunk's content; nullptr: not loaded yet
  std::unique_ptr<std::byte[]> loaded;  // of a chunk on disk
  std::size_t loaded_bytes = 0;

  std::uint64_t number = 0;  // of the next transaction
  std::uint64_t left = 0;    // bytes of the transaction under the reader, behind `offset`
  std::uint64_t bytes = 0;   // all of it
  std::uint32_t statements = 0;
  TransactionHead head;
  std::string file;
  Change change;

  // --- with the mutex ---
  void enter(Chunk& into, std::size_t at) {
    leave();
    chunk = &into;
    offset = at;
    end = into.size();
    inside = true;
    ++into.users;
  }
  void leave() {
    if (inside) --chunk->users;
    inside = false;
    data = nullptr;
    if (loaded) queue.store.uncount(loaded_bytes, 0);
    loaded.reset();
  }
  void pass_rest();
  void find_next();
  void note_read();
  [[nodiscard]] std::uint64_t sample_of(std::uint64_t next) const;

  // --- without it ---
  void load();
  void read_head_record();
};

/// To the end of the transaction under the reader.
void TenantQueue::Reader::State::pass_rest() {
  if (left == 0) return;  // perhaps outside
  while (left > chunk->size() - offset) {
    left -= chunk->size() - offset;
    enter(*chunk->next, 0);
  }
  offset += static_cast<std::size_t>(left);
  left = 0;
}

/// To where `number` begins, which is committed.
void TenantQueue::Reader::State::find_next() {
  if (inside || (chunk != nullptr && queue.released < number)) {
    Chunk* to = chunk;
    std::size_t at = offset;
    while (at == to->size()) {
      to = to->next.get();
      at = 0;
    }
    if (to != chunk || !inside) enter(*to, at);
    end = to->size();
    return;
  }
  Chunk& begins_in = queue.chunk_of(number);
  heads_to_pass = number - begins_in.heads_from;
  enter(begins_in, begins_in.first_head);
}

void TenantQueue::Reader::State::load() {
  if (data != nullptr) return;
  if (chunk->data() != nullptr) {
    data = chunk->data();
    return;
  }
  const SpillFile::Extent& extent = chunk->extent();
  const auto size = static_cast<std::size_t>(extent.size);
  auto content = std::make_unique_for_overwrite<std::byte[]>(size);
  failpoint::hit("queue.before_load");
  queue.store.spill().read(extent, std::span(content.get(), size));
  queue.store.count(size, 0);
  loaded = std::move(content);
  loaded_bytes = size;
  data = loaded.get();
}

void TenantQueue::Reader::State::read_head_record() {
  HeadRecord record = read_head(data + offset);
  for (; heads_to_pass > 0; --heads_to_pass) {
    // those before the last one in a chunk have their changes there, too
    offset += record.size() + static_cast<std::size_t>(record.bytes);
    record = read_head(data + offset);
  }
  head = head_of(record);
  file.assign(reinterpret_cast<const char*>(data + offset + sizeof record), record.file_size);
  head.file = file;
  bytes = left = record.bytes;
  statements = record.statements;
  offset += record.size();
}

/// The transaction under the reader is read: the next one may become the oldest.
void TenantQueue::Reader::State::note_read() {
  const std::uint64_t next = number + 1;
  if (number == queue.read) {
    queue.unreleased.back().bytes = bytes;
    queue.unreleased.back().statements = statements;
    if (next < queue.committed) queue.unreleased.push_back({sample_of(next), 0, 0});
    queue.read = next;
  }
  number = next;
}

std::uint64_t TenantQueue::Reader::State::sample_of(std::uint64_t next) const {
  if (next < chunk->heads_to) {
    return read_head(data + offset + static_cast<std::size_t>(left)).sample;
  }
  const Chunk* later = chunk->next.get();
  while (later->heads_to <= next)
    later = later->next.get();
  return later->first_sample;
}

TenantQueue::Reader::Reader(TenantQueue& queue) : state_(std::make_unique<State>(*queue.state_)) {
  rewind();
}

TenantQueue::Reader::~Reader() {
  ChunkList gone;
  const std::lock_guard lock(state_->queue.mutex);
  state_->leave();
  gone = state_->queue.take_released();
}

const TransactionHead* TenantQueue::Reader::next_transaction() {
  State& state = *state_;
  TenantQueue::State& queue = state.queue;
  {
    ChunkList gone;
    const std::lock_guard lock(queue.mutex);
    state.pass_rest();
    if (state.number < queue.released) {
      state.leave();
      state.chunk = nullptr;
      state.heads_to_pass = 0;
      state.number = queue.released;
    }
    if (state.number >= queue.committed) {
      state.leave();
      gone = queue.take_released();
      return nullptr;
    }
    state.find_next();
  }
  state.load();
  state.read_head_record();
  const std::lock_guard lock(queue.mutex);
  state.note_read();
  return &state.head;
}

const Change* TenantQueue::Reader::next_change() {
  State& state = *state_;
  if (state.left == 0) return nullptr;
  if (state.offset == state.end) {
    const std::lock_guard lock(state.queue.mutex);
    state.enter(*state.chunk->next, 0);
  }
  state.load();
  const std::byte* const from = state.data + state.offset;
  const ChangeRecord record = read_record(from);
  view_record(from, record, state.change);
  if (record.kind == ChangeKind::statement) {
    state.change.table.reset();
  } else if (const TablePtr& table = state.chunk->table(record.table);
             table != state.change.table) {
    state.change.table = table;
  }
  state.offset += record.size();
  state.left -= record.size();
  return &state.change;
}

std::uint64_t TenantQueue::Reader::transaction_bytes() const { return state_->bytes; }

void TenantQueue::Reader::rewind() {
  State& state = *state_;
  ChunkList gone;
  const std::lock_guard lock(state.queue.mutex);
  state.leave();
  gone = state.queue.take_released();
  state.chunk = nullptr;
  state.heads_to_pass = 0;
  state.left = 0;
  state.bytes = 0;
  state.change = {};
  state.number = state.queue.released;
}

void TenantQueue::release(std::uint64_t count) {
  State& state = *state_;
  ChunkList gone;
  const std::lock_guard lock(state.mutex);
  if (count > state.read - state.released) {
    throw Error(ErrorKind::internal, "transactions are released that were not read");
  }
  const auto first = state.unreleased.begin();
  const auto last = first + static_cast<std::ptrdiff_t>(count);
  for (auto it = first; it != last; ++it) {
    state.bytes -= it->bytes;
    state.statements -= it->statements;
  }
  state.unreleased.erase(first, last);
  // assigning {} would keep the memory
  if (state.unreleased.empty()) state.unreleased = std::vector<State::Unreleased>();
  state.released += count;
  gone = state.take_released();
}

}  // namespace godwit::capture
