#include "following.hpp"

#include <algorithm>
#include <chrono>

namespace godwit::cli {
namespace {

using control::FollowActivity;
using control::FollowRecord;
using control::RunRecord;
using control::TenantRecord;

const RunRecord* find_run(const std::vector<RunRecord>& runs, std::uint64_t id) {
  const auto found =
      std::lower_bound(runs.begin(), runs.end(), id,
                       [](const RunRecord& run, std::uint64_t wanted) { return run.id < wanted; });
  return found == runs.end() || found->id != id ? nullptr : &*found;
}

FollowingRun judge(const FollowRecord& record, const RunRecord* run, UtcTime now) {
  FollowingRun judged;
  judged.record = record;
  if (run != nullptr) judged.ended_at = run->ended_at;
  if (const std::optional<UtcTime> at = parse_utc(record.at)) {
    // a clock that was set back makes no word come from the future
    judged.age_seconds = std::max(0.0, std::chrono::duration<double>(now - *at).count());
  }
  if (!judged.ended_at.empty()) {
    judged.state = FollowState::ended;
  } else if (judged.age_seconds && *judged.age_seconds <= kSilentSeconds) {
    judged.state = FollowState::following;
  }
  return judged;
}

/// What the tenant's own run said of it: an earlier one's counters mean nothing any more.
const FollowActivity* find_activity(const std::vector<FollowActivity>& activities,
                                    const TenantRecord& tenant, const RunRecord* run) {
  const auto found = std::lower_bound(
      activities.begin(), activities.end(), tenant.tenant,
      [](const FollowActivity& one, const std::string& wanted) { return one.tenant < wanted; });
  if (found == activities.end() || found->tenant != tenant.tenant) return nullptr;
  if (run != nullptr && found->at < run->started_at) return nullptr;
  return &*found;
}

}  // namespace

std::string_view name(FollowState state) {
  switch (state) {
    case FollowState::following: return "following";
    case FollowState::silent: return "silent";
    case FollowState::ended: return "ended";
  }
  return "";
}

std::optional<double> FollowingRun::reader_lag() const {
  if (state != FollowState::following || record.reader_lag_seconds < 0) return std::nullopt;
  return record.reader_lag_seconds;
}

const FollowingRun* Following::find(std::uint64_t run) const {
  const auto found = std::lower_bound(
      runs.begin(), runs.end(), run,
      [](const FollowingRun& one, std::uint64_t wanted) { return one.record.run < wanted; });
  return found == runs.end() || found->record.run != run ? nullptr : &*found;
}

bool is_followed(control::TenantState state) {
  return state == control::TenantState::catching_up || state == control::TenantState::ready;
}

Following following_of(const std::vector<TenantRecord>& tenants,
                       const std::vector<FollowActivity>& activities,
                       const std::vector<FollowRecord>& records, const std::vector<RunRecord>& runs,
                       UtcTime now) {
  Following following;
  for (const FollowRecord& record : records)
    following.runs.push_back(judge(record, find_run(runs, record.run), now));
  following.tenants.resize(tenants.size());
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    const TenantRecord& tenant = tenants[i];
    if (!is_followed(tenant.state)) continue;
    TenantFollowing& own = following.tenants[i].emplace();
    own.activity = find_activity(activities, tenant, find_run(runs, tenant.followed_by));
    const auto run = std::lower_bound(
        following.runs.begin(), following.runs.end(), tenant.followed_by,
        [](const FollowingRun& one, std::uint64_t wanted) { return one.record.run < wanted; });
    if (run == following.runs.end() || run->record.run != tenant.followed_by) continue;
    run->tenants += 1;
    if (run->state == FollowState::following && own.activity != nullptr &&
        own.activity->lag_seconds >= 0) {
      own.lag_seconds = own.activity->lag_seconds;
    }
  }
  following.runs.erase(std::remove_if(following.runs.begin(), following.runs.end(),
                                      [](const FollowingRun& run) {
                                        return run.tenants == 0 &&
                                               run.state != FollowState::following;
                                      }),
                       following.runs.end());
  return following;
}

}  // namespace godwit::cli
