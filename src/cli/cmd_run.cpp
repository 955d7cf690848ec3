#include <ostream>

#include "command.hpp"
#include "finding_output.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/log.hpp"
#include "godwit/core/text.hpp"
#include "godwit/engine/run.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "progress_printer.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kTenantsShown = 50;

void describe(po::options_description& options) {
  describe_plan(options);
  describe_selection(options);
  options.add_options()("until", po::value<std::string>()->value_name("copied|ready"),
                        "how far to take the tenants: copied; or ready, following the source until "
                        "the run is stopped");
  options.add_options()("no-follow", po::bool_switch(),
                        "with --until ready: end when every tenant is ready");
  describe_lanes(options);
  options.add_options()("now", po::bool_switch(), "ignore the waves' time windows");
  options.add_options()("dry-run", po::bool_switch(), "print the exact DDL and change nothing");
  describe_progress(options);
}

int print_dry_run(const Invocation& invocation, const std::vector<engine::DryRun>& variants) {
  bool rejected = false;
  Json list = Json::array();
  for (const engine::DryRun& variant : variants) {
    rejected |= has_errors(variant.findings);
    if (invocation.json) {
      list.push_back({{"fingerprint", variant.schema_fingerprint},
                      {"tenants", variant.tenants},
                      {"statements", variant.statements},
                      {"findings", findings_json(variant.findings)}});
      continue;
    }
    invocation.out << "-- schema " << variant.schema_fingerprint
                   << "\n-- tenants: " << variant.tenants.size() << " ("
                   << printable(variant.tenants.front())
                   << (variant.tenants.size() > 1 ? ", …" : "")
                   << ")\n-- search_path: the tenant's schema\n";
    for (const std::string& statement : variant.statements) {
      invocation.out << statement << (statement.ends_with(';') ? "\n" : ";\n");
    }
    invocation.out << '\n';
  }
  const int code = rejected ? exit_code(ErrorKind::rejected) : 0;
  if (invocation.json) {
    print_json(invocation.out, "run", {{"dry_run", true}, {"exit_code", code}, {"schemas", list}});
  }
  return code;
}

Json outcome_json(const engine::TenantOutcome& tenant) {
  Json json{{"tenant", tenant.tenant},
            {"state", control::name(tenant.state)},
            {"kept", tenant.kept},
            {"rows", tenant.rows},
            {"bytes", tenant.bytes},
            {"seconds", tenant.seconds},
            {"snapshot_gtid", tenant.snapshot_gtid},
            {"exit_code", tenant.failure ? exit_code(*tenant.failure) : 0}};
  if (tenant.failure) {
    json["error"] = error_json(Error(*tenant.failure, tenant.error, tenant.hint));
  }
  return json;
}

void print_failures(std::ostream& out, const engine::RunReport& report) {
  for (const engine::TenantOutcome& tenant : report.tenants) {
    if (!tenant.failure || *tenant.failure == ErrorKind::cancelled) continue;
    out << "\n" << printable(tenant.tenant) << ": error: " << tenant.error << '\n';
    if (!tenant.hint.empty()) out << "  hint: " << tenant.hint << '\n';
  }
}

void print_text(const Invocation& invocation, const engine::RunReport& report) {
  std::ostream& out = invocation.out;
  using Align = TextTable::Align;
  TextTable table({"tenant", "state", "rows", "copied", "time", ""},
                  {Align::left, Align::left, Align::right, Align::right, Align::right});
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::size_t copied = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < report.tenants.size(); ++i) {
    const engine::TenantOutcome& tenant = report.tenants[i];
    kept += tenant.kept ? 1U : 0U;
    if (!tenant.failure && !tenant.kept) {
      ++copied;
      rows += tenant.rows;
      bytes += tenant.bytes;
    }
    if (i >= kTenantsShown && !tenant.failure) continue;
    const std::string note = tenant.failure ? name(*tenant.failure) : tenant.kept ? "kept" : "";
    table.add({tenant.tenant, std::string(control::name(tenant.state)), human_count(tenant.rows),
               human_bytes(tenant.bytes), human_seconds(tenant.seconds), note});
  }
  table.print(out);
  if (report.tenants.size() > kTenantsShown) {
    out << "  … " << report.tenants.size() << " tenants in all (--json lists every one)\n";
  }
  if (!report.policy_counts.empty()) {
    out << "\nValues changed by a policy of the plan\n";
    TextTable losses({"tenant", "column", "policy", "values"},
                     {Align::left, Align::left, Align::left, Align::right});
    for (const control::PolicyCount& count : report.policy_counts) {
      losses.add({count.tenant, count.table + "." + count.column, count.policy,
                  human_count(count.values)});
    }
    losses.print(out);
  }
  for (const engine::LeftRows& left : report.left_rows) {
    out << "\ntable " << printable(left.table) << ": " << human_count(left.rows)
        << " rows of no tenant stay behind, such as " << left.example << '\n';
  }
  print_failures(out, report);
  for (const engine::AbortedWave& wave : report.aborted_waves) {
    out << "\nwave " << wave.wave << ": " << wave.reason << "; " << human_count(wave.not_begun)
        << (wave.not_begun == 1 ? " tenant was" : " tenants were") << " not begun\n";
  }
  out << '\n'
      << copied << (copied == 1 ? " tenant copied, " : " tenants copied, ") << kept
      << " kept from before, " << report.tenants.size() - copied - kept << " not done; "
      << human_count(rows) << " rows, " << human_bytes(bytes) << " in "
      << human_seconds(report.seconds) << '\n';
}

