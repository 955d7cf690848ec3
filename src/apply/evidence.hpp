// What a person needs to judge why a tenant can't go on: never logged, for it holds values.
#pragma once

#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "godwit/apply/applier.hpp"
#include "godwit/capture/row_image.hpp"
#include "godwit/postgres/pipeline.hpp"
#include "godwit/schema/codec.hpp"

namespace godwit::apply {

/// Stops the transaction: nothing of it may be committed. Stays within this room.
class Diverged : public std::exception {
 public:
  explicit Diverged(Evidence evidence) : evidence_(std::move(evidence)) {}
  [[nodiscard]] Evidence& evidence() { return evidence_; }
  [[nodiscard]] const char* what() const noexcept override { return "diverged"; }

 private:
  Evidence evidence_;
};

/// Bytes of a row's text; a longer one ends with "…".
inline constexpr std::size_t kRowTextMax = 4096;

/// Of target columns, in the order of TablePlan::target->columns.
struct ShownRow {
  const TablePlan* plan = nullptr;
  std::span<const schema::ColumnCodec> codecs;
  const capture::RowImage* image = nullptr;
};

/// "id=42, name='x'": the columns that the image has.
std::string row_text(const ShownRow& row);
/// The key's columns; the whole row where the table has none.
std::string key_text(const ShownRow& row);

/// "DELETE affected 0 rows, not 1"
std::string mismatch_text(std::string_view operation, const postgres::CountMismatch& mismatch);

}  // namespace godwit::apply
