#include <ostream>

#include "command.hpp"
#include "finding_output.hpp"
#include "godwit/core/text.hpp"
#include "godwit/engine/check.hpp"
#include "json_output.hpp"
#include "options.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kFindingsShown = 5;

void print_text(const Invocation& invocation, const plan::Units& units,
                const engine::CheckReport& report) {
  std::ostream& out = invocation.out;
  out << "Servers, settings and grants\n";
  print_findings(out, report.servers, kFindingsShown);
  if (!has_errors(report.servers)) out << "  no errors\n";
  if (!report.units.empty()) {
    out << "\nTenants\n";
    print_findings(out, report.units, kFindingsShown);
  }
  for (const engine::SchemaReport& schema : report.schemas) {
    out << "\nSchema " << schema.fingerprint.substr(0, 12) << " of " << schema.tenants.size()
        << (schema.tenants.size() == 1 ? " tenant" : " tenants") << " (";
    for (std::size_t i = 0; i < schema.tenants.size() && i < 3; ++i) {
      out << (i > 0 ? ", " : "") << printable(schema.tenants[i]);
    }
    out << (schema.tenants.size() > 3 ? ", …)\n" : ")\n");
    print_findings(out, schema.findings, kFindingsShown);
    if (schema.findings.empty()) out << "  no findings\n";
  }
  const int code = report.exit_code();
  out << '\n'
      << (code == 0 ? "Ready: " : "Not ready: ") << units.units.size() << " tenants, "
      << report.schemas.size() << " distinct schemas\n";
}

int run_check(const Invocation& invocation) {
  const plan::Plan plan = load_plan(invocation);
  const plan::Units units = engine::take_inventory(plan);
  const engine::CheckReport report = engine::check(plan, units);
  if (invocation.json) {
    Json schemas = Json::array();
    for (const engine::SchemaReport& schema : report.schemas) {
      schemas.push_back({{"fingerprint", schema.fingerprint},
                         {"tenants", schema.tenants},
                         {"findings", findings_json(schema.findings)}});
    }
    print_json(invocation.out, "check",
               {{"exit_code", report.exit_code()},
                {"servers", findings_json(report.servers)},
                {"tenants", findings_json(report.units)},
                {"schemas", schemas}});
  } else {
    print_text(invocation, units, report);
  }
  return report.exit_code();
}

}  // namespace

const Command kCheckCommand{"check",
                            "preflight of both sides and compatibility of every schema",
                            "check -p plan.yaml",
                            "  godwit check -p plan.yaml --json | jq '.schemas[].findings[] | "
                            "select(.severity == \"error\")'\n",
                            describe_plan,
                            run_check};

}  // namespace godwit::cli
