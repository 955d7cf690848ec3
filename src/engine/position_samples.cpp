#include "position_samples.hpp"

#include <algorithm>

namespace godwit::engine {
namespace {

double seconds(Clock::Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

std::uint64_t PositionSamples::add(GtidList position, Clock::Instant asked) {
  const std::lock_guard lock(mutex_);
  // an idle source: the newer time is as true, and the reader has passed it already
  if (!samples_.empty() && samples_.back().id <= current_ && samples_.back().position == position) {
    samples_.back().at = asked;
    return samples_.back().id;
  }
  samples_.push_back({++last_, asked, std::move(position)});
  if (samples_.size() <= kKept) return last_;
  std::deque<Sample> thinned;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (i % 2 == 0 || i + 1 == samples_.size()) thinned.push_back(std::move(samples_[i]));
  }
  samples_ = std::move(thinned);
  return last_;
}

void PositionSamples::passed(const GtidList& position) {
  const std::lock_guard lock(mutex_);
  pass(position);
}

void PositionSamples::went_back(const GtidList& position) {
  const std::lock_guard lock(mutex_);
  current_ = 0;
  pass(position);
}

void PositionSamples::pass(const GtidList& position) {
  for (auto sample =
           std::upper_bound(samples_.begin(), samples_.end(), current_,
                            [](std::uint64_t id, const Sample&one) { return id < one.id; });
       sample != samples_.end() && position.covers(sample->position); ++sample) {
    current_ = sample->id;
  }
  furthest_ = std::max(furthest_, current_);
}

std::uint64_t PositionSamples::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

double PositionSamples::age_locked(std::uint64_t sample, Clock::Instant now) const {
  // before the first sample: older than the process, nobody knows by how much
  if (samples_.empty() || sample == 0) return -1;
  auto found = std::upper_bound(samples_.begin(), samples_.end(), sample,
                                [](std::uint64_t id, const Sample& one) { return id < one.id; });
  if (found != samples_.begin()) --found;
  return std::max(0.0, seconds(now - found->at));
}

double PositionSamples::age(std::uint64_t sample, Clock::Instant now) const {
  const std::lock_guard lock(mutex_);
  return age_locked(sample, now);
}

double PositionSamples::reader_lag(Clock::Instant now) const {
  const std::lock_guard lock(mutex_);
  if (!samples_.empty() && current_ == last_) return 0;
  return age_locked(current_, now);
}

double PositionSamples::furthest_lag(Clock::Instant now) const {
  const std::lock_guard lock(mutex_);
  if (!samples_.empty() && furthest_ == last_) return 0;
  return age_locked(furthest_, now);
}

double PositionSamples::silence(Clock::Instant now) const {
  const std::lock_guard lock(mutex_);
  return samples_.empty() ? -1 : std::max(0.0, seconds(now - samples_.back().at));
}

}  // namespace godwit::engine
