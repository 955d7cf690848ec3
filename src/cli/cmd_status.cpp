#include <map>
#include <ostream>

#include "command.hpp"
#include "forecast_file.hpp"
#include "forecast_output.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/error.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/units.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

constexpr std::size_t kTenantsShown = 40;
constexpr std::size_t kJournalShown = 20;

void describe(po::options_description& options) {
  describe_plan(options);
  options.add_options()("tenant", po::value<std::vector<std::string>>()->value_name("NAME"),
                        "only this tenant, with its journal; may be repeated")(
      "forecast", po::value<std::string>()->value_name("FILE"),
      "hold the forecast that plan wrote against the facts");
}

struct Status {
  std::vector<control::TenantRecord> tenants;
  std::map<std::string, bool> verdicts;                                // identical or not
  std::map<std::string, std::vector<control::JournalEntry>> journals;  // of the named ones
  std::vector<control::RunRecord> runs;
};

Status read_status(const Invocation& invocation, const plan::Plan& plan) {
  Status status;
  const std::optional<control::Store> store = control::Store::open_existing(plan.state);
  const std::vector<std::string> named = selection(invocation).tenants;
  if (!store) {
    if (named.empty()) return status;
    throw Error(ErrorKind::usage, "nothing was run yet with this plan",
                "godwit run -p " + plan.file + " --wave … --until copied");
  }
  status.verdicts = store->verdicts();
  status.runs = store->runs();
  if (named.empty()) {
    status.tenants = store->tenants();
    return status;
  }
  for (const std::string& tenant : named) {
    const std::optional<control::TenantRecord> record = store->find(tenant);
    if (!record) {
      throw Error(ErrorKind::usage, "no tenant '" + printable(tenant) + "' in the control store",
                  "godwit status lists the ones that were run");
    }
    status.tenants.push_back(*record);
    status.journals[tenant] = store->journal(tenant);
  }
  return status;
}

std::string verdict(const Status& status, const std::string& tenant) {
  const auto found = status.verdicts.find(tenant);
  if (found == status.verdicts.end()) return "";
  return found->second ? "identical" : "differs";
}

Json tenant_json(const Status& status, const control::TenantRecord& record) {
  Json json{{"tenant", record.tenant},
            {"state", control::name(record.state)},
            {"wave", record.wave},
            {"cluster", record.cluster},
            {"source_database", record.source_database},
            {"target_database", record.target_database},
            {"target_schema", record.target_schema},
            {"epoch", record.epoch.value},
            {"snapshot_gtid", record.snapshot_gtid},
            {"rows", record.rows},
            {"bytes", record.bytes},
            {"seconds", record.seconds},
            {"error", record.error},
            {"error_kind", record.error_kind},
            {"updated_at", record.updated_at},
            {"run", record.run},
            {"readers", record.readers},
            {"bytes_estimate", record.estimated_bytes},
            {"copy_started_at", record.copy_started_at},
            {"copied_at", record.copied_at},
            {"verified", verdict(status, record.tenant)}};
  const auto journal = status.journals.find(record.tenant);
  if (journal != status.journals.end()) {
    Json entries = Json::array();
    for (const control::JournalEntry& entry : journal->second) {
      entries.push_back({{"sequence", entry.sequence},
                         {"at", entry.at},
                         {"event", entry.event},
                         {"phase", entry.phase}});
    }
    json["journal"] = entries;
  }
  return json;
}

void print_waves(std::ostream& out, const Status& status) {
  std::map<std::string, std::map<std::string, std::size_t>> waves;
  for (const control::TenantRecord& record : status.tenants) {
    ++waves[record.wave][std::string(control::name(record.state))];
  }
  TextTable table({"wave", "tenants by state"});
  for (const auto& [wave, states] : waves) {
    std::string text;
    for (const auto& [state, count] : states) {
      text += (text.empty() ? "" : ", ") + human_count(count) + " " + state;
    }
    table.add({wave, text});
  }
  table.print(out);
}

