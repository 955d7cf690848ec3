#include "group_member.hpp"

#include <algorithm>

#include "copy_steps.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/failpoint.hpp"
#include "godwit/core/text.hpp"
#include "tenant_build.hpp"
#include "tenant_database.hpp"

namespace godwit::engine {
namespace {

/// Foreign-key triggers stay off: the keys are validated when all rows are in.
constexpr const char* kBegin =
    "BEGIN; SET LOCAL session_replication_role = replica; "
    "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL maintenance_work_mem = '256MB'";

}  // namespace

void GroupMember::open(const ProvisionedUnit& made) {
  made_ = made;
  set_state(scan_.run, unit_, control::TenantState::copying, scan_.begun_at);
  session_.emplace(open_tenant(scan_.run, unit_));
  session_->execute(kBegin);
}

void GroupMember::put(std::size_t table, std::span<const std::byte> rows, std::uint64_t count) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return;
    if (session_) {
      copied_.streamed = true;
      try {
        write(table, rows, count);
      } catch (...) {
        failure_ = current_error();
        copy_.reset();
      }
      return;
    }
  }
  scan_.spill.append(scan_.chain(slot_, table), rows, count);
}

void GroupMember::changed(std::size_t table, const std::vector<schema::PolicyCounts>& counts) {
  const std::lock_guard lock(mutex_);
  add_policy_counts(unit_, target_of(table), counts, copied_.policy_counts);
}

void GroupMember::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = error;
}

std::optional<Error> GroupMember::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void GroupMember::finish() {
  const std::lock_guard lock(mutex_);
  copied_.finishing_at = utc_timestamp();
  end_copy();
  load_spilled();
  advance(scan_.run, unit_, control::TenantState::building);
  failpoint::hit("build.before_validate");
  build();
  vouch();
}

void GroupMember::finish_in_parallel(std::size_t threads) {
  const std::lock_guard lock(mutex_);
  copied_.finishing_at = utc_timestamp();
  end_copy();
  load_spilled();
  advance(scan_.run, unit_, control::TenantState::building);
  commit_rows(*session_);
  failpoint::hit("build.before_validate");
  TenantBuild(scan_.run, made_).build_all(threads);
  session_->execute("BEGIN");
  vouch();
}

/// The progress row says that all is there; its durable commit makes all before it durable.
void GroupMember::vouch() {
  copied_.snapshot = scan_.snapshot;
  copied_.reader_start = scan_.reader_start;
  finish_rows(scan_.run, made_, scan_.counters, scan_.snapshot, *session_);
  failpoint::hit("copy.before_commit");
  session_->execute("SET LOCAL synchronous_commit = on; COMMIT");
  failpoint::hit("copy.after_commit");
  record_copied(scan_.run, made_, copied_);
}

void GroupMember::close() {
  const std::lock_guard lock(mutex_);
  copy_.reset();
  session_.reset();
}

/// Readers may be at two tables at a time; a COPY into the other one begins anew.
void GroupMember::write(std::size_t table, std::span<const std::byte> rows, std::uint64_t count) {
  if (copy_ && copy_table_ != table) end_copy();
  if (!copy_) {
    copy_.emplace(*session_, schema::copy_sql(target_of(table)));
    copy_table_ = table;
    schema::CopyBuffer header(32);
    header.put_header();
    copy_->put(header.bytes());
  }
  copy_->put(rows);
  copy_rows_ += count;
  table_rows_[table] += count;
  copied_.rows += count;
  copied_.bytes += rows.size();
}

void GroupMember::end_copy() {
  if (!copy_) return;
  schema::CopyBuffer trailer(8);
  trailer.put_trailer();
  copy_->put(trailer.bytes());
  const std::uint64_t taken = copy_->finish();
  copy_.reset();
  const std::uint64_t sent = std::exchange(copy_rows_, 0);
  if (taken != sent) {
    throw Error(ErrorKind::internal,
                "sent " + std::to_string(sent) + " rows, the target took " + std::to_string(taken));
  }
}

void GroupMember::load_spilled() {
  for (std::size_t table = 0; table < scan_.tables.size(); ++table) {
    const plan::ClassifiedTable& classified =
        scan_.source.classification.tables[scan_.tables[table]];
    const bool shared = classified.kind == plan::TableClass::shared;
    const std::size_t chain = scan_.chain(shared ? scan_.shared_slot : slot_, table);
    if (shared) {
      for (const auto& [of, counts] : scan_.shared_changes) {
        if (of == table) {
          add_policy_counts(unit_, target_of(table), counts, copied_.policy_counts);
        }
      }
    }
    const std::uint64_t rows = scan_.spill.total(chain).rows;
    if (rows == 0) continue;
    scan_.spill.read(chain, [&](std::span<const std::byte> extent) {
      if (scan_.run.stop.stop_requested()) {
        throw Error(ErrorKind::cancelled, "stopped on request");
      }
      write(table, extent, 0);
    });
    copy_rows_ += rows;
    table_rows_[table] += rows;
    copied_.rows += rows;
    try {
      end_copy();
    } catch (const Error& error) {
      throw error.within("table " + printable(classified.name));
    }
  }
}

void GroupMember::build() {
  const schema::TargetSchema& target = made_.schema->target;
  std::string adding;
  std::string validation = "SET LOCAL session_replication_role = origin";
  for (const schema::TargetTable& table : target.tables) {
    for (const schema::TargetForeignKey& key : table.foreign_keys) {
      adding += key.add_sql + ";\n";
      validation += ";\n" + key.validate_sql;
    }
    if (made_.with_indexes) continue;
    failpoint::hit("build.mid_index");
    for (const schema::TargetIndex& index : table.indexes)
      execute_stoppable(*session_, index.sql, scan_.run.stop);
    for (const std::string& comment : table.comment_sql)
      session_->execute(comment);
  }
  if (!made_.with_indexes && !adding.empty()) session_->execute(adding);
  execute_stoppable(*session_, validation, scan_.run.stop);
  commit_rows(*session_);
  session_->execute("BEGIN");
  analyze();
}

void GroupMember::analyze() {
  const schema::TargetSchema& target = made_.schema->target;
  std::vector<std::uint64_t> rows(target.tables.size());
  for (std::size_t table = 0; table < table_rows_.size(); ++table) {
    if (table_rows_[table] == 0) continue;
    rows.at(static_cast<std::size_t>(&target_of(table) - target.tables.data())) =
        table_rows_[table];
  }
  if (const std::string sql = analyze_sql(target, rows); !sql.empty()) {
    execute_stoppable(*session_, sql, scan_.run.stop);
  }
}

const schema::TargetTable& GroupMember::target_of(std::size_t table) const {
  const std::string& name = scan_.source.classification.tables[scan_.tables[table]].name;
  return *scan_.source.schema_of(unit_.kind)->target.find_source_table(name);
}

}  // namespace godwit::engine
