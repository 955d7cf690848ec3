// Verification in row tenancy: tables that can't be read by tenant without reading all of them,
// and shared ones, are read once for all tenants that are verified. What it keeps are digests.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/engine/progress.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/plan.hpp"
#include "godwit/plan/units.hpp"
#include "godwit/verify/source_digests.hpp"
#include "shared_source.hpp"
#include "source_snapshot.hpp"

namespace godwit::engine {

class DigestPass {
 public:
  /// `units` are tenants of kind rows. Reads nothing yet.
  DigestPass(const SharedSource& source, const plan::Plan& plan,
             const std::vector<const plan::Unit*>& units);

  /// What is read: first what needs a lock, then the largest table first. Up to 500 tenants are
  /// asked for by their keys; of more all rows are read, and those of others left out.
  [[nodiscard]] const std::vector<verify::DigestQuery>& queries() const { return queries_; }
  /// The tables that the queries read, or join to, although they ignore snapshots: they have to be
  /// locked meanwhile.
  [[nodiscard]] mariadb::Database locked_tables() const;
  /// Reads the tables, each by one of the readers, which hold the same snapshot. Releases the lock,
  /// which is on locked_tables(), as soon as these are read. When a reader fails, the others are
  /// broken off. Throws Error(source|rejected|cancelled): the first reader's.
  void run(std::span<mariadb::Connection* const> readers, WriteLock& lock,
           const std::stop_token& stop, ProgressBoard& board);

  [[nodiscard]] const verify::SourceDigests& digests() const { return digests_; }
  /// What the digests are to be asked for.
  [[nodiscard]] std::string key_of(const plan::Unit& unit) const;

 private:
  void read(const verify::DigestQuery& query, mariadb::Connection& reader,
            const std::stop_token& stop, ProgressBoard& board);

  const SharedSource& source_;
  const mariadb::Column& key_;  // of the directory
  std::vector<verify::DigestQuery> queries_;
  std::size_t locked_queries_ = 0;  // how many of them, at the front, need a lock
  std::set<std::size_t> locked_;    // indexes of source_.database.tables
  verify::SourceDigests digests_;
};

}  // namespace godwit::engine
