// Reads a source table once for many tenants: a digest of each one's rows, to compare with a digest
// of the tenant's own table on the target. For tables whose rows can't be had by tenant without
// reading the whole table.
//
// A digest is a sum of 128-bit hashes (XXH3) of all columns' values in the form they are compared
// in, with a seed drawn for each SourceDigests: two multisets of rows that differ, in a value, a
// NULL, a row or how often it stands there, have the same one with a probability of about 2^-127.
// It guards against faults, not against somebody who knows the seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "godwit/mariadb/catalog.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/schema/target.hpp"

namespace godwit::verify {

/// Of a multiset of rows; 32 bytes, whatever their number.
struct Digest {
  std::uint64_t high = 0;  // sums of the rows' hashes, mod 2^64 each
  std::uint64_t low = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of values read; no part of the comparison
};
bool same_rows(const Digest& left, const Digest& right);

/// How a table is read for all tenants: SQL for a query in which it has the alias t.
struct DigestQuery {
  std::string table;
  std::string joins;  // " LEFT JOIN … AS p1 ON …"; each finds a row at most
  std::string key;    // an expression: the bytes of the row's tenant; empty: every row is of all
  std::string where;  // a condition; empty: all rows
};

struct DigestOptions {
  std::stop_token stop = {};
  std::function<void(std::uint64_t rows)> progress = {};  // rows of this table; called now and then
};

/// Memory: 32 bytes for each tenant and table that was read, and the keys once.
class SourceDigests {
 public:
  /// Tenants' keys as the queries' expressions give them. Rows of others are left out.
  explicit SourceDigests(const std::vector<std::string>& keys);

  /// Reads the table once, unordered, within the connection's snapshot if one is open; only the
  /// current row is in memory. `table` is what it becomes on the target. Several threads may read
  /// at a time, on connections of their own, each table once. Throws Error(source),
  /// Error(cancelled): promptly, by breaking the connection; Error(rejected) for a column that has
  /// no comparison with its target type.
  void read(mariadb::Connection& source, const mariadb::Database& database,
            const schema::TargetTable& table, const DigestQuery& query,
            const DigestOptions& options);

  /// nullptr: the table was not read, or the constructor didn't get the key. Not while read() is
  /// under way.
  [[nodiscard]] const Digest* find(const std::string& table, std::string_view key) const;
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

 private:
  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept {
      return std::hash<std::string_view>{}(key);
    }
  };
  using Slots = std::unordered_map<std::string, std::size_t, KeyHash, std::equal_to<>>;

  const std::uint64_t seed_;
  Slots slots_;
  std::mutex mutex_;
  /// By slot; one for all tenants where every row is of all.
  std::map<std::string, std::vector<Digest>, std::less<>> tables_;  // read() guards it by mutex_
};

}  // namespace godwit::verify
