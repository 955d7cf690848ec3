// Judges the readings of the source's load against the plan's limits. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "godwit/plan/plan.hpp"

namespace godwit::engine {

/// One look at the source; what is absent was not asked, or not answered.
struct SourceReadings {
  std::optional<std::uint64_t> threads_running{};  // of others than the engine
  std::optional<std::uint64_t> history_list{};
  struct Replica {
    std::string name;
    std::optional<std::uint64_t> lag_seconds{};
    std::string problem{};  // why there is no lag: counts as behind any limit
  };
  std::optional<Replica> replica{};  // the one that is furthest behind
};

/// The same of two replicas: the one that is further behind.
SourceReadings::Replica worse(SourceReadings::Replica a, SourceReadings::Replica b);

/// One limit with its hysteresis: held above the limit, and until the value is well below it.
class LimitJudge {
 public:
  enum class Release {
    below_four_fifths,  // of the limit
    twice_within,       // at two looks in a row not above the limit
  };
  explicit LimitJudge(Release release) : release_(release) {}

  /// True: held. Without a limit nothing is held. Without a reading the last verdict stays, for
  /// kUnansweredMax looks: a source that is gone is for the copy itself to find out.
  bool judge(std::optional<std::uint64_t> limit, std::optional<std::uint64_t> reading);

  static constexpr int kUnansweredMax = 5;

 private:
  Release release_;
  bool held_ = false;
  int within_ = 0;      // looks in a row
  int unanswered_ = 0;  // looks in a row
};

/// Why work is held up.
struct SourceHold {
  std::string limit;   // as the plan names it
  std::string reason;  // "57 threads run, limit 40"
  /// What is under way goes on: the snapshot it keeps open is itself what makes the history grow.
  bool only_beginnings = false;
};

class SourceJudge {
 public:
  /// The holds that are in force after this look.
  std::vector<SourceHold> judge(const plan::SourceLimits& limits, const SourceReadings& readings);

 private:
  LimitJudge threads_{LimitJudge::Release::below_four_fifths};
  LimitJudge history_{LimitJudge::Release::below_four_fifths};
  LimitJudge lag_{LimitJudge::Release::twice_within};
};

}  // namespace godwit::engine
