#include "godwit/postgres/session.hpp"

#include <array>
#include <chrono>

#include "connection_parameters.hpp"
#include "godwit/core/error.hpp"
#include "session_handle.hpp"

namespace godwit::postgres {
namespace {

// A refusal that came quickly came from a server, not from a timeout.
constexpr auto kQuickFailure = std::chrono::seconds(2);

// libpq tells the SQLSTATE of a refused login only in the text of a second try with another
// verbosity: "connection to server … failed: FATAL:  28P01".
std::string refusal_state(PGconn* connection) {
  PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE);
  PQreset(connection);
  if (PQstatus(connection) == CONNECTION_OK) return {};
  std::string_view text(PQerrorMessage(connection));
  while (!text.empty() && text.back() == '\n')
    text.remove_suffix(1);
  constexpr std::size_t kStateSize = 5;
  if (text.size() <= kStateSize || text[text.size() - kStateSize - 1] != ' ') return {};
  text.remove_prefix(text.size() - kStateSize);
  if (text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos) {
    return {};
  }
  return std::string(text);
}

ConnectionHandle connect(const ConnectionParameters& parameters) {
  const auto start = std::chrono::steady_clock::now();
  const auto keywords = parameters.keywords();
  const auto values = parameters.values();
  ConnectionHandle connection(PQconnectdbParams(keywords.data(), values.data(), 0));
  if (!connection) throw Error(ErrorKind::internal, "out of memory for a connection");
  if (PQstatus(connection.get()) == CONNECTION_OK) return connection;

  const std::string text = PQerrorMessage(connection.get());
  const bool quick = std::chrono::steady_clock::now() - start < kQuickFailure;
  const std::string state = quick ? refusal_state(connection.get()) : std::string{};
  throw server_error(state, text);
}

}  // namespace

Session::Session(const std::string& uri, const SessionOptions& options)
    : handle_(std::make_unique<Handle>()) {
  handle_->connection = connect(ConnectionParameters(uri, options));
  handle_->cancel.reset(PQgetCancel(handle_->connection.get()));
  PQsetNoticeProcessor(
      handle_->connection.get(), [](void*, const char*) {}, nullptr);
}

Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::execute(const std::string& sql) { handle_->run(sql); }

Rows Session::query(const std::string& sql) {
  const ResultHandle result = handle_->run(sql);
  const int row_count = PQntuples(result.get());
  const int column_count = PQnfields(result.get());
  Rows rows(static_cast<std::size_t>(row_count));
  for (int r = 0; r < row_count; ++r) {
    Row& row = rows[static_cast<std::size_t>(r)];
    row.reserve(static_cast<std::size_t>(column_count));
    for (int c = 0; c < column_count; ++c) {
      if (PQgetisnull(result.get(), r, c) != 0) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(std::in_place, PQgetvalue(result.get(), r, c),
                         static_cast<std::size_t>(PQgetlength(result.get(), r, c)));
      }
    }
  }
  return rows;
}

std::optional<std::string> Session::scalar(const std::string& sql) {
  Rows rows = query(sql);
  if (rows.empty() || rows[0].empty()) return std::nullopt;
  return std::move(rows[0][0]);
}

void Session::cancel() noexcept { handle_->request_cancel(); }

int Session::server_version() const { return PQserverVersion(handle_->connection.get()); }
pg_conn* Session::native() const { return handle_->connection.get(); }

void Session::Handle::request_cancel() noexcept {
  cancelled = true;
  std::array<char, 256> complaint{};
  // Nothing can be done when it fails: the statement then runs to its end.
  (void)PQcancel(cancel.get(), complaint.data(), static_cast<int>(complaint.size()));
}

ResultHandle Session::Handle::run(const std::string& sql) {
  ResultHandle result(PQexec(connection.get(), sql.c_str()));
  switch (PQresultStatus(result.get())) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY: return result;
    case PGRES_COPY_IN:
      (void)PQputCopyEnd(connection.get(), "not expected");
      drain();
      throw Error(ErrorKind::internal, "a COPY was run as a plain statement");
    case PGRES_COPY_OUT:
      request_cancel();
      drain();
      throw Error(ErrorKind::internal, "a COPY was run as a plain statement");
    case PGRES_COPY_BOTH:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_FATAL_ERROR:
    case PGRES_SINGLE_TUPLE:
    case PGRES_PIPELINE_SYNC:
    case PGRES_PIPELINE_ABORTED: break;
  }
  throw failure(result.get());
}

Error Session::Handle::failure(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state != nullptr && state == kQueryCanceled && cancelled.exchange(false)) {
    return Error(ErrorKind::cancelled, "stopped on request");
  }
  return result_error(connection.get(), result);
}

void Session::Handle::fail(const PGresult* result) {
  // The text of a failure of the connection is gone once the session is drained.
  const Error error = failure(result);
  drain();
  throw Error(error);
}

void Session::Handle::drain() noexcept {
  while (const ResultHandle result{PQgetResult(connection.get())}) {
    if (PQresultStatus(result.get()) == PGRES_COPY_OUT) {
      char* row = nullptr;
      while (PQgetCopyData(connection.get(), &row, 0) > 0)
        PQfreemem(row);
    } else if (PQresultStatus(result.get()) == PGRES_COPY_IN) {
      if (PQputCopyEnd(connection.get(), "abandoned") != 1) return;
    }
    if (PQstatus(connection.get()) == CONNECTION_BAD) return;
  }
}

}  // namespace godwit::postgres
