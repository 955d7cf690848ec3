#include <poll.h>
#include <unistd.h>
#include <iostream>
#include <ostream>
#include <string>

#include "command.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/engine/recopy.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

constexpr int kAnswerPollMs = 200;

void describe(po::options_description& options) {
  describe_plan(options);
  auto add = options.add_options();
  add("tenant", po::value<std::vector<std::string>>()->value_name("NAME"),
      "a tenant of the plan; may be repeated");
  add("yes", po::bool_switch(), "don't ask; needed where there is no terminal");
  add("dry-run", po::bool_switch(), "print what would be marked and change nothing");
}

/// A line from the terminal; false: the command was stopped while it waited.
bool read_answer(const std::stop_token& stop, std::string& answer) {
  pollfd terminal{STDIN_FILENO, POLLIN, 0};
  while (!stop.stop_requested()) {
    if (poll(&terminal, 1, kAnswerPollMs) > 0) {
      std::getline(std::cin, answer);
      return true;
    }
  }
  return false;
}

/// Whether there is something to ask. Throws Error(usage) where nobody can be asked.
bool must_ask(const Invocation& invocation) {
  if (invocation.options["yes"].as<bool>() || invocation.options["dry-run"].as<bool>()) {
    return false;
  }
  if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) return true;
  throw Error(ErrorKind::usage, "recopy gives up copies, and here is nobody to ask",
              "add --yes; --dry-run shows what would be done");
}

/// Throws Error(cancelled) where the answer isn't yes.
void ask(const Invocation& invocation, const std::vector<const plan::Unit*>& units) {
  invocation.err << "The next run drops the copy of " << printable(units.front()->tenant);
  if (units.size() > 1) invocation.err << " and " << units.size() - 1 << " more";
  invocation.err << " and copies from the source again. Go on? [y/N] " << std::flush;
  std::string answer;
  if (!read_answer(invocation.stop, answer) ||
      (lowercase_ascii(answer) != "y" && lowercase_ascii(answer) != "yes")) {
    throw Error(ErrorKind::cancelled, "nothing was changed");
  }
}

Json outcome_json(const engine::RecopyOutcome& tenant) {
  Json json{{"tenant", tenant.tenant},
            {"from", control::name(tenant.from)},
            {"state", control::name(tenant.state)},
            {"cluster", tenant.cluster},
            {"target_database", tenant.target_database},
            {"target_schema", tenant.target_schema},
            {"exit_code", tenant.failure ? exit_code(*tenant.failure) : 0}};
  if (tenant.failure) {
    json["error"] = error_json(Error(*tenant.failure, tenant.error, tenant.hint));
  }
  return json;
}

void print_text(std::ostream& out, const engine::RecopyReport& report, bool dry_run) {
  TextTable table({"tenant", "was", dry_run ? "would be" : "is", "cluster", "database", ""});
  std::size_t failed = 0;
  for (const engine::RecopyOutcome& tenant : report.tenants) {
    failed += tenant.failure ? 1U : 0U;
    table.add({tenant.tenant, std::string(control::name(tenant.from)),
               std::string(control::name(tenant.state)), tenant.cluster, tenant.target_database,
               tenant.failure ? name(*tenant.failure) : ""});
  }
  table.print(out);
  for (const engine::RecopyOutcome& tenant : report.tenants) {
    if (!tenant.failure) continue;
    out << '\n' << printable(tenant.tenant) << ": error: " << tenant.error << '\n';
    if (!tenant.hint.empty()) out << "  hint: " << tenant.hint << '\n';
  }
  if (failed == report.tenants.size()) return;
  out << (dry_run ? "\nnothing was changed\n"
                  : "\nthe next `godwit run` with them copies them from the source again\n");
}

int run_recopy(const Invocation& invocation) {
  if (selection(invocation).tenants.empty()) {
    throw Error(ErrorKind::usage, "no tenant named", "add --tenant NAME (may be repeated)");
  }
  const bool asks = must_ask(invocation);
  const bool dry_run = invocation.options["dry-run"].as<bool>();
  const plan::Plan plan = load_plan(invocation);
  const plan::Units units = engine::take_inventory(plan);
  const std::vector<const plan::Unit*> chosen =
      engine::select_units(plan, units, selection(invocation));
  if (asks) ask(invocation, chosen);
  engine::RecopyOptions options;
  options.stop = invocation.stop;
  options.dry_run = dry_run;
  const engine::RecopyReport report = engine::recopy(plan, chosen, options);
  if (invocation.json) {
    Json tenants = Json::array();
    for (const engine::RecopyOutcome& tenant : report.tenants)
      tenants.push_back(outcome_json(tenant));
    print_json(invocation.out, "recopy",
               {{"exit_code", report.exit_code()}, {"dry_run", dry_run}, {"tenants", tenants}});
  } else {
    print_text(invocation.out, report, dry_run);
  }
  return report.exit_code();
}

}  // namespace

const Command kRecopyCommand{"recopy",
                             "marks tenants for a fresh copy, which the next run makes",
                             "recopy -p plan.yaml (--tenant T)… [--yes]",
                             "  godwit recopy -p plan.yaml --tenant acme --dry-run\n"
                             "  godwit recopy -p plan.yaml --tenant acme --yes\n"
                             "  godwit run -p plan.yaml --tenant acme --until ready\n",
                             describe,
                             run_recopy};

}  // namespace godwit::cli
