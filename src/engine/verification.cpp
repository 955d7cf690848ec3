#include "godwit/engine/verification.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "digest_pass.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/log.hpp"
#include "godwit/engine/inventory.hpp"
#include "lanes.hpp"
#include "schema_cache.hpp"
#include "shared_source.hpp"
#include "source_snapshot.hpp"

namespace godwit::engine {
namespace {

class Verification {
 public:
  Verification(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
               const VerificationOptions& options, ProgressBoard& board)
      : plan_(plan),
        units_(units),
        options_(options),
        board_(board),
        store_(control::Store::open(plan.state, source_identity(plan))),
        schemas_(plan.schema) {}

  VerificationReport run() {
    const auto start = std::chrono::steady_clock::now();
    VerificationReport report;
    report.tenants.resize(units_.size());
    board_.tenants_total = units_.size();
    const std::size_t count = std::min(lanes_wanted(), units_.size());
    std::vector<Lane> lanes;
    lanes.reserve(count);
    for (std::size_t lane = 0; lane < count; ++lane)
      lanes.emplace_back(plan_);
    read_together(lanes);
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> running{lanes_to_run(lanes)};
    run_lanes(running, [&](std::size_t lane) {
      for (std::size_t i = next++; i < units_.size(); i = next++) {
        const bool held_pass = lanes[lane].holds_pass;
        report.tenants[i] = verify(*units_[i], lanes[lane]);
        // the other lanes take what is left, the last one whatever it holds
        if (held_pass && !lanes[lane].holds_pass && --running > 0) return;
      }
    });
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
  }

 private:
  struct Lane {
    explicit Lane(const plan::Plan& plan) : source(plan) {}
    SourceConnections source;
    bool holds_pass = false;  // its reader still has the snapshot of the digest pass
    bool in_use = false;      // its reader or locker may be in the midst of something
    bool apart = false;       // a unit is read by other connections than its own
  };

  std::size_t lanes_wanted() const {
    int lanes = std::max(1, options_.lanes);
    if (options_.lanes == 0) {
      for (const plan::Unit* unit : units_) {
        lanes = std::max(lanes, plan_.waves.at(unit->wave.value).lanes);
      }
    }
    return static_cast<std::size_t>(lanes);
  }

  /// Those that hold the digest pass, at the front, if any does: another one would have to read
  /// again for each tenant what the pass has read for all.
  static std::size_t lanes_to_run(const std::vector<Lane>& lanes) {
    const auto holders =
        std::count_if(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.holds_pass; });
    return holders == 0 ? lanes.size() : static_cast<std::size_t>(holders);
  }

  /// Reads for all tenants what would have to be read whole for each. A failure is every tenant's:
  /// going on without would cost the source a scan of each of these tables per tenant.
  void read_together(std::vector<Lane>& lanes) {
    const std::vector<const plan::Unit*> tenants = copied_tenants();
    if (tenants.size() < kTogetherMin) return;
    board_.set_phase(kPassPhase, "reading");
    try {
      const SharedSource& shared = shared_source(lanes.front().source);
      DigestPass& pass = pass_.emplace(shared, plan_, tenants);
      if (pass.queries().empty()) {
        pass_.reset();
      } else {
        read_pass(pass, shared, lanes);
      }
    } catch (...) {
      pass_failure_ = current_error();
      pass_.reset();
      for (Lane& lane : lanes) {
        lane.source.reset();
        lane.holds_pass = false;
      }
    }
    board_.clear_phase(kPassPhase);
  }

  /// The lanes keep the snapshot, so that all tenants are compared at one position, whatever is
  /// written meanwhile; but not where tables of tenants ignore it: their lock must not last that
  /// long.
  void read_pass(DigestPass& pass, const SharedSource& shared, std::vector<Lane>& lanes) {
    WriteLock lock(lanes.front().source, plan_.rows->database, pass.locked_tables());
    std::vector<mariadb::Connection*> readers;
    readers.reserve(lanes.size());
    for (Lane& lane : lanes)
      readers.push_back(&lane.source.reader());
    const mariadb::AlignedSnapshots opened = open_snapshots(readers, lanes.front().source);
    pass_position_ = opened.snapshot;
    pass.run({readers.data(), opened.aligned}, lock, options_.stop, board_);
    const bool keep = !ignores_snapshots(shared.tenants->model);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      lanes[lane].holds_pass = keep && lane < opened.aligned;
      if (!lanes[lane].holds_pass) end_snapshot(lanes[lane].source);
    }
  }

