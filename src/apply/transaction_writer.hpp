// One source transaction's changes → operations within the target transaction that is open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cascade_sender.hpp"
#include "godwit/apply/applier.hpp"
#include "godwit/capture/change.hpp"
#include "godwit/capture/row_image.hpp"
#include "insert_run.hpp"
#include "outbox.hpp"
#include "row_set.hpp"
#include "table_writer.hpp"

namespace godwit::apply {

/// The row whose operation was looked for.
struct LocatedRow {
  Evidence evidence;
  const TablePlan* plan = nullptr;
  capture::RowsKind kind = capture::RowsKind::write;
  std::string set;  // of an update: which target columns it changes, see table_statements.hpp
};

/// What policies changed in rows of a table.
struct CountedTable {
  TableWriter* table = nullptr;
  std::vector<schema::PolicyCounts> columns;
};

class TransactionWriter {
 public:
  TransactionWriter(const SchemaPlan& schema, Outbox& outbox, const ApplyOptions& options);

  /// Nothing is known of the target transaction's state: it begins, or was rolled back.
  void reset();
  /// The next source transaction.
  void begin();
  /// Throws Diverged; Error(source) for a malformed row; as the pipeline and a COPY do. Returns
  /// early when a failure is known.
  void rows(const capture::Change& change);
  void touched(const capture::Change& change);
  /// `sql`: see savepoint.hpp.
  void savepoint(const std::string& sql);
  /// What is pending is sent. Throws Diverged when a touched table is unexplained and that stops.
  void end();

  /// Each row gets a statement of its own, so that a failure tells the row.
  void row_by_row(bool apart) { apart_ = apart; }
  /// Of this transaction: updates that change neither a column of this key nor one that is
  /// referenced run unchecked. A row that violates it already is updated so; see Applier.
  void leave_unchecked(const schema::TargetForeignKey& key) { unchecked_.push_back(&key); }
  [[nodiscard]] const std::vector<const schema::TargetForeignKey*>& unchecked() const {
    return unchecked_;
  }
  void check_all_keys() { unchecked_.clear(); }
  /// While the outbox counts: the row whose operations contain this index.
  void locate(std::size_t index);
  [[nodiscard]] const std::optional<LocatedRow>& located() const { return located_; }
  void stop_locating();

  /// Rows of the transaction under way.
  [[nodiscard]] std::uint64_t row_count() const { return rows_; }
  /// Since the last call: tables that were touched for no known reason.
  std::vector<std::string> take_unexplained() { return std::move(unexplained_); }

  /// Since the last call.
  std::vector<CountedTable> take_counts();
  void forget_counts();
  [[nodiscard]] std::vector<const TableWriter*> tables() const;

 private:
  TableWriter* find_table(const capture::MappedTable& map);
  void write_row(TableWriter& table, const RowChange& row, bool no_checks);
  void set_role(bool replica);
  void send_pending();
  [[nodiscard]] bool is_unchecked(const TableWriter& table, const RowChange& row) const;

  const SchemaPlan& schema_;
  Outbox& outbox_;
  const ApplyOptions& options_;
  RowBuffers buffers_;
  capture::RowReader reader_;
  InsertRun run_;
  RowSet set_;  // empty while the run isn't, and the other way round
  CascadeSender cascades_;
  std::unordered_map<std::string, std::unique_ptr<TableWriter>> tables_;  // null: not on the target
  bool apart_ = false;
  bool replica_ = false;  // session_replication_role
  std::uint64_t rows_ = 0;
  std::vector<std::string> written_;  // tables with rows
  std::vector<std::string> touched_;
  std::vector<std::string> unexplained_;
  std::vector<const schema::TargetForeignKey*> unchecked_;
  std::optional<std::size_t> wanted_;  // by locate()
  std::optional<LocatedRow> located_;
};

}  // namespace godwit::apply
