#include "watch_output.hpp"

#include <cmath>
#include <ostream>
#include <vector>

#include "following_output.hpp"
#include "godwit/core/text.hpp"
#include "table.hpp"

namespace godwit::cli {
namespace {

using Align = TextTable::Align;

std::string rate_text(const std::optional<double>& rate) {
  if (!rate) return "unknown";
  return human_count(static_cast<std::uint64_t>(std::llround(*rate)));
}

/// Empty where nothing follows: "unknown" would look like trouble.
std::string of_following(const WaveView& wave, const std::string& text) {
  return wave.following == 0 ? "" : text;
}

void print_waves(std::ostream& out, const WatchView& view) {
  TextTable table(
      {"wave", "tenants by state", "behind at most", "median", "rows/s", "queue", "on disk"},
      {Align::left, Align::left, Align::right, Align::right, Align::right, Align::right,
       Align::right});
  for (const WaveView& wave : view.waves) {
    table.add({wave.counts.name, states_text(wave.counts),
               of_following(wave, lag_text(wave.lag_max)),
               of_following(wave, lag_text(wave.lag_median)),
               of_following(wave, rate_text(wave.rows_per_second)),
               of_following(wave, human_bytes(wave.queued_bytes)),
               of_following(wave, human_bytes(wave.spilled_bytes))});
  }
  table.print(out);
}

void print_furthest(std::ostream& out, const WatchView& view) {
  if (view.furthest.empty()) return;
  out << '\n';
  TextTable table({"furthest behind", "", "queued transactions", "queue"},
                  {Align::left, Align::right, Align::right, Align::right});
  for (const TenantBehind& one : view.furthest) {
    table.add({one.tenant, lag_text(one.lag_seconds), human_count(one.queued_transactions),
               human_bytes(one.queued_bytes)});
  }
  table.print(out);
}

void print_waiting(std::ostream& out, const WatchView& view) {
  if (view.waiting.empty()) return;
  out << '\n';
  TextTable table({"waits", "for"});
  for (const TenantWaiting& one : view.waiting)
    table.add({one.tenant, one.waits_for});
  table.print(out);
  if (view.waiting_tenants > view.waiting.size()) {
    out << "  … " << human_count(view.waiting_tenants) << " tenants in all\n";
  }
}

Json optional_json(const std::optional<double>& number) { return number ? Json(*number) : Json(); }

Json wave_json(const WaveView& wave) {
  Json states = Json::object();
  for (const auto& [state, tenants] : wave.counts.states)
    states[std::string(control::name(state))] = tenants;
  return {{"wave", wave.counts.name},
          {"tenants", wave.counts.tenants},
          {"states", std::move(states)},
          {"failed", wave.counts.failed},
          {"following", wave.following},
          {"lag_seconds_max", optional_json(wave.lag_max)},
          {"lag_seconds_median", optional_json(wave.lag_median)},
          {"lag_unknown", wave.lag_unknown},
          {"rows_per_second", optional_json(wave.rows_per_second)},
          {"queued_transactions", wave.queued_transactions},
          {"queued_bytes", wave.queued_bytes},
          {"spilled_bytes", wave.spilled_bytes}};
}

}  // namespace

void print_watch_page(std::ostream& out, const std::string& plan_file, const WatchView& view) {
  out << printable(plan_file) << "  " << utc_text(view.at) << "\n\n";
  if (view.waves.empty()) {
    out << "  nothing was run yet\n" << std::flush;
    return;
  }
  print_waves(out, view);
  if (!view.runs.empty()) {
    out << '\n';
    Following following;
    following.runs = view.runs;
    print_following(out, following);
  }
  print_furthest(out, view);
  print_waiting(out, view);
  out << std::flush;
}

void print_watch_line(std::ostream& out, const WatchView& view) {
  out << utc_text(view.at) << "  ";
  if (view.waves.empty()) {
    out << "nothing was run yet" << std::endl;
    return;
  }
  out << states_text(view.total.counts);
  if (view.total.following > 0) {
    out << "; behind " << lag_text(view.total.lag_max) << " at most, median "
        << lag_text(view.total.lag_median) << "; rows/s " << rate_text(view.total.rows_per_second)
        << "; queue " << human_bytes(view.total.queued_bytes) << ", "
        << human_bytes(view.total.spilled_bytes) << " on disk";
  }
  for (const FollowingRun& run : view.runs) {
    out << "; run " << run.record.run << ": ";
    if (const std::string trouble = trouble_text(run); !trouble.empty()) {
      out << trouble;
    } else if (!run.record.waits_for.empty()) {
      out << "waits: " << printable(run.record.waits_for);
    } else {
      out << "at " << printable(run.record.reader_position);
    }
  }
  if (!view.furthest.empty()) out << "; furthest " << printable(view.furthest.front().tenant);
  if (view.waiting_tenants > 0) {
    out << "; " << human_count(view.waiting_tenants) << " waiting, such as "
        << printable(view.waiting.front().tenant) << ": "
        << printable(view.waiting.front().waits_for);
  }
  out << std::endl;
}

Json watch_json(const std::string& plan_file, const WatchView& view) {
  Json waves = Json::array();
  for (const WaveView& wave : view.waves)
    waves.push_back(wave_json(wave));
  Json furthest = Json::array();
  for (const TenantBehind& one : view.furthest) {
    furthest.push_back({{"tenant", one.tenant},
                        {"lag_seconds", one.lag_seconds},
                        {"queued_transactions", one.queued_transactions},
                        {"queued_bytes", one.queued_bytes}});
  }
  Json waiting = Json::array();
  for (const TenantWaiting& one : view.waiting)
    waiting.push_back({{"tenant", one.tenant}, {"waits_for", one.waits_for}});
  Following following;
  following.runs = view.runs;
  return {{"plan", plan_file},
          {"at", utc_text(view.at)},
          {"waves", std::move(waves)},
          {"following", following_json(following)},
          {"furthest", std::move(furthest)},
          {"waiting", std::move(waiting)},
          {"waiting_tenants", view.waiting_tenants}};
}

}  // namespace godwit::cli
