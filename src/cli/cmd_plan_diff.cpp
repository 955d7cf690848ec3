#include <algorithm>
#include <ostream>

#include "command.hpp"
#include "finding_output.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/plan_diff.hpp"
#include "godwit/plan/plan_lock.hpp"
#include "json_output.hpp"
#include "options.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kFindingsShown = 5;
constexpr std::size_t kTenantsShown = 20;  // of those that came, and of those that went
constexpr std::size_t kMovesShown = 40;
constexpr std::size_t kExamplesShown = 5;
constexpr std::size_t kValueShown = 100;  // bytes
constexpr std::size_t kFingerprintShown = 12;

struct Comparison {
  std::string before;  // file names
  std::string after;
  bool with_tenants = true;
  std::vector<plan::SettingChange> settings;
  plan::TenantDiff tenants;
  Findings findings;  // of the newer side

  [[nodiscard]] bool equal() const { return settings.empty() && tenants.empty(); }
};

void describe(po::options_description& options) {
  describe_plan(options);
  auto add = options.add_options();
  add("against", po::value<std::string>()->value_name("LOCK"),
      "compare the plan on its source with this lock file (godwit plan --lock writes it)");
  add("offline", po::bool_switch(), "compare the files only, not the tenants");
  describe_catalog(options);
  add("fail-on-change", po::bool_switch(), "exit with 7 when there is any difference");
}

Comparison compare_files(const Invocation& invocation, const std::vector<std::string>& files) {
  plan::Plan before = plan::load_plan(files.at(0));
  plan::Plan after = plan::load_plan(files.at(1));
  Comparison comparison;
  comparison.before = before.file;
  comparison.after = after.file;
  comparison.settings = plan::diff_settings(before, after);
  comparison.with_tenants = !invocation.options["offline"].as<bool>();
  if (!comparison.with_tenants) return comparison;
  // What was begun stays where it is under either plan. A draft has no state folder: unless the
  // plan names one, that is called after the file. The older file may be a copy of what git holds.
  if (engine::begun_tenants(after).empty()) {
    after.state = before.state;
  } else {
    before.state = after.state;
  }
  const plan::Units old_units = find_units(invocation, before);
  const plan::Units new_units = find_units(invocation, after);
  comparison.tenants = plan::diff_tenants(plan::placed_tenants(before, old_units.units),
                                          plan::placed_tenants(after, new_units.units));
  comparison.findings = new_units.findings;
  return comparison;
}

Comparison compare_with_lock(const Invocation& invocation) {
  if (invocation.options["offline"].as<bool>()) {
    throw Error(ErrorKind::usage, "--against compares with the source, --offline forbids it",
                "leave one of them out");
  }
  const plan::Plan plan = load_plan(invocation);
  Comparison comparison;
  comparison.before = invocation.options["against"].as<std::string>();
  comparison.after = plan.file;
  const std::vector<plan::PlacedTenant> locked = plan::load_lock(comparison.before);
  const plan::Units units = find_units(invocation, plan);
  // a catalog file knows no schemas: then they are not compared
  comparison.tenants =
      plan::diff_tenants(locked, invocation.has("catalog") ? plan::placed_tenants(plan, units.units)
                                                           : engine::survey_placement(plan, units));
  comparison.findings = units.findings;
  return comparison;
}

Comparison compare(const Invocation& invocation) {
  std::vector<std::string> files;
  if (invocation.has(kWords)) files = invocation.options[kWords].as<std::vector<std::string>>();
  const bool against = invocation.has("against");
  if (against && files.empty()) return compare_with_lock(invocation);
  if (!against && files.size() == 2) return compare_files(invocation, files);
  throw Error(ErrorKind::usage,
              against ? "--against compares a plan with a lock file, not two plans"
                      : "two plan files are needed, or a plan and a lock file",
              "godwit plan diff OLD.yaml NEW.yaml, or godwit plan diff -p plan.yaml --against "
              "plan.lock.json");
}

std::string shortened(const std::string& value) {
  std::string text = printable(value);
  if (text.size() <= kValueShown) return text;
  std::size_t end = kValueShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return text.substr(0, end) + "…";
}

void print_settings(std::ostream& out, const std::vector<plan::SettingChange>& settings) {
  for (const plan::SettingChange& change : settings) {
    out << "  " << printable(change.path) << ": ";
    if (!change.before) {
      out << "new: " << shortened(*change.after) << '\n';
    } else if (!change.after) {
      out << "gone, was: " << shortened(*change.before) << '\n';
    } else {
      out << shortened(*change.before) << " → " << shortened(*change.after) << '\n';
    }
  }
}

