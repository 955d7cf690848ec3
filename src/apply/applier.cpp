#include "godwit/apply/applier.hpp"

#include <algorithm>
#include <stop_token>
#include <utility>

#include "apply_run.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"

namespace godwit::apply {

struct Applier::Impl {
  ApplierState state;
};

Applier::Applier(postgres::Session& session, std::shared_ptr<const SchemaPlan> schema,
                 std::string tenant, Epoch epoch, const ApplyOptions& options)
    : impl_(new Impl{ApplierState(session, std::move(schema), std::move(tenant), epoch, options)}) {
}

Applier::~Applier() = default;

ApplyResult Applier::apply(capture::TenantQueue& queue, std::uint64_t limit) {
  return ApplyRun(impl_->state, queue, limit).run();
}

namespace {

/// Passing a transaction must not pass rows with its statement.
void require_alone(capture::TenantQueue::Reader& reader) {
  std::size_t statements = 0;
  while (const capture::Change* change = reader.next_change()) {
    const bool is_statement = change->kind == capture::ChangeKind::statement;
    if (is_statement && ++statements == 1) continue;
    if (change->kind == capture::ChangeKind::touched) continue;
    throw Error(ErrorKind::rejected, "a transaction holds a statement and other changes beside it",
                "copy the tenant afresh: `godwit recopy`");
  }
}

}  // namespace

void Applier::pass_statement(capture::TenantQueue& queue, const std::string& sql) {
  ApplierState& state = impl_->state;
  capture::TenantQueue::Reader reader(queue);
  std::uint64_t taken = 1;
  const capture::TransactionHead* head = reader.next_transaction();
  for (; head != nullptr && state.committed.covers(head->gtid); head = reader.next_transaction())
    ++taken;
  if (head == nullptr) throw Error(ErrorKind::internal, "no transaction waits to be passed");
  ProgressPosition position = state.committed;
  position.advance(head->gtid, head->file, head->offset);
  require_alone(reader);

  if (state.options.stop.stop_requested()) {
    throw Error(ErrorKind::cancelled, "stopped on request");
  }
  const std::stop_callback cancel(state.options.stop, [&state] { state.session.cancel(); });
  failpoint::hit("apply.before_statement");
  state.session.execute("BEGIN");
  try {
    if (!sql.empty()) state.session.execute("SET LOCAL enable_seqscan = on; " + sql);
    state.progress.move(state.session, state.committed, position);
    state.session.execute("COMMIT");
  } catch (const Error&) {
    try {
      state.session.execute("ROLLBACK");
    } catch (const Error&) {
      // The session is lost; what made it so is thrown.
    }
    throw;
  }
  state.committed = std::move(position);
  reader.rewind();
  queue.release(taken);
}

const GtidList& Applier::position() const { return impl_->state.committed.gtids; }

std::vector<AppliedPolicies> Applier::policy_counts() const {
  std::vector<AppliedPolicies> list;
  for (const TableWriter* table : impl_->state.writer.tables()) {
    const std::vector<schema::PolicyCounts>& counts = table->counts();
    const bool any = std::any_of(counts.begin(), counts.end(), [](const auto& column) {
      return column != schema::PolicyCounts{};
    });
    if (any) list.push_back({&table->plan(), counts});
  }
  return list;
}

}  // namespace godwit::apply
