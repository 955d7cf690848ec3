#include "status_output.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "following.hpp"
#include "following_output.hpp"
#include "forecast_output.hpp"
#include "godwit/core/text.hpp"
#include "godwit/plan/units.hpp"
#include "json_output.hpp"
#include "status_summary.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

using Align = TextTable::Align;
using control::TenantRecord;

constexpr std::size_t kJournalShown = 20;
constexpr std::size_t kSummaryShown = 10;  // of the failed and of the slowest
constexpr std::size_t kTenantFields = 24;  // of its JSON, journal and evidence included

std::string verdict(const Status& status, const std::string& tenant) {
  const auto found = status.verdicts.find(tenant);
  if (found == status.verdicts.end()) return "";
  return found->second ? "identical" : "differs";
}

/// Tens of thousands of these are printed: an initializer list would make an array of each pair
/// first.
Json tenant_json(const Status& status, const Following& following, std::size_t i) {
  const TenantRecord& record = status.tenants[i];
  Json::object_t fields;
  fields.reserve(kTenantFields);
  const auto add = [&fields](const char* key, Json value) {
    fields.emplace_back(key, std::move(value));
  };
  add("tenant", record.tenant);
  add("state", control::name(record.state));
  add("wave", record.wave);
  add("cluster", record.cluster);
  add("source_database", record.source_database);
  add("target_database", record.target_database);
  add("target_schema", record.target_schema);
  add("epoch", record.epoch.value);
  add("snapshot_gtid", record.snapshot_gtid);
  add("rows", record.rows);
  add("bytes", record.bytes);
  add("seconds", record.seconds);
  add("error", record.error);
  add("error_kind", record.error_kind);
  add("updated_at", record.updated_at);
  add("run", record.run);
  add("readers", record.readers);
  add("bytes_estimate", record.estimated_bytes);
  add("copy_started_at", record.copy_started_at);
  add("copied_at", record.copied_at);
  add("verified", verdict(status, record.tenant));
  add("following", tenant_following_json(record, following.tenants[i]));
  const auto journal = status.journals.find(record.tenant);
  if (journal != status.journals.end()) {
    Json entries = Json::array();
    for (const control::JournalEntry& entry : journal->second) {
      entries.push_back({{"sequence", entry.sequence},
                         {"at", entry.at},
                         {"event", entry.event},
                         {"phase", entry.phase}});
    }
    add("journal", std::move(entries));
    add("evidence", evidence_json(record));
  }
  return fields;
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

void print_counts(std::ostream& out, const std::string& what,
                  const std::vector<StateCounts>& list) {
  TextTable table({what, "tenants", "failed", "rows", "tenants by state"},
                  {Align::left, Align::right, Align::right, Align::right, Align::left});
  for (const StateCounts& counts : list) {
    table.add({counts.name, human_count(counts.tenants),
               counts.failed == 0 ? "" : human_count(counts.failed), human_count(counts.rows),
               states_text(counts)});
  }
  table.print(out);
}

Following following_in(const Status& status) {
  return following_of(status.tenants, status.activities, status.following, status.runs, status.at);
}

std::string place_text(const TenantRecord& record) {
  if (record.target_schema == plan::kOwnDatabaseSchema) return record.target_database;
  return record.target_database + "." + record.target_schema;
}

/// The cells of a tenant that follows; empty for others.
std::vector<std::string> following_cells(const std::optional<TenantFollowing>& own) {
  if (!own) return {"", "", "", ""};
  if (own->activity == nullptr) return {lag_text(own->lag_seconds), "", "", ""};
  return {lag_text(own->lag_seconds), queue_text(*own->activity), human_count(own->activity->rows),
          own->activity->waits_for};
}

void print_tenants(std::ostream& out, const Status& status, const Following& following) {
  std::vector<std::string> header = {"tenant", "state",    "cluster",  "database",
                                     "rows",   "snapshot", "verified", ""};
  std::vector<Align> align = {Align::left,  Align::left, Align::left, Align::left,
                              Align::right, Align::left, Align::left, Align::left};
  const bool follows = std::any_of(following.tenants.begin(), following.tenants.end(),
                                   [](const auto& own) { return own.has_value(); });
  if (follows) {
    header.insert(header.end(), {"behind", "queue", "rows applied", "waits for"});
    align.insert(align.end(), {Align::right, Align::left, Align::right, Align::left});
  }
  TextTable table(std::move(header), std::move(align));
  for (std::size_t i = 0; i < status.tenants.size(); ++i) {
    const TenantRecord& record = status.tenants[i];
    std::vector<std::string> row = {record.tenant,
                                    std::string(control::name(record.state)),
                                    record.cluster,
                                    place_text(record),
                                    human_count(record.rows),
                                    record.snapshot_gtid,
                                    verdict(status, record.tenant),
                                    record.error_kind};
    if (follows) {
      for (std::string& cell : following_cells(following.tenants[i]))
        row.push_back(std::move(cell));
    }
    table.add(std::move(row));
  }
  table.print(out);
}

void print_error(std::ostream& out, const TenantRecord& record) {
  out << printable(record.tenant) << ": last error (" << record.error_kind << "): " << record.error
      << '\n';
}

void print_journal(std::ostream& out, const TenantRecord& record,
                   const std::vector<control::JournalEntry>& entries) {
  out << "\nJournal of " << printable(record.tenant) << '\n';
  for (std::size_t i = entries.size() > kJournalShown ? entries.size() - kJournalShown : 0;
       i < entries.size(); ++i) {
    const control::JournalEntry& entry = entries[i];
    out << "  " << entry.at << "  " << entry.event << "  " << entry.phase << '\n';
  }
}

void print_details(std::ostream& out, const Status& status, const Following& following) {
  for (std::size_t i = 0; i < status.tenants.size(); ++i) {
    const TenantRecord& record = status.tenants[i];
    if (!record.error.empty()) {
      out << '\n';
      print_error(out, record);
    }
    const auto journal = status.journals.find(record.tenant);
    if (journal == status.journals.end()) continue;
    print_evidence(out, record);
    if (const std::optional<TenantFollowing>& own = following.tenants[i]) {
      print_tenant_following(out, record, *own, following.find(record.followed_by));
    }
    print_journal(out, record, journal->second);
  }
}

void print_failures(std::ostream& out, const StatusSummary& summary) {
  if (summary.failures.empty()) return;
  out << '\n';
  TextTable table({"last error", "tenants"}, {Align::left, Align::right});
  for (const FailureCount& failure : summary.failures)
    table.add({failure.kind, human_count(failure.tenants)});
  table.print(out);
  out << "\nThe latest failures\n";
  for (const TenantRecord* record : summary.latest_failed) {
    out << "  " << record->updated_at << "  ";
    print_error(out, *record);
  }
}

void print_slowest(std::ostream& out, const StatusSummary& summary) {
  if (summary.slowest.empty()) return;
  out << "\nThe slowest copies\n";
  TextTable table(
      {"tenant", "wave", "cluster", "rows", "size", "took"},
      {Align::left, Align::left, Align::left, Align::right, Align::right, Align::right});
  for (const TenantRecord* record : summary.slowest) {
    table.add({record->tenant, record->wave, record->cluster, human_count(record->rows),
               human_bytes(record->bytes), human_seconds(record->seconds)});
  }
  table.print(out);
}

}  // namespace

