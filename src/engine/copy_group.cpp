#include "copy_group.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "copy_steps.hpp"
#include "godwit/copy/shared_scan.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/shared_reading.hpp"
#include "godwit/plan/simulation.hpp"
#include "group_member.hpp"
#include "group_tables.hpp"
#include "lanes.hpp"
#include "provisioner.hpp"
#include "source_snapshot.hpp"

namespace godwit::engine {
namespace {

/// Describes units by what was read once for all of them.
class SharedDescriber : public UnitDescriber {
 public:
  explicit SharedDescriber(const SharedSource& source) : source_(source) {}

  std::vector<DescribedUnit> describe(const std::vector<const plan::Unit*>& units,
                                      const std::stop_token&) override {
    std::vector<DescribedUnit> described(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
      ProvisionedUnit& made = described[i].unit;
      made.unit = units[i];
      made.schema = source_.schema_of(units[i]->kind);
      made.with_indexes = units[i]->bytes <= plan::kIndexedCopyBytes;
      made.ddl_digest = source_.ddl_digest;
      // of all tenants: what counts is which table has more than another
      for (const schema::TargetTable& table : made.schema->target.tables) {
        made.table_bytes.push_back(source_.database.find_table(table.source_name)->data_bytes);
      }
    }
    return described;
  }

 private:
  const SharedSource& source_;
};

class Sink : public copy::RowSink {
 public:
  Sink(std::vector<std::unique_ptr<GroupMember>>& members, GroupScan& scan)
      : members_(members), scan_(scan) {}

  void put(copy::Slot slot, std::size_t table, std::span<const std::byte> rows,
           std::uint64_t count) override {
    if (slot == scan_.shared_slot) {
      scan_.spill.append(scan_.chain(slot, table), rows, count);
    } else {
      members_.at(slot)->put(table, rows, count);
    }
  }
  void changed(copy::Slot slot, std::size_t table,
               const std::vector<schema::PolicyCounts>& counts) override {
    if (slot != scan_.shared_slot) {
      members_.at(slot)->changed(table, counts);
      return;
    }
    const std::lock_guard lock(mutex_);
    scan_.shared_changes.emplace_back(table, counts);
  }
  void refuse(copy::Slot slot, const Error& error) override {
    if (slot == scan_.shared_slot) throw Error(error);
    members_.at(slot)->fail(error);
  }

 private:
  std::vector<std::unique_ptr<GroupMember>>& members_;
  GroupScan& scan_;
  std::mutex mutex_;
};

class GroupCopy {
 public:
  GroupCopy(RunContext& run, TenantPlaces& places, WaveGate& gate,
            const std::vector<const plan::Unit*>& units, std::size_t lanes)
      : run_(run), places_(places), gate_(gate), units_(units), lanes_(lanes) {
    for (std::size_t i = 0; i < plan::readers_of_group(run.plan, lanes); ++i)
      sources_.emplace_back(run.plan);
  }

  GroupResult run() {
    try {
      copy();
    } catch (...) {
      fail_the_rest(current_error());
    }
    run_.board.clear_phase(kPhase);
    return std::move(result_);
  }

 private:
  static constexpr const char* kPhase = "shared tables";

