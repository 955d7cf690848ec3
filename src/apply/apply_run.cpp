#include "apply_run.hpp"

#include <algorithm>
#include <stop_token>
#include <utility>

#include "failure.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "savepoint.hpp"

namespace godwit::apply {
namespace {

/// For statements by key, many times over: planned once and for any values, mostly by the key's
/// index, and not compiled for the price of a scan that is to be avoided.
postgres::Session& plan_by_key(postgres::Session& session) {
  session.execute(
      "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "
      "SET enable_mergejoin = off; SET jit = off");
  return session;
}

}  // namespace

ApplierState::ApplierState(postgres::Session& target, std::shared_ptr<const SchemaPlan> plan,
                           std::string tenant_name, Epoch epoch, const ApplyOptions& apply_options)
    : session(plan_by_key(target)),
      schema(std::move(plan)),
      options(apply_options),
      progress(std::move(tenant_name), epoch),
      outbox(target, {}),
      writer(*schema, outbox, options),
      committed(progress.take(target)) {}

std::string ApplyRun::Head::position() const {
  return (file.empty() ? std::string("binlog") : file) + ":" + std::to_string(offset);
}

ApplyRun::ApplyRun(ApplierState& state, capture::TenantQueue& queue, std::uint64_t limit)
    : state_(state), queue_(queue), reader_(queue), limit_(limit), sent_(state.committed) {}

ApplyResult ApplyRun::run() {
  const std::stop_callback cancel(state_.options.stop, [this] { state_.session.cancel(); });
  while (!ended_) {
    if (state_.options.stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, "stopped on request");
    }
    if (alone_ > 0) {
      single();
    } else if (!send_batch() && settle()) {
      break;
    }
  }
  result_.unexplained_tables = state_.writer.take_unexplained();
  result_.more = !ended_ && released_ >= limit_ && queue_.stats().transactions > 0;
  return std::move(result_);
}

bool ApplyRun::peek() {
  if (has_head_) return true;
  const capture::TransactionHead* const head = reader_.next_transaction();
  if (head == nullptr) return false;
  head_.gtid = head->gtid;
  head_.file = head->file;
  head_.offset = head->offset;
  head_.bytes = reader_.transaction_bytes();
  has_head_ = true;
  return true;
}

void ApplyRun::go_back() {
  reader_.rewind();
  has_head_ = false;
}

bool ApplyRun::fits(const Batch& batch) const {
  return batch.operations < state_.options.operations_max &&
         batch.bytes + head_.bytes <= state_.options.bytes_max;
}

void ApplyRun::begin(Batch& batch) {
  failpoint::hit("apply.before_begin");
  batch.position = sent_;
  state_.writer.reset();
  state_.outbox.send_text("BEGIN");
}

// False: there was nothing to send.
bool ApplyRun::send_batch() {
  Batch batch;
  if (!fill(batch)) {
    retreat(batch);
    return true;
  }
  if (batch.taken() == 0) return false;
  if (batch.transactions == 0) {
    // Those before them are released first.
    if (settle()) release_skipped(batch.skipped);
    return true;
  }
  if (!commit(batch)) retreat(batch);
  return true;
}

// False: the batch can't be committed.
bool ApplyRun::fill(Batch& batch) {
  std::uint64_t taken = released_;
  for (const Batch& before : in_flight_)
    taken += before.taken();
  while (taken + batch.taken() < limit_ && peek()) {
    const ProgressPosition& behind = batch.transactions == 0 ? sent_ : batch.position;
    if (behind.covers(head_.gtid)) {
      ++batch.skipped;
      has_head_ = false;
      continue;
    }
    if (batch.transactions == 0) {
      begin(batch);
    } else if (!fits(batch)) {
      break;
    }
    if (send_transaction(batch) != Sent::whole) return false;
  }
  return true;
}

ApplyRun::Sent ApplyRun::send_transaction(Batch& batch) {
  has_head_ = false;
  try {
    const Sent sent = send_changes();
    if (sent != Sent::whole) return sent;
  } catch (Diverged& diverged) {
    refused_ = std::move(diverged.evidence());
    return Sent::failed;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::source) throw error.within(head_.position());
    // Of a COPY; as a statement, alone, it is judged by its SQLSTATE.
    const bool refused = error.kind() == ErrorKind::rejected ||
                         (error.kind() == ErrorKind::target && !error.retryable());
    if (!refused) throw;
    refused_.emplace();
    refused_->problem = "the target refused rows of the transaction";
    refused_->message = error.what();
    return Sent::failed;
  }
  ++batch.transactions;
  batch.operations += state_.writer.row_count();
  batch.bytes += head_.bytes;
  batch.position.advance(head_.gtid, head_.file, head_.offset);
  return Sent::whole;
}

