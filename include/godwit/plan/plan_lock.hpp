// The lock file of a plan: what the plan meant on its source at one time. It stands beside the plan
// in git, one tenant a line, so that a review shows what came, went and moved.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "godwit/plan/plan_diff.hpp"

namespace godwit::plan {

/// The file's text, by tenant. Throws Error(rejected) for a name that is not UTF-8.
std::string lock_text(std::span<const PlacedTenant> tenants);

/// Throws Error(plan_invalid), with the place, for what is no lock file of this version, has a
/// tenant twice, or lacks a field.
std::vector<PlacedTenant> parse_lock(const std::string& text, const std::string& file);
std::vector<PlacedTenant> load_lock(const std::string& path);

/// Replaces the file in one step. Throws Error(usage) when it can't be written.
void save_lock(const std::string& path, std::span<const PlacedTenant> tenants);

}  // namespace godwit::plan