  void copy() {
    source_.emplace(read_shared_source(run_.plan, sources_.front().catalog(), run_.schemas));
    refuse_open_questions(*source_);
    refuse_large_unlogged_tables(run_, source_->moved);
    std::filesystem::create_directories(run_.plan.state);

    failpoint::hit("copy.before_snapshot");
    const std::string begun_at = utc_timestamp();
    std::vector<mariadb::Connection*> readers;
    for (SourceConnections& source : sources_)
      readers.push_back(&source.reader());
    WriteLock lock(sources_.front(), source_->moved.name, source_->moved);
    lock_ = &lock;
    const mariadb::AlignedSnapshots snapshots = open_snapshots(readers, sources_.front());
    failpoint::hit("copy.after_snapshot");
    // the catalog is older than the snapshot: better now than after all rows
    check_unchanged();

    const GroupTables tables(*source_, run_.plan, units_, *readers.front(), snapshots.aligned);
    copy::Spill spill(run_.plan.state, (units_.size() + 1) * tables.tables().size(),
                      run_.plan.spill_bytes);
    scan_.emplace(GroupScan{run_,
                            *source_,
                            tables.classified(),
                            spill,
                            units_.size(),
                            snapshots.snapshot,
                            snapshots.reader_start,
                            source_->database,
                            {},
                            begun_at});
    for (std::size_t slot = 0; slot < units_.size(); ++slot)
      members_.push_back(std::make_unique<GroupMember>(*scan_, *units_[slot], slot));
    refuse_missing(tables);

    std::vector<std::size_t> streaming = plan::streaming_units(run_.plan, units_, lanes_);
    std::erase_if(streaming, [this](std::size_t slot) { return members_[slot]->failure(); });
    Provisioner streams = provisioner(units_at(streaming), streaming.size(), false);
    open_streams(streams, streaming);
    control::ScanRecord record;
    record.started_at = utc_timestamp();
    scan(tables, snapshots.aligned);
    record.read_at = utc_timestamp();
    check_unchanged();
    record_scan(std::move(record), snapshots.aligned);
    mariadb::refresh_counters(sources_.front().catalog(), scan_->counters);
    for (mariadb::Connection* reader : readers)
      mariadb::close_snapshot(*reader);
    finish_streaming(streams, streaming);
    finish_waiting(streaming);
  }

  /// A tenant that went since the directory was read would be copied empty.
  void refuse_missing(const GroupTables& tables) {
    const plan::RowTenancy::Directory& directory = run_.plan.rows->directory;
    for (const std::size_t slot : tables.missing_units()) {
      const plan::Unit& unit = *units_[slot];
      members_[slot]->fail(Error(ErrorKind::rejected,
                                 "tenant " + printable(unit.tenant) + ": the directory " +
                                     printable(directory.table) + "." +
                                     printable(directory.key_column) + " has no row with its key " +
                                     printable(unit.key) + " any more",
                                 "if it was deleted on purpose, mend what it left behind and run "
                                 "again; otherwise put its row back first"));
    }
  }

  void check_unchanged() {
    if (is_unchanged(*source_, run_.plan, sources_.front().catalog())) return;
    throw Error(ErrorKind::source, "the schema changed while it was copied; the copy is discarded",
                "run again when the DDL is done", true);
  }

  /// What the reading took, for forecasts.
  void record_scan(control::ScanRecord record, std::size_t readers) {
    record.run = run_.run;
    record.units = units_.size();
    record.readers = readers;
    record.bytes = plan::bytes_to_read(
        plan::measure_tables(source_->classification, source_->database), units_);
    record.spilled_bytes = scan_->spill.bytes();
    run_.store.record_scan(record);
  }

  std::vector<const plan::Unit*> units_at(const std::vector<std::size_t>& slots) const {
    std::vector<const plan::Unit*> units;
    units.reserve(slots.size());
    for (const std::size_t slot : slots)
      units.push_back(units_[slot]);
    return units;
  }

  /// `begun`: the units' rows are read.
  Provisioner provisioner(const std::vector<const plan::Unit*>& units, std::size_t ahead,
                          bool begun) {
    return Provisioner(run_, places_, gate_, units,
                       [this] { return std::make_unique<SharedDescriber>(*source_); },
                       {.threads = std::max<std::size_t>(1, std::min(lanes_, units.size())),
                        .ahead = std::max<std::size_t>(1, ahead),
                        .from_templates = true,
                        .begun = begun,
                        .in_snapshot = true,
                        .answered_later = !begun});
  }

  std::size_t slot_of(const plan::Unit& unit) const {
    return static_cast<std::size_t>(std::find(units_.begin(), units_.end(), &unit) -
                                    units_.begin());
  }

  void open_streams(Provisioner& streams, const std::vector<std::size_t>& slots) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::optional<Provisioner::Item> item = streams.next();
      if (!item) break;  // the gate keeps the others from being begun
      GroupMember& member = *members_[slot_of(*item->unit.unit)];
      try {
        if (item->failure) throw Error(*item->failure);
        member.open(item->unit);
      } catch (...) {
        member.fail(current_error());
      }
    }
    if (run_.stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
    leave(streams);
  }

  /// What the gate kept from being begun: its rows, read with the others', go nowhere.
  void leave(Provisioner& databases) {
    for (const plan::Unit* unit : databases.take_left()) {
      const std::size_t slot = slot_of(*unit);
      members_[slot]->fail(Error(ErrorKind::cancelled, "the wave's gate has closed"));
      const std::lock_guard lock(mutex_);
      result_.left.push_back(unit);
      answered_[slot] = true;
    }
  }

