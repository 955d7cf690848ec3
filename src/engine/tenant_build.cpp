#include "tenant_build.hpp"

#include <algorithm>
#include <atomic>

#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "lanes.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {

void TenantBuild::build_all(std::size_t threads) const {
  CopyTasks tasks(unit_.schema->target,
                  std::vector<TableRanges>(unit_.schema->target.tables.size()), threads);
  run_lanes(threads, [&](std::size_t) {
    try {
      postgres::Session target = open_tenant(run_, *unit_.unit);
      target.execute(kBuildSettings);
      while (const std::optional<CopyTask> task = tasks.take()) {
        build(*task, target);
        tasks.done(*task);
      }
    } catch (...) {
      tasks.abandon();
      throw;
    }
  });
  add_foreign_keys(threads);
}

void TenantBuild::build(const CopyTask& task, postgres::Session& target) const {
  failpoint::hit("build.mid_index");
  const schema::TargetTable& table = unit_.schema->target.tables[task.table];
  try {
    switch (task.kind) {
      case CopyTask::Kind::primary_key:
        execute_stoppable(target, table.indexes.front().sql, run_.stop);
        break;
      case CopyTask::Kind::index:
        execute_stoppable(target, table.indexes[task.index].sql, run_.stop);
        break;
      case CopyTask::Kind::statistics: describe(table, target); break;
      case CopyTask::Kind::rows: break;
    }
  } catch (const Error& error) {
    throw error.within("table " + table.source_name);
  }
}

/// Comments, statistics and the visibility map. With the map keys can be validated from indexes
/// alone, which saves more than VACUUM costs; and autovacuum finds little to do for tenants that
/// have just arrived, thousands at a time.
void TenantBuild::describe(const schema::TargetTable& table, postgres::Session& target) const {
  for (const std::string& comment : table.comment_sql)
    target.execute(comment);
  if (unit_.schema->target.rows_only) return;
  // no workers: each lane is one, and they would need shared memory of maintenance_work_mem
  execute_stoppable(
      target, "VACUUM (ANALYZE, PARALLEL 0) " + postgres::quote_identifier(table.name), run_.stop);
}

void TenantBuild::add_foreign_keys(std::size_t threads) const {
  failpoint::hit("build.before_validate");
  std::vector<std::size_t> tables;
  {
    postgres::Session target = open_tenant(run_, *unit_.unit);
    for (std::size_t t = 0; t < unit_.schema->target.tables.size(); ++t) {
      for (const schema::TargetForeignKey& key : unit_.schema->target.tables[t].foreign_keys)
        target.execute(key.add_sql);
      if (!unit_.schema->target.tables[t].foreign_keys.empty()) tables.push_back(t);
    }
  }
  // the longest first: the end then has only short ones to fill the lanes with
  std::stable_sort(tables.begin(), tables.end(), [this](std::size_t a, std::size_t b) {
    return unit_.table_bytes[a] > unit_.table_bytes[b];
  });
  std::atomic<std::size_t> next{0};
  run_lanes(std::min(threads, tables.size()), [&](std::size_t) {
    postgres::Session target = open_tenant(run_, *unit_.unit);
    target.execute(kBuildSettings);
    for (std::size_t i = next++; i < tables.size(); i = next++) {
      for (const schema::TargetForeignKey& key :
           unit_.schema->target.tables[tables[i]].foreign_keys) {
        execute_stoppable(target, key.validate_sql, run_.stop);
      }
    }
  });
}

}  // namespace godwit::engine
