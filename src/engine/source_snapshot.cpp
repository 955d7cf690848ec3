#include "source_snapshot.hpp"

#include <exception>

namespace godwit::engine {

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
  mariadb::Connection& locker = connections.locker();
  locked_ = &locker;
  // a waiting lock blocks the application's next writers: rather try again later
  locker.execute("SET lock_wait_timeout = 3");
  (void)locker.query_listed(sql);
}

void WriteLock::release() {
  mariadb::Connection* connection = locked_.exchange(nullptr);
  if (connection != nullptr) connection->execute("UNLOCK TABLES");
}

WriteLock::~WriteLock() {
  try {
    release();
  } catch (const std::exception&) {
    // the connection is gone, and the lock with it
    locked_ = nullptr;
  }
}

mariadb::AlignedSnapshots open_snapshots(std::span<mariadb::Connection*> readers,
                                         SourceConnections& source) {
  return source.exact_snapshots().open(readers, source.catalog());
}

}  // namespace godwit::engine
