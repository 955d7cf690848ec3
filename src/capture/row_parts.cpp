#include "row_parts.hpp"

#include <algorithm>

namespace godwit::capture {
namespace {

constexpr std::uint32_t kNoPart = 0xFFFFFFFF;

}  // namespace

void RowParts::open(const RowsEvent& event) {
  forget();
  event_ = event;
  event_.data = {};
  event_.compressed = false;
  // which part the statement's last row is in, a part doesn't know
  event_.flags = static_cast<std::uint16_t>(event.flags & ~unsigned{RowsEvent::kStatementEnd});
}

RowParts::Part& RowParts::part_of(Slot slot) {
  if (slot >= part_at_.size()) part_at_.resize(std::size_t{slot} + 1, kNoPart);
  std::uint32_t& at = part_at_[slot];
  if (at == kNoPart) {
    at = static_cast<std::uint32_t>(used_);
    if (used_ == parts_.size()) parts_.emplace_back();
    Part& part = parts_[used_++];
    part.slot = slot;
    part.rows = {};
    part.copy.clear();
  }
  return parts_[at];
}

void RowParts::add(Slot slot, RowsKind kind, std::span<const std::byte> rows) {
  Part& part = part_of(slot);
  if (part.kind != kind) give(part);
  part.kind = kind;
  if (!part.copy.empty()) {
    part.copy.insert(part.copy.end(), rows.begin(), rows.end());
  } else if (part.rows.empty()) {
    part.rows = rows;
  } else if (part.rows.data() + part.rows.size() == rows.data()) {
    part.rows = {part.rows.data(), part.rows.size() + rows.size()};
  } else {
    part.copy.assign(part.rows.begin(), part.rows.end());
    part.copy.insert(part.copy.end(), rows.begin(), rows.end());
  }
}

void RowParts::give(Part& part) {
  if (part.rows.empty()) return;
  RowsEvent event = event_;
  event.kind = part.kind;
  if (part.kind == RowsKind::write) event.before = {};
  if (part.kind == RowsKind::remove) event.after = {};
  event.data = part.copy.empty() ? part.rows : std::span<const std::byte>(part.copy);
  give_(part.slot, event);
  part.rows = {};
  part.copy.clear();
}

void RowParts::flush(Slot slot) {
  if (slot < part_at_.size() && part_at_[slot] != kNoPart) give(parts_[part_at_[slot]]);
}

void RowParts::finish() {
  for (std::size_t i = 0; i < used_; ++i)
    give(parts_[i]);
  forget();
}

void RowParts::forget() {
  for (std::size_t i = 0; i < used_; ++i)
    part_at_[parts_[i].slot] = kNoPart;
  if (used_ > kPartsKept) parts_.resize(kPartsKept);
  for (std::size_t i = 0; i < std::min(used_, parts_.size()); ++i) {
    parts_[i].rows = {};
    parts_[i].copy.clear();
    if (parts_[i].copy.capacity() > kCopyKept) parts_[i].copy.shrink_to_fit();
  }
  used_ = 0;
}

}  // namespace godwit::capture
