// One row image as the fields of a COPY row, by target column: what parameters and COPY carry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "godwit/capture/row_image.hpp"
#include "godwit/postgres/pipeline.hpp"
#include "godwit/schema/codec.hpp"
#include "godwit/schema/copy_buffer.hpp"
#include "table_binding.hpp"

namespace godwit::apply {

/// Keeps its memory from row to row, but for what a huge one needed: see shrink().
class EncodedRow {
 public:
  static constexpr std::size_t kKeptBytes = 1U << 20U;

  /// Throws schema::ValueRefused, refused_column() says which; Error(source) for a compressed value
  /// that is malformed.
  void encode(const TablePlan& plan, const TableBinding& binding, const capture::RowImage& image);
  void clear();

  /// False: the image doesn't have it.
  [[nodiscard]] bool has(std::size_t column) const { return fields_[column].end != 0; }
  [[nodiscard]] bool has_all() const { return missing_ == 0; }
  [[nodiscard]] bool is_null(std::size_t column) const { return fields_[column].null; }
  /// With its length, as in COPY.
  [[nodiscard]] std::span<const std::byte> field(std::size_t column) const {
    const Field& field = fields_[column];
    return buffer_.bytes().subspan(field.begin, field.end - field.begin);
  }
  [[nodiscard]] postgres::Parameter parameter(std::size_t column) const;
  [[nodiscard]] bool same_field(std::size_t column, const EncodedRow& other) const;
  [[nodiscard]] std::size_t refused_column() const { return column_; }
  /// What policies changed in this row.
  [[nodiscard]] const schema::PolicyCounts& changed_by_policy(std::size_t column) const {
    return counts_[column];
  }
  [[nodiscard]] bool any_changed_by_policy() const { return any_counted_; }
  /// All fields, one after the other; of COPY's row only its count of fields is missing.
  [[nodiscard]] std::span<const std::byte> fields() const { return buffer_.bytes(); }
  void shrink();

 private:
  struct Field {
    std::size_t begin = 0;
    std::size_t end = 0;  // 0: the image doesn't have it
    bool null = false;
  };

  schema::CopyBuffer buffer_{4096};
  std::vector<Field> fields_;
  std::vector<schema::PolicyCounts> counts_;
  std::string inflated_;
  std::size_t column_ = 0;
  std::size_t missing_ = 0;
  bool any_counted_ = false;
};

}  // namespace godwit::apply
