// What `watch` sees at one look into the control store, and what changed since the look before.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "following.hpp"
#include "godwit/control/store.hpp"
#include "godwit/core/utc_time.hpp"
#include "status_summary.hpp"

namespace godwit::cli {

/// One look. The tenants that are watched; of the rest all that the store has.
struct Look {
  UtcTime at{};
  std::vector<control::TenantRecord> tenants;       // by name
  std::vector<control::FollowActivity> activities;  // by tenant
  std::vector<control::FollowRecord> records;       // by run
  std::vector<control::RunRecord> runs;             // by id
};

/// Row operations applied per second, from two words of the same run: between them lies the run's
/// own time, however seldom somebody looks.
class RateMeter {
 public:
  /// Looks must come in their order. `following` is of this look.
  void add(const Look& look, const Following& following);
  /// Of a wave's tenants; nullopt: unknown, as at the first look.
  [[nodiscard]] std::optional<double> of_wave(const std::string& wave) const;
  [[nodiscard]] std::optional<double> of_all() const;

 private:
  struct Run {
    std::string at;                                       // its last word
    std::unordered_map<std::string, std::uint64_t> rows;  // by tenant, until then
    std::map<std::string, double> rates;                  // by wave; empty: one word only
  };
  std::map<std::uint64_t, Run> runs_;  // that follow now
};

/// The tenants of a wave, or all.
struct WaveView {
  StateCounts counts;
  std::size_t following = 0;         // tenants
  std::size_t lag_unknown = 0;       // of these
  std::optional<double> lag_max;     // seconds, of the others
  std::optional<double> lag_median;  // the lower one of an even number
  std::optional<double> rows_per_second;
  std::uint64_t queued_transactions = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t spilled_bytes = 0;
};

struct TenantBehind {
  std::string tenant;
  double lag_seconds = 0;
  std::uint64_t queued_transactions = 0;
  std::uint64_t queued_bytes = 0;
};

struct TenantWaiting {
  std::string tenant;
  std::string waits_for;
};

/// So many of the tenants furthest behind, and of those that wait, are named.
inline constexpr std::size_t kWatchNamed = 5;

struct WatchView {
  UtcTime at{};
  WaveView total;
  std::vector<WaveView> waves;  // by name
  std::vector<FollowingRun> runs;
  std::vector<TenantBehind> furthest;  // the furthest first; only those that are behind
  std::vector<TenantWaiting> waiting;  // by name
  std::size_t waiting_tenants = 0;     // of which kWatchNamed are in the list, at most
};

WatchView view_of(const Look& look, const Following& following, const RateMeter& rates);

}  // namespace godwit::cli