  /// Everything is read, and no lock is held: a connection that broke since, in hours of waiting for other lanes
  /// perhaps, is nobody's failure.
  static void end_snapshot(SourceConnections& source) {
    try {
      mariadb::close_snapshot(source.reader());
    } catch (const Error&) {
      source.reset();
    }
  }

  static bool ignores_snapshots(const mariadb::Database& database) {
    return std::any_of(database.tables.begin(), database.tables.end(),
                       [](const mariadb::Table& table) { return !table.transactional(); });
  }

  [[nodiscard]] std::vector<const plan::Unit*> copied_tenants() const {
    std::vector<const plan::Unit*> tenants;
    for (const plan::Unit* unit : units_) {
      if (unit->kind != plan::UnitKind::rows) continue;
      if (is_copied(store_.find(unit->tenant))) tenants.push_back(unit);
    }
    return tenants;
  }

  static bool is_copied(const std::optional<control::TenantRecord>& record) {
    if (!record || record->snapshot_gtid.empty()) return false;
    return record->state == control::TenantState::copied ||
           record->state == control::TenantState::catching_up ||
           record->state == control::TenantState::ready;
  }

  TenantVerification verify(const plan::Unit& unit, Lane& lane) {
    TenantVerification verification;
    verification.tenant = unit.tenant;
    const auto start = std::chrono::steady_clock::now();
    try {
      if (options_.stop.stop_requested()) {
        throw Error(ErrorKind::cancelled, "stopped on request");
      }
      board_.set_phase(unit.tenant, "verifying");
      compare(unit, lane, verification);
      board_.tenants_done += 1;
    } catch (...) {
      const Error error = current_error();
      // what is refused before the source is read leaves the snapshot to the tenants behind
      const bool own = !lane.apart &&
                       (error.kind() == ErrorKind::source || error.kind() == ErrorKind::cancelled);
      if (lane.in_use || own) {
        lane.source.reset();
        lane.holds_pass = false;
      }
      lane.in_use = false;
      verification.failure = error.kind();
      verification.error = error.what();
      verification.hint = error.hint();
      board_.tenants_failed += 1;
    }
    lane.apart = false;
    board_.clear_phase(unit.tenant);
    verification.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return verification;
  }

  struct Compared {
    std::shared_ptr<const mariadb::Database> database;
    SchemaVariantPtr schema;
  };

  const SharedSource& shared_source(SourceConnections& source) {
    const std::lock_guard lock(mutex_);
    if (!shared_) {
      auto shared = std::make_shared<const SharedSource>(
          read_shared_source(plan_, source.catalog(), schemas_));
      refuse_open_questions(*shared);
      shared_ = std::move(shared);
    }
    return *shared_;
  }

  /// Of a tenant's own database, or of the one that all share, which is read once.
  Compared compared_schema(const plan::Unit& unit, SourceConnections& source) {
    if (unit.kind != plan::UnitKind::database) {
      const SharedSource& shared = shared_source(source);
      return {{shared_, &shared.moved}, shared.schema_of(unit.kind)};
    }
    std::vector<mariadb::Database> found =
        mariadb::read_databases(source.catalog(), {&unit.source_database, 1});
    if (found.empty()) {
      throw Error(ErrorKind::source, "source database " + unit.source_database + " is gone");
    }
    auto database = std::make_shared<const mariadb::Database>(std::move(found.front()));
    return {database, schemas_.get(*database)};
  }

