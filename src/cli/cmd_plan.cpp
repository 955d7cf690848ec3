#include <chrono>
#include <ostream>

#include "command.hpp"
#include "finding_output.hpp"
#include "forecast_file.hpp"
#include "forecast_output.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/utc_time.hpp"
#include "godwit/engine/rates.hpp"
#include "godwit/plan/simulation.hpp"
#include "json_output.hpp"
#include "new_file.hpp"
#include "options.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kFindingsShown = 5;

void describe(po::options_description& options) {
  describe_plan(options);
  auto add = options.add_options();
  add("simulate", po::bool_switch(), "play the waves: duration, load, WAL, binlog retention");
  add("rates", po::value<std::string>()->value_name("FILE"),
      "rates to simulate with (default: docs/performance.md's)");
  add("measured", po::bool_switch(),
      "simulate with the rates of what this plan's runs have copied");
  add("wave", po::value<std::vector<std::string>>()->value_name("NAME"),
      "simulate this wave only; may be repeated");
  add("lanes", po::value<int>()->value_name("N"), "simulate with N lanes in every wave");
  add("start", po::value<std::string>()->value_name("TIME"),
      "when the simulation begins, such as 2026-11-23T22:00Z (default: now)");
  add("write-rates", po::value<std::string>()->value_name("FILE"),
      "write the rates to a new file, for --rates");
  add("forecast", po::value<std::string>()->value_name("FILE"),
      "write the forecast to a new file, for status --forecast");
}

/// Not asked of --wave and --lanes, whose environment twins may be there for `run`.
void require_simulate(const Invocation& invocation) {
  for (const char* option : {"rates", "start", "write-rates", "forecast"}) {
    if (!invocation.has(option)) continue;
    throw Error(ErrorKind::usage, std::string("--") + option + " needs --simulate");
  }
  if (invocation.options["measured"].as<bool>()) {
    throw Error(ErrorKind::usage, "--measured needs --simulate");
  }
}

/// The rates that the command line asks for: measured ones take their budgets from the file's.
plan::Rates rates_of(const Invocation& invocation, const plan::Plan& plan) {
  plan::Rates rates;
  if (invocation.has("rates")) {
    rates = plan::load_rates(invocation.options["rates"].as<std::string>());
  }
  if (!invocation.options["measured"].as<bool>()) return rates;
  std::optional<plan::Rates> measured;
  if (const std::optional<control::Store> store = control::Store::open_existing(plan.state)) {
    measured = engine::derive_rates(engine::measured_runs(store->tenants(), store->runs()), rates);
  }
  if (!measured) {
    throw Error(ErrorKind::usage, "nothing is measured yet: no tenant of this plan was copied",
                "godwit run -p " + plan.file + " --wave … --until copied");
  }
  measured->measured->at = utc_timestamp();
  return *measured;
}

std::chrono::sys_seconds start_of(const Invocation& invocation) {
  if (!invocation.has("start")) {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
  const std::string text = invocation.options["start"].as<std::string>();
  const std::optional<UtcTime> time = parse_utc(text);
  if (!time) {
    throw Error(ErrorKind::usage, "--start takes a time in UTC such as 2026-11-23T22:00Z, not '" +
                                      printable(text) + "'");
  }
  return std::chrono::floor<std::chrono::seconds>(*time);
}

plan::Forecast simulate(const Invocation& invocation, const plan::Plan& plan,
                        const plan::Units& units) {
  std::vector<const plan::Unit*> chosen;
  if (invocation.has("wave")) {
    chosen = engine::select_units(plan, units, selection(invocation));
  } else {
    for (const plan::Unit& unit : units.units)
      chosen.push_back(&unit);
  }
  plan::SimulationOptions options;
  options.start = start_of(invocation);
  options.lanes = lanes(invocation);
  const plan::Rates rates = rates_of(invocation, plan);
  plan::Forecast forecast = plan::simulate(plan, chosen, rates, options);
  if (invocation.has("write-rates")) {
    write_new_file(invocation.options["write-rates"].as<std::string>(), plan::rates_text(rates));
  }
  if (invocation.has("forecast")) {
    write_new_file(invocation.options["forecast"].as<std::string>(),
                   forecast_text(plan.file, forecast));
  }
  return forecast;
}

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

void print_units(std::ostream& out, const plan::Plan& plan, const plan::Units& units) {
  std::vector<Load> waves(plan.waves.size());
  std::vector<Load> clusters(plan.clusters.size());
  for (const plan::Unit& unit : units.units) {
    waves.at(unit.wave.value).add(unit);
    clusters.at(unit.cluster.value).add(unit);
  }
  std::vector<std::string> names;
  for (const plan::WaveSpec& wave : plan.waves)
    names.push_back(wave.name);
  print_loads(out, "wave", names, waves);
  out << '\n';
  names.clear();
  for (const plan::ClusterSpec& cluster : plan.clusters)
    names.push_back(cluster.name);
  print_loads(out, "cluster", names, clusters);
  if (!units.findings.empty()) {
    out << '\n';
    print_findings(out, units.findings, kFindingsShown);
  }
  out << '\n' << units.units.size() << " tenants; sizes and rows are the source's estimates\n";
}

int run_plan(const Invocation& invocation) {
  const bool simulated = invocation.options["simulate"].as<bool>();
  if (!simulated) require_simulate(invocation);
  const plan::Plan plan = load_plan(invocation);
  const plan::Units units = engine::take_inventory(plan);
  const int code = has_errors(units.findings) ? exit_code(ErrorKind::rejected) : 0;
  std::optional<plan::Forecast> forecast;
  if (simulated) forecast = simulate(invocation, plan, units);
  if (invocation.json) {
    Json list = Json::array();
    for (const plan::Unit& unit : units.units)
      list.push_back(unit_json(plan, unit));
    Json body{{"exit_code", code}, {"units", list}, {"findings", findings_json(units.findings)}};
    if (forecast) body["forecast"] = forecast_json(*forecast);
    print_json(invocation.out, "plan", body);
    return code;
  }
  print_units(invocation.out, plan, units);
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
    "plan -p plan.yaml [--simulate]",
    "  godwit plan -p plan.yaml --simulate --measured --forecast forecast.json\n",
    describe,
    run_plan};

}  // namespace godwit::cli
