#include "plan_simulation.hpp"

#include <chrono>

#include "forecast_file.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/core/utc_time.hpp"
#include "godwit/engine/rates.hpp"
#include "godwit/plan/shared_reading.hpp"
#include "godwit/plan/time_window.hpp"
#include "new_file.hpp"
#include "options.hpp"

namespace godwit::cli {
namespace {

/// The rates that the command line asks for: measured ones take their budgets from the file's.
plan::Rates rates_of(const Invocation& invocation, const plan::Plan& plan) {
  plan::Rates rates;
  if (invocation.has("rates")) {
    rates = plan::load_rates(invocation.options["rates"].as<std::string>());
  }
  if (!invocation.options["measured"].as<bool>()) return rates;
  std::optional<plan::Rates> measured;
  if (const std::optional<control::Store> store = control::Store::open_existing(plan.state)) {
    measured = engine::derive_rates(engine::measured_runs(store->tenants(), store->runs(),
                                                          store->scans(), plan.large_tenant_bytes),
                                    rates);
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

}  // namespace

void describe_simulation(po::options_description& options) {
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
  add("write-forecast", po::value<std::string>()->value_name("FILE"),
      "write the forecast to a new file, for status --forecast");
}

/// Not asked of --wave and --lanes, whose environment twins may be there for `run`.
void require_simulate(const Invocation& invocation) {
  for (const char* option : {"rates", "start", "write-rates", "write-forecast"}) {
    if (!invocation.has(option)) continue;
    throw Error(ErrorKind::usage, std::string("--") + option + " needs --simulate");
  }
  if (invocation.options["measured"].as<bool>()) {
    throw Error(ErrorKind::usage, "--measured needs --simulate");
  }
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
  options.tables = plan::tables_of(units);
  options.next_allowed = [&plan](WaveId wave, std::chrono::sys_seconds time) {
    return plan::next_opening(plan.waves.at(wave.value).windows, time);
  };
  const plan::Rates rates = rates_of(invocation, plan);
  plan::Forecast forecast = plan::simulate(plan, chosen, rates, options);
  if (invocation.has("write-rates")) {
    write_new_file(invocation.options["write-rates"].as<std::string>(), plan::rates_text(rates));
  }
  if (invocation.has("write-forecast")) {
    write_new_file(invocation.options["write-forecast"].as<std::string>(),
                   forecast_text(plan.file, forecast));
  }
  return forecast;
}

}  // namespace godwit::cli
