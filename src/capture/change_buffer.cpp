#include "change_buffer.hpp"

#include <cstring>
#include <utility>

namespace godwit::capture {

Chunk& ChangeBuffer::chunk_for(const ChangeRecord& record) {
  Chunk* const open = chunks_.last();
  if (open != nullptr) {
    if (open->has_room(record.size(), 1)) return *open;
    if (open->data() != nullptr && store_->crowded()) {
      open->move_out(store_->write(open->content()));
      in_memory_ = false;
    }
  }
  const std::size_t previous = open == nullptr ? 0 : open->capacity();
  chunks_.append(std::make_unique<Chunk>(*store_, store_->capacity(previous, record.size())));
  return *chunks_.last();
}

void ChangeBuffer::rows(const TablePtr& table, const RowsEvent& event) {
  ChangeRecord record = record_of(event);
  Chunk& chunk = chunk_for(record);
  record.table = chunk.place_of(table);
  write_record(chunk.append(record.size()), record, event);
  bytes_ += record.size();
}

void ChangeBuffer::touched(const TablePtr& table) {
  ChangeRecord record = record_of_touched();
  Chunk& chunk = chunk_for(record);
  record.table = chunk.place_of(table);
  write_record(chunk.append(record.size()), record);
  bytes_ += record.size();
}

void ChangeBuffer::statement(const StatementChange& statement) {
  const ChangeRecord record = record_of(statement);
  write_record(chunk_for(record).append(record.size()), record, statement);
  bytes_ += record.size();
  ++statements_;
}

void ChangeBuffer::move_out() {
  for (Chunk* chunk = chunks_.first(); chunk != nullptr; chunk = chunk->next.get()) {
    if (chunk->data() == nullptr) continue;
    chunk->move_out(store_->write(chunk->content()));
    in_memory_ = false;
  }
}

std::size_t ChangeBuffer::table_count() const {
  std::size_t count = 0;
  for (const Chunk* chunk = chunks_.first(); chunk != nullptr; chunk = chunk->next.get()) {
    count += chunk->table_count();
  }
  return count;
}

void ChangeBuffer::copy_to(Chunk& to) const {
  for (const Chunk* chunk = chunks_.first(); chunk != nullptr; chunk = chunk->next.get()) {
    for (std::size_t at = 0; at < chunk->size();) {
      const std::byte* const from = chunk->data() + at;
      ChangeRecord record = read_record(from);
      const std::size_t size = record.size();
      if (record.kind != ChangeKind::statement) {
        record.table = to.place_of(chunk->table(record.table));
      }
      std::byte* const into = to.append(size);
      std::memcpy(into, from, size);
      write_record(into, record);
      at += size;
    }
  }
}

ChunkList ChangeBuffer::take() {
  bytes_ = 0;
  statements_ = 0;
  in_memory_ = true;
  return std::move(chunks_);
}

}  // namespace godwit::capture
