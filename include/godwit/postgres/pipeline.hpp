// Many statements without a round trip each: libpq's pipeline mode, for transactions of many small
// prepared statements. https://www.postgresql.org/docs/15/libpq-pipeline-mode.html
//
// Operations (one statement each) are sent as they come and numbered from 0 within their batch; a
// batch ends with sync(), or with rollback() when something went wrong. The server works in order,
// so of a batch a first part has succeeded, then at most one operation failed, and the rest was
// skipped.
//
//   pipeline.send_text("BEGIN");
//   pipeline.send(insert, row);      // …
//   pipeline.send(advance, where);
//   pipeline.commit();               // or not, see there; further transactions may follow
//   const BatchReport report = pipeline.sync();
//   if (!report.clean()) pipeline.rollback();
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "godwit/core/error.hpp"
#include "godwit/core/ids.hpp"
#include "godwit/postgres/session.hpp"

namespace godwit::postgres {

using StatementId = StrongId<struct StatementTag>;

/// One value in PostgreSQL's binary form: a COPY field's bytes without their length.
struct Parameter {
  const std::byte* data = nullptr;
  std::size_t size = 0;
  bool null = false;
};

/// An operation for which any number of rows will do.
inline constexpr std::uint64_t kAnyCount = std::numeric_limits<std::uint64_t>::max();

struct PipelineLimits {
  /// Statements that the server keeps prepared for this session (some 10 to 100 KiB each, there).
  std::size_t statements = 1'000;
  /// Operations without a result yet, with what they need to be prepared.
  std::size_t operations = 1'000;
  /// Bytes handed to libpq and not to the system yet. One larger operation is taken alone; libpq's
  /// buffers keep the size of the largest operation and the largest result.
  std::size_t bytes = 256U << 10U;
  /// A server that says nothing for so long is given up. Servers that are gone are noticed by the
  /// connection's own time limits; this is for one that hangs, so it allows for long statements.
  std::chrono::milliseconds silence = std::chrono::hours(1);
};

struct CountMismatch {
  std::size_t index = 0;  // of the operation
  std::uint64_t expected = 0;
  std::uint64_t actual = 0;
};

/// Why an operation failed, in the server's words; names are empty where the server gave none.
struct OperationError {
  std::size_t index = 0;  // of the operation; the batch's size: its end, without a transaction
  std::string sqlstate;
  std::string message;
  std::string detail;  // may quote a row: for evidence, not for logs
  std::string schema;
  std::string table;
  std::string column;
  std::string constraint;
  Error error;  // as Session throws it
};

struct BatchReport {
  std::size_t sent = 0;     // operations given, also those that were left out after a failure
  std::size_t done = 0;     // the first `done` of them succeeded
  std::size_t commits = 0;  // commit()s among these
  /// In order; of more than kMismatchesMax only the first.
  std::vector<CountMismatch> mismatches;
  std::size_t mismatch_count = 0;
  std::optional<OperationError> error;  // the first; what it made the server skip is none

  static constexpr std::size_t kMismatchesMax = 100;
  [[nodiscard]] bool clean() const { return done == sent && mismatch_count == 0 && !error; }
};

/// One at a time on a session, which must outlive it. The first operation enters pipeline mode;
/// until leave() the session's own statements and copies fail. Memory is bounded by the limits.
///
/// What the server says about an operation is in the report. Thrown are: Error(target), retryable,
/// when the connection is lost; Error(cancelled) after Session::cancel(), which works as for a
/// single statement: operations that run get it as their error, later ones aren't sent; and
/// Error(internal) for misuse.
class Pipeline {
 public:
  explicit Pipeline(Session& session, const PipelineLimits& limits = {});
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  /// In mid-batch it cancels, rolls back and leaves a usable session.
  ~Pipeline();

  /// `types`: OIDs of the parameters. Sends nothing: the server gets the text when it is first
  /// needed, and again if the statement was dropped because others were used more recently.
  StatementId prepare(std::string sql, std::span<const std::uint32_t> types);
  /// Frees a statement's text and its place on the server; the id is void.
  void forget(StatementId id);

  /// Sends an operation and returns its index; `expected` is the number of rows it is to affect.
  /// The parameters' bytes are free on return. Once a failure is known nothing is sent any more.
  /// Throws Error(rejected) for parameters larger than a message can be (1 GiB), sending nothing.
  std::size_t send(StatementId id, std::span<const Parameter> parameters,
                   std::uint64_t expected = 1);
  /// One statement without parameters: BEGIN, SET LOCAL, …; not COMMIT, which is commit()'s.
  std::size_t send_text(const std::string& sql, std::uint64_t expected = kAnyCount);
  /// Waits for the results of all operations before it (one round trip), and sends COMMIT only if
  /// each succeeded with the rows it was expected to affect. Its own result comes later: the next
  /// transaction may be sent at once. Before waiting for anything else, sync().
  std::size_t commit();

  /// What is known of this batch so far, also after the connection is lost: transactions whose
  /// COMMIT was answered took effect.
  [[nodiscard]] const BatchReport& known() const;
  /// Nothing is known yet to have gone wrong in this batch.
  [[nodiscard]] bool clean() const;
  /// Waits for the results of what was sent; the batch goes on.
  BatchReport settle();
  /// Ends the batch and waits for its results. A transaction without its COMMIT stays open;
  /// operations outside of one are committed by this, and when the connection is lost meanwhile
  /// nobody can say whether they were: commit_in_doubt() is about commit() only.
  BatchReport sync();
  /// Ends the batch, if there is one, and the transaction, whatever became of both.
  void rollback();
  /// Leaves pipeline mode, after sync() or rollback(): the session may copy and query.
  void leave();

  /// The index of a COMMIT that was sent when the connection broke, so that nobody can say whether
  /// it took effect; the thrown Error's text says so, too. The lost session may still be at it: a
  /// later look at the target decides only with a lock on the row that tells.
  [[nodiscard]] std::optional<std::size_t> commit_in_doubt() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace godwit::postgres
