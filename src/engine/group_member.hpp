// One unit of a group that is read together: where its rows go while the tables are scanned, and
// its last steps afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "godwit/copy/spill.hpp"
#include "godwit/core/error.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/codec.hpp"
#include "run_context.hpp"
#include "shared_source.hpp"
#include "tenant_copy.hpp"

namespace godwit::engine {

/// What the members of a group share.
struct GroupScan {
  RunContext& run;
  const SharedSource& source;
  std::vector<std::size_t> tables;  // scan table → index into Classification::tables
  copy::Spill& spill;
  std::size_t shared_slot = 0;  // of the chains that every unit reads
  mariadb::Snapshot snapshot;
  GtidList reader_start;       // see mariadb::AlignedSnapshots
  mariadb::Database counters;  // the catalog with the counters of after the scan
  /// What policies changed in shared tables: scan table and counts, for every unit's report.
  std::vector<std::pair<std::size_t, std::vector<schema::PolicyCounts>>> shared_changes;
  std::string begun_at;  // UTC, before the snapshot

  [[nodiscard]] std::size_t chain(std::size_t slot, std::size_t table) const {
    return slot * tables.size() + table;
  }
};

class GroupMember {
 public:
  GroupMember(const GroupScan& scan, const plan::Unit& unit, std::size_t slot)
      : scan_(scan), unit_(unit), slot_(slot), table_rows_(scan.tables.size()) {}
  GroupMember(const GroupMember&) = delete;
  GroupMember& operator=(const GroupMember&) = delete;

  [[nodiscard]] const plan::Unit& unit() const { return unit_; }

  /// Opens the member's transaction, so that rows go to its database as they are read.
  void open(const ProvisionedUnit& made);
  /// Whether its database was opened.
  [[nodiscard]] bool was_begun() const { return made_.unit != nullptr; }

  /// Rows of a scan table; from several threads. A failure of the target is the member's own: it
  /// is kept, and further rows are dropped.
  void put(std::size_t table, std::span<const std::byte> rows, std::uint64_t count);
  void changed(std::size_t table, const std::vector<schema::PolicyCounts>& counts);
  void fail(const Error& error);
  [[nodiscard]] std::optional<Error> failure() const;

  /// After the scan: rows that wait in the spill, keys and indexes, statistics, counters, progress
  /// row, commit. Throws Error.
  void finish();
  /// The same for a large unit, whose indexes are built by several threads after its rows are
  /// committed; a crash in between makes it begin anew.
  void finish_in_parallel(std::size_t threads);
  /// Ends the session; an open transaction is rolled back.
  void close();

 private:
  void write(std::size_t table, std::span<const std::byte> rows, std::uint64_t count);
  void end_copy();
  void load_spilled();
  void build();
  void analyze();
  void vouch();
  [[nodiscard]] const schema::TargetTable& target_of(std::size_t table) const;

  const GroupScan& scan_;
  const plan::Unit& unit_;
  const std::size_t slot_;
  mutable std::mutex mutex_;  // guards all below while the tables are scanned
  ProvisionedUnit made_;
  std::optional<postgres::Session> session_;
  std::optional<postgres::CopyIn> copy_;
  std::size_t copy_table_ = 0;
  std::uint64_t copy_rows_ = 0;            // sent by the COPY under way
  std::vector<std::uint64_t> table_rows_;  // copied, by scan table
  std::optional<Error> failure_;
  CopiedTenant copied_;
};

}  // namespace godwit::engine
