// Values of many rows as parameters of one statement: an array for each column, in PostgreSQL's
// binary form. https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/arrayfuncs.c
// (array_recv)
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "godwit/postgres/pipeline.hpp"
#include "godwit/schema/copy_buffer.hpp"
#include "set_plan.hpp"

namespace godwit::apply {

/// Keeps its memory from set to set, see shrink().
class ArrayParameters {
 public:
  static constexpr std::size_t kKeptBytes = 1U << 20U;

  /// Begins anew: column by column the types of the elements.
  void open(std::span<const ArrayType> types);
  /// The next row's value of a column: a COPY field, with its length.
  void add(std::size_t column, std::span<const std::byte> field);
  void end_row() { ++rows_; }

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// Both give what stays valid until open().
  void as_arrays(std::vector<postgres::Parameter>& parameters);
  /// Of the only row.
  void as_values(std::vector<postgres::Parameter>& parameters) const;

  void shrink();

 private:
  std::vector<schema::CopyBuffer> columns_;  // more than the set has
  std::size_t used_ = 0;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;  // of all fields
};

/// A COPY field, with its length, as a parameter.
postgres::Parameter field_parameter(const std::byte* field);

}  // namespace godwit::apply
