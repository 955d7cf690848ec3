#include "source_snapshot.hpp"

#include <chrono>
#include <thread>

#include "godwit/core/error.hpp"

namespace godwit::engine {
namespace {

constexpr int kXaAttempts = 50;
constexpr std::chrono::milliseconds kXaPause{100};

bool xa_prepared(mariadb::Connection& connection) {
  return !connection.query("XA RECOVER").empty();
}

}  // namespace

mariadb::Connection& SourceConnections::reader() {
  if (!reader_) reader_.emplace(plan_.source.endpoint, mariadb::TextForm::column_bytes);
  return *reader_;
}

mariadb::Connection& SourceConnections::catalog() {
  if (!catalog_) catalog_.emplace(plan_.source.endpoint);
  return *catalog_;
}

mariadb::Connection& SourceConnections::locker() {
  if (!locker_) locker_.emplace(plan_.source.endpoint);
  return *locker_;
}

WriteLock::WriteLock(SourceConnections& connections, const std::string& database,
                     const mariadb::Database& model) {
  std::string sql;
  for (const mariadb::Table& table : model.tables) {
    // a table that can't be opened can't be locked; it is excluded, or the schema refused
    if (table.transactional() || table.engine.empty()) continue;
    sql += (sql.empty() ? "LOCK TABLES " : ", ") + mariadb::quote_identifier(database) + "." +
           mariadb::quote_identifier(table.name) + " READ";
  }
  if (sql.empty()) return;
  locked_ = &connections.locker();
  // a waiting lock blocks the application's next writers: rather try again later
  locked_->execute("SET lock_wait_timeout = 3");
  (void)locked_->query_listed(sql);
}

void WriteLock::release() {
  if (locked_ == nullptr) return;
  mariadb::Connection* connection = locked_;
  locked_ = nullptr;
  connection->execute("UNLOCK TABLES");
}

WriteLock::~WriteLock() {
  try {
    release();
  } catch (const std::exception&) {
    // the connection is gone, and the lock with it
    locked_ = nullptr;
  }
}

mariadb::AlignedSnapshots open_snapshots(std::span<mariadb::Connection*> readers) {
  for (int attempt = 0; attempt < kXaAttempts; ++attempt) {
    if (!xa_prepared(*readers.front())) {
      mariadb::AlignedSnapshots opened = mariadb::open_aligned_snapshots(readers);
      if (!xa_prepared(*readers.front())) return opened;
      for (mariadb::Connection* reader : readers)
        mariadb::close_snapshot(*reader);
    }
    std::this_thread::sleep_for(kXaPause);
  }
  throw Error(ErrorKind::source,
              "a prepared XA transaction stands on the source, so that no exact snapshot can be "
              "taken",
              "XA RECOVER lists it; commit or roll it back", true);
}

}  // namespace godwit::engine
