#include "godwit/capture/tenant_queue.hpp"

#include <array>
#include <utility>

#include "queue_state.hpp"

namespace godwit::capture {

void TenantQueue::State::set_overrun(const Error& error) {
  {
    const std::lock_guard lock(mutex);
    if (overrun_reason.empty()) overrun_reason = error.what();
  }
  overrun.store(true);
  drop_under_way();
}

void TenantQueue::State::drop_under_way() {
  under_way = ChangeBuffer(store);
  under_way_bytes.store(0, std::memory_order_relaxed);
}

void TenantQueue::State::append_head(Chunk& chunk, const HeadRecord& record,
                                     std::string_view file) {
  if (chunk.heads_from == chunk.heads_to) {
    chunk.first_head = chunk.size();
    chunk.first_sample = record.sample;
    chunk.heads_from = committed;
  }
  chunk.heads_to = committed + 1;
  write_head(chunk.append(record.size()), record, file);
}

Chunk* TenantQueue::State::append(ChangeBuffer& buffer, const HeadRecord& record,
                                  std::string_view file) {
  Chunk* const last = chunks.last();
  const std::size_t previous = last == nullptr ? 0 : last->capacity();
  const std::size_t need = record.size() + static_cast<std::size_t>(buffer.bytes());
  const std::size_t tables = buffer.table_count();
  if (buffer.in_memory() && last != nullptr && last->has_room(need, tables)) {
    append_head(*last, record, file);
    buffer.copy_to(*last);
    return nullptr;
  }
  if (buffer.in_memory() && need <= store.largest(need)) {
    auto chunk = std::make_unique<Chunk>(store, store.capacity(previous, need));
    if (chunk->has_room(need, tables)) {
      append_head(*chunk, record, file);
      buffer.copy_to(*chunk);
      chunks.append(std::move(chunk));
      return last;
    }
  }
  if (last != nullptr && last->has_room(record.size(), 0)) {
    append_head(*last, record, file);
  } else {
    auto chunk = std::make_unique<Chunk>(store, record.size());
    append_head(*chunk, record, file);
    chunks.append(std::move(chunk));
  }
  ChunkList changes = buffer.take();
  for (Chunk* chunk = changes.first(); chunk != nullptr; chunk = chunk->next.get()) {
    chunk->heads_from = chunk->heads_to = committed + 1;
  }
  chunks.append(std::move(changes));
  return last;
}

void TenantQueue::State::commit(ChangeBuffer& buffer, const TransactionHead& head) {
  std::array<Chunk*, 2> leaving{};
  {
    const std::lock_guard lock(mutex);
    HeadRecord record = record_of(head, buffer.bytes());
    record.statements = buffer.statements();
    if (read == committed) unreleased.push_back({head.sample, 0, 0});
    Chunk* full = nullptr;
    try {
      full = append(buffer, record, head.file);
    } catch (...) {
      if (read == committed) unreleased.pop_back();
      throw;
    }
    bytes += record.bytes;
    statements += record.statements;
    ++committed;
    // A chunk under a reader stays. The last chunk: a queue that has its share may be idle now.
    if (full != nullptr && full->users == 0 && full->data() != nullptr && store.crowded()) {
      leaving[0] = full;
    }
    Chunk* const last = chunks.last();
    if (last->users == 0 && last->data() != nullptr && store.crowded_by(last->capacity())) {
      leaving[1] = last;
    }
    for (Chunk* const chunk : leaving) {
      if (chunk != nullptr) ++chunk->users;
    }
  }
  buffer = ChangeBuffer(store);
  for (Chunk* const chunk : leaving) {
    if (chunk != nullptr) move_out(*chunk);
  }
}

void TenantQueue::State::move_out(Chunk& chunk) {
  std::optional<SpillFile::Extent> extent;
  std::optional<Error> error;
  try {
    extent = store.write(chunk.content());
  } catch (const Error& failed) {
    error = failed;  // the transactions in the chunk are committed: it stays in memory
  }
  {
    ChunkList gone;
    const std::lock_guard lock(mutex);
    --chunk.users;
    if (extent && chunk.users == 0) {
      chunk.move_out(*extent);
    } else if (extent) {
      // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a member of that name
      store.spill().free(*extent);
    }
    gone = take_released();
  }
  if (error) set_overrun(*error);
}

Chunk& TenantQueue::State::chunk_of(std::uint64_t number) const {
  Chunk* chunk = chunks.first();
  while (chunk->heads_to <= number)
    chunk = chunk->next.get();
  return *chunk;
}

ChunkList TenantQueue::State::take_released() {
  ChunkList gone;
  while (!chunks.empty() && chunks.first()->users == 0 && chunks.first()->heads_to <= released) {
    gone.append(chunks.pop_first());
  }
  return gone;
}

TenantQueue::TenantQueue(QueueMemory& memory, std::size_t memory_max, SpillFile& spill)
    : state_(std::make_unique<State>(memory, memory_max, spill)) {
  static_assert(sizeof(State) + sizeof(TenantQueue) <= 512, "tens of thousands are idle");
}

TenantQueue::~TenantQueue() = default;

void TenantQueue::rows(const std::shared_ptr<const MappedTable>& table, const RowsEvent& event) {
  if (overrun()) return;
  try {
    state_->under_way.rows(table, event);
  } catch (const Error& error) {
    return state_->set_overrun(error);
  }
  state_->under_way_bytes.store(state_->under_way.bytes(), std::memory_order_relaxed);
}

void TenantQueue::touched(const std::shared_ptr<const MappedTable>& table) {
  if (overrun()) return;
  try {
    state_->under_way.touched(table);
  } catch (const Error& error) {
    return state_->set_overrun(error);
  }
  state_->under_way_bytes.store(state_->under_way.bytes(), std::memory_order_relaxed);
}

void TenantQueue::statement(const StatementChange& statement) {
  if (overrun()) return;
  try {
    state_->under_way.statement(statement);
  } catch (const Error& error) {
    return state_->set_overrun(error);
  }
  state_->under_way_bytes.store(state_->under_way.bytes(), std::memory_order_relaxed);
}

void TenantQueue::commit(const TransactionHead& head) {
  if (!overrun()) state_->commit(state_->under_way, head);
  state_->drop_under_way();
}

void TenantQueue::abandon() { state_->drop_under_way(); }

void TenantQueue::park(std::string_view xid) {
  State& state = *state_;
  if (!overrun()) {
    try {
      if (state.store.crowded()) state.under_way.move_out();
      state.parked.insert_or_assign(std::string(xid), std::move(state.under_way));
    } catch (const Error& error) {
      state.set_overrun(error);
    }
  }
  state.drop_under_way();
  state.count_parked();
}

bool TenantQueue::commit_parked(std::string_view xid, const TransactionHead& head) {
  State& state = *state_;
  const auto parked = state.parked.find(xid);
  if (parked == state.parked.end()) return false;
  // of an overrun queue a later transaction: what lies between is missing
  if (!overrun()) state.commit(parked->second, head);
  state.parked.erase(parked);
  state.count_parked();
  return true;
}

bool TenantQueue::drop_parked(std::string_view xid) {
  const auto parked = state_->parked.find(xid);
  if (parked == state_->parked.end()) return false;
  state_->parked.erase(parked);
  state_->count_parked();
  return true;
}

bool TenantQueue::has_parked(std::string_view xid) const {
  return state_->parked.find(xid) != state_->parked.end();
}

bool TenantQueue::overrun() const { return state_->overrun.load(std::memory_order_relaxed); }

std::string TenantQueue::overrun_reason() const {
  const std::lock_guard lock(state_->mutex);
  return state_->overrun_reason;
}

void TenantQueue::clear() {
  State& state = *state_;
  state.drop_under_way();
  state.parked.clear();
  state.count_parked();
  ChunkList gone;
  const std::lock_guard lock(state.mutex);
  gone = std::move(state.chunks);
  state.released = state.read = state.committed;
  state.bytes = 0;
  state.statements = 0;
  state.unreleased = std::vector<State::Unreleased>();  // {} would keep the memory
  state.overrun_reason.clear();
  state.overrun.store(false);
}

QueueStats TenantQueue::stats() const {
  QueueStats stats;
  {
    const std::lock_guard lock(state_->mutex);
    stats.transactions = state_->committed - state_->released;
    stats.bytes = state_->bytes;
    stats.statements = state_->statements;
  }
  stats.bytes += state_->under_way_bytes.load(std::memory_order_relaxed);
  stats.spilled_bytes = state_->store.spilled();
  stats.parked = state_->parked_count.load(std::memory_order_relaxed);
  return stats;
}

std::optional<std::uint64_t> TenantQueue::oldest_sample() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->unreleased.empty()) return std::nullopt;
  return state_->unreleased.front().sample;
}

}  // namespace godwit::capture
