#include "watch_view.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace godwit::cli {
namespace {

using control::FollowActivity;
using control::TenantRecord;

/// Seconds from one word to the next; 0: it is the same, or one that can't be read.
double between(const std::string& before, const std::string& after) {
  const std::optional<UtcTime> from = parse_utc(before);
  const std::optional<UtcTime> to = parse_utc(after);
  if (!from || !to) return 0;
  return std::max(0.0, std::chrono::duration<double>(*to - *from).count());
}

/// Gathers one wave's followed tenants.
struct Gathered {
  WaveView view;
  std::vector<double> lags;

  void add(const TenantFollowing& own) {
    ++view.following;
    if (own.lag_seconds) {
      lags.push_back(*own.lag_seconds);
    } else {
      ++view.lag_unknown;
    }
    if (own.activity == nullptr) return;
    view.queued_transactions += own.activity->queued_transactions;
    view.queued_bytes += own.activity->queued_bytes;
    view.spilled_bytes += own.activity->spilled_bytes;
  }

  WaveView finish() {
    if (!lags.empty()) {
      view.lag_max = *std::max_element(lags.begin(), lags.end());
      const auto middle = lags.begin() + static_cast<std::ptrdiff_t>((lags.size() - 1) / 2);
      std::nth_element(lags.begin(), middle, lags.end());
      view.lag_median = *middle;
    }
    return std::move(view);
  }
};

StateCounts total_of(const std::vector<StateCounts>& waves) {
  StateCounts total;
  for (const StateCounts& wave : waves) {
    total.tenants += wave.tenants;
    total.failed += wave.failed;
    total.rows += wave.rows;
    for (const auto& [state, tenants] : wave.states)
      total.states[state] += tenants;
  }
  return total;
}

std::vector<TenantBehind> furthest_of(const Look& look, const Following& following) {
  std::vector<std::size_t> behind;
  for (std::size_t i = 0; i < look.tenants.size(); ++i) {
    const std::optional<TenantFollowing>& own = following.tenants[i];
    if (own && own->lag_seconds && *own->lag_seconds > 0) behind.push_back(i);
  }
  const auto lag = [&](std::size_t i) { return *following.tenants[i]->lag_seconds; };
  const std::size_t named = std::min(kWatchNamed, behind.size());
  // of equal ones the first by name, so that the same store is always shown alike
  std::partial_sort(
      behind.begin(), behind.begin() + static_cast<std::ptrdiff_t>(named), behind.end(),
      [&](std::size_t a, std::size_t b) { return lag(a) != lag(b) ? lag(a) > lag(b) : a < b; });
  std::vector<TenantBehind> furthest;
  for (std::size_t n = 0; n < named; ++n) {
    const FollowActivity& activity = *following.tenants[behind[n]]->activity;
    furthest.push_back({look.tenants[behind[n]].tenant, lag(behind[n]),
                        activity.queued_transactions, activity.queued_bytes});
  }
  return furthest;
}

void add_waiting(const Look& look, const Following& following, WatchView& view) {
  for (std::size_t i = 0; i < look.tenants.size(); ++i) {
    const std::optional<TenantFollowing>& own = following.tenants[i];
    if (!own || own->activity == nullptr || own->activity->waits_for.empty()) continue;
    // what a run that is gone waited for says nothing
    const FollowingRun* run = following.find(look.tenants[i].followed_by);
    if (run == nullptr || run->state != FollowState::following) continue;
    if (view.waiting_tenants++ < kWatchNamed) {
      view.waiting.push_back({look.tenants[i].tenant, own->activity->waits_for});
    }
  }
}

}  // namespace

void RateMeter::add(const Look& look, const Following& following) {
  std::map<std::uint64_t, Run> now;  // with their words of now
  for (const FollowingRun& run : following.runs) {
    if (run.state == FollowState::following) now[run.record.run].at = run.record.at;
  }
  for (std::size_t i = 0; i < look.tenants.size(); ++i) {
    const TenantRecord& tenant = look.tenants[i];
    const auto run = now.find(tenant.followed_by);
    if (!following.tenants[i] || run == now.end()) continue;
    const FollowActivity* activity = following.tenants[i]->activity;
    const std::uint64_t rows = activity == nullptr ? 0 : activity->rows;
    run->second.rows.emplace(tenant.tenant, rows);
    const auto before = runs_.find(run->first);
    if (before == runs_.end()) continue;
    const auto known = before->second.rows.find(tenant.tenant);
    // one that joined since has applied all of its rows since
    const std::uint64_t counted = known == before->second.rows.end() ? 0 : known->second;
    run->second.rates[tenant.wave] += static_cast<double>(rows >= counted ? rows - counted : rows);
  }
  for (auto& [id, run] : now) {
    const auto before = runs_.find(id);
    if (before == runs_.end()) continue;
    const double seconds = between(before->second.at, run.at);
    if (seconds == 0) {
      run = std::move(before->second);  // no news: what was known still holds
      continue;
    }
    for (auto& [wave, rate] : run.rates)
      rate /= seconds;
  }
  runs_ = std::move(now);
}

std::optional<double> RateMeter::of_wave(const std::string& wave) const {
  std::optional<double> sum;
  for (const auto& [id, run] : runs_) {
    const auto rate = run.rates.find(wave);
    if (rate != run.rates.end()) sum = sum.value_or(0) + rate->second;
  }
  return sum;
}

std::optional<double> RateMeter::of_all() const {
  std::optional<double> sum;
  for (const auto& [id, run] : runs_) {
    for (const auto& [wave, rate] : run.rates)
      sum = sum.value_or(0) + rate;
  }
  return sum;
}

WatchView view_of(const Look& look, const Following& following, const RateMeter& rates) {
  WatchView view;
  view.at = look.at;
  view.runs = following.runs;
  std::map<std::string, Gathered> waves;
  Gathered all;
  for (StateCounts& counts : summarize(look.tenants, 0).waves) {
    Gathered& wave = waves[counts.name];
    wave.view.counts = std::move(counts);
  }
  for (std::size_t i = 0; i < look.tenants.size(); ++i) {
    if (!following.tenants[i]) continue;
    waves[look.tenants[i].wave].add(*following.tenants[i]);
    all.add(*following.tenants[i]);
  }
  std::vector<StateCounts> counts;
  for (auto& [name, wave] : waves) {
    wave.view.rows_per_second = rates.of_wave(name);
    view.waves.push_back(wave.finish());
    counts.push_back(view.waves.back().counts);
  }
  all.view.counts = total_of(counts);
  all.view.rows_per_second = rates.of_all();
  view.total = all.finish();
  view.furthest = furthest_of(look, following);
  add_waiting(look, following, view);
  return view;
}

}  // namespace godwit::cli
