#include "sqlite.hpp"

#include <utility>

#include <sqlite3.h>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"

namespace godwit::control {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

[[noreturn]] void fail(int code, const std::string& path, const char* message) {
  const std::string store = "the control store " + printable(path);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ErrorKind::held, store + " is locked by another process",
                  "Another godwit writes to the same state folder; wait for it or stop it.", true);
    case SQLITE_FULL:
    case SQLITE_IOERR:
      throw Error(ErrorKind::internal, store + " can't be written: " + message,
                  "Check that its file system has free space and is healthy, then run again: "
                  "what was recorded before is kept.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Error(ErrorKind::internal, store + " is damaged: " + message,
                  "Restore the file from a backup, or name another state folder in the plan.");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw Error(ErrorKind::internal, store + " can't be opened: " + message,
                  "Check the owner and the permissions of the file and of its folder.");
    default: throw Error(ErrorKind::internal, store + ": " + message);
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }

Database::Database(std::string path, Access access) : path_(std::move(path)) {
  sqlite3* handle = nullptr;
  const int mode = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int code = sqlite3_open_v2(path_.c_str(), &handle, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  check(code);
  check(sqlite3_extended_result_codes(handle, 1));
  check(sqlite3_busy_timeout(handle, kBusyTimeoutMs));
}

void Database::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  fail(code, path_, handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code));
}

void Database::execute(const std::string& sql) {
  check(sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  statement.bind();
  return statement.step() ? statement.integer(0) : 0;
}

int Database::changes() const { return sqlite3_changes(handle_.get()); }

bool Database::in_autocommit() const { return sqlite3_get_autocommit(handle_.get()) != 0; }

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database.native(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  database_.check(code);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  // The message belongs to the connection's last call: take it before the reset.
  try {
    database_.check(code);
  } catch (...) {
    reset();
    throw;
  }
  reset();
  return false;
}

void Statement::reset() noexcept { sqlite3_reset(statement_.get()); }

void Statement::bind_text(int position, std::string_view value) {
  // A null pointer would bind NULL; an empty view may have one.
  const char* text = value.data() == nullptr ? "" : value.data();
  database_.check(sqlite3_bind_text64(statement_.get(), position, text, value.size(), SQLITE_STATIC,
                                      SQLITE_UTF8));
}

void Statement::bind_integer(int position, std::int64_t value) {
  database_.check(sqlite3_bind_int64(statement_.get(), position, value));
}

void Statement::bind_real(int position, double value) {
  database_.check(sqlite3_bind_double(statement_.get(), position, value));
}

std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

}  // namespace godwit::control
