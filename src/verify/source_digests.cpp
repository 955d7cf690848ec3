#include "godwit/verify/source_digests.hpp"

#include <optional>
#include <stop_token>
#include <utility>

#include "cursors.hpp"
#include "digest_sum.hpp"
#include "godwit/core/error.hpp"
#include "row_hash.hpp"
#include "source_session.hpp"
#include "table_plan.hpp"
#include "watch.hpp"

namespace godwit::verify {

bool same_rows(const Digest& left, const Digest& right) {
  return left.high == right.high && left.low == right.low && left.rows == right.rows;
}

SourceDigests::SourceDigests(const std::vector<std::string>& keys) : seed_(random_seed()) {
  slots_.reserve(keys.size());
  for (const std::string& key : keys)
    slots_.emplace(key, slots_.size());
}

void SourceDigests::read(mariadb::Connection& source, const mariadb::Database& database,
                         const schema::TargetTable& table, const DigestQuery& query,
                         const DigestOptions& options) {
  const mariadb::Table* from = database.find_table(query.table);
  if (from == nullptr) {
    throw Error(ErrorKind::internal, "no table '" + query.table + "' to be read for all tenants");
  }
  VerifyOptions watched;
  watched.stop = options.stop;
  watched.progress = options.progress;
  Watch watch(watched);
  watch.look();
  const std::stop_callback on_stop(options.stop, [&] { source.cancel(); });
  std::vector<Digest> digests(query.key.empty() ? 1 : slots_.size());
  try {
    const SourceSession session(source);
    const TablePlan plan = plan_digest(database.name, *from, table, query, source);
    RowHasher hasher(seed_);
    SourceCursor cursor(source, plan, false);
    while (cursor.next()) {
      watch.source_row();
      Digest* digest = digests.data();
      if (!query.key.empty()) {
        const std::optional<std::string_view> key = cursor.key();
        const auto slot = key ? slots_.find(*key) : slots_.end();
        if (slot == slots_.end()) continue;
        digest += slot->second;
      }
      add_row(*digest, hasher.hash(cursor.row(), Side::source));
      digest->bytes += cursor.row_bytes();
    }
  } catch (const Error& error) {
    if (!options.stop.stop_requested()) throw error.within("table '" + query.table + "'");
    throw Error(ErrorKind::cancelled, "the comparison was stopped");
  }
  watch.look();
  const std::lock_guard lock(mutex_);
  tables_.insert_or_assign(query.table, std::move(digests));
}

const Digest* SourceDigests::find(const std::string& table, std::string_view key) const {
  const auto slot = slots_.find(key);
  const auto digests = tables_.find(table);
  if (slot == slots_.end() || digests == tables_.end()) return nullptr;
  return digests->second.size() == 1 ? &digests->second.front() : &digests->second[slot->second];
}

}  // namespace godwit::verify
