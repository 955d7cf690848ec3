#include "godwit/engine/progress.hpp"

#include <utility>

namespace godwit::engine {

void ProgressBoard::set_phase(const std::string& tenant, std::string phase) {
  const std::lock_guard lock(mutex_);
  phases_[tenant] = std::move(phase);
}

void ProgressBoard::clear_phase(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  phases_.erase(tenant);
}

void ProgressBoard::set_source_hold(std::string reason) {
  const std::lock_guard lock(mutex_);
  source_hold_ = std::move(reason);
}

std::vector<ProgressBoard::Phase> ProgressBoard::phases() const {
  const std::lock_guard lock(mutex_);
  std::vector<Phase> copy;
  copy.reserve(phases_.size() + 1);
  if (!source_hold_.empty()) copy.push_back({"source", "waiting: " + source_hold_});
  for (const auto& [tenant, phase] : phases_)
    copy.push_back({tenant, phase});
  return copy;
}

}  // namespace godwit::engine
