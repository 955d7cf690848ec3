// What a run is doing right now, for progress lines and status: written by lanes, read by the
// command line at its own pace.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace godwit::engine {

class ProgressBoard {
 public:
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> tenants_total{0};
  std::atomic<std::uint64_t> tenants_done{0};
  std::atomic<std::uint64_t> tenants_failed{0};
  std::atomic<std::uint64_t> rows_expected{0};  // estimate

  /// What a tenant under way is doing, e.g. "copying", "building indexes", "waiting: …"; or why a
  /// wave doesn't go on.
  void set_phase(const std::string& tenant, std::string phase);
  void clear_phase(const std::string& tenant);
  struct Phase {
    std::string tenant;
    std::string phase;
  };
  /// Why reading from the source is held up, e.g. "57 threads run, limit 40"; empty: it isn't.
  void set_source_hold(std::string reason);
  /// The source's hold first, as "source", then the tenants by name.
  [[nodiscard]] std::vector<Phase> phases() const;

 private:
  mutable std::mutex mutex_;
  // of a tenant for each lane at most, or of the wave that waits for its window
  std::map<std::string, std::string> phases_;  // guarded by mutex_
  std::string source_hold_;                    // guarded by mutex_
};

}  // namespace godwit::engine
