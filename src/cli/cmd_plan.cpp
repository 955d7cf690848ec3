#include <ostream>

#include "command.hpp"
#include "finding_output.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kFindingsShown = 5;

struct Load {
  std::size_t tenants = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  const plan::Unit* largest = nullptr;

  void add(const plan::Unit& unit) {
    ++tenants;
    rows += unit.rows;
    bytes += unit.bytes;
    if (largest == nullptr || unit.bytes > largest->bytes) largest = &unit;
  }
};

void print_loads(std::ostream& out, const std::string& what, const std::vector<std::string>& names,
                 const std::vector<Load>& loads) {
  using Align = TextTable::Align;
  TextTable table({what, "tenants", "rows", "size", "largest"},
                  {Align::left, Align::right, Align::right, Align::right, Align::left});
  for (std::size_t i = 0; i < names.size(); ++i) {
    table.add({names[i], human_count(loads[i].tenants), "~" + human_count(loads[i].rows),
               "~" + human_bytes(loads[i].bytes),
               loads[i].largest == nullptr ? ""
                                           : loads[i].largest->tenant + " (~" +
                                                 human_bytes(loads[i].largest->bytes) + ")"});
  }
  table.print(out);
}

Json unit_json(const plan::Plan& plan, const plan::Unit& unit) {
  return {{"tenant", unit.tenant},
          {"wave", plan.waves.at(unit.wave.value).name},
          {"cluster", plan.clusters.at(unit.cluster.value).name},
          {"source_database", unit.source_database},
          {"target_database", unit.target_database},
          {"tables", unit.tables},
          {"rows_estimate", unit.rows},
          {"bytes_estimate", unit.bytes}};
}

int run_plan(const Invocation& invocation) {
  const plan::Plan plan = load_plan(invocation);
  const plan::Units units = engine::take_inventory(plan);
  const int code = has_errors(units.findings) ? exit_code(ErrorKind::rejected) : 0;
  if (invocation.json) {
    Json list = Json::array();
    for (const plan::Unit& unit : units.units)
      list.push_back(unit_json(plan, unit));
    print_json(invocation.out, "plan",
               {{"exit_code", code}, {"units", list}, {"findings", findings_json(units.findings)}});
    return code;
  }
  std::vector<Load> waves(plan.waves.size());
  std::vector<Load> clusters(plan.clusters.size());
  for (const plan::Unit& unit : units.units) {
    waves.at(unit.wave.value).add(unit);
    clusters.at(unit.cluster.value).add(unit);
  }
  std::vector<std::string> names;
  for (const plan::WaveSpec& wave : plan.waves)
    names.push_back(wave.name);
  print_loads(invocation.out, "wave", names, waves);
  invocation.out << '\n';
  names.clear();
  for (const plan::ClusterSpec& cluster : plan.clusters)
    names.push_back(cluster.name);
  print_loads(invocation.out, "cluster", names, clusters);
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
