// Which tenants of the control store a command that only looks is asked for.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "godwit/plan/plan.hpp"

namespace godwit::cli {

/// Of kind usage; names the known word that is nearest, else gives the hint.
Error unknown_word(const std::string& what, const std::string& word,
                   const std::vector<std::string_view>& known, const std::string& hint);

/// Of kind usage: the store has no such tenant.
Error unknown_tenant(const std::string& tenant);

/// --wave; empty: all. A wave may be in the store only, if the plan has changed since, or in the
/// plan only. Throws Error(usage) for one that is in neither.
std::set<std::string> chosen_waves(const Invocation& invocation, const plan::Plan& plan,
                                   const std::vector<control::TenantRecord>& tenants);

}  // namespace godwit::cli
