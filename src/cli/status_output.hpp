// What `status` prints.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "godwit/control/store.hpp"
#include "godwit/core/utc_time.hpp"
#include "godwit/engine/forecast_check.hpp"

namespace godwit::cli {

/// So many tenants get a line each; of more there is a summary, unless all are asked for.
inline constexpr std::size_t kTenantsListed = 200;

struct Status {
  std::vector<control::TenantRecord> tenants;  // that were asked for, by name
  std::size_t known = 0;                       // tenants in the control store
  std::map<std::string, bool> verdicts;        // identical or not
  std::map<std::string, std::vector<control::JournalEntry>> journals;  // of the named ones
  std::vector<control::RunRecord> runs;
  // of tenants that follow their source
  std::vector<control::FollowRecord> following;     // by run
  std::vector<control::FollowActivity> activities;  // by tenant
  UtcTime at{};                                     // of this look
};

/// For people: a line for each tenant, or a summary of them.
void print_status(std::ostream& out, const Status& status,
                  const std::optional<engine::ForecastCheck>& check, bool list_all);

/// Every tenant, one after the other: no document of all of them is built.
void print_status_json(std::ostream& out, const std::string& plan_file, const Status& status,
                       const std::optional<engine::ForecastCheck>& check);

}  // namespace godwit::cli
