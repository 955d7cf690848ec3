// A tenant's snapshot on one or more source connections, with the non-transactional tables, which
// ignore snapshots, locked against writes for as long as they are read.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/mariadb/exact_snapshot.hpp"
#include "godwit/mariadb/snapshot.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::engine {

/// The source connections of one lane, kept from tenant to tenant.
class SourceConnections {
 public:
  explicit SourceConnections(const plan::Plan& plan) : plan_(plan) {}

  mariadb::Connection& reader();   // rows, in the columns' own bytes
  mariadb::Connection& catalog();  // catalog queries and charset tables, utf8mb4
  mariadb::Connection& locker();   // LOCK TABLES: it can read nothing else meanwhile
  mariadb::ExactSnapshots& exact_snapshots() { return exact_snapshots_; }
  /// After an error: all are opened afresh when next needed.
  void reset() {
    reader_.reset();
    catalog_.reset();
    locker_.reset();
    exact_snapshots_ = mariadb::ExactSnapshots();
  }

 private:
  const plan::Plan& plan_;
  std::optional<mariadb::Connection> reader_;
  std::optional<mariadb::Connection> catalog_;
  std::optional<mariadb::Connection> locker_;
  mariadb::ExactSnapshots exact_snapshots_;
};

/// LOCK TABLES … READ of a database's non-transactional tables; nothing when there are none.
class WriteLock {
 public:
  /// Throws Error(source, retryable) when the locks aren't to be had within a few seconds.
  WriteLock(SourceConnections& connections, const std::string& database,
            const mariadb::Database& model);
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;
  ~WriteLock();

  /// The locked tables have been read.
  void release();
  /// Writes to some table wait.
  [[nodiscard]] bool held() const { return locked_ != nullptr; }

 private:
  std::atomic<mariadb::Connection*> locked_{nullptr};
};

/// Opens the same snapshot on as many of the readers as possible (the first at least), exact also
/// under XA: see mariadb::ExactSnapshots. `source` is the lane's that does it; its catalog
/// connection must have no transaction.
mariadb::AlignedSnapshots open_snapshots(std::span<mariadb::Connection*> readers,
                                         SourceConnections& source);

}  // namespace godwit::engine
