#include "godwit/engine/recopy.hpp"

#include <map>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "godwit/engine/inventory.hpp"
#include "godwit/postgres/cluster.hpp"
#include "tenant_place.hpp"

namespace godwit::engine {
namespace {

using control::JournalEntry;
using control::TenantRecord;
using control::TenantState;
using Json = nlohmann::ordered_json;

constexpr std::string_view kReason = "recopy was asked for";
constexpr std::string_view kStateEvent = "state.";

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// In which a tenant only waits for somebody: it says nothing about where its writes go.
bool is_stopped(TenantState state) {
  return state == TenantState::paused || state == TenantState::diverged ||
         state == TenantState::quarantined;
}

/// The state itself, or the one that a stopped tenant has left.
TenantState last_working_state(const TenantRecord& record,
                               const std::vector<JournalEntry>& journal) {
  if (!is_stopped(record.state)) return record.state;
  for (auto entry = journal.rbegin(); entry != journal.rend(); ++entry) {
    const std::string_view event = entry->event;
    if (!event.starts_with(kStateEvent)) continue;
    const std::optional<TenantState> state =
        control::parse_tenant_state(event.substr(kStateEvent.size()));
    if (state && !is_stopped(*state)) return *state;
  }
  return TenantState::planned;
}

/// What may stand in the journal, which holds no row.
Json evidence_without_rows(const TenantRecord& record) {
  const Json evidence = Json::parse(record.evidence, nullptr, false);
  Json kept = Json::object();
  if (!evidence.is_object()) return kept;
  for (const char* field : {"operation", "table", "gtid", "position", "sqlstate"}) {
    if (evidence.contains(field)) kept[field] = evidence[field];
  }
  return kept;
}

/// A tenant's lock, for as long as it is marked.
class TenantLock {
 public:
  TenantLock(postgres::Cluster& cluster, const plan::Unit& unit) : cluster_(cluster), unit_(unit) {
    if (!cluster_.try_lock(lock_key(unit))) throw held_by_another();
  }
  ~TenantLock() {
    try {
      cluster_.unlock(lock_key(unit_));
    } catch (...) {
      // a lost connection has given the lock back already
      log::event(log::Level::debug, "tenant.unlock_failed",
                 {{"tenant", unit_.tenant}, {"error", current_error().what()}});
    }
  }
  TenantLock(const TenantLock&) = delete;
  TenantLock& operator=(const TenantLock&) = delete;

 private:
  postgres::Cluster& cluster_;
  const plan::Unit& unit_;
};

class Recopy {
 public:
  Recopy(const plan::Plan& plan, control::Store& store, const RecopyOptions& options)
      : plan_(plan), store_(store), options_(options) {}

  RecopyOutcome of(const plan::Unit& unit) {
    RecopyOutcome outcome;
    outcome.tenant = unit.tenant;
    outcome.cluster = plan_.clusters.at(unit.cluster.value).name;
    outcome.target_database = unit.target_database;
    outcome.target_schema = unit.target_schema;
    try {
      if (options_.stop.stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
      mark(unit, outcome);
    } catch (...) {
      const Error error = current_error();
      outcome.failure = error.kind();
      outcome.error = error.what();
      outcome.hint = error.hint();
    }
    return outcome;
  }

 private:
  void mark(const plan::Unit& unit, RecopyOutcome& outcome) {
    if (!look(unit, outcome) || options_.dry_run) return;
    const TenantLock lock(cluster_of(unit), unit);
    // it may have moved on before the lock was ours
    if (!look(unit, outcome)) return;
    const TenantRecord record = store_.find(unit.tenant).value();
    const std::string detail =
        text({{"reason", kReason}, {"before", evidence_without_rows(record)}});
    if (record.state == TenantState::catching_up || record.state == TenantState::ready ||
        record.state == TenantState::paused) {
      store_.transition(
          record, TenantState::diverged,
          [](TenantRecord& changed) {
            changed.evidence = text({{"problem", kReason}});
          },
          detail);
      outcome.state = TenantState::diverged;
    }
    // the epoch: whoever still believes that the tenant is his writes nothing
    store_.transition(
        store_.find(unit.tenant).value(), TenantState::provisioned,
        [](TenantRecord& changed) {
          changed.epoch.value += 1;
          changed.error.clear();
          changed.error_kind.clear();
        },
        detail);
    outcome.state = TenantState::provisioned;
    log::event(log::Level::info, "tenant.recopy",
               {{"tenant", unit.tenant}, {"from", control::name(outcome.from)}});
  }

  /// False: the next run begins it anyway. Throws where its copy must stay.
  bool look(const plan::Unit& unit, RecopyOutcome& outcome) {
    const std::optional<TenantRecord> record = store_.find(unit.tenant);
    outcome.from = outcome.state = record ? record->state : TenantState::planned;
    if (control::begins_anew(outcome.from) && outcome.from != TenantState::quarantined) {
      return false;
    }
    if (const std::optional<Error> refusal = recopy_refusal(*record, store_.journal(unit.tenant))) {
      throw Error(*refusal);
    }
    if (options_.dry_run) outcome.state = TenantState::provisioned;
    return true;
  }

  postgres::Cluster& cluster_of(const plan::Unit& unit) {
    const auto known = clusters_.find(unit.cluster.value);
    if (known != clusters_.end()) return known->second;
    postgres::Cluster cluster(plan_.clusters.at(unit.cluster.value).uri);
    return clusters_.emplace(unit.cluster.value, std::move(cluster)).first->second;
  }

  const plan::Plan& plan_;
  control::Store& store_;
  const RecopyOptions& options_;
  std::map<std::uint32_t, postgres::Cluster> clusters_;
};

}  // namespace

int RecopyReport::exit_code() const {
  int code = 0;
  int worst = 0;
  for (const RecopyOutcome& tenant : tenants) {
    if (!tenant.failure || severity_rank(*tenant.failure) <= worst) continue;
    worst = severity_rank(*tenant.failure);
    code = godwit::exit_code(*tenant.failure);
  }
  return code;
}

std::optional<Error> recopy_refusal(const TenantRecord& record,
                                    const std::vector<JournalEntry>& journal) {
  const TenantState state = last_working_state(record, journal);
  if (state <= TenantState::ready || state == TenantState::rolled_back) return std::nullopt;
  return Error(ErrorKind::rejected,
               "is " + std::string(control::name(record.state)) +
                   (state == record.state ? "" : ", from " + std::string(control::name(state))) +
                   ": its target may have been written to",
               "only a tenant that the source serves can be copied anew");
}

RecopyReport recopy(const plan::Plan& plan, const std::vector<const plan::Unit*>& units,
                    const RecopyOptions& options) {
  std::optional<control::Store> store = control::Store::open_existing(plan.state);
  if (!store) {
    throw Error(ErrorKind::usage, "nothing was run yet with this plan",
                "godwit run -p " + plan.file + " --wave … --until copied");
  }
  if (!options.dry_run) store.emplace(control::Store::open(plan.state, source_identity(plan)));
  Recopy marking(plan, *store, options);
  RecopyReport report;
  for (const plan::Unit* unit : units)
    report.tenants.push_back(marking.of(*unit));
  return report;
}

}  // namespace godwit::engine
