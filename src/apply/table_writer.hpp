// One table of one tenant: its rows → operations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "array_parameters.hpp"
#include "encoded_row.hpp"
#include "evidence.hpp"
#include "godwit/capture/change.hpp"
#include "outbox.hpp"
#include "set_plan.hpp"
#include "table_binding.hpp"

namespace godwit::apply {

/// Buffers that all tables of an applier share; one row is under way at a time.
struct RowBuffers {
  EncodedRow before;
  EncodedRow after;
  std::string set;  // letters of the statement under way, see table_statements.hpp
  std::string match;
  std::string shape;
  std::vector<postgres::Parameter> parameters;
  std::vector<std::uint32_t> types;  // of the parameters
};

/// Prepared statements by their shape, of one table.
class ShapeCache {
 public:
  /// Texts that are kept; of more shapes the one that was prepared first is prepared again when it
  /// is needed next.
  static constexpr std::size_t kShapesMax = 64;

  /// `make` gives the SQL of a new one, `types` its parameters' types; 0: the server takes that of
  /// the column, also where a type map of one's own has a type that isn't known here.
  template <class Make>
  postgres::StatementId get(const std::string& shape, std::span<const std::uint32_t> types,
                            postgres::Pipeline& pipeline, const Make& make) {
    const auto known = statements_.find(shape);
    if (known != statements_.end()) return known->second;
    return add(shape, make(), types, pipeline);
  }
  /// They are prepared again when they are needed next.
  void forget_all(postgres::Pipeline& pipeline);

 private:
  postgres::StatementId add(const std::string& shape, std::string sql,
                            std::span<const std::uint32_t> types, postgres::Pipeline& pipeline);

  std::unordered_map<std::string, postgres::StatementId> statements_;
  std::vector<std::string> order_;  // a ring, once it is full
  std::size_t oldest_ = 0;
};

/// A row as it is applied.
struct RowChange {
  capture::RowsKind kind = capture::RowsKind::write;
  const capture::RowImage* before = nullptr;
  const capture::RowImage* after = nullptr;
};

class TableWriter {
 public:
  /// Plans are made anew after so many insertions, then after kPlannedFactor times as many, …
  static constexpr std::uint64_t kPlannedRows = 500;
  static constexpr std::uint64_t kPlannedFactor = 8;

  TableWriter(const TablePlan& plan, SetPlan set_plan)
      : plan_(&plan), set_plan_(std::move(set_plan)), counts_(plan.target->columns.size()) {
    pending_.resize(counts_.size());
  }

  /// To be called before the rows of each event. Throws Diverged when the table isn't the one that
  /// was copied.
  void bind(const std::shared_ptr<const capture::MappedTable>& map);

  /// Encodes the row's images into `buffers`, and into its `set` which columns the operation
  /// writes. Throws Diverged for a value that is refused, or an image that lacks what is needed.
  void encode(const RowChange& row, RowBuffers& buffers);
  /// Sends the operation of the row that was encoded.
  void send(const RowChange& row, RowBuffers& buffers, Outbox& outbox);
  /// Whether the row that was encoded may share a statement with others, see RowSet.
  [[nodiscard]] bool may_share(capture::RowsKind kind, const RowBuffers& buffers) const;
  /// Rows of one kind: inserts of all columns, updates of those in `set`, deletes. `types` are
  /// those of the statement's parameters, `values` their values.
  void send_set(capture::RowsKind kind, const std::string& set, std::span<const ArrayType> types,
                ArrayParameters& values, RowBuffers& buffers, Outbox& outbox);
  /// Whether the update that was encoded changes the target's column of this index.
  [[nodiscard]] static bool sets(const RowBuffers& buffers, std::size_t column);
  /// Whether it changes a column that foreign keys reference.
  [[nodiscard]] bool sets_referenced(const RowBuffers& buffers) const;

  /// So many rows were inserted by other ways than send(). Plans that were made for a small table are
  /// made anew from time to time while it grows: the server doesn't, until it is analyzed.
  void grew(std::uint64_t rows, Outbox& outbox);

  /// About a row of this table; the caller adds what went wrong and where.
  [[nodiscard]] Evidence evidence(const RowChange& row) const;

  [[nodiscard]] const TablePlan& plan() const { return *plan_; }
  [[nodiscard]] const TableBinding& binding() const { return *binding_; }
  [[nodiscard]] const SetPlan& set_plan() const { return set_plan_; }

  /// What policies changed in the rows that were encoded since the last call; nullopt: nothing.
  std::optional<std::vector<schema::PolicyCounts>> take_counts();
  void forget_counts();
  /// Of rows that are committed.
  void add_counts(const std::vector<schema::PolicyCounts>& committed);
  [[nodiscard]] const std::vector<schema::PolicyCounts>& counts() const { return counts_; }

 private:
  void encode_insert(const RowChange& row, RowBuffers& buffers);
  void encode_update(RowBuffers& buffers);
  void find_row(const RowChange& row, RowBuffers& buffers);
  void count(const EncodedRow& row, const RowBuffers& buffers, char written);
  [[noreturn]] void refuse(const RowChange& row, std::string problem) const;

  const TablePlan* plan_;
  SetPlan set_plan_;
  std::optional<TableBinding> binding_;
  ShapeCache shapes_;
  std::uint64_t inserted_ = 0;
  std::uint64_t planned_up_to_ = kPlannedRows;  // insertions
  std::vector<schema::PolicyCounts> counts_;
  std::vector<schema::PolicyCounts> pending_;
  bool any_pending_ = false;
};

/// "insert", "update", "delete"
std::string_view operation_name(capture::RowsKind kind);

}  // namespace godwit::apply