engine::RunUntil read_until(const Invocation& invocation) {
  const std::string word =
      invocation.has("until") ? invocation.options["until"].as<std::string>() : "";
  const bool no_follow = invocation.options["no-follow"].as<bool>();
  if (word == "ready") {
    return no_follow ? engine::RunUntil::ready : engine::RunUntil::following;
  }
  if (word != "copied") {
    throw Error(ErrorKind::usage, "run needs --until copied or --until ready",
                "this version takes tenants as far as `ready`");
  }
  if (no_follow) throw Error(ErrorKind::usage, "--no-follow goes with --until ready only");
  return engine::RunUntil::copied;
}

int run_run(const Invocation& invocation) {
  const engine::RunUntil until = read_until(invocation);
  const plan::Plan plan = load_plan(invocation);
  const plan::Units units = engine::take_inventory(plan);
  const std::vector<const plan::Unit*> chosen =
      engine::select_units(plan, units, selection(invocation));
  if (invocation.options["dry-run"].as<bool>()) {
    return print_dry_run(invocation, engine::dry_run(plan, chosen));
  }
  engine::RunOptions options;
  options.until = until;
  options.stop = invocation.stop;
  options.lanes = lanes(invocation);
  options.now = invocation.options["now"].as<bool>();
  const engine::RunBounds bounds = engine::run_bounds(plan, chosen, options);
  log::event(log::Level::info, "run.started",
             {{"tenants", chosen.size()},
              {"lanes", bounds.lanes},
              {"readers", bounds.readers},
              {"source_connections_max", bounds.source_connections},
              {"target_connections_max", bounds.target_connections},
              {"row_buffer_bytes_max", bounds.memory_bytes}});
  engine::ProgressBoard board;
  engine::RunReport report;
  {
    const ProgressPrinter progress(
        board, progress_style(invocation.options["progress"].as<std::string>()), invocation.err);
    report = engine::run(plan, chosen, options, board);
  }
  if (invocation.json) {
    Json tenants = Json::array();
    for (const engine::TenantOutcome& tenant : report.tenants) {
      tenants.push_back(outcome_json(tenant));
    }
    Json aborted = Json::array();
    for (const engine::AbortedWave& wave : report.aborted_waves) {
      aborted.push_back(
          {{"wave", wave.wave}, {"reason", wave.reason}, {"not_begun", wave.not_begun}});
    }
    Json counts = Json::array();
    for (const control::PolicyCount& count : report.policy_counts) {
      counts.push_back({{"tenant", count.tenant},
                        {"table", count.table},
                        {"column", count.column},
                        {"policy", count.policy},
                        {"values", count.values}});
    }
    Json left = Json::array();
    for (const engine::LeftRows& rows : report.left_rows) {
      left.push_back({{"table", rows.table}, {"rows", rows.rows}, {"example", rows.example}});
    }
    print_json(invocation.out, "run",
               {{"exit_code", report.exit_code()},
                {"seconds", report.seconds},
                {"left_rows", left},
                {"tenants", tenants},
                {"aborted_waves", aborted},
                {"policy_counts", counts}});
  } else {
    print_text(invocation, report);
  }
  return report.exit_code();
}

}  // namespace

const Command kRunCommand{
    "run",
    "provisions and copies tenants, and follows their source; continues after a stop "
    "or a crash",
    "run -p plan.yaml (--wave W | --tenant T)… --until copied|ready",
    "  godwit run -p plan.yaml --wave canary --until copied --dry-run\n"
    "  godwit run -p plan.yaml --wave canary --until copied\n"
    "  godwit run -p plan.yaml --wave canary --until ready\n",
    describe,
    run_run};

}  // namespace godwit::cli
