// One call of Applier::apply(): batches of source transactions, each in a target transaction.
//
// 1. Source transactions are taken from the queue and sent as one target transaction, up to the
//    limits, the progress row last; its COMMIT is sent when all operations are known to be right,
//    and is waited for only behind the next batch: a batch is encoded while the one before is
//    written to disk.
// 2. When a batch fails, it is rolled back with whatever is not known to be committed, and its
//    source transactions are applied one by one, each waited for, without COPY: that a transaction
//    fails is only judged alone.
// 3. A transaction that fails alone is walked through once more, counting, for the row whose
//    operation it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "evidence.hpp"
#include "godwit/apply/applier.hpp"
#include "outbox.hpp"
#include "progress_row.hpp"
#include "transaction_writer.hpp"

namespace godwit::apply {

/// What an applier keeps from call to call.
struct ApplierState {
  ApplierState(postgres::Session& target, std::shared_ptr<const SchemaPlan> plan,
               std::string tenant_name, Epoch epoch, const ApplyOptions& apply_options);

  postgres::Session& session;
  std::shared_ptr<const SchemaPlan> schema;
  const ApplyOptions options;
  ProgressRow progress;
  Outbox outbox;
  TransactionWriter writer;
  ProgressPosition committed;
};

class ApplyRun {
 public:
  ApplyRun(ApplierState& state, capture::TenantQueue& queue, std::uint64_t limit);

  ApplyResult run();

 private:
  /// Transactions of the queue that a target transaction takes.
  struct Batch {
    std::uint64_t transactions = 0;
    std::uint64_t skipped = 0;
    std::uint64_t operations = 0;
    std::uint64_t bytes = 0;
    ProgressPosition position;  // behind them
    std::optional<std::size_t> progress_index;
    std::vector<CountedTable> counted;
    [[nodiscard]] std::uint64_t taken() const { return transactions + skipped; }
  };
  struct Head {
    Gtid gtid;
    std::string file;
    std::uint32_t offset = 0;
    std::uint64_t bytes = 0;
    [[nodiscard]] std::string position() const;
  };
  enum class Sent { whole, failed, statement };

  bool peek();
  void go_back();
  [[nodiscard]] bool fits(const Batch& batch) const;
  void begin(Batch& batch);
  bool send_batch();
  bool fill(Batch& batch);
  Sent send_transaction(Batch& batch);
  Sent send_changes();
  bool commit(Batch& batch);
  void confirm(std::size_t commits);
  void release_skipped(std::uint64_t count);
  bool settle();
  void retreat(const Batch& failed);
  void apply_alone(const postgres::BatchReport& report, const Batch& failed);
  void require_own_progress(const postgres::BatchReport& report, const Batch& failed) const;
  void single();
  bool try_alone();
  void judge(const postgres::BatchReport& report);
  std::optional<LocatedRow> locate(std::size_t index);
  bool leave_unchecked(const postgres::OperationError& error, const LocatedRow& row);
  void diverge(Evidence evidence);

  ApplierState& state_;
  capture::TenantQueue& queue_;
  capture::TenantQueue::Reader reader_;
  const std::uint64_t limit_;
  ApplyResult result_;
  Head head_;
  bool has_head_ = false;            // the reader is at its start
  std::uint64_t released_ = 0;       // transactions of the queue
  std::vector<Batch> in_flight_;     // their COMMIT was sent
  std::size_t confirmed_ = 0;        // commits since the outbox's last finish()
  ProgressPosition sent_;            // behind all that was sent
  std::uint64_t alone_ = 0;          // so many are applied one by one
  std::optional<Evidence> refused_;  // by the transaction under way, before it was sent whole
  std::optional<ApplyResult::Statement> statement_;
  bool ended_ = false;
};

}  // namespace godwit::apply
