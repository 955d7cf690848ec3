#include "godwit/postgres/pipeline.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <string_view>
#include <utility>

#include "pipeline_link.hpp"
#include "session_handle.hpp"
#include "statement_cache.hpp"

namespace godwit::postgres {
namespace {

using Kind = InFlight::Kind;

// A message's length is that of a server's allocation at most, 1 GiB - 1; the rest is for the
// names and lengths around the values.
// https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/libpq/libpq.h
constexpr std::size_t kMessageBytesMax = (std::size_t{1} << 30) - (std::size_t{1} << 20);
// The messages around an operation's values: Bind, Describe and Execute, or a Sync.
constexpr std::size_t kMessageOverhead = 64;
// A deallocation, a preparation and the operation.
constexpr std::size_t kEntriesPerOperation = 3;

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view{} : std::string_view(text);
}

std::uint64_t row_count(PGresult* result) {
  const std::string_view text(PQcmdTuples(result));
  std::uint64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

// The server ends the session with such an error.
bool ends_the_session(const PGresult* result) {
  const std::string_view severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  return severity == "FATAL" || severity == "PANIC";
}

OperationError operation_error(std::size_t index, const PGresult* result, const Error& error) {
  const auto text = [result](int code) { return std::string(field(result, code)); };
  return OperationError{.index = index,
                        .sqlstate = text(PG_DIAG_SQLSTATE),
                        .message = text(PG_DIAG_MESSAGE_PRIMARY),
                        .detail = text(PG_DIAG_MESSAGE_DETAIL),
                        .schema = text(PG_DIAG_SCHEMA_NAME),
                        .table = text(PG_DIAG_TABLE_NAME),
                        .column = text(PG_DIAG_COLUMN_NAME),
                        .constraint = text(PG_DIAG_CONSTRAINT_NAME),
                        .error = error};
}

}  // namespace

struct Pipeline::Impl {
  Impl(Session::Handle& session_handle, const PipelineLimits& limits)
      : handle(session_handle),
        cache(limits.statements),
        link(handle.connection.get(), handle.cancel.get(), handle.cancelled, limits,
             [this](const InFlight& sent, PGresult* result) { on_result(sent, result); }) {}

  void begin_operation();
  std::size_t send_statement(const std::string& sql, Kind kind, std::uint64_t expected);
  void prepare_on_server(StatementCache::Statement& statement, std::size_t index);
  void load(std::span<const Parameter> parameters);
  void on_result(const InFlight& sent, PGresult* result);
  void fail(const InFlight& sent, PGresult* result);
  void wait_for_results();
  void finish_batch();
  void roll_back();
  void give_up() noexcept;
  [[nodiscard]] bool clean() const { return !report.error && report.mismatch_count == 0; }
  [[nodiscard]] PGconn* connection() const { return handle.connection.get(); }

