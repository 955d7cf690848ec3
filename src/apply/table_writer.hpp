// One table of one tenant: its rows → operations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "encoded_row.hpp"
#include "evidence.hpp"
#include "godwit/capture/change.hpp"
#include "outbox.hpp"
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
};

/// Prepared statements by their shape, of one table.
class ShapeCache {
 public:
  /// Texts that are kept; of more shapes the one that was prepared first is prepared again when it
  /// is needed next.
  static constexpr std::size_t kShapesMax = 64;

  /// `make` gives the SQL of a new one.
  template <class Make>
  postgres::StatementId get(const std::string& shape, std::size_t parameters,
                            postgres::Pipeline& pipeline, const Make& make) {
    const auto known = statements_.find(shape);
    if (known != statements_.end()) return known->second;
    return add(shape, make(), parameters, pipeline);
  }

 private:
  postgres::StatementId add(const std::string& shape, std::string sql, std::size_t parameters,
                            postgres::Pipeline& pipeline);

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
  explicit TableWriter(const TablePlan& plan) : plan_(&plan), counts_(plan.target->columns.size()) {
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
  /// The same for an insert of all columns, whose values are the buffers' parameters.
  void send_insert(RowBuffers& buffers, Outbox& outbox);
  /// Whether the update that was encoded changes the target's column of this index.
  [[nodiscard]] static bool sets(const RowBuffers& buffers, std::size_t column);

  /// About a row of this table; the caller adds what went wrong and where.
  [[nodiscard]] Evidence evidence(const RowChange& row) const;

  [[nodiscard]] const TablePlan& plan() const { return *plan_; }
  [[nodiscard]] const TableBinding& binding() const { return *binding_; }

  void keep_counts();    // the transaction is committed
  void forget_counts();  // it is not
  [[nodiscard]] const std::vector<schema::PolicyCounts>& counts() const { return counts_; }

 private:
  void encode_insert(const RowChange& row, RowBuffers& buffers);
  void encode_update(RowBuffers& buffers);
  void find_row(const RowChange& row, RowBuffers& buffers);
  void count(const EncodedRow& row, const RowBuffers& buffers, char written);
  [[noreturn]] void refuse(const RowChange& row, std::string problem) const;

  const TablePlan* plan_;
  std::optional<TableBinding> binding_;
  ShapeCache shapes_;
  std::vector<schema::PolicyCounts> counts_;
  std::vector<schema::PolicyCounts> pending_;
  bool any_pending_ = false;
};

/// "insert", "update", "delete"
std::string_view operation_name(capture::RowsKind kind);

}  // namespace godwit::apply
