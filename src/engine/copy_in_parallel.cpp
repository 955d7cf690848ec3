// A large tenant, read by K readers at once:
//   1. lock the non-transactional tables; open K snapshots at the same position S
//   2. each reader takes key ranges, COPYs them in a transaction of its own, and builds keys and
//      indexes of tables that are complete; when all are, statistics and visibility maps
//   3. foreign keys: NOT VALID, then validated
//   4. check that no DDL came between, set the counters, write the progress row durably
// Transactions of steps 2 and 3 commit asynchronously; the synchronous commit of step 4 makes
// them durable before the journal says `copied`.
#include <algorithm>
#include <map>
#include <numeric>

#include <tbb/task_arena.h>

#include "copy_steps.hpp"
#include "copy_tasks.hpp"
#include "godwit/copy/chunks.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/failpoint.hpp"
#include "lanes.hpp"
#include "tenant_build.hpp"
#include "tenant_copy.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {
namespace {

/// A table is split when it is more than this part of what one reader has to read.
constexpr std::size_t kPiecesPerReader = 4;
/// Or when it has more chunks than this: estimates may be far off, and a piece is one COPY.
constexpr std::uint64_t kChunksUnsplitMax = 16;

class ParallelCopy {
 public:
  ParallelCopy(RunContext& run, const ProvisionedUnit& unit, std::span<SourceConnections> sources)
      : run_(run), unit_(unit), build_(run, unit), sources_(sources), schema_(*unit.schema) {}

  CopiedTenant run() {
    advance(run_, *unit_.unit, control::TenantState::copying);
    WriteLock lock(sources_.front(), unit_.unit->source_database, schema_.model);
    std::vector<mariadb::Connection*> readers;
    for (SourceConnections& source : sources_)
      readers.push_back(&source.reader());
    failpoint::hit("copy.before_snapshot");
    const mariadb::AlignedSnapshots snapshots = open_snapshots(readers, sources_.front());
    copied_.snapshot = snapshots.snapshot;
    copied_.reader_start = snapshots.reader_start;
    copied_.readers = snapshots.aligned;
    failpoint::hit("copy.after_snapshot");
    // the catalog was read while the tenants before were copied; better now than after all rows
    (void)check_unchanged(unit_, sources_.front().catalog());

    make_tasks(snapshots.aligned);
    lock_ = &lock;
    run_lanes(snapshots.aligned, [this](std::size_t reader) { work(reader); });
    build_.add_foreign_keys(snapshots.aligned);
    finish();
    return std::move(copied_);
  }

 private:
  void make_tasks(std::size_t readers) {
    // up to here a table is one piece: it can't keep the last reader busy for long, and a range
    // costs the source a comparison or two per row
    const std::vector<std::uint64_t>& bytes = unit_.table_bytes;
    const std::uint64_t all_bytes = std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
    const std::uint64_t whole_bytes = readers == 1
                                          ? all_bytes
                                          : std::min(all_bytes / (kPiecesPerReader * readers),
                                                     kChunksUnsplitMax * run_.plan.chunk_bytes);
    std::vector<TableRanges> ranges;
    for (std::size_t t = 0; t < schema_.target.tables.size(); ++t) {
      const mariadb::Table& model = *schema_.model.find_table(schema_.target.tables[t].source_name);
      if (!model.transactional()) locked_tables_left_ += 1;
      const std::uint64_t chunks =
          bytes[t] <= whole_bytes ? 1 : bytes[t] / run_.plan.chunk_bytes + 1;
      TableRanges& read = ranges.emplace_back();
      read.where =
          copy::split_table(sources_.front().reader(), unit_.unit->source_database, model, chunks);
      read.bytes = bytes[t];
      read.locked = !model.transactional();
    }
    tasks_.emplace(schema_.target, std::move(ranges), readers);
  }

  void work(std::size_t reader) {
    tbb::task_arena arena(kLaneSlots);
    try {
      postgres::Session target = open_tenant(run_, *unit_.unit);
      target.execute(kBuildSettings);
      std::map<std::size_t, schema::RowCodec> codecs;
      bool snapshot_open = true;
      while (const std::optional<CopyTask> task = tasks_->take()) {
        if (task->kind == CopyTask::Kind::rows) {
          arena.execute([&] { copy_range(*task, sources_[reader], target, codecs); });
        } else {
          build_.build(*task, target);
        }
        if (tasks_->done(*task)) advance(run_, *unit_.unit, control::TenantState::building);
        if (snapshot_open && !tasks_->rows_left()) {
          mariadb::close_snapshot(sources_[reader].reader());
          snapshot_open = false;
        }
      }
      if (snapshot_open) mariadb::close_snapshot(sources_[reader].reader());
      const std::lock_guard lock(mutex_);
      for (const auto& [table, codec] : codecs) {
        add_policy_counts(*unit_.unit, schema_.target.tables[table], codec.counts(),
                          copied_.policy_counts);
      }
    } catch (...) {
      tasks_->abandon();
      throw;
    }
  }

  void copy_range(const CopyTask& task, SourceConnections& source, postgres::Session& target,
                  std::map<std::size_t, schema::RowCodec>& codecs) {
    const schema::TargetTable& table = schema_.target.tables[task.table];
    const mariadb::Table& model = *schema_.model.find_table(table.source_name);
    auto codec = codecs.find(task.table);
    if (codec == codecs.end()) {
      const std::lock_guard lock(mutex_);  // the first source's catalog connection is shared
      codec = codecs.try_emplace(task.table, model, table, sources_.front().catalog()).first;
    }
    const copy::PumpResult result = copy::copy_table(
        source.reader(), target, codec->second,
        {unit_.unit->source_database, &model, &table, task.where}, pump_options(run_, *lock_));
    target.execute(kHandOverCounts);
    const std::lock_guard lock(mutex_);
    copied_.rows += result.rows;
    copied_.bytes += result.bytes;
    if (!model.transactional() && --locked_tables_left_ == 0) lock_->release();
  }

  void finish() {
    postgres::Session target = open_tenant(run_, *unit_.unit);
    const mariadb::Database catalog = check_unchanged(unit_, sources_.front().catalog());
    target.execute("BEGIN; SET LOCAL synchronous_commit = on");
    finish_rows(run_, unit_, catalog, copied_.snapshot, target);
    failpoint::hit("copy.before_commit");
    target.execute("COMMIT");
    failpoint::hit("copy.after_commit");
    record_copied(run_, unit_, copied_);
  }

  RunContext& run_;
  const ProvisionedUnit& unit_;
  const TenantBuild build_;
  std::span<SourceConnections> sources_;
  const SchemaVariant& schema_;
  std::optional<CopyTasks> tasks_;
  WriteLock* lock_ = nullptr;
  std::mutex mutex_;
  std::size_t locked_tables_left_ = 0;  // guarded by mutex_ while readers run
  CopiedTenant copied_;                 // guarded by mutex_ while readers run
};

}  // namespace

CopiedTenant copy_in_parallel(RunContext& run, const ProvisionedUnit& unit,
                              std::span<SourceConnections> sources) {
  return ParallelCopy(run, unit, sources).run();
}

}  // namespace godwit::engine
