#include "digest_pass.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
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

}  // namespace

DigestPass::DigestPass(const SharedSource& source, const plan::Plan& plan,
                       const std::vector<const Unit*>& units)
    : source_(source), key_(directory_key(source, *plan.rows)), digests_(keys_of(key_, units)) {
  const std::vector<std::string> keys = keys_of(key_, units);
  for (std::size_t i = 0; i < source.classification.tables.size(); ++i) {
    const plan::ClassifiedTable& table = source.classification.tables[i];
    if (plan::of_tenants(table.kind) && plan::tenant_access(source.classification, source.database,
                                                            i) == plan::TenantAccess::none) {
      plan::TenantOfRow whose =
          plan::tenant_of_row(*plan.rows, source.classification, source.database, i);
      std::string where = condition(whose.key, keys);
      queries_.push_back(
          {table.name, std::move(whose.joins), std::move(whose.key), std::move(where)});
    } else if (table.kind == TableClass::shared) {
      queries_.push_back({table.name, {}, {}, {}});
    }
  }
  const auto bytes = [&](const verify::DigestQuery& query) {
    return source.database.find_table(query.table)->data_bytes;
  };
  std::stable_sort(queries_.begin(), queries_.end(),
                   [&](const verify::DigestQuery& a, const verify::DigestQuery& b) {
                     return bytes(a) > bytes(b);
                   });
}

bool DigestPass::reads_beside_snapshot() const {
  return std::any_of(queries_.begin(), queries_.end(), [this](const verify::DigestQuery& query) {
    return !source_.database.find_table(query.table)->transactional();
  });
}

void DigestPass::run(std::span<mariadb::Connection* const> readers, const std::stop_token& stop,
                     ProgressBoard& board) {
  std::atomic<std::size_t> next{0};
  run_lanes(std::min(readers.size(), queries_.size()), [&](std::size_t lane) {
    try {
      for (std::size_t i = next++; i < queries_.size(); i = next++)
        read(queries_[i], *readers[lane], stop, board);
    } catch (...) {
      next = queries_.size();  // the others begin no further table
      throw;
    }
  });
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
