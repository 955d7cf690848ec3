// The rows of one side as cells, one at a time: only the current row is in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cell.hpp"
#include "godwit/mariadb/row_stream.hpp"
#include "godwit/postgres/session.hpp"
#include "table_plan.hpp"

namespace godwit::verify {

class SourceCursor {
 public:
  SourceCursor(mariadb::Connection& source, const TablePlan& plan, bool ordered);

  /// Moves to the next row; false at the end.
  bool next();
  [[nodiscard]] std::span<const Cell> row() const { return cells_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Of the current row; without the key of a plan for digests.
  [[nodiscard]] std::uint64_t row_bytes() const;
  /// Whose the current row of a plan for digests is; nullopt: NULL.
  [[nodiscard]] std::optional<std::string_view> key() const;

 private:
  const TablePlan& plan_;
  mariadb::RowStream stream_;
  std::vector<Cell> cells_;
  std::vector<Scratch> scratches_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Decodes COPY … TO STDOUT (FORMAT binary): 19 bytes of header and its extension, tuples (int16
/// number of fields; per field int32 length, -1 for NULL, and its bytes), int16 -1 at the end.
class TargetCursor {
 public:
  TargetCursor(postgres::Session& target, const TablePlan& plan, bool ordered);

  bool next();
  [[nodiscard]] std::span<const Cell> row() const { return cells_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

 private:
  bool refill();
  void skip_header();
  std::span<const std::byte> take(std::size_t count);
  void drain();

  const TablePlan& plan_;
  postgres::CopyOut copy_;
  std::span<const std::byte> message_;
  std::vector<Cell> cells_;
  std::vector<Scratch> scratches_;
  std::uint64_t rows_ = 0;
  bool header_read_ = false;
};

}  // namespace godwit::verify