  void scan(const GroupTables& tables, std::size_t readers) {
    run_.board.set_phase(kPhase, "reading");
    std::vector<copy::ScanResult> results(tables.tables().size());
    auto locked_left =
        std::count_if(tables.tables().begin(), tables.tables().end(),
                      [](const copy::ScanTable& table) { return !table.source->transactional(); });
    if (locked_left == 0) lock_->release();
    std::mutex mutex;
    ScanTasks tasks(tables.reading());
    Sink sink(members_, *scan_);
    copy::ScanOptions options;
    options.slots = units_.size() + 1;
    options.block_bytes = plan::group_buffer_bytes(run_.plan, readers, options.slots);
    options.huge_rows = &run_.huge_rows;
    options.stop = run_.stop;
    options.rows = &run_.board.rows;
    options.bytes = &run_.board.bytes;
    options.before_rows = before_rows(run_, *lock_);
    run_lanes(readers, [&](std::size_t reader) {
      try {
        copy::ScanLane lane(sink, options);
        std::map<std::size_t, schema::RowCodec> codecs;
        while (const std::optional<ScanTask> task = tasks.take()) {
          const copy::ScanTable& table = tables.tables()[task->table];
          auto codec = codecs.find(task->table);
          if (codec == codecs.end()) {
            const std::lock_guard lock(mutex);  // the first source's catalog connection is shared
            codec = codecs
                        .try_emplace(task->table, *table.source, *table.target,
                                     sources_.front().catalog())
                        .first;
          }
          const copy::ScanResult result = lane.scan(
              sources_[reader].reader(), source_->database.name, codec->second, table, task->where);
          const bool complete = tasks.done(*task);
          const std::lock_guard lock(mutex);
          results[task->table].add(result);
          // writes to it have waited long enough
          if (complete && !table.source->transactional() && --locked_left == 0) lock_->release();
        }
        lane.flush();
      } catch (...) {
        tasks.abandon();
        throw;
      }
    });
    judge(tables, results);
  }

  /// Rows of no tenant: left behind where the plan says so, else nobody's copy is complete. What
  /// finds none in a scan truly has none, as the table's parents were scanned, too.
  void judge(const GroupTables& tables, const std::vector<copy::ScanResult>& results) {
    for (std::size_t table = 0; table < results.size(); ++table) {
      const copy::ScanResult& result = results[table];
      if (result.nobody == 0) continue;
      const plan::ClassifiedTable& classified =
          source_->classification.tables[tables.classified()[table]];
      if (!classified.leave_unrouted) {
        throw Error(ErrorKind::rejected,
                    "table " + printable(classified.name) + ": " + human_count(result.nobody) +
                        " rows belong to no tenant, such as " + result.nobody_example,
                    "mend them on the source, or leave them behind with `unrouted: leave` in "
                    "tenancy.tables; `godwit check` lists them");
      }
      log::event(log::Level::warn, "rows.left",
                 {{"table", classified.name}, {"rows", result.nobody}});
      result_.left_rows.push_back({classified.name, result.nobody, result.nobody_example});
    }
  }

  /// Large units one after the other, each by all lanes; then the others side by side.
  void finish_streaming(Provisioner& streams, const std::vector<std::size_t>& slots) {
    std::vector<std::size_t> small;
    for (const std::size_t slot : slots) {
      if (is_answered(slot)) continue;
      if (!plan::is_large(run_.plan, *units_[slot])) {
        small.push_back(slot);
        continue;
      }
      GroupMember& member = *members_[slot];
      finish(streams, member, member.failure(), [&] { member.finish_in_parallel(lanes_); });
      streams.finished(member.unit());
    }
    std::atomic<std::size_t> next{0};
    run_lanes(std::min(lanes_, small.size()), [&](std::size_t) {
      for (std::size_t i = next++; i < small.size(); i = next++) {
        GroupMember& member = *members_[small[i]];
        finish(streams, member, member.failure(), [&] { member.finish(); });
        streams.finished(member.unit());
      }
    });
  }

