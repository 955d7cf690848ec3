// How following is shown: `status` and `watch` say it alike.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "following.hpp"
#include "json_output.hpp"

namespace godwit::cli {

/// "300 ms", or "unknown"
std::string lag_text(const std::optional<double>& seconds);
/// "12 transactions, 3.4 MB (1.2 MB on disk)"; empty: nothing waits.
std::string queue_text(const control::FollowActivity& activity);
/// "no word for 40 s", "ended at …"; empty: all is well.
std::string trouble_text(const FollowingRun& run);

/// A line for each run that follows; nothing where none does.
void print_following(std::ostream& out, const Following& following);
/// All that is known of one tenant that follows.
void print_tenant_following(std::ostream& out, const control::TenantRecord& tenant,
                            const TenantFollowing& own, const FollowingRun* run);
/// Why a tenant is diverged or paused, and what to do; nothing for others.
void print_evidence(std::ostream& out, const control::TenantRecord& tenant);

Json following_json(const Following& following);
Json tenant_following_json(const control::TenantRecord& tenant,
                           const std::optional<TenantFollowing>& own);
/// null where there is none.
Json evidence_json(const control::TenantRecord& tenant);

}  // namespace godwit::cli