  Session::Handle& handle;
  StatementCache cache;
  PipelineLink link;
  BatchReport report;   // of this batch, so far
  bool open = false;    // something was sent since the last sync
  bool unsure = false;  // a statement was used in the cache, but not sent
  bool prepared_any = false;
  // The values of the operation being sent; they keep their capacity.
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  std::size_t value_bytes = 0;
};

void Pipeline::Impl::begin_operation() {
  link.require();
  if (handle.cancelled.exchange(false)) throw Error(ErrorKind::cancelled, "stopped on request");
  link.enter();
}

std::size_t Pipeline::Impl::send_statement(const std::string& sql, Kind kind,
                                           std::uint64_t expected) {
  const std::size_t index = report.sent;
  link.make_room(1);
  open = true;
  link.sent(PQsendQueryParams(connection(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0),
            InFlight{.kind = kind, .index = index, .expected = expected},
            sql.size() + kMessageOverhead);
  return report.sent++;
}

void Pipeline::Impl::prepare_on_server(StatementCache::Statement& statement, std::size_t index) {
  const StatementCache::Use use = cache.use(statement);
  if (use.evicted != nullptr) {
    const std::string sql = "DEALLOCATE " + use.evicted->name;
    link.sent(
        PQsendQueryParams(connection(), sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0),
        InFlight{.kind = Kind::deallocate, .statement = use.evicted->id, .index = index},
        sql.size() + kMessageOverhead);
  }
  if (!use.prepare) return;
  prepared_any = true;
  link.sent(PQsendPrepare(connection(), statement.name.c_str(), statement.sql.c_str(),
                          static_cast<int>(statement.types.size()), statement.types.data()),
            InFlight{.kind = Kind::prepare, .statement = statement.id, .index = index},
            statement.sql.size() + statement.types.size() * sizeof(Oid) + kMessageOverhead);
}

void Pipeline::Impl::load(std::span<const Parameter> parameters) {
  values.clear();
  lengths.clear();
  formats.resize(std::max(formats.size(), parameters.size()), 1);
  value_bytes = 0;
  for (const Parameter& parameter : parameters) {
    // To libpq no pointer means NULL; a value may be empty.
    const char* const bytes =
        parameter.data == nullptr ? "" : reinterpret_cast<const char*>(parameter.data);
    value_bytes += sizeof(std::int32_t) + sizeof(std::int16_t);
    if (!parameter.null) {
      if (parameter.size > kMessageBytesMax - std::min(value_bytes, kMessageBytesMax)) {
        throw Error(ErrorKind::rejected,
                    "a row is larger than a message to PostgreSQL can be (1 GiB)");
      }
      value_bytes += parameter.size;
    }
    values.push_back(parameter.null ? nullptr : bytes);
    lengths.push_back(parameter.null ? 0 : static_cast<int>(parameter.size));
  }
}

void Pipeline::Impl::on_result(const InFlight& sent, PGresult* result) {
  if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
    fail(sent, result);
    return;
  }
  switch (sent.kind) {
    case Kind::prepare: cache.prepared(sent.statement); return;
    case Kind::deallocate: cache.deallocated(sent.statement); return;
    case Kind::sync: return;
    case Kind::commit:
      // In a transaction that had failed in an earlier batch COMMIT is a ROLLBACK, without an error.
      if (std::string_view(PQcmdStatus(result)) != "COMMIT") {
        report.error.emplace(operation_error(
            sent.index, result, Error(ErrorKind::internal, "COMMIT in a failed transaction")));
        return;
      }
      ++report.commits;
      break;
    case Kind::operation:
      if (sent.expected != kAnyCount) {
        const std::uint64_t actual = row_count(result);
        if (actual == sent.expected) break;
        ++report.mismatch_count;
        if (report.mismatches.size() < BatchReport::kMismatchesMax) {
          report.mismatches.push_back({sent.index, sent.expected, actual});
        }
      }
      break;
  }
  if (!report.error) report.done = sent.index + 1;
}

void Pipeline::Impl::fail(const InFlight& sent, PGresult* result) {
  if (report.error) return;
  link.skips_from_here();
  const Error error = handle.failure(result);
  if (ends_the_session(result)) link.session_ends(error, sent);
  report.error.emplace(operation_error(sent.index, result, error));
}

void Pipeline::Impl::finish_batch() {
  link.require();
  if (!open) return;
  link.make_room(1);
  link.sent(PQpipelineSync(connection()), InFlight{.kind = Kind::sync, .index = report.sent},
            kMessageOverhead);
  link.wait_for(0);
  open = false;
  cache.batch_ended(report.error.has_value() || unsure);
  unsure = false;
}

void Pipeline::Impl::wait_for_results() {
  link.require();
  link.request_results();
  link.wait_for(0);
}

void Pipeline::Impl::roll_back() {
  link.require();
  // Once for the sync of a failed batch, once for its transaction, and once more for a late
  // cancellation that hits the ROLLBACK itself.
  constexpr int kAttempts = 3;
  for (int i = 0; i < kAttempts; ++i) {
    if (!open && PQtransactionStatus(connection()) == PQTRANS_IDLE) break;
    link.enter();
    if (!report.error) send_statement("ROLLBACK", Kind::operation, kAnyCount);
    finish_batch();
    report = {};
  }
  report = {};
  if (PQtransactionStatus(connection()) != PQTRANS_IDLE) {
    throw Error(ErrorKind::target, "a transaction can't be rolled back", {}, /*retryable=*/true);
  }
}

// For the end of its life in mid-batch.
void Pipeline::Impl::give_up() noexcept {
  if (link.lost()) return;
  const bool cancelled = handle.cancelled;
  try {
    if (link.in_flight() > 0) handle.cancelled = true;  // what still runs after a moment
    if (link.entered()) {
      roll_back();
      link.leave();
    }
    if (prepared_any) (void)handle.run("DEALLOCATE ALL");
  } catch (const std::exception&) {
    // The session is lost, or in a transaction of its own; its next statement says so.
  }
  handle.cancelled = cancelled;
}

Pipeline::Pipeline(Session& session, const PipelineLimits& limits)
    : impl_(std::make_unique<Impl>(*session.handle_, limits)) {}

Pipeline::~Pipeline() { impl_->give_up(); }

StatementId Pipeline::prepare(std::string sql, std::span<const std::uint32_t> types) {
  return impl_->cache.add(std::move(sql), types);
}

void Pipeline::forget(StatementId id) { impl_->cache.forget(id); }

std::size_t Pipeline::send(StatementId id, std::span<const Parameter> parameters,
                           std::uint64_t expected) {
  Impl& impl = *impl_;
  impl.begin_operation();
  StatementCache::Statement& statement = impl.cache.at(id);
  if (statement.types.size() != parameters.size()) {
    throw Error(ErrorKind::internal, "a statement has " + std::to_string(statement.types.size()) +
                                         " parameters, not " + std::to_string(parameters.size()));
  }
  impl.load(parameters);
  if (impl.clean()) impl.link.make_room(kEntriesPerOperation);
  if (!impl.clean()) return impl.report.sent++;

  const std::size_t index = impl.report.sent;
  const bool was_unsure = std::exchange(impl.unsure, true);
  impl.open = true;
  impl.prepare_on_server(statement, index);
  impl.link.expect(impl.value_bytes);
  impl.link.sent(PQsendQueryPrepared(impl.connection(), statement.name.c_str(),
                                     static_cast<int>(parameters.size()), impl.values.data(),
                                     impl.lengths.data(), impl.formats.data(), 1),
                 InFlight{.index = index, .expected = expected},
                 impl.value_bytes + kMessageOverhead);
  impl.unsure = was_unsure;
  return impl.report.sent++;
}

std::size_t Pipeline::send_text(const std::string& sql, std::uint64_t expected) {
  impl_->begin_operation();
  if (!impl_->clean()) return impl_->report.sent++;
  return impl_->send_statement(sql, Kind::operation, expected);
}

std::size_t Pipeline::commit() {
  impl_->begin_operation();
  impl_->wait_for_results();
  if (!impl_->clean()) return impl_->report.sent++;
  const std::size_t index = impl_->send_statement("COMMIT", Kind::commit, kAnyCount);
  impl_->link.push();  // the server writes it to disk while the next transaction is encoded
  return index;
}

bool Pipeline::clean() const { return impl_->clean(); }

BatchReport Pipeline::settle() {
  impl_->wait_for_results();
  return impl_->report;
}

BatchReport Pipeline::sync() {
  impl_->finish_batch();
  return std::exchange(impl_->report, {});
}

const BatchReport& Pipeline::known() const { return impl_->report; }

void Pipeline::rollback() { impl_->roll_back(); }

void Pipeline::leave() {
  if (impl_->open) throw Error(ErrorKind::internal, "a batch is not ended");
  impl_->link.leave();
}

std::optional<std::size_t> Pipeline::commit_in_doubt() const {
  return impl_->link.commit_in_doubt();
}

}  // namespace godwit::postgres
