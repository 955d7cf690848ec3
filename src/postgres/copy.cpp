#include <algorithm>
#include <charconv>

#include "godwit/core/error.hpp"
#include "godwit/postgres/session.hpp"
#include "session_handle.hpp"

namespace godwit::postgres {
namespace {

// libpq copies a message into its send buffer and sends it from there; in pieces of this size the
// bytes stay in the cache, and neither side's buffer grows with the caller's block.
constexpr std::size_t kMessageBytes = 65'536;

}  // namespace

void Session::Handle::enter_copy(const std::string& sql, ExecStatusType expected) {
  const ResultHandle result(PQexec(connection.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == expected) return;
  if (status == PGRES_FATAL_ERROR) throw failure(result.get());
  if (status == PGRES_COPY_IN) (void)PQputCopyEnd(connection.get(), "not expected");
  if (status == PGRES_COPY_OUT) request_cancel();
  drain();
  throw Error(ErrorKind::internal, "not the COPY that was expected");
}

CopyIn::CopyIn(Session& session, const std::string& sql) : session_(session) {
  session_.handle_->enter_copy(sql, PGRES_COPY_IN);
}

CopyIn::~CopyIn() {
  if (!open_) return;
  if (PQputCopyEnd(session_.native(), "abandoned") == 1) session_.handle_->drain();
}

void CopyIn::put(std::span<const std::byte> bytes) {
  PGconn* const connection = session_.native();
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kMessageBytes);
    const auto* const data = reinterpret_cast<const char*>(bytes.data());
    if (PQputCopyData(connection, data, static_cast<int>(count)) != 1) {
      open_ = false;
      // The server's reason for hanging up may have arrived; otherwise libpq's own.
      while (const ResultHandle result{PQgetResult(connection)}) {
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
          throw session_.handle_->failure(result.get());
        }
        if (PQresultStatus(result.get()) == PGRES_COPY_IN) break;
      }
      throw connection_error(connection);
    }
    bytes = bytes.subspan(count);
  }
}

std::uint64_t CopyIn::finish() {
  open_ = false;
  PGconn* const connection = session_.native();
  if (PQputCopyEnd(connection, nullptr) != 1) throw connection_error(connection);
  const ResultHandle result(PQgetResult(connection));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    session_.handle_->fail(result.get());
  }
  session_.handle_->drain();
  const std::string_view count(PQcmdTuples(const_cast<PGresult*>(result.get())));
  std::uint64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

CopyOut::CopyOut(Session& session, const std::string& sql) : session_(session) {
  session_.handle_->enter_copy(sql, PGRES_COPY_OUT);
}

CopyOut::~CopyOut() {
  PQfreemem(buffer_);
  if (!open_) return;
  session_.handle_->request_cancel();
  session_.handle_->drain();
  session_.handle_->cancelled = false;
}

std::optional<std::span<const std::byte>> CopyOut::next() {
  PQfreemem(buffer_);
  buffer_ = nullptr;
  if (!open_) return std::nullopt;
  const int size = PQgetCopyData(session_.native(), &buffer_, 0);
  if (size > 0) {
    return std::span(reinterpret_cast<const std::byte*>(buffer_), static_cast<std::size_t>(size));
  }
  open_ = false;
  const ResultHandle result(PQgetResult(session_.native()));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    session_.handle_->fail(result.get());
  }
  session_.handle_->drain();
  return std::nullopt;
}

}  // namespace godwit::postgres
