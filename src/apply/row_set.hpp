// Consecutive updates, or deletes, of one table as one statement over arrays: what a statement costs
// the server by itself is shared by its rows.
//
// The rows' keys differ, and no update of a set writes a column that others look at (SetPlan): then
// the order of the rows makes no difference. The statement must affect as many rows as it was given;
// otherwise the transaction is applied again, row by row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "array_parameters.hpp"
#include "outbox.hpp"
#include "table_writer.hpp"

namespace godwit::apply {

/// Holds at most kBytesMax, or one row, of encoded values.
class RowSet {
 public:
  static constexpr std::size_t kRowsMax = 500;
  static constexpr std::size_t kBytesMax = 256U << 10U;

  [[nodiscard]] bool empty() const { return table_ == nullptr; }

  /// The row that was encoded last. False: it can't join those that are here; send() them first.
  bool add(TableWriter& table, capture::RowsKind kind, const RowBuffers& buffers);
  void send(RowBuffers& buffers, Outbox& outbox);
  void abandon();

 private:
  /// Of hashes; a power of two, at most a quarter of it is in use.
  static constexpr std::size_t kSlots = 2048;

  void begin(TableWriter& table, capture::RowsKind kind, const RowBuffers& buffers);
  [[nodiscard]] bool is_full(const RowBuffers& buffers) const;
  bool take_key(const RowBuffers& buffers);

  TableWriter* table_ = nullptr;
  capture::RowsKind kind_ = capture::RowsKind::update;
  std::string set_;                       // of the update, see table_statements.hpp
  std::vector<std::size_t> set_columns_;  // the same
  std::vector<ArrayType> types_;          // of the statement's parameters
  ArrayParameters values_;
  std::array<std::uint32_t, kSlots> keys_{};  // hashes; 0: none
};

}  // namespace godwit::apply