std::string place_text(const control::TenantRecord& record) {
  if (record.target_schema == plan::kOwnDatabaseSchema) return record.target_database;
  return record.target_database + "." + record.target_schema;
}

void print_tenants(std::ostream& out, const Status& status) {
  using Align = TextTable::Align;
  TextTable table({"tenant", "state", "cluster", "database", "rows", "snapshot", "verified", ""},
                  {Align::left, Align::left, Align::left, Align::left, Align::right, Align::left,
                   Align::left, Align::left});
  std::size_t shown = 0;
  for (const control::TenantRecord& record : status.tenants) {
    // the ones with an error are always worth a line
    if (++shown > kTenantsShown && record.error.empty()) continue;
    table.add({record.tenant, std::string(control::name(record.state)), record.cluster,
               place_text(record), human_count(record.rows), record.snapshot_gtid,
               verdict(status, record.tenant), record.error_kind});
  }
  table.print(out);
  if (status.tenants.size() > kTenantsShown) {
    out << "  … " << status.tenants.size() << " tenants in all (--json lists every one)\n";
  }
}

void print_details(std::ostream& out, const Status& status) {
  for (const control::TenantRecord& record : status.tenants) {
    if (!record.error.empty()) {
      out << "\n"
          << printable(record.tenant) << ": last error (" << record.error_kind
          << "): " << record.error << '\n';
    }
    const auto journal = status.journals.find(record.tenant);
    if (journal == status.journals.end()) continue;
    out << "\nJournal of " << printable(record.tenant) << '\n';
    const std::size_t count = journal->second.size();
    for (std::size_t i = count > kJournalShown ? count - kJournalShown : 0; i < count; ++i) {
      const control::JournalEntry& entry = journal->second[i];
      out << "  " << entry.at << "  " << entry.event << "  " << entry.phase << '\n';
    }
  }
}

Json runs_json(const Status& status) {
  Json runs = Json::array();
  for (const control::RunRecord& run : status.runs) {
    runs.push_back({{"id", run.id},
                    {"waves", run.waves},
                    {"lanes", run.lanes},
                    {"tenants", run.tenants},
                    {"tenants_copied", run.tenants_copied},
                    {"rows", run.rows},
                    {"bytes", run.bytes},
                    {"started_at", run.started_at},
                    {"ended_at", run.ended_at}});
  }
  return runs;
}

std::optional<engine::ForecastCheck> check_forecast(const Invocation& invocation,
                                                    const Status& status) {
  if (!invocation.has("forecast")) return std::nullopt;
  if (invocation.has("tenant")) {
    throw Error(ErrorKind::usage, "--forecast is about waves: it can't go with --tenant");
  }
  return engine::check_forecast(read_forecast(invocation.options["forecast"].as<std::string>()),
                                status.tenants);
}

int run_status(const Invocation& invocation) {
  const plan::Plan plan = load_plan(invocation);
  const Status status = read_status(invocation, plan);
  const std::optional<engine::ForecastCheck> check = check_forecast(invocation, status);
  if (invocation.json) {
    Json tenants = Json::array();
    for (const control::TenantRecord& record : status.tenants) {
      tenants.push_back(tenant_json(status, record));
    }
    Json body{{"plan", plan.file}, {"tenants", tenants}, {"runs", runs_json(status)}};
    if (check) body["forecast"] = check_json(*check);
    print_json(invocation.out, "status", body);
    return 0;
  }
  if (status.tenants.empty()) {
    invocation.out << "nothing was run yet with " << plan.file << '\n';
    if (check) print_check(invocation.out, *check);
    return 0;
  }
  print_waves(invocation.out, status);
  invocation.out << '\n';
  if (check) {
    print_check(invocation.out, *check);
    invocation.out << '\n';
  }
  print_tenants(invocation.out, status);
  print_details(invocation.out, status);
  return 0;
}

}  // namespace

const Command kStatusCommand{"status",
                             "the state of every wave and tenant, from the control store",
                             "status -p plan.yaml [--tenant T]… [--forecast FILE]",
                             "",
                             describe,
                             run_status};

}  // namespace godwit::cli
