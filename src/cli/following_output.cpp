#include "following_output.hpp"

#include <array>
#include <ostream>
#include <string_view>
#include <utility>

#include "godwit/core/text.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

using control::FollowActivity;
using control::TenantRecord;
using control::TenantState;

/// The fields of evidence, in the order in which they explain it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kEvidence{
    {{"problem", "problem"},
     {"operation", "operation"},
     {"table", "table"},
     {"key", "key"},
     {"before", "row before"},
     {"after", "row after"},
     {"gtid", "transaction"},
     {"position", "position"},
     {"sqlstate", "SQLSTATE"},
     {"message", "server says"}}};
constexpr std::size_t kLabelWidth = 14;

void print_field(std::ostream& out, std::string_view label, const std::string& value) {
  if (value.empty()) return;
  out << "  " << label << std::string(kLabelWidth - label.size(), ' ') << printable(value) << '\n';
}

std::string text_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const Json& object, std::string_view field) {
  const auto found = object.find(std::string(field));
  return found == object.end() ? std::string() : text_of(*found);
}

std::string fix_of(const TenantRecord& tenant, const Json& evidence) {
  const std::string recopy = "`godwit recopy --tenant " + tenant.tenant + "` and run again";
  if (tenant.state == TenantState::paused) {
    const std::string hint = text_of(evidence, "hint");
    return hint.empty() ? "mend the cause, then " + recopy : hint;
  }
  return "find out who wrote to the target, then " + recopy;
}

Json lag_json(const std::optional<double>& seconds) { return seconds ? Json(*seconds) : Json(); }

}  // namespace

std::string lag_text(const std::optional<double>& seconds) {
  return seconds ? human_seconds(*seconds) : "unknown";
}

std::string queue_text(const FollowActivity& activity) {
  if (activity.queued_transactions == 0 && activity.queued_bytes == 0) return {};
  std::string text = human_count(activity.queued_transactions) + " transactions, " +
                     human_bytes(activity.queued_bytes);
  if (activity.spilled_bytes > 0) {
    text += " (" + human_bytes(activity.spilled_bytes) + " on disk)";
  }
  return text;
}

std::string trouble_text(const FollowingRun& run) {
  if (run.state == FollowState::following) return {};
  if (run.state == FollowState::ended) return "ended at " + run.ended_at;
  if (!run.age_seconds) return "no word yet";
  return "no word for " + human_seconds(*run.age_seconds);
}

void print_following(std::ostream& out, const Following& following) {
  if (following.runs.empty()) return;
  using Align = TextTable::Align;
  TextTable table({"following", "tenants", "reader behind", "reader's position", "", "waits for"},
                  {Align::left, Align::right, Align::right, Align::left, Align::left, Align::left});
  bool is_left = false;
  for (const FollowingRun& run : following.runs) {
    is_left = is_left || run.state != FollowState::following;
    table.add({"run " + std::to_string(run.record.run), human_count(run.tenants),
               lag_text(run.reader_lag()), run.record.reader_position, trouble_text(run),
               run.state == FollowState::ended ? "" : run.record.waits_for});
  }
  table.print(out);
  if (is_left) {
    out << "  where no run follows, tenants fall behind: `godwit run … --until ready` goes on with "
           "them\n";
  }
}

void print_tenant_following(std::ostream& out, const TenantRecord& tenant,
                            const TenantFollowing& own, const FollowingRun* run) {
  out << '\n' << printable(tenant.tenant) << " follows its source";
  if (tenant.followed_by != 0) out << " by run " << tenant.followed_by;
  if (run != nullptr && !trouble_text(*run).empty()) out << " (" << trouble_text(*run) << ")";
  out << '\n';
  print_field(out, "behind", lag_text(own.lag_seconds));
  if (run != nullptr) print_field(out, "has all up to", run->record.followed_to);
  if (own.activity == nullptr) return;
  const FollowActivity& activity = *own.activity;
  const std::string queue = queue_text(activity);
  print_field(out, "queue", queue.empty() ? "empty" : queue);
  print_field(out, "applied",
              human_count(activity.rows) + " rows in " + human_count(activity.transactions) +
                  " transactions since the run's start");
  print_field(out, "waits for", activity.waits_for);
  print_field(out, "as of", activity.at);
}

void print_evidence(std::ostream& out, const TenantRecord& tenant) {
  if (tenant.state != TenantState::diverged && tenant.state != TenantState::paused) return;
  const Json evidence = evidence_json(tenant);
  out << '\n' << printable(tenant.tenant) << " is " << control::name(tenant.state) << '\n';
  if (evidence.is_object()) {
    for (const auto& [field, label] : kEvidence)
      print_field(out, label, text_of(evidence, field));
  }
  print_field(out, "fix", fix_of(tenant, evidence.is_object() ? evidence : Json::object()));
}

Json following_json(const Following& following) {
  Json list = Json::array();
  for (const FollowingRun& run : following.runs) {
    list.push_back({{"run", run.record.run},
                    {"state", name(run.state)},
                    {"tenants", run.tenants},
                    {"followed_to", run.record.followed_to},
                    {"reader_position", run.record.reader_position},
                    {"reader_lag_seconds", lag_json(run.reader_lag())},
                    {"waits_for", run.record.waits_for},
                    {"at", run.record.at},
                    {"age_seconds", lag_json(run.age_seconds)},
                    {"ended_at", run.ended_at}});
  }
  return list;
}

Json tenant_following_json(const TenantRecord& tenant, const std::optional<TenantFollowing>& own) {
  if (!own) return nullptr;
  const FollowActivity none;
  const FollowActivity& activity = own->activity == nullptr ? none : *own->activity;
  return {{"run", tenant.followed_by},
          {"lag_seconds", lag_json(own->lag_seconds)},
          {"transactions", activity.transactions},
          {"rows", activity.rows},
          {"queued_transactions", activity.queued_transactions},
          {"queued_bytes", activity.queued_bytes},
          {"spilled_bytes", activity.spilled_bytes},
          {"waits_for", activity.waits_for},
          {"at", activity.at}};
}

Json evidence_json(const TenantRecord& tenant) {
  if (tenant.evidence.empty()) return nullptr;
  const Json evidence = Json::parse(tenant.evidence, nullptr, false);
  return evidence.is_object() ? evidence : Json(nullptr);
}

}  // namespace godwit::cli
