// Compares a tenant's rows on both sides, value by value. Shares nothing with the copy's encoder:
// both sides are decoded by this room's own readers into a value of its own and compared there.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/postgres/session.hpp"
#include "godwit/schema/target.hpp"
#include "godwit/verify/source_digests.hpp"

namespace godwit::verify {

enum class DifferenceKind {
  missing_on_target,
  missing_on_source,
  value,
  count,  // tables without a key: how often a row stands on each side
};
std::string_view name(DifferenceKind kind);

struct Difference {
  std::string table;  // source name
  DifferenceKind kind = DifferenceKind::value;
  std::string key;     // "id=42" or, without a key, the whole row (cut); empty: the table itself
  std::string column;  // for `value`; a whole column that is missing
  std::string source_value;  // printable, cut at 200 characters
  std::string target_value;
};

struct TableResult {
  std::string table;
  std::uint64_t source_rows = 0;
  std::uint64_t target_rows = 0;
  /// All of them, also beyond the ones listed. By key: rows with at least one differing value and
  /// rows of one side only. As a multiset: rows without a partner on the other side, so a changed
  /// row counts on both.
  std::uint64_t differing_rows = 0;
  std::uint64_t bytes = 0;  // of values read from the source
  bool by_key = true;       // false: compared as a multiset
  std::string note;         // why as a multiset, how many differences aren't listed; mostly empty
};

struct TenantResult {
  std::vector<TableResult> tables;
  std::vector<Difference> differences;  // at most VerifyOptions::differences_max a table
  [[nodiscard]] bool identical() const;
};

struct VerifyOptions {
  std::size_t differences_max = 20;  // listed per table
  /// The tenant has the database: tables of schemas other than its own are not the source's.
  bool whole_database = true;
  bool counters = true;  // of a tenant that follows they are behind: the cutover sets them
  std::stop_token stop = {};
  /// An SQL condition for the rows of a source table that belong to the tenant; empty: all do. Not
  /// set: all of every table.
  std::function<std::string(const std::string& table)> source_condition = {};
  std::function<void(std::uint64_t rows)> progress = {};  // called now and then
  /// Of tables that were read before, at the position of the source's snapshot, and which of their
  /// tenants this is: where the target's rows have the same digest, the source's are not read
  /// again; where they haven't, the table is compared as if there were none. Null: there are none.
  const SourceDigests* digests = nullptr;
  std::string digest_key = {};
};

/// Compares every table of `schema` between the source database (within the connection's snapshot
/// when one is open) and the first schema of the target session's search_path (within one
/// transaction of its own; `target` must not be in one). Also compares identities and sequences with the source's counters in `database`
/// (as Difference with table = the sequence's or the table's name, key "next value"), and reports
/// tables that only one side has, but for those of schema godwit.
/// Tables are read once, except those that are compared as multisets and differ: these three
/// times, so without a snapshot a busy source shows differences that are none. The target's are
/// read once more where a digest differs.
/// Throws Error(source|target), Error(cancelled): promptly, by breaking the source's connection;
/// Error(rejected) for a column that has no comparison with its target type.
TenantResult verify_tenant(mariadb::Connection& source, const mariadb::Database& database,
                           postgres::Session& target, const schema::TargetSchema& schema,
                           const VerifyOptions& options);

}  // namespace godwit::verify
