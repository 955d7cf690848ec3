#include "godwit/engine/verification.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

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
    std::atomic<std::size_t> next{0};
    run_lanes(std::min(lanes(), units_.size()), [&](std::size_t) {
      SourceConnections source(plan_);
      for (std::size_t i = next++; i < units_.size(); i = next++) {
        report.tenants[i] = verify(*units_[i], source);
      }
    });
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
  }

 private:
  std::size_t lanes() const {
    int lanes = std::max(1, options_.lanes);
    if (options_.lanes == 0) {
      for (const plan::Unit* unit : units_) {
        lanes = std::max(lanes, plan_.waves.at(unit->wave.value).lanes);
      }
    }
    return static_cast<std::size_t>(lanes);
  }

  TenantVerification verify(const plan::Unit& unit, SourceConnections& source) {
    TenantVerification verification;
    verification.tenant = unit.tenant;
    const auto start = std::chrono::steady_clock::now();
    try {
      if (options_.stop.stop_requested()) {
        throw Error(ErrorKind::cancelled, "stopped on request");
      }
      board_.set_phase(unit.tenant, "verifying");
      compare(unit, source, verification);
      board_.tenants_done += 1;
    } catch (...) {
      const Error error = current_error();
      source.reset();
      verification.failure = error.kind();
      verification.error = error.what();
      verification.hint = error.hint();
      board_.tenants_failed += 1;
    }
    board_.clear_phase(unit.tenant);
    verification.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return verification;
  }

  struct Compared {
    std::shared_ptr<const mariadb::Database> database;
    SchemaVariantPtr schema;
  };

  /// Of a tenant's own database, or of the one that all share, which is read once.
  Compared compared_schema(const plan::Unit& unit, SourceConnections& source) {
    if (unit.kind != plan::UnitKind::database) {
      const std::lock_guard lock(mutex_);
      if (!shared_) {
        shared_ = std::make_shared<const SharedSource>(
            read_shared_source(plan_, source.catalog(), schemas_));
        refuse_open_questions(*shared_);
      }
      return {{shared_, &shared_->moved}, shared_->schema_of(unit.kind)};
    }
    std::vector<mariadb::Database> found =
        mariadb::read_databases(source.catalog(), {&unit.source_database, 1});
    if (found.empty()) {
      throw Error(ErrorKind::source, "source database " + unit.source_database + " is gone");
    }
    auto database = std::make_shared<const mariadb::Database>(std::move(found.front()));
    return {database, schemas_.get(*database)};
  }

  [[nodiscard]] const mariadb::Column* directory_key() const {
    return shared_->database.find_table(plan_.rows->directory.table)
        ->find_column(plan_.rows->directory.key_column);
  }

  void compare(const plan::Unit& unit, SourceConnections& source,
               TenantVerification& verification) {
    const std::optional<control::TenantRecord> record = store_.find(unit.tenant);
    if (!record || record->snapshot_gtid.empty() || record->state != control::TenantState::copied) {
      throw Error(ErrorKind::usage, "the tenant is not copied yet",
                  "godwit run --tenant " + unit.tenant + " --until copied");
    }
    verification.snapshot_gtid = record->snapshot_gtid;
    const Compared compared = compared_schema(unit, source);
    if (compared.schema->target.fingerprint != record->schema_fingerprint) {
      throw Error(ErrorKind::rejected,
                  "the source's schema or the plan's schema options changed "
                  "since the copy",
                  "copy the tenant again");
    }
    WriteLock lock(source, unit.source_database, *compared.database);
    mariadb::Connection* reader = &source.reader();
    verification.source_gtid = open_snapshots({&reader, 1}).snapshot.gtid.to_string();
    postgres::Session target(plan_.clusters.at(unit.cluster.value).uri,
                             {.database = unit.target_database,
                              .schema = unit.target_schema,
                              .application_name = "godwit/verify/" + unit.tenant});
    verify::VerifyOptions options;
    options.whole_database = !unit.shares_database();
    options.differences_max = options_.differences_max;
    options.stop = options_.stop;
    if (unit.kind == plan::UnitKind::rows) {
      options.source_condition = [&](const std::string& table) {
        return plan::tenant_condition(shared_->classification, shared_->database,
                                      *shared_->classification.find(table),
                                      {plan::key_literal(*directory_key(), unit.key)});
      };
    }
    std::uint64_t counted = 0;
    options.progress = [&](std::uint64_t rows) {
      board_.rows += rows - counted;
      counted = rows;
    };
    verification.result = verify::verify_tenant(*reader, *compared.database, target,
                                                compared.schema->target, options);
    mariadb::close_snapshot(*reader);
  }

  const plan::Plan& plan_;
  const std::vector<const plan::Unit*>& units_;
  const VerificationOptions& options_;
  ProgressBoard& board_;
  control::Store store_;
  SchemaCache schemas_;
  std::mutex mutex_;
  std::shared_ptr<const SharedSource> shared_;  // set once under mutex_, of row tenancy
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
