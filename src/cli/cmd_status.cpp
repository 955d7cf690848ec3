#include <algorithm>
#include <chrono>
#include <ostream>

#include "command.hpp"
#include "forecast_file.hpp"
#include "forecast_output.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "options.hpp"
#include "status_output.hpp"
#include "status_summary.hpp"
#include "store_choice.hpp"

namespace godwit::cli {
namespace {

void describe(po::options_description& options) {
  describe_plan(options);
  auto add = options.add_options();
  add("tenant", po::value<std::vector<std::string>>()->value_name("NAME"),
      "only this tenant, with its journal; may be repeated");
  add("wave", po::value<std::vector<std::string>>()->value_name("NAME"),
      "only tenants of this wave; may be repeated");
  add("state", po::value<std::vector<std::string>>()->value_name("STATE"),
      "only tenants in this state; may be repeated");
  add("failed", po::bool_switch(), "only tenants whose last attempt failed");
  add("all", po::bool_switch(), "list every tenant, also more than 200");
  add("forecast", po::value<std::string>()->value_name("FILE"),
      "hold the forecast that plan wrote against the facts");
}

/// Everything of the store, or what is known of the named tenants.
Status read_status(const Invocation& invocation, const plan::Plan& plan) {
  Status status;
  const std::optional<control::Store> store = control::Store::open_existing(plan.state);
  const std::vector<std::string> named = selection(invocation).tenants;
  if (!store) {
    if (named.empty()) return status;
    throw Error(ErrorKind::usage, "nothing was run yet with this plan",
                "godwit run -p " + plan.file + " --wave … --until copied");
  }
  status.verdicts = store->verdicts();
  status.runs = store->runs();
  status.following = store->following();
  if (!status.following.empty()) status.activities = store->activities();
  status.at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  if (named.empty()) {
    status.tenants = store->tenants();
    status.known = status.tenants.size();
    return status;
  }
  for (const std::string& tenant : named) {
    const std::optional<control::TenantRecord> record = store->find(tenant);
    if (!record) throw unknown_tenant(tenant);
    status.tenants.push_back(*record);
    status.journals[tenant] = store->journal(tenant);
  }
  status.known = status.tenants.size();
  return status;
}

std::vector<std::string_view> state_names() {
  std::vector<std::string_view> names;
  const auto last = static_cast<int>(control::TenantState::quarantined);
  for (int state = 0; state <= last; ++state)
    names.push_back(control::name(static_cast<control::TenantState>(state)));
  return names;
}

StatusFilter read_filter(const Invocation& invocation, const plan::Plan& plan,
                         const Status& status) {
  StatusFilter filter;
  filter.failed = invocation.options["failed"].as<bool>();
  filter.waves = chosen_waves(invocation, plan, status.tenants);
  if (!invocation.has("state")) return filter;
  for (const std::string& word : invocation.options["state"].as<std::vector<std::string>>()) {
    const std::optional<control::TenantState> state = control::parse_tenant_state(word);
    if (!state) {
      const std::vector<std::string_view> names = state_names();
      throw unknown_word("state", word, names,
                         "the states are " + join({names.begin(), names.end()}, ", "));
    }
    filter.states.insert(*state);
  }
  return filter;
}

/// Of all tenants, whichever are listed.
std::optional<engine::ForecastCheck> check_forecast(const Invocation& invocation,
                                                    const Status& status) {
  if (!invocation.has("forecast")) return std::nullopt;
  if (invocation.has("tenant")) {
    throw Error(ErrorKind::usage, "--forecast is about waves: it can't go with --tenant");
  }
  return engine::check_forecast(read_forecast(invocation.options["forecast"].as<std::string>()),
                                status.tenants);
}

int run_status(const Invocation& invocation) {
  const plan::Plan plan = load_plan(invocation);
  Status status = read_status(invocation, plan);
  const std::optional<engine::ForecastCheck> check = check_forecast(invocation, status);
  const StatusFilter filter = read_filter(invocation, plan, status);
  status.tenants.erase(
      std::remove_if(status.tenants.begin(), status.tenants.end(),
                     [&](const control::TenantRecord& record) { return !filter.accepts(record); }),
      status.tenants.end());
  if (invocation.json) {
    print_status_json(invocation.out, plan.file, status, check);
    return 0;
  }
  if (status.tenants.empty()) {
    if (status.known == 0) {
      invocation.out << "nothing was run yet with " << plan.file << '\n';
    } else {
      invocation.out << "none of " << human_count(status.known) << " tenants fits\n";
    }
    if (check) print_check(invocation.out, *check);
    return 0;
  }
  print_status(invocation.out, status, check, invocation.options["all"].as<bool>());
  return 0;
}

}  // namespace

const Command kStatusCommand{
    "status",
    "the state of every wave and tenant, from the control store",
    "status -p plan.yaml [--tenant T]… [--wave W]… [--state S]… [--forecast FILE]",
    "  godwit status -p plan.yaml --wave small --failed\n"
    "  godwit status -p plan.yaml --forecast forecast.json\n",
    describe,
    run_status};

}  // namespace godwit::cli
