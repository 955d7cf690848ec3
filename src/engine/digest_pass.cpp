#include "digest_pass.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/mariadb/connection.hpp"
#include "godwit/plan/row_reading.hpp"
#include "godwit/plan/tenant_rows.hpp"
#include "lanes.hpp"

namespace godwit::engine {
namespace {

using plan::TableClass;
using plan::Unit;

/// MariaDB makes subqueries of lists of 1,000 and more, and statements have to be sent.
constexpr std::size_t kKeysInQueryMax = 500;

std::vector<std::string> keys_of(const mariadb::Column& key,
                                 const std::vector<const Unit*>& units) {
  std::vector<std::string> keys;
  keys.reserve(units.size());
  for (const Unit* unit : units)
    keys.push_back(plan::key_bytes(key, unit->key));
  return keys;
}

/// Which rows are worth sending; empty: all.
std::string condition(const std::string& key, const std::vector<std::string>& keys) {
  if (key.empty() || keys.size() > kKeysInQueryMax) return {};
  std::vector<std::string> literals;
  literals.reserve(keys.size());
  for (const std::string& bytes : keys)
    literals.push_back(mariadb::bytes_literal(bytes));
  return "(" + key + ") IN (" + join(literals, ", ") + ")";
}

/// How the table is read for all tenants; nullopt: an index leads to each one's rows, or it is none
/// of theirs.
std::optional<verify::DigestQuery> query_of(const SharedSource& source, const plan::Plan& plan,
                                            const std::vector<std::string>& keys,
                                            std::size_t index) {
  const plan::ClassifiedTable& table = source.classification.tables[index];
  if (table.kind == TableClass::shared) return verify::DigestQuery{table.name, {}, {}, {}};
  if (!plan::of_tenants(table.kind) || plan::tenant_access(source.classification, source.database,
                                                           index) != plan::TenantAccess::none) {
    return std::nullopt;
  }
  plan::TenantOfRow whose =
      plan::tenant_of_row(*plan.rows, source.classification, source.database, index);
  std::string where = condition(whose.key, keys);
  return verify::DigestQuery{table.name, std::move(whose.joins), std::move(whose.key),
                             std::move(where)};
}

/// The tables that ignore snapshots among the table and those its paths lead over, which a query
/// joins to find the rows' tenants.
void collect_unsnapshotted(const SharedSource& source, std::size_t table,
                           std::set<std::size_t>& found) {
  if (!source.database.tables[table].transactional()) found.insert(table);
  for (const plan::RoutePath& path : source.classification.tables[table].paths)
    collect_unsnapshotted(source, path.parent, found);
}

}  // namespace

DigestPass::DigestPass(const SharedSource& source, const plan::Plan& plan,
                       const std::vector<const Unit*>& units)
    : source_(source), key_(directory_key(source, *plan.rows)), digests_(keys_of(key_, units)) {
  const std::vector<std::string> keys = keys_of(key_, units);
  const auto bytes = [&](const verify::DigestQuery& query) {
    return source.database.find_table(query.table)->data_bytes;
  };
  std::vector<verify::DigestQuery> in_snapshot;
  for (std::size_t i = 0; i < source.classification.tables.size(); ++i) {
    std::optional<verify::DigestQuery> query = query_of(source, plan, keys, i);
    if (!query) continue;
    std::set<std::size_t> locked;
    collect_unsnapshotted(source, i, locked);
    (locked.empty() ? in_snapshot : queries_).push_back(std::move(*query));
    locked_.merge(locked);
  }
  locked_queries_ = queries_.size();
  const auto larger = [&](const verify::DigestQuery& a, const verify::DigestQuery& b) {
    return bytes(a) > bytes(b);
  };
  // writes to locked tables wait until these are read
  std::stable_sort(queries_.begin(), queries_.end(), larger);
  std::stable_sort(in_snapshot.begin(), in_snapshot.end(), larger);
  std::move(in_snapshot.begin(), in_snapshot.end(), std::back_inserter(queries_));
}

mariadb::Database DigestPass::locked_tables() const {
  mariadb::Database locked;
  locked.name = source_.database.name;
  for (const std::size_t table : locked_)
    locked.tables.push_back(source_.database.tables[table]);
  return locked;
}

void DigestPass::run(std::span<mariadb::Connection* const> readers, WriteLock& lock,
                     const std::stop_token& stop, ProgressBoard& board) {
  std::stop_source ended;  // on request, or because a reader failed
  const std::stop_callback on_stop(stop, [&] { ended.request_stop(); });
  std::mutex mutex;
  std::exception_ptr first;  // guarded by mutex while the readers run
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> locked_left{locked_queries_};
  run_lanes(std::min(readers.size(), queries_.size()), [&](std::size_t lane) {
    try {
      for (std::size_t i = next++; i < queries_.size(); i = next++) {
        read(queries_[i], *readers[lane], ended.get_token(), board);
        // writes have waited long enough
        if (i < locked_queries_ && --locked_left == 0) lock.release();
      }
    } catch (...) {
      next = queries_.size();  // the others begin no further table
      {
        const std::lock_guard guard(mutex);
        // theirs is only that they were broken off
        if (!first) first = std::current_exception();
      }
      ended.request_stop();
    }
  });
  if (first) std::rethrow_exception(first);
}

std::string DigestPass::key_of(const Unit& unit) const { return plan::key_bytes(key_, unit.key); }

void DigestPass::read(const verify::DigestQuery& query, mariadb::Connection& reader,
                      const std::stop_token& stop, ProgressBoard& board) {
  const schema::TargetTable* target = source_.tenants->target.find_source_table(query.table);
  if (target == nullptr) {
    throw Error(ErrorKind::internal, "table '" + query.table + "' isn't in the target's schema");
  }
  std::uint64_t counted = 0;
  verify::DigestOptions options;
  options.stop = stop;
  options.progress = [&](std::uint64_t rows) {
    board.rows += rows - counted;
    counted = rows;
  };
  digests_.read(reader, source_.database, *target, query, options);
}

}  // namespace godwit::engine