void print_tenants(std::ostream& out, const char* what,
                   const std::vector<plan::PlacedTenant>& tenants) {
  if (tenants.empty()) return;
  out << "  " << human_count(tenants.size()) << ' ' << what << '\n';
  for (std::size_t i = 0; i < std::min(tenants.size(), kTenantsShown); ++i) {
    const plan::PlacedTenant& tenant = tenants[i];
    out << "    " << printable(tenant.tenant) << " (" << printable(tenant.source_database) << " → "
        << tenant.cluster << '/' << printable(tenant.target_database)
        << (tenant.target_schema.empty() ? "" : "." + printable(tenant.target_schema)) << ", wave "
        << tenant.wave << ")\n";
  }
  if (tenants.size() > kTenantsShown) {
    out << "    and " << human_count(tenants.size() - kTenantsShown) << " more\n";
  }
}

void print_moves(std::ostream& out, const std::vector<plan::TenantMove>& moves) {
  for (std::size_t i = 0; i < std::min(moves.size(), kMovesShown); ++i) {
    const plan::TenantMove& move = moves[i];
    const auto value = [&](const std::string& text) {
      return move.what == "schema" ? printable(text).substr(0, kFingerprintShown) : printable(text);
    };
    out << "  " << move.what << ' ' << value(move.before) << " → " << value(move.after) << ": ";
    for (std::size_t t = 0; t < std::min(move.tenants.size(), kExamplesShown); ++t)
      out << (t > 0 ? ", " : "") << printable(move.tenants[t]);
    if (move.tenants.size() > kExamplesShown) {
      out << " and " << human_count(move.tenants.size() - kExamplesShown) << " more";
    }
    out << '\n';
  }
  if (moves.size() > kMovesShown) {
    out << "  and " << human_count(moves.size() - kMovesShown)
        << " more such changes; --json lists all\n";
  }
}

void print_text(std::ostream& out, const Comparison& comparison) {
  out << printable(comparison.before) << " → " << printable(comparison.after) << '\n';
  if (!comparison.settings.empty()) {
    out << "\nPlan\n";
    print_settings(out, comparison.settings);
  }
  const plan::TenantDiff& tenants = comparison.tenants;
  if (!tenants.empty()) {
    out << "\nTenants\n";
    print_tenants(out, "new", tenants.added);
    print_tenants(out, "gone", tenants.removed);
    print_moves(out, tenants.moves);
  }
  if (!comparison.findings.empty()) {
    out << '\n';
    print_findings(out, comparison.findings, kFindingsShown);
  }
  out << (comparison.equal() ? "\nno difference" : "\nthere are differences")
      << (comparison.with_tenants ? "\n" : "; the tenants were not compared\n");
}

Json placed_json(const std::vector<plan::PlacedTenant>& tenants) {
  Json list = Json::array();
  for (const plan::PlacedTenant& tenant : tenants) {
    list.push_back({{"tenant", tenant.tenant},
                    {"wave", tenant.wave},
                    {"cluster", tenant.cluster},
                    {"source_database", tenant.source_database},
                    {"target_database", tenant.target_database},
                    {"target_schema", tenant.target_schema},
                    {"schema", tenant.schema},
                    {"key", tenant.key}});
  }
  return list;
}

Json optional_json(const std::optional<std::string>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json comparison_json(const Comparison& comparison, int code) {
  Json settings = Json::array();
  for (const plan::SettingChange& change : comparison.settings) {
    settings.push_back({{"path", change.path},
                        {"before", optional_json(change.before)},
                        {"after", optional_json(change.after)}});
  }
  Json moves = Json::array();
  for (const plan::TenantMove& move : comparison.tenants.moves) {
    moves.push_back({{"what", move.what},
                     {"before", move.before},
                     {"after", move.after},
                     {"tenants", move.tenants}});
  }
  return {{"exit_code", code},
          {"equal", comparison.equal()},
          {"tenants_compared", comparison.with_tenants},
          {"settings", settings},
          {"added", placed_json(comparison.tenants.added)},
          {"removed", placed_json(comparison.tenants.removed)},
          {"moves", moves},
          {"findings", findings_json(comparison.findings)}};
}

int run_diff(const Invocation& invocation) {
  const Comparison comparison = compare(invocation);
  const bool failed = has_errors(comparison.findings) ||
                      (invocation.options["fail-on-change"].as<bool>() && !comparison.equal());
  const int code = failed ? exit_code(ErrorKind::rejected) : 0;
  if (invocation.json) {
    print_json(invocation.out, "plan diff", comparison_json(comparison, code));
  } else {
    print_text(invocation.out, comparison);
  }
  return code;
}

}  // namespace

const Command kPlanDiffCommand{
    "plan diff",
    "compares two plans, or a plan's source with a lock file",
    "plan diff OLD.yaml NEW.yaml [--offline]\n"
    "       godwit plan diff -p plan.yaml --against plan.lock.json",
    "  git show HEAD:plan.yaml > /tmp/old.yaml; godwit plan diff /tmp/old.yaml plan.yaml\n"
    "  godwit plan diff -p plan.yaml --against plan.lock.json --fail-on-change\n",
    describe,
    run_diff,
    2};

}  // namespace godwit::cli
