// The rows of one event, sorted by tenant: each tenant gets its rows in their order, in as few
// events as possible, and without a copy where they stand together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "godwit/capture/events.hpp"
#include "godwit/capture/routing_index.hpp"

namespace godwit::capture {

/// Memory: the rows of one event, twice at most; afterwards kPartsKept buffers of kCopyKept bytes,
/// and four bytes for each slot.
class RowParts {
 public:
  static constexpr std::size_t kPartsKept = 64;
  static constexpr std::size_t kCopyKept = 64U << 10U;

  /// The event is valid during the call.
  using Give = std::function<void(Slot, const RowsEvent&)>;
  explicit RowParts(Give give) : give_(std::move(give)) {}

  /// What was added and not given is forgotten.
  void open(const RowsEvent& event);
  /// `rows`: images of this kind, a part of the event's inflated data, which stays where it is
  /// until finish(). Of an update that moves a row, `kind` may be write or remove.
  void add(Slot slot, RowsKind kind, std::span<const std::byte> rows);
  /// Gives what the slot has so far: something else of it follows.
  void flush(Slot slot);
  void finish();

 private:
  struct Part {
    Slot slot = kNoSlot;
    RowsKind kind{};
    std::span<const std::byte> rows;  // in the event; or, unless it is empty:
    std::vector<std::byte> copy;
  };
  Part& part_of(Slot slot);
  void give(Part& part);
  void forget();

  const Give give_;
  RowsEvent event_;
  std::vector<Part> parts_;
  std::size_t used_ = 0;                // of parts_, by this event
  std::vector<std::uint32_t> part_at_;  // by slot; kNoPart: none
};

}  // namespace godwit::capture
