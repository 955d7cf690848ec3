// What the control store says about following: which runs follow, how old their word is, and what
// is known of each tenant. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/core/utc_time.hpp"

namespace godwit::cli {

/// A run records every second. One that hasn't ended and says nothing for longer than this was
/// killed, or can't write to its state folder.
inline constexpr double kSilentSeconds = 10;

enum class FollowState { following, silent, ended };
std::string_view name(FollowState state);

struct FollowingRun {
  control::FollowRecord record;
  FollowState state = FollowState::silent;
  std::string ended_at;               // UTC; empty: under way, or it was killed
  std::optional<double> age_seconds;  // of its last word; nullopt: there was none yet
  std::size_t tenants = 0;            // that it was the last to follow, of those looked at

  /// Behind the source; nullopt: unknown.
  [[nodiscard]] std::optional<double> reader_lag() const;
};

/// A tenant that follows its source: catching_up or ready, whether a run is under way or not.
struct TenantFollowing {
  const control::FollowActivity* activity = nullptr;  // nullptr: its run said nothing of it yet
  std::optional<double> lag_seconds;                  // nullopt: unknown, or nobody follows it now
};

/// Points into the activities it was made of.
struct Following {
  /// By id: runs under way, and those that were the last to follow one of the tenants.
  std::vector<FollowingRun> runs;
  std::vector<std::optional<TenantFollowing>> tenants;  // beside the tenants; nullopt: does not

  [[nodiscard]] const FollowingRun* find(std::uint64_t run) const;
};

bool is_followed(control::TenantState state);

/// `activities` by tenant, `records` and `runs` by id. O(n log n).
Following following_of(const std::vector<control::TenantRecord>& tenants,
                       const std::vector<control::FollowActivity>& activities,
                       const std::vector<control::FollowRecord>& records,
                       const std::vector<control::RunRecord>& runs, UtcTime now);

}  // namespace godwit::cli
