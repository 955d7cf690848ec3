#include <ostream>
#include <utility>

#include "command.hpp"
#include "finding_output.hpp"
#include "forecast_file.hpp"
#include "forecast_output.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/cluster_load.hpp"
#include "godwit/plan/plan_lock.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "plan_output.hpp"
#include "plan_simulation.hpp"
#include "reading_output.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kFindingsShown = 5;

void describe(po::options_description& options) {
  describe_plan(options);
  describe_catalog(options);
  describe_simulation(options);
  options.add_options()("lock", po::value<std::string>()->value_name("FILE"),
                        "also write what the plan means now, with every tenant's schema, for "
                        "'plan diff --against'");
}

/// Not for a plan with errors: what it leaves out would be missing silently.
void write_lock(const Invocation& invocation, const plan::Plan& plan, const plan::Units& units) {
  const std::string path = invocation.options["lock"].as<std::string>();
  if (has_errors(units.findings)) {
    invocation.err << "the plan has errors: " << printable(path) << " is not written\n";
    return;
  }
  plan::save_lock(path, engine::survey_placement(plan, units));
  if (!invocation.json) invocation.err << "wrote " << printable(path) << '\n';
}

int run_plan(const Invocation& invocation) {
  const bool simulated = invocation.options["simulate"].as<bool>();
  if (!simulated) require_simulate(invocation);
  const plan::Plan plan = load_plan(invocation);
  if (invocation.has("lock") && invocation.has("catalog")) {
    throw Error(ErrorKind::usage, "--lock needs the source, for the tenants' schemas",
                "leave out --catalog");
  }
  const plan::Units units = find_units(invocation, plan);
  if (invocation.has("lock")) write_lock(invocation, plan, units);
  const int code = has_errors(units.findings) ? exit_code(ErrorKind::rejected) : 0;
  std::optional<plan::Forecast> forecast;
  if (simulated) forecast = simulate(invocation, plan, units);
  if (invocation.json) {
    Json list = Json::array();
    for (const plan::Unit& unit : units.units)
      list.push_back(unit_json(plan, unit));
    Json body{{"exit_code", code},
              {"clusters", clusters_json(plan, units)},
              {"spread", plan::spread(plan::cluster_loads(plan, units.units))},
              {"units", std::move(list)},
              {"findings", findings_json(units.findings)}};
    if (plan.rows) body["readings"] = readings_json(plan, units);
    if (forecast) body["forecast"] = forecast_json(*forecast);
    print_json(invocation.out, "plan", body);
    return code;
  }
  print_loads(invocation.out, plan, units);
  print_readings(invocation.out, plan, units);
  if (!units.findings.empty()) {
    invocation.out << '\n';
    print_findings(invocation.out, units.findings, kFindingsShown);
  }
  invocation.out << '\n'
                 << units.units.size() << " tenants; sizes and rows are the source's estimates\n";
  if (forecast) {
    invocation.out << '\n';
    print_forecast(invocation.out, *forecast);
  }
  return code;
}

}  // namespace

const Command kPlanCommand{
    "plan",
    "shows units, their placement and their waves",
    "plan -p plan.yaml [--lock FILE | --catalog FILE] [--simulate]",
    "  godwit plan -p plan.yaml --lock plan.lock.json\n"
    "  godwit plan -p plan.yaml --catalog tenants.jsonl\n"
    "  godwit plan -p plan.yaml --simulate --measured --write-forecast forecast.json\n",
    describe,
    run_plan};

}  // namespace godwit::cli
