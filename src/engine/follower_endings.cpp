// How a tenant ends to follow, and what keeps it from that.
#include "follower.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"

namespace godwit::engine {
namespace {

using control::TenantState;
using Json = nlohmann::ordered_json;

/// Of one transaction; by then it has been tried for minutes.
constexpr int kOverrunsMax = 8;
constexpr std::chrono::milliseconds kOverrunPause{500};
constexpr int kDoublingsMax = 6;

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string evidence_json(const apply::Evidence& evidence) {
  return text({{"problem", evidence.problem},
               {"operation", evidence.operation},
               {"table", evidence.table},
               {"key", evidence.key},
               {"before", evidence.before},
               {"after", evidence.after},
               {"gtid", evidence.gtid},
               {"position", evidence.position},
               {"sqlstate", evidence.sqlstate},
               {"message", evidence.message}});
}

std::string recopy_hint(const std::string& tenant) {
  return "`godwit recopy --tenant " + printable(tenant) + "` and run again";
}

}  // namespace

void Follower::diverged(FollowedTenant& tenant, const apply::Evidence& evidence) {
  end(tenant, TenantState::diverged,
      Error(ErrorKind::rejected,
            "diverged at " + evidence.position + " (" + evidence.gtid + "), table " +
                printable(evidence.table) + ": " + evidence.problem,
            "`godwit status --tenant " + printable(tenant.unit->tenant) +
                "` shows the row; find out who wrote to the target, then " +
                recopy_hint(tenant.unit->tenant)),
      evidence_json(evidence));
}

void Follower::failed(FollowedTenant& tenant, const Error& error) {
  // another engine's tenant is not ours to change
  if (error.kind() == ErrorKind::held) {
    const std::lock_guard lock(mutex_);
    tenant.ended = true;
    tenant.left = true;
    failures_.insert_or_assign(tenant.unit->tenant, error);
    reader_->leave(tenant);
    return;
  }
  end(tenant, TenantState::paused, error,
      text({{"problem", error.what()}, {"hint", error.hint()}}));
}

void Follower::end(FollowedTenant& tenant, TenantState state, const Error& error,
                   const std::string& evidence) {
  tenant.ended = true;
  reader_->leave(tenant);
  const std::string& name = tenant.unit->tenant;
  log::event(log::Level::error, "tenant.ended",
             {{"tenant", name}, {"state", control::name(state)}, {"error", error.what()}});
  {
    const std::lock_guard lock(mutex_);
    failures_.insert_or_assign(name, error);
    endings_.push_back({&tenant, state, error, evidence});
  }
  record_endings();
}

/// Until it is recorded that a tenant has ended, its place counts: another run would go on there.
void Follower::record_endings() {
  std::vector<Ending> endings;
  {
    const std::lock_guard lock(mutex_);
    endings.swap(endings_);
  }
  for (Ending& ending : endings) {
    const std::string& name = ending.tenant->unit->tenant;
    try {
      run_.store.transition(
          run_.store.find(name).value(), ending.state,
          [&](control::TenantRecord& record) {
            record.error = ending.error.what();
            record.error_kind = godwit::name(ending.error.kind());
            record.evidence = ending.evidence;
            record.followed_by = 0;  // what the run records from now on doesn't hold for it
          },
          "{}");
    } catch (...) {
      log::event(log::Level::error, "tenant.record_failed",
                 {{"tenant", name}, {"error", current_error().what()}});
      const std::lock_guard lock(mutex_);
      endings_.push_back(std::move(ending));
      continue;
    }
    const std::lock_guard lock(mutex_);
    ending.tenant->left = true;
    ending.tenant->end_recorded = true;
    changed_.notify_all();
  }
}

/// It has what was queued before; the reader goes back for the rest. What never fits would make it
/// go back for ever, and every other tenant wait for it.
void Follower::overrun(FollowedTenant& tenant, const GtidList& position) {
  const std::string reason = tenant.subscription->queue().overrun_reason();
  log::event(log::Level::warn, "follow.overrun",
             {{"tenant", tenant.unit->tenant}, {"reason", reason}});
  tenant.overruns = position == tenant.overrun_at ? tenant.overruns + 1 : 0;
  tenant.overrun_at = position;
  if (tenant.overruns >= kOverrunsMax) {
    failed(tenant,
           Error(ErrorKind::rejected,
                 "a transaction of the tenant finds no room to wait in: " + reason,
                 "raise follow.spill in the plan, then " + recopy_hint(tenant.unit->tenant)));
    return;
  }
  reader_->join_again(tenant, position,
                      kOverrunPause * ((1 << std::min(tenant.overruns, kDoublingsMax)) - 1));
}

void Follower::commits_lost(FollowedTenant& tenant, const GtidList& position) {
  log::event(log::Level::error, "follow.commits_lost",
             {{"tenant", tenant.unit->tenant},
              {"applied", tenant.applied.to_string()},
              {"found", position.to_string()}});
  tenant.applied = position;
  {
    const std::lock_guard lock(mutex_);
    tenant.clean = std::make_shared<const GtidList>(earlier(*tenant.clean, position));
    if (recorded_) recorded_ = earlier(*recorded_, *tenant.clean);
    tenant.reading = false;
  }
  reader_->join_again(tenant, position, {});
}

void Follower::reader_failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  reader_failure_ = error;
  changed_.notify_all();
}

}  // namespace godwit::engine
