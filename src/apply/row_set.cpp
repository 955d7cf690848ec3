#include "row_set.hpp"

#include <functional>
#include <string_view>

#include "table_statements.hpp"

namespace godwit::apply {
namespace {

using capture::RowsKind;

/// Equal keys have equal bytes, but for types whose equality is wider; those are found by the count
/// of rows. Never 0.
std::uint32_t key_hash(const RowBuffers& buffers, const std::vector<std::size_t>& key) {
  std::size_t hash = 0;
  for (const std::size_t column : key) {
    const std::span<const std::byte> field = buffers.before.field(column);
    const std::string_view bytes(reinterpret_cast<const char*>(field.data()), field.size());
    constexpr std::size_t kFactor = 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio
    hash = (hash ^ std::hash<std::string_view>{}(bytes)) * kFactor;
  }
  return static_cast<std::uint32_t>(hash >> 32U) | 1U;
}

}  // namespace

bool RowSet::add(TableWriter& table, RowsKind kind, const RowBuffers& buffers) {
  if (empty()) {
    begin(table, kind, buffers);
  } else if (table_ != &table || kind_ != kind || set_ != buffers.set || is_full(buffers)) {
    return false;
  }
  if (!take_key(buffers)) return false;
  std::size_t parameter = 0;
  for (const std::size_t column : set_columns_)
    values_.add(parameter++, buffers.after.field(column));
  for (const std::size_t column : table.plan().target->key)
    values_.add(parameter++, buffers.before.field(column));
  values_.end_row();
  return true;
}

void RowSet::begin(TableWriter& table, RowsKind kind, const RowBuffers& buffers) {
  table_ = &table;
  kind_ = kind;
  set_ = buffers.set;
  set_columns_.clear();
  types_.clear();
  for (std::size_t i = 0; i < set_.size(); ++i) {
    if (set_[i] != change::kSet) continue;
    set_columns_.push_back(i);
    types_.push_back(table.set_plan().arrays[i]);
  }
  for (const std::size_t column : table.plan().target->key)
    types_.push_back(table.set_plan().arrays[column]);
  values_.open(types_);
  keys_.fill(0);
}

bool RowSet::is_full(const RowBuffers& buffers) const {
  if (values_.rows() == kRowsMax) return true;
  std::size_t row = buffers.before.fields().size();
  if (kind_ == RowsKind::update) row += buffers.after.fields().size();
  return values_.bytes() + row > kBytesMax;
}

/// False: a row with this key may be here already.
bool RowSet::take_key(const RowBuffers& buffers) {
  const std::uint32_t hash = key_hash(buffers, table_->plan().target->key);
  std::size_t slot = hash / 2 % kSlots;
  for (; keys_[slot] != 0; slot = (slot + 1) % kSlots) {
    if (keys_[slot] == hash) return false;
  }
  keys_[slot] = hash;
  return true;
}

void RowSet::send(RowBuffers& buffers, Outbox& outbox) {
  TableWriter& table = *table_;
  if (outbox.clean()) table.send_set(kind_, set_, types_, values_, buffers, outbox);
  abandon();
}

void RowSet::abandon() {
  table_ = nullptr;
  values_.shrink();
}

}  // namespace godwit::apply