  /// The units whose rows wait in the spill.
  void finish_waiting(const std::vector<std::size_t>& streaming) {
    const std::vector<const plan::Unit*> waiting = answer_failed(streaming);
    if (waiting.empty()) return;
    Provisioner databases = provisioner(waiting, lanes_, true);
    run_lanes(std::min(lanes_, waiting.size()), [&](std::size_t) {
      while (const std::optional<Provisioner::Item> item = databases.next()) {
        GroupMember& member = *members_[slot_of(*item->unit.unit)];
        std::optional<Error> failure = item->failure;
        if (!failure) {
          try {
            member.open(item->unit);
          } catch (...) {
            failure = current_error();
          }
        }
        finish(databases, member, failure, [&] { member.finish(); });
        databases.finished(member.unit());
      }
    });
    leave(databases);
  }

  /// Units that failed while their rows were read get no database; the others are returned.
  std::vector<const plan::Unit*> answer_failed(const std::vector<std::size_t>& streaming) {
    std::vector<const plan::Unit*> waiting;
    ClusterConnections clusters(run_);  // ends with the locks that a failed drop leaves behind
    for (std::size_t slot = 0; slot < units_.size(); ++slot) {
      if (std::find(streaming.begin(), streaming.end(), slot) != streaming.end()) continue;
      if (const std::optional<Error> failure = members_[slot]->failure()) {
        const bool rejected = failure->kind() == ErrorKind::rejected;
        const plan::Unit& unit = *units_[slot];
        answer(*members_[slot], failure,
               rejected && drops(unit, [&] { places_.drop_leftover(unit, clusters); }));
      } else {
        waiting.push_back(units_[slot]);
      }
    }
    return waiting;
  }

  bool is_answered(std::size_t slot) {
    const std::lock_guard lock(mutex_);
    return answered_[slot];
  }

  void finish(Provisioner& databases, GroupMember& member, std::optional<Error> failure,
              const std::function<void()>& last_steps) {
    const plan::Unit& unit = member.unit();
    if (!failure) {
      try {
        last_steps();
        run_.board.tenants_done += 1;
      } catch (...) {
        failure = current_error();
      }
    }
    member.close();
    run_.board.clear_phase(unit.tenant);
    const bool rejected = failure && failure->kind() == ErrorKind::rejected && member.was_begun();
    answer(member, failure, rejected && drops(unit, [&] { databases.discard(unit); }));
  }

  void answer(const GroupMember& member, const std::optional<Error>& failure,
              bool without_database) {
    const std::lock_guard lock(mutex_);
    answered_[slot_of(member.unit())] = true;
    if (!failure) return;
    const bool refused = failure->kind() == ErrorKind::rejected && without_database;
    const bool counted = !failure->retryable() && failure->kind() != ErrorKind::cancelled;
    // at once: it may keep the others from being begun
    if (counted) gate_.count_failure();
    result_.failures.push_back({&member.unit(), *failure, refused, counted});
  }

  /// Whether no database of the unit is left.
  static bool drops(const plan::Unit& unit, const std::function<void()>& drop) {
    try {
      drop();
      return true;
    } catch (...) {
      log::event(log::Level::error, "tenant.discard_failed",
                 {{"tenant", unit.tenant}, {"error", current_error().what()}});
      return false;
    }
  }

  void fail_the_rest(const Error& error) {
    for (const std::unique_ptr<GroupMember>& member : members_)
      member->close();
    for (std::size_t slot = 0; slot < units_.size(); ++slot) {
      if (!answered_[slot]) result_.failures.push_back({units_[slot], error, false, false});
    }
  }

  RunContext& run_;
  TenantPlaces& places_;
  WaveGate& gate_;
  const std::vector<const plan::Unit*>& units_;
  const std::size_t lanes_;
  std::vector<SourceConnections> sources_;
  std::optional<SharedSource> source_;
  WriteLock* lock_ = nullptr;
  std::optional<GroupScan> scan_;
  std::vector<std::unique_ptr<GroupMember>> members_;  // by slot
  std::mutex mutex_;
  GroupResult result_;                                             // guarded by mutex_
  std::vector<bool> answered_ = std::vector<bool>(units_.size());  // guarded by mutex_
};

}  // namespace

GroupResult copy_group(RunContext& run, TenantPlaces& places, WaveGate& gate,
                       const std::vector<const plan::Unit*>& units, std::size_t lanes) {
  return GroupCopy(run, places, gate, units, lanes).run();
}

}  // namespace godwit::engine