void print_status(std::ostream& out, const Status& status,
                  const std::optional<engine::ForecastCheck>& check, bool list_all) {
  const StatusSummary summary = summarize(status.tenants, kSummaryShown);
  print_counts(out, "wave", summary.waves);
  out << '\n';
  if (check) {
    print_check(out, *check);
    out << '\n';
  }
  const Following following = following_in(status);
  if (!following.runs.empty()) {
    print_following(out, following);
    out << '\n';
  }
  if (list_all || status.tenants.size() <= kTenantsListed) {
    print_tenants(out, status, following);
    print_details(out, status, following);
    return;
  }
  print_counts(out, "cluster", summary.clusters);
  print_failures(out, summary);
  print_slowest(out, summary);
  out << '\n'
      << human_count(status.tenants.size())
      << " tenants: --wave, --state, --failed and --tenant choose some, --all lists each\n";
}

void print_status_json(std::ostream& out, const std::string& plan_file, const Status& status,
                       const std::optional<engine::ForecastCheck>& check) {
  const Following following = following_in(status);
  Json body{{"plan", plan_file},
            {"tenants", Json::array()},
            {"runs", runs_json(status)},
            {"following", following_json(following)}};
  if (check) body["forecast"] = check_json(*check);
  print_json_list(out, "status", body, "tenants", status.tenants.size(),
                  [&](std::size_t i) { return tenant_json(status, following, i); });
}

}  // namespace godwit::cli