  void compare(const plan::Unit& unit, Lane& lane, TenantVerification& verification) {
    const std::optional<control::TenantRecord> record = store_.find(unit.tenant);
    if (!is_copied(record)) {
      throw Error(ErrorKind::usage, "the tenant is not copied yet",
                  "godwit run --tenant " + unit.tenant + " --until copied");
    }
    verification.snapshot_gtid = record->snapshot_gtid;
    verification.followed = record->state != control::TenantState::copied;
    const Compared compared = compared_schema(unit, lane.source);
    if (compared.schema->target.fingerprint != record->schema_fingerprint) {
      throw Error(ErrorKind::rejected,
                  "the source's schema or the plan's schema options changed "
                  "since the copy",
                  "copy the tenant again");
    }
    if (unit.kind == plan::UnitKind::rows && pass_failure_) throw Error(*pass_failure_);
    postgres::Session target(plan_.clusters.at(unit.cluster.value).uri,
                             {.database = unit.target_database,
                              .schema = unit.target_schema,
                              .application_name = "godwit/verify/" + unit.tenant});
    // the central unit's tables may ignore the snapshot of the pass: it needs one of now
    const mariadb::Database& tables = compared.schema->model;
    const bool at_pass = lane.holds_pass && !ignores_snapshots(tables);
    std::optional<SourceConnections> apart;
    if (lane.holds_pass && !at_pass) apart.emplace(plan_);
    lane.apart = apart.has_value();
    lane.in_use = !lane.apart;
    SourceConnections& source = apart ? *apart : lane.source;
    std::optional<WriteLock> lock(std::in_place, source, unit.source_database, tables);
    mariadb::Connection* reader = &source.reader();
    const mariadb::Snapshot position =
        at_pass ? pass_position_ : open_snapshots({&reader, 1}, source).snapshot;
    verification.source_gtid = position.gtid.to_string();
    std::uint64_t counted = 0;
    verify::VerifyOptions options = options_of(unit, position);
    options.counters = !verification.followed;
    options.progress = [&](std::uint64_t rows) {
      board_.rows += rows - counted;
      counted = rows;
    };
    verification.result = verify::verify_tenant(*reader, *compared.database, target,
                                                compared.schema->target, options);
    lane.in_use = false;
    lock.reset();  // it stands on a connection that may be closed now
    if (!at_pass) end_snapshot(source);
  }

  [[nodiscard]] verify::VerifyOptions options_of(const plan::Unit& unit,
                                                 const mariadb::Snapshot& position) const {
    verify::VerifyOptions options;
    options.whole_database = !unit.shares_database();
    options.differences_max = options_.differences_max;
    options.stop = options_.stop;
    if (unit.kind != plan::UnitKind::rows) return options;
    options.source_condition = [this, &unit](const std::string& table) {
      return plan::tenant_condition(
          shared_->classification, shared_->database, *shared_->classification.find(table),
          {plan::key_literal(directory_key(*shared_, *plan_.rows), unit.key)});
    };
    // digests of another position say nothing about this one
    if (pass_ && position == pass_position_) {
      options.digests = &pass_->digests();
      options.digest_key = pass_->key_of(unit);
    }
    return options;
  }

  /// One tenant reads its own rows with one scan, too.
  static constexpr std::size_t kTogetherMin = 2;
  static constexpr const char* kPassPhase = "shared tables";

  const plan::Plan& plan_;
  const std::vector<const plan::Unit*>& units_;
  const VerificationOptions& options_;
  ProgressBoard& board_;
  control::Store store_;
  SchemaCache schemas_;
  std::mutex mutex_;
  std::shared_ptr<const SharedSource> shared_;  // set once under mutex_, of row tenancy
  // set before the lanes begin
  std::optional<DigestPass> pass_;
  mariadb::Snapshot pass_position_;
  std::optional<Error> pass_failure_;
};

}  // namespace

int VerificationReport::exit_code() const {
  int code = 0;
  int worst = 0;
  const auto consider = [&](ErrorKind kind) {
    if (severity_rank(kind) <= worst) return;
    worst = severity_rank(kind);
    code = godwit::exit_code(kind);
  };
  for (const TenantVerification& tenant : tenants) {
    if (tenant.failure) consider(*tenant.failure);
    if (tenant.result && !tenant.result->identical()) consider(ErrorKind::verify_mismatch);
  }
  return code;
}

VerificationReport verify_tenants(const plan::Plan& plan,
                                  const std::vector<const plan::Unit*>& units,
                                  const VerificationOptions& options, ProgressBoard& board) {
  return Verification(plan, units, options, board).run();
}

}  // namespace godwit::engine
