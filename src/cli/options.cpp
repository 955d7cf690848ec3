#include "options.hpp"

#include <boost/program_options/value_semantic.hpp>

#include "godwit/core/error.hpp"
#include "godwit/plan/catalog_file.hpp"

namespace godwit::cli {
namespace {

constexpr int kLanesMax = 64;

}  // namespace

void describe_plan(po::options_description& options) {
  options.add_options()("plan,p", po::value<std::string>()->value_name("FILE"), "the plan file");
}

void describe_catalog(po::options_description& options) {
  options.add_options()("catalog", po::value<std::string>()->value_name("FILE"),
                        "the tenants from this file, not from the source");
}

void describe_selection(po::options_description& options) {
  auto add = options.add_options();
  add("tenant", po::value<std::vector<std::string>>()->value_name("NAME"),
      "a tenant of the plan; may be repeated");
  add("wave", po::value<std::vector<std::string>>()->value_name("NAME"),
      "all tenants of a wave; may be repeated");
}

void describe_lanes(po::options_description& options) {
  options.add_options()("lanes", po::value<int>()->value_name("N"),
                        "tenants worked on at the same time (default: the wave's own)");
}

void describe_progress(po::options_description& options) {
  options.add_options()(
      "progress", po::value<std::string>()->value_name("auto|plain|none")->default_value("auto"),
      "bars on a terminal, plain lines elsewhere");
}

plan::Plan load_plan(const Invocation& invocation) {
  if (!invocation.has("plan")) {
    throw Error(ErrorKind::usage, "no plan file named",
                "add -p plan.yaml (godwit init writes one)");
  }
  return plan::load_plan(invocation.options["plan"].as<std::string>());
}

plan::Units find_units(const Invocation& invocation, const plan::Plan& plan) {
  if (!invocation.has("catalog")) return engine::take_inventory(plan);
  const plan::CatalogFile catalog =
      plan::load_catalog(invocation.options["catalog"].as<std::string>());
  return plan::make_units(plan, catalog.tenants, catalog.databases, engine::begun_tenants(plan));
}

engine::Selection selection(const Invocation& invocation) {
  engine::Selection selection;
  if (invocation.has("tenant")) {
    selection.tenants = invocation.options["tenant"].as<std::vector<std::string>>();
  }
  if (invocation.has("wave")) {
    selection.waves = invocation.options["wave"].as<std::vector<std::string>>();
  }
  return selection;
}

int lanes(const Invocation& invocation) {
  if (!invocation.has("lanes")) return 0;
  const int lanes = invocation.options["lanes"].as<int>();
  if (lanes < 1 || lanes > kLanesMax) {
    throw Error(ErrorKind::usage, "--lanes must be between 1 and " + std::to_string(kLanesMax));
  }
  return lanes;
}

}  // namespace godwit::cli
