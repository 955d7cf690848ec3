#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string_view>

#include "command.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/clock.hpp"
#include "godwit/core/error.hpp"
#include "json_output.hpp"
#include "options.hpp"
#include "store_choice.hpp"
#include "watch_output.hpp"
#include "watch_view.hpp"

namespace godwit::cli {
namespace {

/// A run records once a second: there is no news more often.
constexpr double kEverySecondsMin = 1;
constexpr double kEverySecondsMax = 86'400;
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

void describe(po::options_description& options) {
  describe_plan(options);
  auto add = options.add_options();
  add("tenant", po::value<std::vector<std::string>>()->value_name("NAME"),
      "only this tenant; may be repeated");
  add("wave", po::value<std::vector<std::string>>()->value_name("NAME"),
      "only tenants of this wave; may be repeated");
  add("every", po::value<double>()->value_name("SECONDS")->default_value(2, "2"),
      "time between two looks, from 1 on");
  add("count", po::value<int>()->value_name("N"), "end after N looks (default: when stopped)");
}

enum class WatchStyle { page, line, json };

WatchStyle style_of(const Invocation& invocation) {
  if (invocation.json) return WatchStyle::json;
  const char* term = std::getenv("TERM");
  const bool is_terminal = &invocation.out == &std::cout && isatty(STDOUT_FILENO) == 1 &&
                           term != nullptr && std::string_view(term) != "dumb" &&
                           std::getenv("NO_COLOR") == nullptr;
  return is_terminal ? WatchStyle::page : WatchStyle::line;
}

std::chrono::milliseconds every(const Invocation& invocation) {
  const double seconds = invocation.options["every"].as<double>();
  // a comparison that NaN fails, too
  if (!(seconds >= kEverySecondsMin && seconds <= kEverySecondsMax)) {
    throw Error(ErrorKind::usage, "--every takes seconds, from 1 to 86400");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// 0: until it is stopped.
int count(const Invocation& invocation) {
  if (!invocation.has("count")) return 0;
  const int count = invocation.options["count"].as<int>();
  if (count < 1) throw Error(ErrorKind::usage, "--count must be at least 1");
  return count;
}

/// Drops what wasn't asked for.
void choose(const Invocation& invocation, const plan::Plan& plan,
            std::vector<control::TenantRecord>& tenants) {
  const std::set<std::string> waves = chosen_waves(invocation, plan, tenants);
  const std::vector<std::string> named = selection(invocation).tenants;
  for (const std::string& tenant : named) {
    const auto found =
        std::lower_bound(tenants.begin(), tenants.end(), tenant,
                         [](const control::TenantRecord& record, const std::string& wanted) {
                           return record.tenant < wanted;
                         });
    if (found == tenants.end() || found->tenant != tenant) throw unknown_tenant(tenant);
  }
  const std::set<std::string> names(named.begin(), named.end());
  tenants.erase(std::remove_if(tenants.begin(), tenants.end(),
                               [&](const control::TenantRecord& record) {
                                 return (!names.empty() && !names.contains(record.tenant)) ||
                                        (!waves.empty() && !waves.contains(record.wave));
                               }),
                tenants.end());
}

/// The store is opened for each look: it may come later than the first, or be another one.
Look look_into_store(const Invocation& invocation, const plan::Plan& plan) {
  Look look;
  if (const std::optional<control::Store> store = control::Store::open_existing(plan.state)) {
    look.tenants = store->tenants();
    choose(invocation, plan, look.tenants);
    look.runs = store->runs();
    look.records = store->following();
    if (!look.records.empty()) look.activities = store->activities();
  }
  look.at = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return look;
}

int run_watch(const Invocation& invocation) {
  const std::chrono::milliseconds pause = every(invocation);
  const int looks = count(invocation);
  const WatchStyle style = style_of(invocation);
  const plan::Plan plan = load_plan(invocation);
  RateMeter rates;
  for (int looked = 1;; ++looked) {
    const Look look = look_into_store(invocation, plan);
    const Following following =
        following_of(look.tenants, look.activities, look.records, look.runs, look.at);
    rates.add(look, following);
    const WatchView view = view_of(look, following, rates);
    switch (style) {
      case WatchStyle::page:
        invocation.out << kClearScreen;
        print_watch_page(invocation.out, plan.file, view);
        break;
      case WatchStyle::line: print_watch_line(invocation.out, view); break;
      case WatchStyle::json:
        print_json_line(invocation.out, "watch", watch_json(plan.file, view));
        break;
    }
    if (looked == looks) return 0;
    // whoever only looks has stopped no work
    if (!invocation.out || !Clock::system().sleep(pause, invocation.stop)) return 0;
  }
}

}  // namespace

const Command kWatchCommand{
    "watch",
    "status again and again: lag, rates and queues of tenants that follow",
    "watch -p plan.yaml [--wave W]… [--tenant T]… [--every SECONDS] [--count N]",
    "  godwit watch -p plan.yaml --wave canary\n"
    "  godwit watch -p plan.yaml --every 60 --json >> follow.jsonl\n",
    describe,
    run_watch};

}  // namespace godwit::cli