ApplyRun::Sent ApplyRun::send_changes() {
  TransactionWriter& writer = state_.writer;
  writer.begin();
  while (const capture::Change* change = reader_.next_change()) {
    switch (change->kind) {
      case capture::ChangeKind::rows: writer.rows(*change); break;
      case capture::ChangeKind::touched: writer.touched(*change); break;
      case capture::ChangeKind::statement:
        if (const auto sql = savepoint_sql(change->statement.sql)) {
          writer.savepoint(*sql);
          break;
        }
        statement_ = {std::string(change->statement.sql), std::string(change->statement.database),
                      change->statement.ansi_quotes, to_string(head_.gtid), head_.position()};
        return Sent::statement;
    }
    if (!state_.outbox.clean()) return Sent::failed;
    if (writer.located()) return Sent::whole;
  }
  writer.end();
  return state_.outbox.clean() ? Sent::whole : Sent::failed;
}

// False: an operation failed, and the COMMIT wasn't sent.
bool ApplyRun::commit(Batch& batch) {
  failpoint::hit("apply.before_progress");
  batch.progress_index = state_.progress.send(state_.outbox, sent_, batch.position);
  failpoint::hit("apply.before_commit");
  state_.outbox.commit();
  if (!state_.outbox.clean()) return false;
  batch.counted = state_.writer.take_counts();
  sent_ = batch.position;
  in_flight_.push_back(batch);
  confirm(state_.outbox.commits());
  return true;
}

void ApplyRun::confirm(std::size_t commits) {
  while (confirmed_ < commits) {
    failpoint::hit("apply.after_commit");
    Batch& batch = in_flight_.front();
    result_.transactions += batch.transactions;
    result_.skipped += batch.skipped;
    result_.operations += batch.operations;
    ++result_.commits;
    for (const CountedTable& counted : batch.counted)
      counted.table->add_counts(counted.columns);
    state_.committed = std::move(batch.position);
    const std::uint64_t taken = batch.taken();
    in_flight_.erase(in_flight_.begin());
    ++confirmed_;
    failpoint::hit("apply.before_release");
    queue_.release(taken);
    released_ += taken;
  }
}

void ApplyRun::release_skipped(std::uint64_t count) {
  go_back();
  queue_.release(count);
  released_ += count;
  result_.skipped += count;
  go_back();
}

// Waits for all that was sent; false: some of it failed, which is to be applied one by one.
bool ApplyRun::settle() {
  const postgres::BatchReport report = state_.outbox.finish();
  go_back();
  confirm(report.commits);
  confirmed_ = 0;
  go_back();
  if (report.clean()) return true;
  state_.outbox.rollback();
  apply_alone(report, {});
  return false;
}

void ApplyRun::retreat(const Batch& failed) {
  state_.writer.reset();
  const postgres::BatchReport report = state_.outbox.finish();
  state_.outbox.rollback();
  go_back();
  confirm(report.commits);
  confirmed_ = 0;
  go_back();
  apply_alone(report, failed);
}

// All is rolled back that isn't known to be committed; `failed` is the batch that was under way.
void ApplyRun::apply_alone(const postgres::BatchReport& report, const Batch& failed) {
  alone_ = failed.taken() + 1;  // the one that it broke off in
  for (const Batch& batch : in_flight_)
    alone_ += batch.taken();
  in_flight_.clear();
  sent_ = state_.committed;
  state_.writer.forget_counts();
  require_own_progress(report, failed);
  if (report.error && !is_about_data(report.error->sqlstate)) throw Error(report.error->error);
  failpoint::hit("apply.split");
}

void ApplyRun::require_own_progress(const postgres::BatchReport& report,
                                    const Batch& failed) const {
  if (!failed.progress_index) return;
  const bool moved = std::any_of(report.mismatches.begin(), report.mismatches.end(),
                                 [&](const postgres::CountMismatch& mismatch) {
                                   return mismatch.index == *failed.progress_index;
                                 });
  if (moved) throw state_.progress.held();
}

