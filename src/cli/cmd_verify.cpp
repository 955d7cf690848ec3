#include <map>
#include <ostream>
#include <utility>
#include <vector>

#include "command.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/engine/verification.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "progress_printer.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

constexpr int kDifferencesDefault = 20;

void describe(po::options_description& options) {
  describe_plan(options);
  describe_selection(options);
  describe_lanes(options);
  options.add_options()("differences",
                        po::value<int>()->value_name("N")->default_value(kDifferencesDefault),
                        "differences listed per table (all are counted)");
  describe_progress(options);
}

Json verification_json(const engine::TenantVerification& tenant) {
  Json json{{"tenant", tenant.tenant},
            {"identical", tenant.result && tenant.result->identical()},
            {"snapshot_gtid", tenant.snapshot_gtid},
            {"source_gtid", tenant.source_gtid},
            {"seconds", tenant.seconds}};
  if (tenant.failure) {
    json["error"] = error_json(Error(*tenant.failure, tenant.error, tenant.hint));
    return json;
  }
  Json tables = Json::array();
  for (const verify::TableResult& table : tenant.result->tables) {
    tables.push_back({{"table", table.table},
                      {"source_rows", table.source_rows},
                      {"target_rows", table.target_rows},
                      {"differing_rows", table.differing_rows},
                      {"bytes", table.bytes},
                      {"by_key", table.by_key},
                      {"note", table.note}});
  }
  Json differences = Json::array();
  for (const verify::Difference& difference : tenant.result->differences) {
    differences.push_back({{"table", difference.table},
                           {"kind", verify::name(difference.kind)},
                           {"key", difference.key},
                           {"column", difference.column},
                           {"source", difference.source_value},
                           {"target", difference.target_value}});
  }
  json["tables"] = tables;
  json["differences"] = differences;
  return json;
}

void print_differences(std::ostream& out, const engine::TenantVerification& tenant) {
  if (tenant.failure) {
    out << "\n" << printable(tenant.tenant) << ": error: " << tenant.error << '\n';
    if (!tenant.hint.empty()) out << "  hint: " << tenant.hint << '\n';
    return;
  }
  if (tenant.result->identical()) return;
  out << "\n" << printable(tenant.tenant) << ": differences\n";
  for (const verify::Difference& difference : tenant.result->differences) {
    out << "  " << printable(difference.table) << " " << difference.key << ": "
        << verify::name(difference.kind);
    if (!difference.column.empty()) out << " in " << printable(difference.column);
    if (!difference.source_value.empty() || !difference.target_value.empty()) {
      out << ": source " << difference.source_value << ", target " << difference.target_value;
    }
    out << '\n';
  }
  if (tenant.followed) {
    out << "  note: the tenant follows its source; what was under way shows as differences\n";
  } else if (tenant.source_gtid != tenant.snapshot_gtid) {
    out << "  note: the source has moved from " << tenant.snapshot_gtid << " to "
        << tenant.source_gtid << " since the copy; its later writes show as differences\n";
  }
}

/// How tables were compared where that is not by their key, also identical ones; once for all the
/// tenants of which the same is true.
void print_notes(std::ostream& out, const engine::VerificationReport& report) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> tenants;
  for (const engine::TenantVerification& tenant : report.tenants) {
    if (!tenant.result) continue;
    for (const verify::TableResult& table : tenant.result->tables) {
      if (!table.note.empty()) tenants[{table.table, table.note}].push_back(tenant.tenant);
    }
  }
  if (!tenants.empty()) out << '\n';
  for (const auto& [what, names] : tenants) {
    out << "note: " << printable(what.first) << ": " << what.second << " (";
    if (names.size() > 1) out << human_count(names.size()) << " tenants, such as ";
    out << printable(names.front()) << ")\n";
  }
}

void print_text(const Invocation& invocation, const engine::VerificationReport& report) {
  std::ostream& out = invocation.out;
  using Align = TextTable::Align;
  TextTable table(
      {"tenant", "result", "tables", "rows", "differing", "time"},
      {Align::left, Align::left, Align::right, Align::right, Align::right, Align::right});
  std::uint64_t rows = 0;
  std::size_t identical = 0;
  for (const engine::TenantVerification& tenant : report.tenants) {
    std::uint64_t own = 0;
    std::uint64_t differing = 0;
    std::size_t tables = 0;
    std::string verdict = tenant.failure ? name(*tenant.failure) : "differs";
    if (tenant.result) {
      tables = tenant.result->tables.size();
      for (const verify::TableResult& result : tenant.result->tables) {
        own += result.source_rows;
        differing += result.differing_rows;
      }
      if (tenant.result->identical()) {
        verdict = "identical";
        ++identical;
      }
    }
    rows += own;
    table.add({tenant.tenant, verdict, human_count(tables), human_count(own),
               human_count(differing), human_seconds(tenant.seconds)});
  }
  table.print(out);
  for (const engine::TenantVerification& tenant : report.tenants)
    print_differences(out, tenant);
  print_notes(out, report);
  out << '\n'
      << identical << " of " << report.tenants.size() << " tenants identical, " << human_count(rows)
      << " rows compared value by value in " << human_seconds(report.seconds) << '\n';
}

int run_verify(const Invocation& invocation) {
  const plan::Plan plan = load_plan(invocation);
  const plan::Units units = engine::take_inventory(plan);
  const std::vector<const plan::Unit*> chosen =
      engine::select_units(plan, units, selection(invocation));
  engine::VerificationOptions options;
  options.stop = invocation.stop;
  options.lanes = lanes(invocation);
  const int differences = invocation.options["differences"].as<int>();
  if (differences < 0) throw Error(ErrorKind::usage, "--differences must not be negative");
  options.differences_max = static_cast<std::size_t>(differences);
  engine::ProgressBoard board;
  engine::VerificationReport report;
  {
    const ProgressPrinter progress(
        board, progress_style(invocation.options["progress"].as<std::string>()), invocation.err);
    report = engine::verify_tenants(plan, chosen, options, board);
  }
  control::Store store = control::Store::open(plan.state, engine::source_identity(plan));
  Json tenants = Json::array();
  for (const engine::TenantVerification& tenant : report.tenants) {
    const Json json = verification_json(tenant);
    if (tenant.result) {
      store.set_verification(tenant.tenant, tenant.result->identical(),
                             json.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    tenants.push_back(json);
  }
  if (invocation.json) {
    print_json(
        invocation.out, "verify",
        {{"exit_code", report.exit_code()}, {"seconds", report.seconds}, {"tenants", tenants}});
  } else {
    print_text(invocation, report);
  }
  return report.exit_code();
}

}  // namespace

const Command kVerifyCommand{"verify",
                             "compares tenants on both sides, value by value",
                             "verify -p plan.yaml (--wave W | --tenant T)…",
                             "  godwit verify -p plan.yaml --tenant acme --json\n",
                             describe,
                             run_verify};

}  // namespace godwit::cli
