// One tenant's transactions → its database, in the source's order, each exactly once: the row of
// godwit.progress moves by compare-and-swap in the transaction that makes the changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/apply/schema_plan.hpp"
#include "godwit/capture/tenant_queue.hpp"
#include "godwit/core/gtid.hpp"
#include "godwit/core/ids.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::apply {

struct ApplyOptions {
  /// A target transaction takes source transactions until it has so many row operations or bytes;
  /// one larger source transaction is taken alone.
  std::size_t operations_max = 2'000;
  std::size_t bytes_max = 4U << 20U;
  /// Consecutive inserts into a table from which on COPY is cheaper.
  std::size_t copy_rows_min = 200;
  /// Whether a table map without rows stops the tenant when no foreign key leads to its table. A
  /// trigger's tables and those of a multi-table UPDATE are mapped without rows, too: otherwise
  /// they are named in ApplyResult::unexplained_tables.
  bool unexplained_tables_stop = false;
  std::stop_token stop = {};
};

/// Why a tenant can't go on by itself, with what a person needs to judge it.
struct Evidence {
  std::string problem;    // "DELETE affected 0 rows, not 1"
  std::string sqlstate;   // empty: no error of the server's
  std::string message;    // the server's, with its detail
  std::string operation;  // "insert", "update", "delete"
  std::string table;      // the source's name
  std::string key;        // "id=42"; the whole row where there is no key
  std::string before;     // "id=42, name='x', …", cut at 4 KiB; empty: none
  std::string after;
  std::string gtid;
  std::string position;  // "binlog.000003:4711"
};

enum class ApplyEnd {
  drained,    // no complete transaction is left, or the limits of one call are reached
  diverged,   // `evidence`
  statement,  // the next transaction holds a statement, `statement`: nothing of it was applied
};

struct ApplyResult {
  ApplyEnd end = ApplyEnd::drained;
  bool more = false;               // drained: the limit was reached, more is waiting
  std::uint64_t transactions = 0;  // of the source, committed; they are released from the queue
  std::uint64_t skipped = 0;       // of the source, applied before; released as well
  std::uint64_t operations = 0;    // rows
  std::uint64_t commits = 0;       // of the target
  /// Opened for writing without a row and without a foreign key that would explain it: to be
  /// verified.
  std::vector<std::string> unexplained_tables;
  std::optional<Evidence> evidence;
  struct Statement {
    std::string sql;
    std::string database;  // the session's
    bool ansi_quotes = false;
    std::string gtid;
    std::string position;
  };
  std::optional<Statement> statement;
};

/// What policies changed in a table's rows that were committed.
struct AppliedPolicies {
  const TablePlan* table = nullptr;
  std::vector<schema::PolicyCounts> columns;  // by TargetTable::columns
};

/// One thread at a time.
class Applier {
 public:
  /// `session` is on the tenant's database and outlives the applier. Reads the progress row.
  /// Throws Error(held) when it is of a later epoch, or another engine moved it; Error(rejected)
  /// when there is none. A row of an earlier epoch is taken over: from then on its engine commits
  /// nothing more.
  Applier(postgres::Session& session, std::shared_ptr<const SchemaPlan> schema, std::string tenant,
          Epoch epoch, const ApplyOptions& options);
  Applier(const Applier&) = delete;
  Applier& operator=(const Applier&) = delete;
  ~Applier();

  /// Applies what waits in the queue, at most `limit` source transactions, and releases it. What
  /// lies before the progress row's position is skipped. On an exception (connection lost: retryable
  /// Error(target)) everything not committed stays in the queue; make a new Applier then.
  ApplyResult apply(capture::TenantQueue& queue, std::uint64_t limit);

  /// The transaction with the statement that stopped apply() is over: its position becomes the
  /// progress, after `sql` (may be empty) was run, in one target transaction; it is released.
  void pass_statement(capture::TenantQueue& queue, const std::string& sql);

  /// As committed.
  [[nodiscard]] const GtidList& position() const;

  /// Since this applier was made; tables without such a value are left out.
  [[nodiscard]] std::vector<AppliedPolicies> policy_counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace godwit::apply
