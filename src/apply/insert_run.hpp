// Consecutive inserts into one table: few of them go as one statement, many as one COPY.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "array_parameters.hpp"
#include "encoded_row.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/copy_buffer.hpp"
#include "outbox.hpp"
#include "table_writer.hpp"

namespace godwit::apply {

/// Holds at most kBytesMax, or one row, of encoded rows.
class InsertRun {
 public:
  static constexpr std::size_t kBytesMax = 256U << 10U;

  /// A run of so many rows becomes a COPY.
  explicit InsertRun(std::size_t rows_min) : rows_min_(rows_min) {}

  [[nodiscard]] bool empty() const { return table_ == nullptr; }
  [[nodiscard]] const TableWriter* table() const { return table_; }

  /// The row that was encoded last in `row`, with all columns. The run is empty or of this table.
  void add(TableWriter& table, const EncodedRow& row, Outbox& outbox);
  /// Ends the run. Throws as postgres::CopyIn does, Error(rejected) when a row wasn't taken.
  void end(RowBuffers& buffers, Outbox& outbox);
  /// Forgets it; a COPY under way is aborted.
  void abandon();

 private:
  void start_copy(Outbox& outbox);
  void send_rows(RowBuffers& buffers, Outbox& outbox);

  const std::size_t rows_min_;
  TableWriter* table_ = nullptr;
  std::size_t rows_ = 0;  // in all
  schema::CopyBuffer buffer_{4096};
  ArrayParameters values_;
  std::unique_ptr<postgres::CopyIn> copy_;
};

}  // namespace godwit::apply