void ApplyRun::single() {
  if (released_ >= limit_ || !peek()) {
    alone_ = 0;
    return;
  }
  --alone_;
  if (state_.committed.covers(head_.gtid)) {
    release_skipped(1);
    return;
  }
  TransactionWriter& writer = state_.writer;
  writer.row_by_row(true);
  writer.check_all_keys();
  while (!ended_ && peek() && !try_alone()) {
  }
  writer.check_all_keys();
  writer.row_by_row(false);
}

// True: it is committed. False: it is to be tried once more, or the run has ended.
bool ApplyRun::try_alone() {
  refused_.reset();
  Batch batch;
  begin(batch);
  const Sent sent = send_transaction(batch);
  const bool asked = sent == Sent::whole && commit(batch);
  if (!asked) state_.writer.reset();
  const postgres::BatchReport report = state_.outbox.finish();
  const bool committed = asked && report.clean();
  if (!committed) state_.outbox.rollback();
  go_back();
  confirm(report.commits);
  confirmed_ = 0;
  go_back();
  if (committed) return true;
  in_flight_.clear();
  sent_ = state_.committed;
  state_.writer.forget_counts();
  require_own_progress(report, batch);
  if (sent == Sent::statement) {
    result_.end = ApplyEnd::statement;
    result_.statement = std::move(statement_);
    ended_ = true;
  } else if (refused_) {
    diverge(std::move(*refused_));
  } else {
    judge(report);
  }
  return false;
}

void ApplyRun::judge(const postgres::BatchReport& report) {
  const std::optional<std::size_t> index = first_failure(report);
  if (!index) throw Error(ErrorKind::internal, "a transaction failed without a reason");
  const bool refused = report.error && report.error->index == *index;
  if (refused && !is_about_data(report.error->sqlstate)) throw Error(report.error->error);
  std::optional<LocatedRow> row = locate(*index);
  if (refused && row && leave_unchecked(*report.error, *row)) return;
  Evidence evidence;
  if (row) evidence = std::move(row->evidence);
  if (refused) {
    evidence.problem = evidence.operation.empty() ? "the target refused the transaction"
                                                  : "the target refused the " + evidence.operation;
    evidence.sqlstate = report.error->sqlstate;
    evidence.message = report.error->message;
    if (!report.error->detail.empty()) evidence.message += ": " + report.error->detail;
  } else {
    evidence.problem = mismatch_text(evidence.operation, report.mismatches.front());
  }
  diverge(std::move(evidence));
}

std::optional<LocatedRow> ApplyRun::locate(std::size_t index) {
  if (!peek()) return std::nullopt;
  state_.outbox.only_count();
  state_.writer.locate(index);
  Batch batch;
  begin(batch);
  (void)send_transaction(batch);
  std::optional<LocatedRow> row = state_.writer.located();
  state_.writer.stop_locating();
  state_.writer.reset();
  state_.writer.forget_counts();
  state_.outbox.send_again();
  refused_.reset();
  go_back();
  return row;
}

// PostgreSQL checks an unchanged key again when its own transaction made the old row version: a row
// that was written without checks and is updated in the same transaction fails there.
bool ApplyRun::leave_unchecked(const postgres::OperationError& error, const LocatedRow& row) {
  if (error.sqlstate != kForeignKeyViolation || row.kind != capture::RowsKind::update) return false;
  const schema::TargetTable& table = *row.plan->target;
  const auto key = std::find_if(
      table.foreign_keys.begin(), table.foreign_keys.end(),
      [&](const schema::TargetForeignKey& own) { return own.name == error.constraint; });
  if (key == table.foreign_keys.end()) return false;
  const std::vector<const schema::TargetForeignKey*>& known = state_.writer.unchecked();
  if (std::find(known.begin(), known.end(), &*key) != known.end()) return false;
  state_.writer.leave_unchecked(*key);
  return true;
}

void ApplyRun::diverge(Evidence evidence) {
  // Another engine that went on makes every operation fail here.
  state_.progress.require(state_.session, state_.committed);
  evidence.gtid = to_string(head_.gtid);
  evidence.position = head_.position();
  if (evidence.message.size() > kRowTextMax) evidence.message.resize(kRowTextMax);
  result_.end = ApplyEnd::diverged;
  result_.evidence = std::move(evidence);
  ended_ = true;
}

}  // namespace godwit::apply
