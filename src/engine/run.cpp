#include "godwit/engine/run.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <tbb/task_arena.h>

#include "copy_group.hpp"
#include "follow_run.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "godwit/engine/inventory.hpp"
#include "godwit/plan/shared_reading.hpp"
#include "godwit/plan/simulation.hpp"
#include "lanes.hpp"
#include "live_limits.hpp"
#include "provisioner.hpp"
#include "run_context.hpp"
#include "source_guard.hpp"
#include "tenant_copy.hpp"
#include "wave_gate.hpp"
#include "wave_order.hpp"

namespace godwit::engine {
namespace {

constexpr int kAttemptsMax = 3;
/// The reader, its samples of the position, charsets, and the catalog when a schema changes.
constexpr std::size_t kFollowSourceConnections = 4;
constexpr std::size_t kBlocksInFlight = 4;
constexpr std::size_t kBlockBytesMin = 64U << 10U;
constexpr std::size_t kBlockBytesMax = 256U << 10U;

std::size_t lanes_of(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
                     const RunOptions& options) {
  int lanes = std::max(1, options.lanes);
  for (const plan::Unit* unit : units) {
    if (options.lanes == 0) lanes = std::max(lanes, plan.waves.at(unit->wave.value).lanes);
  }
  return plan::lanes_within_connections(plan, units, static_cast<std::size_t>(lanes));
}

/// The names of the units' waves, in the order in which they come.
std::string wave_names(const plan::Plan& plan, const std::vector<const plan::Unit*>& units) {
  std::vector<std::string> names;
  for (const plan::Unit* unit : units) {
    const std::string& name = plan.waves.at(unit->wave.value).name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return join(names, ",");
}

void append(std::vector<const plan::Unit*>& units, const std::vector<const plan::Unit*>& more) {
  units.insert(units.end(), more.begin(), more.end());
}

/// A pipeline pays where a core is free to write while another reads. On a full machine its waiting
/// workers would spin on the cores that the servers or the other lanes need.
std::size_t blocks_in_flight(std::size_t lanes) {
  return std::thread::hardware_concurrency() >= 2 * lanes ? kBlocksInFlight : 1;
}

control::TenantRecord planned_record(const plan::Plan& plan, const plan::Unit& unit) {
  control::TenantRecord record;
  record.tenant = unit.tenant;
  record.source_database = unit.source_database;
  record.cluster = plan.clusters.at(unit.cluster.value).name;
  record.target_database = unit.target_database;
  record.target_schema = unit.target_schema;
  record.wave = plan.waves.at(unit.wave.value).name;
  return record;
}

/// One run: which units are left to do, and what became of each.
class Run {
 public:
  Run(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
      const RunOptions& options, ProgressBoard& board)
      : plan_(plan),
        units_(units),
        store_(control::Store::open(plan.state, source_identity(plan))),
        schemas_(plan.schema),
        bounds_(run_bounds(plan, units, options)),
        huge_rows_(plan.memory_bytes),
        context_{plan,
                 options,
                 store_,
                 schemas_,
                 board,
                 huge_rows_,
                 bounds_.lanes,
                 std::clamp(plan.memory_bytes / (bounds_.lanes * kBlocksInFlight), kBlockBytesMin,
                            kBlockBytesMax),
                 blocks_in_flight(bounds_.lanes),
                 options.stop} {}

  RunReport run() {
    const auto start = std::chrono::steady_clock::now();
    std::vector<control::TenantRecord> records;
    for (const plan::Unit* unit : units_)
      records.push_back(planned_record(plan_, *unit));
    store_.register_tenants(records);

    const LaneControl control(bounds_.lanes);
    std::map<WaveId, std::vector<const plan::Unit*>> waves;  // in the plan's order
    std::vector<const plan::Unit*> kept;
    for (const plan::Unit* unit : units_) {
      if (keep_if_copied(*unit)) {
        kept.push_back(unit);
        continue;
      }
      waves[unit->wave].push_back(unit);
      context_.board.tenants_total += 1;
      context_.board.rows_expected += unit->rows;
    }
    const bool follows = context_.options.until != RunUntil::copied;
    begin_record(follows ? units_.size() : context_.board.tenants_total.load());
    if (follows) {
      follow_.emplace(context_);
      follow_->begin(kept);
    }
    for (auto& [wave, units] : waves)
      copy_wave(wave, std::move(units));
    if (follow_) {
      follow_->wait();
      const std::lock_guard lock(mutex_);
      for (const auto& [tenant, failure] : follow_->end())
        failures_.insert_or_assign(tenant, failure);
    }
    RunReport made = report(std::chrono::steady_clock::now() - start);
    end_record(made);
    return made;
  }

 private:
  /// A run with nothing to do leaves no trace.
  void begin_record(std::size_t tenants) {
    if (tenants == 0) return;
    record_.waves = wave_names(plan_, units_);
    record_.lanes = bounds_.lanes;
    record_.tenants = tenants;
    record_.id = store_.begin_run(record_);
    context_.run = record_.id;
  }

  void end_record(const RunReport& report) {
    if (record_.id == 0) return;
    for (const TenantOutcome& tenant : report.tenants) {
      if (tenant.kept || tenant.failure) continue;
      record_.tenants_copied += 1;
      record_.rows += tenant.rows;
      record_.bytes += tenant.bytes;
    }
    try {
      store_.end_run(record_);
    } catch (...) {
      // a full disk, say: the tenants' own records are what counts, and the report is made
      log::event(log::Level::error, "run.record_failed", {{"error", current_error().what()}});
    }
  }

  /// A tenant that an earlier run finished is not touched again.
  bool keep_if_copied(const plan::Unit& unit) {
    const control::TenantRecord record = store_.find(unit.tenant).value();
    if (control::begins_anew(record.state)) return false;
    kept_.insert(unit.tenant);
    return true;
  }

  /// One wave after the other: what an earlier one finds out must not come too late. Where windows
  /// close, the lanes end and nothing is held until the next opening: no connection, lock or
  /// catalog.
  void copy_wave(WaveId id, std::vector<const plan::Unit*> units) {
    const plan::WaveSpec& wave = plan_.waves.at(id.value);
    WaveGate& gate = gates_.try_emplace(id, wave, context_.options.now).first->second;
    while (!units.empty() && gate.wait(context_.board, context_.stop)) {
      const SourceGuard guard(context_, limits_);
      if (plan_.rows) {
        units = copy_together(units, gate);
        continue;
      }
      put_in_order(units, wave.order);
      const auto first_small = std::stable_partition(
          units.begin(), units.end(),
          [this](const plan::Unit* unit) { return plan::is_large(plan_, *unit); });
      const std::vector<const plan::Unit*> large(units.begin(), first_small);
      const std::vector<const plan::Unit*> small(first_small, units.end());
      units.clear();
      // otherwise the largest first: the end then has only small pieces to fill the lanes with
      const bool small_first = wave.order == plan::WaveOrder::smallest;
      if (small_first) copy_small(small, gate, units);
      copy_large(large, gate, units);
      if (!small_first) copy_small(small, gate, units);
    }
  }

  /// Units whose rows lie in shared tables, as many at a time as one scan can serve. Returns what is
  /// to be begun again.
  std::vector<const plan::Unit*> copy_together(std::vector<const plan::Unit*> units,
                                               WaveGate& gate) {
    put_in_order(units, plan_.waves.at(units.front()->wave.value).order);
    const std::size_t lanes = lanes_of_wave(units);
    const std::size_t limit = plan::units_per_reading(plan_, lanes);
    std::vector<const plan::Unit*> again;
    bool waited = false;
    for (std::size_t from = 0; from < units.size(); from += limit) {
      const auto begin = units.begin() + static_cast<std::ptrdiff_t>(from);
      const std::vector<const plan::Unit*> group(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(limit, units.size() - from)));
      context_.gates.begin.wait(context_.stop);
      if (context_.stop.stop_requested()) break;
      if (!gate.open()) {
        append(again, {begin, units.end()});
        break;
      }
      GroupResult result = copy_group(context_, places_, gate, group, lanes);
      append(again, result.left);
      // every reading sees the same rows
      for (LeftRows& left : result.left_rows)
        left_rows_.insert_or_assign(left.table, left);
      for (const GroupFailure& failure : result.failures) {
        if (worth_another_attempt(*failure.unit, failure.error)) {
          if (!waited) pause_before_attempt(*failure.unit, failure.error);
          waited = true;
          again.push_back(failure.unit);
        } else if (give_up(*failure.unit, failure.error, failure.counted) && failure.refused) {
          quarantine(*failure.unit);
        }
      }
    }
    return again;
  }

  [[nodiscard]] std::size_t lanes_of_wave(const std::vector<const plan::Unit*>& units) const {
    return std::min(bounds_.lanes, lanes_of(plan_, units, context_.options));
  }

  MakeDescriber describer(TenantSize size) {
    return [this, size] { return std::make_unique<DatabaseDescriber>(context_, size); };
  }

  /// Large tenants one after the other, each read by all lanes together. Appends to `left` what the
  /// gate kept from being begun.
  void copy_large(const std::vector<const plan::Unit*>& units, const WaveGate& gate,
                  std::vector<const plan::Unit*>& left) {
    if (units.empty()) return;
    std::vector<SourceConnections> sources;
    const std::size_t readers = std::min(bounds_.readers, lanes_of_wave(units));
    for (std::size_t i = 0; i < readers; ++i)
      sources.emplace_back(plan_);
    Provisioner provisioner(context_, places_, gate, units, describer(TenantSize::large),
                            {.threads = 1, .ahead = 1, .from_templates = false});
    while (std::optional<Provisioner::Item> item = provisioner.next()) {
      copy(provisioner, *item, sources);
    }
    append(left, provisioner.take_left());
  }

  /// Small tenants side by side, one lane each.
  void copy_small(const std::vector<const plan::Unit*>& units, const WaveGate& gate,
                  std::vector<const plan::Unit*>& left) {
    if (units.empty()) return;
    const std::size_t lanes = std::min(lanes_of_wave(units), units.size());
    Provisioner provisioner(context_, places_, gate, units, describer(TenantSize::small),
                            {.threads = lanes, .ahead = lanes, .from_templates = true});
    run_lanes(lanes, [&](std::size_t) {
      tbb::task_arena arena(kLaneSlots);
      std::vector<SourceConnections> source;
      source.emplace_back(plan_);
      while (std::optional<Provisioner::Item> item = provisioner.next()) {
        arena.execute([&] { copy(provisioner, *item, source); });
      }
    });
    append(left, provisioner.take_left());
  }

  /// Answers the item exactly once, whatever its copy throws.
  void copy(Provisioner& provisioner, const Provisioner::Item& item,
            std::vector<SourceConnections>& sources) {
    const plan::Unit& unit = *item.unit.unit;
    bool again = false;
    try {
      if (item.failure) throw Error(*item.failure);
      if (item.unit.with_indexes) {
        copy_in_one_session(context_, item.unit, sources.front());
      } else {
        copy_in_parallel(context_, item.unit, sources);
      }
      context_.board.tenants_done += 1;
    } catch (...) {
      const Error error = current_error();
      for (SourceConnections& source : sources)
        source.reset();
      again = worth_another_attempt(unit, error) && pause_before_attempt(unit, error);
      if (!again && give_up(unit, error) && !item.failure) {
        discard(provisioner, unit, error);
      }
    }
    context_.board.clear_phase(unit.tenant);
    if (again) {
      provisioner.again(unit);
    } else {
      provisioner.finished(unit);
    }
  }

  /// A passing failure is tried again, a few times.
  bool worth_another_attempt(const plan::Unit& unit, const Error& error) {
    if (!error.retryable() || context_.stop.stop_requested()) return false;
    if (gates_.at(unit.wave).aborted()) return false;
    if (++attempts(unit) >= kAttemptsMax) return false;
    log::event(log::Level::warn, "tenant.retry",
               {{"tenant", unit.tenant}, {"error", error.what()}});
    return true;
  }

  /// False: the run was stopped meanwhile.
  bool pause_before_attempt(const plan::Unit& unit, const Error& error) {
    context_.board.set_phase(unit.tenant, std::string("waiting: ") + error.what());
    return Clock::system().sleep(std::chrono::milliseconds(500) * attempts(unit), context_.stop);
  }

  /// A lasting failure: it is recorded. False: the run was stopped, which is none.
  bool give_up(const plan::Unit& unit, const Error& error, bool counted = false) {
    const Error final =
        context_.stop.stop_requested() ? Error(ErrorKind::cancelled, "stopped on request") : error;
    {
      const std::lock_guard lock(mutex_);
      failures_.insert_or_assign(unit.tenant, final);
    }
    context_.board.clear_phase(unit.tenant);
    if (final.kind() == ErrorKind::cancelled) return false;
    context_.board.tenants_failed += 1;
    log::event(log::Level::error, "tenant.failed",
               {{"tenant", unit.tenant}, {"kind", name(final.kind())}, {"error", final.what()}});
    if (!counted) gates_.at(unit.wave).count_failure();
    try {
      store_.record_failure(unit.tenant, name(final.kind()), final.what());
    } catch (...) {
      // the failure may be the store's own, such as a full disk; the report has it all the same
      log::event(log::Level::error, "tenant.record_failed",
                 {{"tenant", unit.tenant}, {"error", current_error().what()}});
    }
    return true;
  }

  /// Data that the policy refuses won't get better by itself: the copy goes, the evidence stays.
  void discard(Provisioner& provisioner, const plan::Unit& unit, const Error& error) {
    if (error.kind() != ErrorKind::rejected) return;
    try {
      provisioner.discard(unit);
    } catch (...) {
      log::event(log::Level::error, "tenant.discard_failed",
                 {{"tenant", unit.tenant}, {"error", current_error().what()}});
      return;
    }
    quarantine(unit);
  }

  void quarantine(const plan::Unit& unit) {
    try {
      store_.transition(store_.find(unit.tenant).value(), control::TenantState::quarantined, {},
                        "{}");
    } catch (...) {
      log::event(log::Level::error, "tenant.record_failed",
                 {{"tenant", unit.tenant}, {"error", current_error().what()}});
    }
  }

  int& attempts(const plan::Unit& unit) {
    const std::lock_guard lock(mutex_);
    return attempts_[unit.tenant];
  }

  RunReport report(std::chrono::steady_clock::duration elapsed) {
    RunReport report;
    report.seconds = std::chrono::duration<double>(elapsed).count();
    std::map<WaveId, std::uint64_t> not_begun;  // of aborted waves
    for (const plan::Unit* unit : units_) {
      const control::TenantRecord record = store_.find(unit->tenant).value();
      TenantOutcome outcome;
      outcome.tenant = unit->tenant;
      outcome.state = record.state;
      outcome.kept = kept_.contains(unit->tenant);
      outcome.rows = record.rows;
      outcome.bytes = record.bytes;
      outcome.seconds = record.seconds;
      outcome.snapshot_gtid = record.snapshot_gtid;
      if (const auto failure = failures_.find(unit->tenant); failure != failures_.end()) {
        outcome.failure = failure->second.kind();
        outcome.error = failure->second.what();
        outcome.hint = failure->second.hint();
      } else if (!outcome.kept && control::begins_anew(record.state)) {
        outcome.failure = ErrorKind::cancelled;  // never reached a lane
        outcome.error = "stopped on request";
        if (const auto gate = gates_.find(unit->wave);
            gate != gates_.end() && gate->second.aborted()) {
          outcome.error = (attempts_.contains(unit->tenant) ? "not begun again: " : "not begun: ") +
                          gate->second.abort_reason();
          outcome.hint = "mend what made the others fail, and run again";
          not_begun[unit->wave] += 1;
        }
      }
      if (!outcome.failure && context_.options.until != RunUntil::copied &&
          record.state != control::TenantState::ready) {
        outcome.failure = ErrorKind::cancelled;
        outcome.error = "stopped before it was ready";
      }
      report.tenants.push_back(std::move(outcome));
    }
    for (const auto& [wave, count] : not_begun) {
      report.aborted_waves.push_back(
          {plan_.waves.at(wave.value).name, gates_.at(wave).abort_reason(), count});
    }
    report.policy_counts = store_.policy_counts();
    for (const auto& [table, left] : left_rows_)
      report.left_rows.push_back(left);
    return report;
  }

  const plan::Plan& plan_;
  const std::vector<const plan::Unit*>& units_;
  control::Store store_;
  SchemaCache schemas_;
  const RunBounds bounds_;
  ByteBudget huge_rows_;
  RunContext context_;
  TenantPlaces places_{context_};
  LiveLimits limits_{plan_};
  std::optional<FollowRun> follow_;
  std::map<WaveId, WaveGate> gates_;  // changed only while no lane runs
  control::RunRecord record_;
  std::set<std::string> kept_;
  std::map<std::string, LeftRows> left_rows_;  // by table
  std::mutex mutex_;
  std::map<std::string, Error> failures_;  // guarded by mutex_
  std::map<std::string, int> attempts_;    // guarded by mutex_; failed tenants only
};

}  // namespace

int RunReport::exit_code() const {
  int code = 0;
  int worst = 0;
  for (const TenantOutcome& tenant : tenants) {
    if (!tenant.failure || severity_rank(*tenant.failure) <= worst) continue;
    worst = severity_rank(*tenant.failure);
    code = godwit::exit_code(*tenant.failure);
  }
  return code;
}

RunBounds run_bounds(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
                     const RunOptions& options) {
  RunBounds bounds;
  bounds.lanes = lanes_of(plan, units, options);
  bounds.readers = std::min(bounds.lanes, static_cast<std::size_t>(plan.source.readers));
  // per lane: reader, catalog and table locks; the provisioners read catalogs beside them
  bounds.source_connections = 4 * bounds.lanes;
  // per lane: the tenant's session; the provisioners' and the lock keeper's beside them
  bounds.target_connections = 2 * bounds.lanes + 2;
  if (plan.rows) {
    // large tenants have a stream each while the tables are read
    for (const plan::Unit* unit : units) {
      bounds.target_connections =
          std::max(bounds.target_connections,
                   static_cast<std::size_t>(plan.clusters[unit->cluster.value].engine_connections));
    }
  }
  if (plan.source.limits.any()) bounds.source_connections += 1;
  if (options.until != RunUntil::copied) {
    bounds.source_connections += kFollowSourceConnections;
    bounds.memory_bytes += plan.follow.memory_bytes;
  }
  // the blocks of all lanes, and as much again for rows larger than a block
  bounds.memory_bytes += 2 * plan.memory_bytes + (plan.rows ? plan.routing_bytes : 0);
  return bounds;
}

RunReport run(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
              const RunOptions& options, ProgressBoard& board) {
  return Run(plan, units, options, board).run();
}

}  // namespace godwit::engine
