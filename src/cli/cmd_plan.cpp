#include <ostream>

#include "command.hpp"
#include "finding_output.hpp"
#include "godwit/core/error.hpp"
#include "godwit/plan/cluster_load.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "plan_output.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kFindingsShown = 5;

int run_plan(const Invocation& invocation) {
  const plan::Plan plan = load_plan(invocation);
  const plan::Units units = engine::take_inventory(plan);
  const int code = has_errors(units.findings) ? exit_code(ErrorKind::rejected) : 0;
  if (invocation.json) {
    Json list = Json::array();
    for (const plan::Unit& unit : units.units)
      list.push_back(unit_json(plan, unit));
    print_json(invocation.out, "plan",
               {{"exit_code", code},
                {"clusters", clusters_json(plan, units)},
                {"spread", plan::spread(plan::cluster_loads(plan, units.units))},
                {"units", list},
                {"findings", findings_json(units.findings)}});
    return code;
  }
  print_loads(invocation.out, plan, units);
  if (!units.findings.empty()) {
    invocation.out << '\n';
    print_findings(invocation.out, units.findings, kFindingsShown);
  }
  invocation.out << '\n'
                 << units.units.size() << " tenants; sizes and rows are the source's estimates\n";
  return code;
}

}  // namespace

const Command kPlanCommand{
    "plan",  "shows units, their placement and their waves", "plan -p plan.yaml", "", describe_plan,
    run_plan};

}  // namespace godwit::cli
